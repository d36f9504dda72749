"""Real questions in the language, where the folder that holds them is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from strategies.full_data import full_data
from totemlang.check.checker import check
from totemlang.check.library import default_library
from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules

ROOT = Path(__file__).parents[2]
FULL = sorted(((full_data() or Path()) / "programs").glob("*.totem"))
PROGRAMS = FULL + sorted((ROOT / "examples").rglob("*.totem"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_check_cleanly(path: Path) -> None:
    """Without data and without findings."""
    program, findings = parse(Source(path.read_text(encoding="utf-8"), path.name), default_rules())
    assert findings == ()
    assert program is not None
    typed, found = check(program, default_rules(), default_library(), {})
    assert [f"{each.code} {each.message}" for each in found] == []
    assert typed is not None
