"""The tables that stand ready are those of the grammar, and a changed grammar makes its own."""

from __future__ import annotations

import pytest

from totemlang.source import Source
from totemlang.syntax import grammar, grammar_maker
from totemlang.syntax.parser import parse
from totemlang.tables.resources import resource_text
from totemlang.tables.rules import default_rules

GRAMMAR = resource_text("grammar", "totem.lark")


def test_the_shipped_tables_are_what_lark_makes_of_the_grammar() -> None:
    made = grammar_maker.text(grammar_maker.made(GRAMMAR))
    assert resource_text("grammar", "totem.tables.json") == made, "write them with: make grammar"


def test_tables_of_another_grammar_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = GRAMMAR + "\n"
    texts = {"totem.lark": changed, "totem.tables.json": resource_text(*_READY)}
    monkeypatch.setattr(grammar, "resource_text", lambda folder, name: texts[name])
    asked: list[str] = []
    made = grammar_maker.made
    monkeypatch.setattr(grammar_maker, "made", lambda text: asked.append(text) or made(text))
    grammar.tables.cache_clear()
    try:
        found = grammar.tables()
        assert asked == [changed]
        program, findings = parse(Source("int a = 1 + 2\n"), default_rules())
        assert program is not None
        assert not findings
    finally:
        grammar.tables.cache_clear()
    monkeypatch.undo()
    assert grammar.tables() == found


_READY = ("grammar", "totem.tables.json")
