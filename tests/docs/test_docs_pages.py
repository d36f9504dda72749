"""README and docs say what the code does: outputs are real, programs check, links lead to files."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from totemlang.cli.main import totemc
from totemlang.program import Program
from totemlang.source import Source

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from console import agrees, blocks, commands, refreshed  # noqa: E402
from generate import TOLD  # noqa: E402
from reference_pages import pages  # noqa: E402

PAGES = sorted(path for pattern in TOLD for path in ROOT.glob(pattern))
EXAMPLES = sorted((ROOT / "examples").glob("*.totem"))


@cache
def generated() -> dict[str, str]:
    """The reference as it comes out now."""
    return pages()


def shown(path: Path) -> str:
    """A path as the repository has it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("name", sorted(generated()))
def test_the_reference_is_fresh(name: str) -> None:
    committed = (ROOT / "docs" / "reference" / name).read_text()
    assert committed == generated()[name], "run `make docs`"


def test_every_page_of_the_reference_is_generated() -> None:
    assert {path.name for path in (ROOT / "docs" / "reference").iterdir()} == set(generated())


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_consoles_show_what_the_commands_print(page: Path, tmp_path: Path) -> None:
    assert refreshed(page.read_text(), tmp_path) == page.read_text(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_programs_on_a_page_are_what_it_says_of_them(page: Path) -> None:
    for block in blocks(page.read_text()):
        words = block.argument.split()
        if block.language != "totem" or "fragment" in words:
            continue
        found = [each.severity for each in Program(Source(block.text)).diagnostics]
        assert ("error" in found) == ("refused" in words), block.text


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_python_in_the_readme_runs() -> None:
    (block,) = (b for b in blocks((ROOT / "README.md").read_text()) if b.language == "python")
    done = subprocess.run(
        [sys.executable, "-c", block.text], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "400.0" in done.stdout
    assert "198" in done.stdout


def test_the_readme_opens_with_the_two_commands() -> None:
    first = (ROOT / "README.md").read_text().split("\n\n")[1]
    assert [line.split("  ")[2].strip() for line in first.splitlines()] == [
        "make demo",
        "make test",
    ]


@pytest.mark.parametrize("program", EXAMPLES, ids=shown)
def test_an_example_runs_as_its_second_line_says(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    command = program.read_text().splitlines()[1].removeprefix("# run: ")
    assert command.startswith(f"totemc run {shown(program)}")
    done = CliRunner().invoke(totemc, [*shlex.split(command)[1:], "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["status"] == "done"
    assert result.get("rows") or result.get("variables")


def test_the_list_of_examples_is_whole() -> None:
    listed = re.findall(r"^\| `(\w+\.totem)`", (ROOT / "examples" / "README.md").read_text(), re.M)
    assert sorted(listed) == [path.name for path in EXAMPLES]


def test_a_changed_output_would_be_noticed() -> None:
    text = "$ totemc check a.totem\nclean\n$ echo \\\n  two\ntwo\n"
    assert list(commands(text)) == [
        ("totemc check a.totem\n", "clean\n"),
        ("echo \\\n  two\n", "two\n"),
    ]
    assert agrees("one\n…\nthree\n", "one\ntwo\n2½\nthree\n")
    assert agrees("one\n…\nthree\n", "one\nthree\n")
    assert not agrees("one\n…\nthree\n", "one\ntwo\n")
    assert not agrees("one\n", "two\n")
    assert agrees("job … is done\n", "job 3f2a is done\n")
    assert agrees("…      is done\n", "job 3f2a   is done\n")
    assert not agrees("job … is done\n", "job 3f2a\nis done\n")
