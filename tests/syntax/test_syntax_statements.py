"""Statements and blocks: what is written and what stands in the tree."""

from __future__ import annotations

from typing import Any

import pytest
from syntax_outline import outline, parsed

from vectors import SCRIPT


def test_the_script_of_the_thesis() -> None:
    assert [outline(item) for item in parsed(SCRIPT)] == [
        ["Declaration", "int", [["Declarator", "a", "1"], ["Declarator", "b", "2"]]],
        ["Declaration", "int", [["Declarator", "c", "add(a, b)"]]],
        ["Declaration", "float", [["Declarator", "d", "4.1"]]],
        [
            "For",
            "i",
            "1",
            "(i <= 3)",
            ["Increment", "i", "++"],
            [
                ["Assignment", "c", "=", "add(c, i)"],
                ["Assignment", "d", "=", "sub(d, 0.1)"],
            ],
        ],
    ]
    assert parsed(SCRIPT.replace("<=", "≤").replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x = 1", ["Assignment", "x", "=", "1"]),
        ("x += 1", ["Assignment", "x", "+=", "1"]),
        ("x -= y * 2", ["Assignment", "x", "-=", "(y * 2)"]),
        ("xs[i + 1] *= 3", ["Assignment", "xs[(i + 1)]", "*=", "3"]),
        ("x++", ["Increment", "x", "++"]),
        ("xs[0]--", ["Increment", "xs[0]", "--"]),
        ("string[8] s = t", ["Declaration", "string[8]", [["Declarator", "s", "t"]]]),
        ("double[] s = t", ["Declaration", "double[]", [["Declarator", "s", "t"]]]),
        ("double[4] s = t", ["Declaration", "double[4]", [["Declarator", "s", "t"]]]),
        ("double? s = t", ["Declaration", "double?", [["Declarator", "s", "t"]]]),
        ("string[8]? s = t", ["Declaration", "string[8]?", [["Declarator", "s", "t"]]]),
        ("return x + 1", ["Return", "(x + 1)"]),
        ("return (x)", ["Return", "x"]),
        ("break", ["Break"]),
        ("continue", ["Continue"]),
        ("merge", ["MergeLine"]),
        ("param double kw = 7.2", ["ParamDefinition", "double", "kw", "7.2"]),
        ("param double[] centres", ["ParamDefinition", "double[]", "centres", None]),
    ],
)
def test_lines(text: str, tree: Any) -> None:
    assert [outline(item) for item in parsed(text)] == [tree]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("emit a", [[["EmitPart", "a", None]], [], False]),
        ("emit (a)", [[["EmitPart", "a", None]], [], False]),
        (
            "emit (a + b) * c, d",
            [[["EmitPart", "((a + b) * c)", None]], [["EmitPart", "d", None]], False],
        ),
        (
            "emit ts, sum(kwh) as kwh, count(kwh) as homes",
            [
                [["EmitPart", "ts", None]],
                [["EmitPart", "sum(kwh)", "kwh"], ["EmitPart", "count(kwh)", "homes"]],
                False,
            ],
        ),
        (
            "emit (row.id as home, month(row.ts) as month, d), row.kwh",
            [
                [
                    ["EmitPart", "row.id", "home"],
                    ["EmitPart", "month(row.ts)", "month"],
                    ["EmitPart", "d", None],
                ],
                [["EmitPart", "row.kwh", None]],
                True,
            ],
        ),
        ("emit (a, b)", [[["EmitPart", "a", None], ["EmitPart", "b", None]], [], True]),
    ],
)
def test_emits(text: str, tree: Any) -> None:
    assert [outline(item) for item in parsed(text)] == [["Emit", *tree]]


def test_if() -> None:
    text = """\
if a then
    x = 1
else if b then
    x = 2
else if c then
else
    x = 3
    x = 4
end if
"""
    assert [outline(item) for item in parsed(text)] == [
        [
            "If",
            [
                ["Branch", "a", [["Assignment", "x", "=", "1"]]],
                ["Branch", "b", [["Assignment", "x", "=", "2"]]],
                ["Branch", "c", []],
            ],
            [["Assignment", "x", "=", "3"], ["Assignment", "x", "=", "4"]],
        ]
    ]


def test_an_else_with_an_if_of_its_own_needs_two_ends() -> None:
    text = "if a then\nelse\nif b then\nend if\nend if\n"
    assert [outline(item) for item in parsed(text)] == [
        ["If", [["Branch", "a", []]], [["If", [["Branch", "b", []]], []]]]
    ]


@pytest.mark.parametrize(
    ("step", "tree"),
    [
        ("i++", ["Increment", "i", "++"]),
        ("i--", ["Increment", "i", "--"]),
        ("i += 2", ["Assignment", "i", "+=", "2"]),
        ("i -= k", ["Assignment", "i", "-=", "k"]),
    ],
)
def test_steps_of_a_loop(step: str, tree: Any) -> None:
    (loop,) = parsed(f"for i = a; i < len(xs); {step} do\n  break\nend for\n")
    assert outline(loop) == ["For", "i", "a", "(i < len(xs))", tree, [["Break"]]]


def test_the_other_loops() -> None:
    text = """\
for word in words(lower(line.text)) do
    n++
end for
while x > 1 limit 2 * n do
    x -= 1
end while
"""
    assert [outline(item) for item in parsed(text)] == [
        ["ForEach", "word", "words(lower(line.text))", [["Increment", "n", "++"]]],
        ["While", "(x > 1)", "(2 * n)", [["Assignment", "x", "-=", "1"]]],
    ]


def test_words_of_one_place_are_names_elsewhere() -> None:
    text = """\
int limit = 1, order = 2, by = 3, desc = 4, as = 5, in = 6
while limit < in limit limit do
    emit as as as, by as by
end while
for in in in do
end for
reduce f(int order, int[] desc, int[] by) order by desc desc
    emit order
end reduce
reduce g(int k, int[] desc) order by desc
    emit k
end reduce
"""
    _, loop, each, first, second = [outline(item) for item in parsed(text)]
    assert loop[1:3] == ["(limit < in)", "limit"]
    assert each[1:3] == ["in", "in"]
    assert first[4] == ["OrderByClause", "desc", True]
    assert second[4] == ["OrderByClause", "desc", False]


def test_a_program_may_be_empty() -> None:
    assert parsed("") == ()
    assert parsed("\n\n  # nothing\n\n") == ()
    assert parsed("x = 1") == parsed("x = 1\n")
