"""When the prompt takes an entry, and how it indents the next line."""

from __future__ import annotations

import pytest

from totemlang.cli.repl.entry import dedented, indent_of_next, is_complete


@pytest.mark.parametrize(
    "text",
    [
        "",
        "int a = 1",
        "a + b",
        ":type (1",
        "for i = 1; i <= 3; i++ do\n  a += i\nend for",
        "if a > 1 then\n b = 2\nelse if a > 0 then\n b = 3\nelse\n b = 4\nend if",
        "function double twice(double x)\n  return 2 * x\nend function",
        'concat("(", "if")',
        "int a = 1 # if (",
        "double[] xs = [1,\n 2]",
        "a = end_of_day",
        "map f(readings row)\n    emit row.a, row.b\nend map",
        "end if",
    ],
)
def test_complete(text: str) -> None:
    assert is_complete(text)


@pytest.mark.parametrize(
    ("text", "indent"),
    [
        ("for i = 1; i <= 3; i++ do", 4),
        ("if a > 1 then\n b = 2\nelse", 4),
        ("for x in xs do\n    if x > 1 then", 8),
        ("double[] xs = [1,", 4),
        ("double[] xs = [1", 4),
        ("int a = 1,", 4),
        ("reduce r((string g, int h),\n  double[] kwh)", 4),
        ("while a < 3 limit 10 do\n  a += 1\n", 4),
    ],
)
def test_unfinished(text: str, indent: int) -> None:
    assert not is_complete(text)
    assert indent_of_next(text) == " " * indent


@pytest.mark.parametrize(
    ("typed", "moved"),
    [
        ("if a then\n    b = 1\n    else", "if a then\n    b = 1\nelse"),
        ("if a then\n    b = 1\n    end if", "if a then\n    b = 1\nend if"),
        (
            "for x in xs do\n    if x then\n        a++\n        end if",
            "for x in xs do\n    if x then\n        a++\n    end if",
        ),
        ("if a then\n    ended = 1", "if a then\n    ended = 1"),
        ("end if", "end if"),
    ],
)
def test_a_line_that_ends_a_block_moves_left(typed: str, moved: str) -> None:
    assert dedented(typed) == moved
