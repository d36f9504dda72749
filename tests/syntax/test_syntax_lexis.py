"""Lexis: literals, names, comments, and where a line ends."""

from __future__ import annotations

import pytest
from syntax_outline import expression, findings, marked, parsed

from totemlang.diagnostics import ErrorClass
from totemlang.source import Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("42", True),
        ("1_000", True),
        ("007", True),
        ("4.1", False),
        ("1e-3", False),
        ("1_0.2_5E+6", False),
    ],
)
def test_numbers(text: str, is_whole: bool) -> None:
    node = expression(text)
    assert isinstance(node, tree.NumberLiteral)
    assert (node.text, node.is_whole) == (text, is_whole)


@pytest.mark.parametrize(
    "text", ["1__0", "1_", "4.", "0x1F", "10L", "1.5f", "1e", "1e99999", "1" * 101, "3x", "1e+"]
)
def test_what_is_no_number(text: str) -> None:
    (found,) = findings(f"x = {text}\n")
    assert (found.code, marked(found)) in [("SYN007", text), ("SYN007", text.rstrip("+"))]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('""', ""),
        ('"a # b"', "a # b"),
        (r'"\" \\ \n \t"', '" \\ \n \t'),
        (r'"\u{20AC}\u{1F600}\u{0}"', "€\U0001f600\0"),
        ('"日本語 ≤ \'"', "日本語 ≤ '"),
        ('"a\tb"', "a\tb"),
    ],
)
def test_strings(text: str, value: str) -> None:
    node = expression(text)
    assert isinstance(node, tree.StringLiteral)
    assert node.value == value


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        (r'"\q"', "SYN009", r"\q"),
        (r'"\u0041"', "SYN009", r"\u"),
        (r'"\u{}"', "SYN009", r"\u{}"),
        (r'"\u{D800}"', "SYN009", r"\u{D800}"),
        (r'"\u{110000}"', "SYN009", r"\u{110000}"),
        ('"abc', "SYN008", '"abc'),
        ('"abc\\"', "SYN008", '"abc\\"'),
    ],
)
def test_what_is_no_string(text: str, code: str, at: str) -> None:
    (found,) = findings(f"x = {text}\n")
    assert (found.code, marked(found)) == (code, at)


@pytest.mark.parametrize(
    "sign", ["\0", "\x1b", "\u202e", "\u200b", "\u2028", "\ufeff", "\ud800", "\x85"]
)
@pytest.mark.parametrize("place", ["x = 1 {}", 'x = "a{}"', "# a{}"])
def test_nothing_invisible_stands_in_a_text(sign: str, place: str) -> None:
    (found,) = findings(place.format(sign) + "\n")
    assert (found.code, marked(found)) == ("SYN003", sign)
    assert found.message.isprintable()


def test_a_byte_order_mark_is_refused_with_a_hint() -> None:
    (found,) = findings("\ufeffx = 1\n")
    assert found.code == "SYN002"
    assert "without byte-order mark" in found.hint


@pytest.mark.parametrize("name", ["größe", "_x", "x" * 65, "naïve"])
def test_names_keep_to_the_convention(name: str) -> None:
    (found,) = findings(f"int {name} = 1\n")
    assert found.error_class is ErrorClass.NAMING
    assert marked(found) == name


@pytest.mark.parametrize("name", ["a", "Z", "a_1", "x" * 64, "ifx", "end_", "Date"])
def test_names(name: str) -> None:
    parsed(f"int {name} = 1\n")


@pytest.mark.parametrize("word", ["1x", "4", "end", "date", "true", "map"])
def test_what_cannot_be_a_name(word: str) -> None:
    (found,) = findings(f"int {word} = 1\n")
    assert found.error_class is ErrorClass.NAMING
    assert marked(found) == word


def test_a_line_goes_on_in_brackets_and_after_a_comma() -> None:
    whole = parsed("emit f(a, b), [1, 2]\nx = (1 + 2)\n")
    broken = parsed("emit f(a, # first\n  b),\n\n # between\n  [\n1,\n 2\n]\r\nx = (1\n   + 2)\n")
    assert len(whole) == len(broken) == 2


def test_a_line_does_not_go_on_before_an_operator() -> None:
    (found,) = findings("x = 1\n  + 2\n")
    assert found.hint == "a line goes on inside open brackets and after a comma"
    assert found.source.position(found.span.start).line == 2


def test_comments_stand_apart() -> None:
    text = '# one\nx = "#" # two\r\n#three'
    program, _ = parse(Source(text), default_rules())
    assert program is not None
    assert [comment.text for comment in program.comments] == [" one", " two", "three"]
    assert [text[c.span.start : c.span.end] for c in program.comments] == [
        "# one",
        "# two",
        "#three",
    ]


def test_line_ends() -> None:
    assert len(parsed("x = 1\r\ny = 2\n\r\n z = 3")) == 3
    (found,) = findings("x = 1\ry = 2\n")
    assert found.hint == "a line ends with LF or CRLF"
