"""Pictures of diagnostics: sound whatever the source holds."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from totemlang.cli.pictures import MAX_CELLS, picture
from totemlang.diagnostics import Diagnostic, ErrorClass
from totemlang.source import Source, Span


def drawn(text: str, start: int, end: int, hint: str = "", name: str = "study.totem") -> str:
    source = Source(text, name)
    found = Diagnostic("SYN020", ErrorClass.SYNTAX, "no", Span(start, end), hint, source)
    return str(picture(found))


def test_a_picture() -> None:
    text = "x = 1\nif x = 3 then\nend if\n"
    assert drawn(text, 11, 12, "to compare write `==`") == (
        "error[SYN020] SyntaxError: no\n"
        "  --> study.totem:2:6\n"
        "    |\n"
        "  2 | if x = 3 then\n"
        "    |      ^\n"
        "    = hint: to compare write `==`"
    )


def test_without_a_place_or_a_source_there_is_no_line() -> None:
    assert drawn("x = 1\n", 0, 0) == "error[SYN020] SyntaxError: no\n  --> study.totem"
    assert drawn("", 0, 0, name="") == "error[SYN020] SyntaxError: no"


@pytest.mark.parametrize(
    ("line", "start", "end", "shown", "marks"),
    [
        ("\tx\ty", 3, 4, "    x   y", "        ^"),
        ('a = "日本" + b', 11, 12, 'a = "日本" + b', "             ^"),
        ('"日本" b', 1, 3, '"日本" b', " ^^^^"),
        ("a\x1b[31mb", 1, 2, "a␛[31mb", " ^"),
        ("a\u202eb", 1, 2, "a\N{REPLACEMENT CHARACTER}b", " ^"),
        ("a\ud800b", 2, 3, "a\N{REPLACEMENT CHARACTER}b", "  ^"),
        ("a = 1", 5, 5, "a = 1", "     ^"),
        ("a = 1\r", 5, 6, "a = 1", "     ^"),
        ("e\u0301 = 1", 5, 6, "e\u0301 = 1", "    ^"),
    ],
)
def test_the_place_is_under_the_text(
    line: str, start: int, end: int, shown: str, marks: str
) -> None:
    _, _, _, code, under = drawn(f"{line}\nmore\n", start, end).splitlines()
    assert code == f"  1 | {shown}"
    assert under == f"    | {marks}"


def test_a_place_over_several_lines_is_marked_on_the_first() -> None:
    _, _, _, code, under = drawn("if a then\n  x = 1\nend if\n", 3, 25).splitlines()
    assert (code, under) == ("  1 | if a then", "    |    ^^^^^^")


@pytest.mark.parametrize("start", [0, 5, 5_000, 9_990])
def test_a_long_line_is_cut_around_the_place(start: int) -> None:
    text = "".join(f"{number:05}" for number in range(2_000))
    _, _, _, code, under = drawn(text, start, start + 5).splitlines()
    assert len(code) <= MAX_CELLS + 6
    assert len(under) <= MAX_CELLS + 6
    at = under.index("^")
    assert code[at : at + 5] == text[start : start + 5]
    assert under.count("^") == 5
    assert ("…" in code[:8], code.endswith("…")) == (start > 100, start < 9_900)


def test_a_megabyte_on_one_line_is_no_matter() -> None:
    assert len(drawn("x" * 1_000_000, 500_000, 900_000)) < 1_000


def test_on_a_terminal_it_has_colours_and_keeps_its_width() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=60)
    source = Source("if " + "x + " * 40 + "= 3 then\n", "study.totem")
    console.print(
        picture(Diagnostic("SYN020", ErrorClass.SYNTAX, "no", Span(163, 164), "", source))
    )
    text = stream.getvalue()
    assert "\x1b[" in text
    plain = Console(file=io.StringIO(), width=60, record=True)
    plain.print(picture(Diagnostic("SYN020", ErrorClass.SYNTAX, "no", Span(163, 164), "", source)))
    assert all(cell_len(line) <= 60 for line in plain.export_text().splitlines())


@given(st.text(max_size=300), st.integers(0, 300), st.integers(0, 300))
@settings(deadline=None)
def test_any_source_can_be_drawn(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    shown = drawn(text, start, min(start + length, len(text)), text)
    assert all(sign.isprintable() for line in shown.split("\n") for sign in line)
    Console(file=io.StringIO(), force_terminal=True, width=50).print(shown, markup=False)
