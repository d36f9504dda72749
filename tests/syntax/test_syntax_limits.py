"""Hostile text: refused in well under a second, by a clear error, whatever it is."""

from __future__ import annotations

import time

import pytest
from attrs import evolve

from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules

KB = 1024

REFUSED = {
    "300 KB of nesting": ("(" * (300 * KB), "SYN001"),
    "a megabyte name": ("a" * (1024 * KB), "SYN001"),
    "64 KB and a byte": ("#" * (64 * KB + 1), "SYN001"),
    "64 KB of two-byte characters": ("#" + "é" * (32 * KB), "SYN001"),
    "brackets": ("x = " + "(" * 60_000, "SYN004"),
    "square brackets": ("x = " + "[" * 60_000, "SYN004"),
    "51 brackets": ("x = " + "(" * 51 + "1" + ")" * 51, "SYN004"),
    "closing brackets": ("x = " + ")" * 60_000, "SYN015"),
    "51 blocks": ("if a then\n" * 51 + "end if\n" * 51, "SYN005"),
    "blocks": ("if a then\n" * 6_000, "SYN005"),
    "else ifs": ("if a then\n" + "else if a then\n" * 4_000 + "end if\n", "SYN005"),
    "a long name": ("a" * 60_000 + " = 1", "SYN012"),
    "a long number": ("x = " + "1" * 60_000, "SYN007"),
    "minus signs": ("x = " + "- " * 30_000 + "1", "SYN006"),
    "minus signs together": ("x = " + "-" * 60_001 + "1", "SYN035"),
    "nots": ("x = " + "not " * 16_000 + "true", "SYN006"),
    "a sum": ("x = " + "1+" * 30_000 + "1", "SYN006"),
    "a sum of 102": ("x = " + "1 + " * 101 + "1", "SYN006"),
    "powers": ("x = " + "1**" * 20_000 + "1", "SYN006"),
    "fields": ("x = a" + ".a" * 30_000, "SYN006"),
    "indexes": ("x = a" + "[0]" * 20_000, "SYN006"),
    "calls": ("x = a" + "()" * 30_000, "SYN027"),
    "comparisons": ("x = " + "a<" * 30_000 + "a", "SYN029"),
    "arguments": ("x = max(" + "1," * 30_000 + "1)", "SYN036"),
    "elements": ("x = [" + "1," * 30_000 + "1]", "SYN036"),
    "NULs": ("\0" * 60_000, "SYN003"),
    "lone surrogates": ("\ud800" * 20_000, "SYN003"),
    "quotes": ("'" * 60_000, "SYN021"),
    "double quotes": ('"' * 60_000, "SYN021"),
    "backslashes in a string": ('x = "' + "\\" * 60_000, "SYN008"),
    "arrows": ("x<-" * 21_000, "SYN021"),
    "ends": ("end if\n" * 9_000, "SYN024"),
    "an open bracket and lines": ("x = (\n" + "a\n" * 30_000, "SYN014"),
    "an open bracket and comments": ("x = (\n" + "#\n" * 30_000, "SYN014"),
    "type marks": ("int" + "?" * 60_000 + " x = 1", "SYN030"),
    "braces": ("}\n" * 30_000, "SYN021"),
    "semicolons": ("for " + ";" * 60_000, "CTL101"),
}

ACCEPTED = {
    "50 brackets": "x = " + "(" * 50 + "1" + ")" * 50,
    "50 blocks": "if a then\n" * 50 + "end if\n" * 50,
    "49 else ifs": "if a then\n" + "else if a then\n" * 49 + "end if\n",
    "a sum of 100": "x = " + "1 + " * 99 + "1",
    "a wide array": "x = [" + "1, " * 4_999 + "1]",
    "a call of 100": "x = max(" + "1, " * 99 + "1)",
    "many lines": "x = 1\n" * 10_000,
    "a long string": 'x = "' + "a" * 60_000 + '"',
    "comments": "#\n" * 32_000,
    "64 KB": "#" * (64 * KB),
}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Build the grammar's tables once, for what is measured here is the text's doing."""
    parse(Source(""), default_rules())


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str, code: str) -> None:
    begun = time.process_time()
    program, findings = parse(Source(text), default_rules())
    took = time.process_time() - begun
    assert program is None
    assert code in [found.code for found in findings]
    assert all(found.message.isprintable() and len(found.message) < 200 for found in findings)
    assert took < 2  # a tenth of it on an idle machine


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(text: str) -> None:
    program, findings = parse(Source(text), default_rules())
    assert findings == ()
    assert program is not None


def test_the_deepest_tree_can_be_walked_by_recursion() -> None:
    deep = "(-" * 49 + "(1" + " + 1" * 50 + ")" + ")" * 49
    text = "if a then\n" * 50 + f"x = {deep}\n" + "end if\n" * 50
    program, findings = parse(Source(text), default_rules())
    assert findings == ()
    assert program == evolve(program)
    assert hash(program) == hash(evolve(program))
    assert repr(program).count("NumberLiteral") == 51
