"""Real questions in the language, where the folder that holds them is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from totemlang.check.checker import check
from totemlang.check.library import default_library
from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / os.environ.get("TOTEM_DATA", "../shared") / "programs"
PROGRAMS = sorted(FOLDER.glob("*.totem")) + sorted((ROOT / "examples").rglob("*.totem"))


@pytest.mark.skipif(not PROGRAMS, reason=f"no programs in {FOLDER} (TOTEM_DATA names the folder)")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_check_cleanly(path: Path) -> None:
    """Without data and without findings."""
    program, findings = parse(Source(path.read_text(encoding="utf-8"), path.name), default_rules())
    assert findings == ()
    assert program is not None
    typed, found = check(program, default_rules(), default_library(), {})
    assert [f"{each.code} {each.message}" for each in found] == []
    assert typed is not None
