"""Several errors in one program: each is said once, and none makes others up."""

from __future__ import annotations

import re

import pytest
from syntax_outline import findings

from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules


def said(text: str) -> list[tuple[int, str]]:
    """Line and code of every finding."""
    return [(f.source.position(f.span.start).line, f.code) for f in findings(text)]


def test_every_wrong_line_is_reported() -> None:
    text = """\
dataset d(int a, strin b)
int x
map f(d row)
    if row.a = 3 then
        emti row.a
    end if
    for i in 1:3 do
        emit i,, 4
    end for
end map
reduce g(int k, int[] v) order by
    emit k, sum(v
end reduce
x = 1 +
"""
    assert said(text) == [
        (1, "CMD002"),
        (2, "SYN028"),
        (4, "SYN035"),
        (5, "SYN031"),
        (7, "CTL104"),
        (8, "SYN020"),
        (11, "SYN020"),
        (12, "SYN014"),
        (14, "SYN020"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The end is missing, and indentation tells which.
        ("map f(d row)\n    if a then\n        x = 1\nend map\ny = 2\n", [(2, "CTL101")]),
        (
            "for i = 0; i < 3; i++ do\n    if a then\n        x = 1\nend for\ny = 2\n",
            [(2, "CTL101")],
        ),
        (
            "for i = 0; i < 3; i++ do\n    if a then\n        x = 1\n    end for\nend for\n",
            [(4, "CTL102")],
        ),
        ("map f(d row)\n    emit 1\nreduce g(int k)\n    emit k\nend reduce\n", [(1, "SYN023")]),
        ("map f(d row)\n    if a then\nparam int p\n", [(1, "SYN023"), (2, "CTL101")]),
        ("map f(d row)\n    emit 1\nmap\nx = 1\n", [(3, "SYN024")]),
        # The command is missing, or half of it.
        ("f(d row)\n    emit 1\nend map\nx = 1\n", [(1, "SYN033")]),
        ("f(int[] a, int b) order by a\nend reduce\n", [(1, "SYN033")]),
        ("a > 3 then\n    x = 1\nend if\n", [(1, "CTL105")]),
        ("x in xs do\n    x = 1\nend for\n", [(1, "CTL105")]),
        ("x > 3 limit 5 do\n    x = 1\nend while\n", [(1, "CTL105")]),
        ("if a then\nelse b then\nelse\nend if\n", [(2, "CTL105")]),
        # Too many ends.
        ("if a then\nend if\nend if\nend map\n", [(3, "SYN024"), (4, "SYN024")]),
        # The word of the end.
        ("map f(d row)\nend\nx = 1\n", [(2, "SYN024")]),
        ("map f(d row)\nend mpa\nx = 1\n", [(2, "SYN024")]),
        ("map f(d row)\nendmap\nx = 1\n", [(2, "SYN021")]),
        ("if a then\nedn if\nx = 1\n", [(2, "SYN031")]),
        ("if a then\nend if x\nx = 1\n", [(2, "SYN020")]),
        # A head that is wrong still opens its block.
        ("if a = b then\n    x = 1\nelse\n    x = 2\nend if\n", [(1, "SYN035")]),
        ("fro i = 0; i < 3; i++ do\n    x = 1\nend for\n", [(1, "SYN031")]),
        ("map f()\n    emit 1\nend map\n", [(1, "SYN033")]),
        ("funciton int f(int a)\n    return a\nend function\n", [(1, "SYN031")]),
        ("if a then\n    x = 1\nelse if b = 3 then\n    x = 2\nend if\n", [(3, "SYN035")]),
        # A definition within a block.
        (
            "map f(d row)\n    function int g()\n    end function\n    emit 1\nend map\n",
            [(2, "SYN026")],
        ),
        ("if a then\n    param int p\nend if\n", [(2, "SYN026")]),
        # Brackets that stay open end where a statement starts.
        ("x = (1 + 2\ny = 3 +\n", [(1, "SYN014"), (2, "SYN020")]),
        ("x = [1,\n  2\nint y = 3\nif a then\nend if\n", [(1, "SYN014")]),
        ("emit f(a, b\nend map\n", [(1, "SYN014"), (2, "SYN024")]),
        ("map f(d row)\n    emit a,\nend map\n", [(2, "SYN020")]),
        ("emit a,\nx = 3\n", [(1, "SYN020")]),
        ("x = (1", [(1, "SYN014")]),
        # Brackets too many or too few within a line are one mistake.
        ("x = f((1)]) + (2 + 3)\n", [(1, "SYN015")]),
        ("x = f(a[1)) + (2\n", [(1, "SYN014")]),
        ("x = f(a]) + [1]\n", [(1, "SYN015")]),
        ('x = f("a)\n', [(1, "SYN008")]),
        ("x = 1 + \\\n  2\ny = a \\ b\nz = 1\n", [(1, "SYN021"), (3, "SYN021")]),
    ],
)
def test_structure_is_found_again(text: str, expected: list[tuple[int, str]]) -> None:
    assert said(text) == expected


def test_a_token_lost_is_one_mistake() -> None:
    text = """\
dataset readings(string home, double? kwh)
lookup prices((string zone, int hour), double price)
param double[] steps = [1.0, 2.0]

map by_home(readings row)
    if not missing(row.kwh) and (row.kwh > 0.0 or steps[0] == 1) then
        emit (row.home, hour(row.ts) as hour), row.kwh * prices[(row.zone, 1)].price as cost
    else
        x = y
    end if
end map

reduce total((string home, int hour), double[] cost) order by cost desc
    double most = max(cost), all = 0.0
    for i = 0; i < len(cost); i++ do
        while all < 1 limit 10 do
            all += cost[i] ** 2
        end while
    end for
    emit (home, hour), stats.mean(cost)
end reduce
"""
    tokens = list(re.finditer(r"\w+|\*\*|[<>=+]=|\+\+|[^\w\s]", text))
    assert len(tokens) > 150
    for token in tokens:
        broken = f"{text[: token.start()]} {text[token.end() :]}"
        _, found = parse(Source(broken), default_rules())
        line = text.count("\n", 0, token.start()) + 1
        assert len(found) <= 1, (line, token[0], [f.message for f in found])


def test_a_program_of_python() -> None:
    text = """\
def load(xs):
    total = 0
    for x in xs:
        if x > 3 and x != 5:
            total += x
        elif x == 2:
            total -= 1
        else:
            pass
    return total

print(load([1, 2]))
"""
    assert said(text) == [
        (1, "SYN021"),
        (1, "SYN021"),
        (3, "SYN021"),
        (4, "SYN021"),
        (6, "SYN021"),
        (6, "SYN021"),
        (8, "SYN021"),
        (9, "SYN021"),
        (12, "SYN021"),
    ]


def test_a_program_of_c() -> None:
    text = """\
if (x == 3) {
    y = 4;
} else if (x > 2) {
    y = 5
} else {
    y = 6
}
while (x) limit 3
{
    x -= 1
}
z = 7
"""
    assert [line for line, code in said(text) if code != "SYN021"] == [8]
    assert {line for line, _ in said(text)} == {1, 2, 3, 5, 7, 8, 9, 11}


def test_words_in_capitals() -> None:
    text = "IF x > 3 AND y THEN\n    y = 1\nELSE\n    y = 2\nEND IF\nz = 1\n"
    assert said(text) == [(1, "SYN031"), (3, "SYN031"), (5, "SYN031")]


def test_the_number_of_findings_is_bounded() -> None:
    assert len(findings("x = = 1\n" * 5_000)) == 100
    assert len(findings("§" * 5_000)) == 100
