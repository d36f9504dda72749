"""Hostile programs: deep, long or odd trees end in findings, in bounded time."""

from __future__ import annotations

import time

import pytest

from totemlang.check.checker import check
from totemlang.check.library import default_library
from totemlang.check.link import order
from totemlang.source import NOWHERE, Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules


def _codes(*items: tree.Statement) -> list[str]:
    program = tree.Program(NOWHERE, items, (), Source(""))
    _, findings = check(program, default_rules(), default_library(), {})
    return [finding.code for finding in findings]


def _declared(value: tree.Expression, name: str = "a", word: str = "int") -> tree.Declaration:
    declarator = tree.Declarator(NOWHERE, tree.Name(NOWHERE, name), value)
    kind = tree.TypeExpression(NOWHERE, tree.Name(NOWHERE, word))
    return tree.Declaration(NOWHERE, kind, (declarator,))


ONE = tree.NumberLiteral(NOWHERE, "1")


def test_trees_by_hand_may_hold_what_no_text_gives() -> None:
    """Names against the convention, types that do not exist."""
    assert _codes(_declared(ONE, "not a name")) == ["NAM101"]
    assert _codes(_declared(ONE, "a" * 65)) == ["NAM101"]
    assert _codes(_declared(ONE, "größe")) == ["NAM101"]
    assert _codes(_declared(ONE, "a", "percent")) == ["CMD103"]


def test_deep_expressions_are_refused() -> None:
    """Before anything follows them down."""
    value: tree.Expression = ONE
    for _ in range(100_000):
        value = tree.Unary(NOWHERE, "-", value)
    assert _codes(_declared(value)) == ["SYN101"]


def test_deep_blocks_are_refused() -> None:
    """Before anything follows them down."""
    condition = tree.BoolLiteral(NOWHERE, True)
    block: tuple[tree.Statement, ...] = ()
    for _ in range(100_000):
        block = (tree.While(NOWHERE, condition, ONE, block),)
    assert _codes(*block) == ["SYN101"]


def test_the_deepest_program_that_parses_is_checked() -> None:
    """Blocks and operations as deep as the parser lets them be."""
    head = "".join(f"for i{k} = 0; i{k} < 2; i{k}++ do\n" for k in range(49))
    for expression in ("+".join(["1"] * 98), "- " * 97 + "i0", "**".join(["1"] * 98)):
        source = Source(
            f"{head}double y = {expression}\n{'end for' + chr(10):s}" + "end for\n" * 48
        )
        program, found = parse(source, default_rules())
        assert program is not None, found
        typed, findings = check(program, default_rules(), default_library(), {})
        assert typed is not None, findings


LONG = {
    "unknown names": "".join(f"x{i} = y{i}\n" for i in range(1800)),
    "unknown functions": "int a = 1\n" + "".join(f"a = fob{i}(a)\n" for i in range(1400)),
    "names twice": "int a = 1\n" * 3000,
    "a long array": "int a = 1\nint[] b = [" + ",".join(["a+1"] * 4000) + "]\n",
    "long calls": "int a = 1\n"
    + "".join(f"int b{i} = min({','.join(['a'] * 100)})\n" for i in range(200)),
    "emits": "dataset d(int a)\nmap m(d row)\n" + "emit row.a\n" * 2500 + "end map\n",
    "functions in a ring": "".join(
        f"function int f{i}(int x)\nreturn f{(i + 1) % 500}(x)\nend function\n" for i in range(500)
    ),
    "unknown columns": (
        "dataset d("
        + ",".join(f"int col{i}" for i in range(700))
        + ")\nmap m(d row)\n"
        + "".join(f"emit row.kol{i}\n" for i in range(900))
        + "end map\n"
    ),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_long_programs_take_a_moment(text: str) -> None:
    """Whatever fills a source, checking it takes time in proportion."""
    program, found = parse(Source(text), default_rules())
    assert program is not None, found
    start = time.process_time()
    check(program, default_rules(), default_library(), {})
    assert time.process_time() - start < 3


def test_following_calls_does_not_recurse() -> None:
    """A chain of many functions is put in order; a ring is found once."""
    chain = order([0], lambda n: [(n + 1, NOWHERE)] if n < 50_000 else [])
    assert chain.functions[0] == 50_000
    assert chain.cycles == ()
    ring = order(range(9), lambda n: [((n + 1) % 9, NOWHERE)])
    assert ring.cycles == ((8, 0, NOWHERE),)
