"""How the house is built: rooms import to their left, files are short and named after an idea."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "totemlang"

ROOMS = (
    "source",
    "diagnostics",
    "schema",
    "tables",
    "syntax",
    "check",
    "bytecode",
    "verify",
    "cost",
    "data",
    "vm",
    "native",
    "engine",
    "ledger",
    "kept",
    "program",
    "node",
    "execution",
    "cli",
)
"""From left to right; `program`, `kept` and `execution` are the face before the rooms."""

VALUES_ONLY = {"totemlang.bytecode.module"}
"""Pure values, which rooms to the left may name too."""

MEANINGLESS = {"util", "utils", "helper", "helpers", "common", "misc", "stuff", "tools", "base"}


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package: dotted name and file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """What a file imports from the package, also where only types need it: line and module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            yield node.lineno, node.module or ""


def room(module: str) -> str:
    """The room of a module of the package; the package itself shows what `execution` gives."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "execution"


def test_rooms_import_only_to_their_left() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in modules()
        for line, name in imported(path)
        if name.split(".")[0] == "totemlang"
        and name not in VALUES_ONLY
        and ROOMS.index(room(name)) > ROOMS.index(room(module))
    ]
    assert wrong == []


def test_every_room_is_in_the_list() -> None:
    found = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    found -= {"__init__", "__main__", "__pycache__", "py", "_data"}
    assert found <= set(ROOMS)


def sources() -> list[Path]:
    """All Python of the project: the package, its tests, benchmarks, and the docs' generator."""
    folders = (PACKAGE, ROOT / "tests", ROOT / "benchmarks", ROOT / "docs", ROOT / "examples")
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [path for path in sources() if path.stem in MEANINGLESS] == []


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := path.read_text().count("\n")) > (400 if PACKAGE in path.parents else 600)
    }
    assert long == {}


def test_every_module_opens_with_its_idea() -> None:
    silent = [
        str(path) for _, path in modules() if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(
        r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|NotImplemented" + "Error"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_the_samples_are_small_and_attributed() -> None:
    files = [path for path in (ROOT / "examples" / "data").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2_000_000
    words = (ROOT / "examples" / "data" / "README.md").read_text()
    for folder in {path.parent.name for path in files} - {"data"}:
        assert f"`{folder}/`" in words
