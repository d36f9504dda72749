"""What a command imports: no package that it does not need, so that it answers at once.

Held by name and not by time, which machines do not agree on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = str(ROOT / "examples" / "load_factor.totem")

HEAVY = [
    "asyncio",
    "cryptography",
    "duckdb",
    "lark",
    "numpy",
    "prompt_toolkit",
    "pyarrow",
    "pygments",
    "rich",
    "sqlite3",
    "wasmtime",
]

CODE = """\
import json, sys
heavy, sys.argv = json.loads(sys.argv[1]), ["totemc", *sys.argv[2:]]
from totemlang.cli.main import totemc
try:
    totemc()
except SystemExit as left:
    print(json.dumps([left.code, sorted(set(heavy) & sys.modules.keys())]), file=sys.stderr)
"""


def imported(*arguments: str) -> tuple[int, list[str]]:
    """The exit code of a command in a process of its own, and the heavy packages it imported."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(HEAVY), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    code, found = json.loads(ran.stderr.splitlines()[-1])
    return code, found


@pytest.mark.parametrize(
    "arguments",
    [("check", PROGRAM), ("check", PROGRAM, "--json"), ("--help",), ("check", "--help")],
    ids=" ".join,
)
def test_a_check_and_help_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) == (0, [])


def test_compiling_imports_nothing_heavy(tmp_path: Path) -> None:
    assert imported("compile", PROGRAM, "-o", str(tmp_path / "made.totemc")) == (0, [])


def test_findings_need_only_what_draws_them(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.totem"
    wrong.write_text("int a = b\n")
    code, found = imported("check", str(wrong))
    assert (code, set(found) - {"pygments", "rich"}) == (1, set())


def test_an_estimate_on_metadata_opens_no_data(tmp_path: Path) -> None:
    bills, published = ROOT / "examples" / "data" / "bills.csv", tmp_path / "bills.json"
    assert imported("describe", str(bills), "-o", str(published))[0] == 0
    program = str(ROOT / "examples" / "bills.totem")
    code, found = imported("estimate", program, "--data", str(published), "--json")
    assert (code, set(found) - {"rich"}) == (0, set())
