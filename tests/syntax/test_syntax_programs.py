"""Programs that people wrote: the library and the examples that are shipped, and a larger set."""

from __future__ import annotations

from pathlib import Path

import pytest

from strategies.full_data import WANTED, full_data
from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.resources import resource_names, resource_text
from totemlang.tables.rules import default_rules

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted(((full_data() or Path()) / "programs").glob("*.totem"))


@pytest.mark.parametrize("name", resource_names("stdlib"))
def test_the_library(name: str) -> None:
    source = Source(resource_text("stdlib", name), name)
    program, findings = parse(source, default_rules(), library=True)
    assert [found.message for found in findings] == []
    assert program is not None


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.totem")), ids=lambda p: p.name)
def test_examples(path: Path) -> None:
    program, findings = parse(Source(path.read_text("utf-8"), path.name), default_rules())
    assert [found.message for found in findings] == []
    assert program is not None


@pytest.mark.skipif(not PROGRAMS, reason=WANTED)
def test_programs_with_answers() -> None:
    for path in PROGRAMS:
        program, findings = parse(Source(path.read_text("utf-8"), path.name), default_rules())
        assert [found.message for found in findings] == [], path.name
        assert program is not None
