"""What holds for any text: the parser answers, its spans are right, layout means nothing."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from syntax_outline import nodes, outline, text_of

from totemlang.source import Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.syntax.tokens import FOREIGN_SIGNS, SIGNS, WORDS
from totemlang.tables.rules import default_rules

JOB = """\
# Nearest centre of each day, and a table beside it.
dataset readings(string household_id, timestamp ts, double? "KWH/hh", date)
lookup households((string id, int year), string[8] group, double area)
param double[] centres = [1.0, 2.5e-3]
double scale = 2 ** -1

function double[4] spread(double[] xs, int n)
    double[4] out = fill(n, 0.0), more = [1, 2, 3, 4]
    for i = 0; i < len(xs); i += 2 do
        if xs[i] >= 1_000 and not (i == 3 or i != 4) then
            out[i % 4] += -xs[i] ** 2
            continue
        else if xs[i] < 0.5 then
            out[0]++
        else
            break
        end if
    end for
    return out
end function

map by_day(readings row)
    string? group = households[(row.household_id, year(row.ts))].group
    for word in words(lower("a b\\u{20AC}\\n"), " .,") do
        emit (row.household_id as home, date(row.ts)), 2 * value(row["KWH/hh"]) as kw,
            households["a"].area, math.pi
    end for
end map

reduce assign((string home, date day), double[] kw, double[] area) order by kw desc
    long rounds = 0
    while rounds <= 10 limit len(kw) * 2 do
        rounds++
    end while
    emit home, sum(kw) as kwh, stats.mean(kw) // 1
end reduce

merge

reduce all(string[] home, double[] kwh)
    emit kwh[0]
end reduce
"""
SCRIPT = """\
int a = 1, b = 2
int c = add (a, b)
float d = 4.1
for i = 1; i ≤ 3; i++ do
  c = add (c, i)
  d = sub (d, 0.1)
end for
"""
PIECES = [
    *sorted({*WORDS, *SIGNS, *FOREIGN_SIGNS}),
    *("int", "double", "x", "xs", "1", "2.5", '"a"', "elif", "<-", "&&", "#", '"', "'", "\\"),
    *("\n", "\r\n", " ", "\0", "\ud800", "é", "\u202e"),
    *("end if\n", "if x then\n", "for i = 0; i < 3; i++ do\n"),
]


def answered(text: str) -> None:
    """Check that the parser says something sound about a text."""
    program, findings = parse(Source(text, "any.totem"), default_rules())
    assert (program is None) == bool(findings)
    for found in findings:
        assert 0 <= found.span.start <= found.span.end <= len(text)
        assert found.message
        assert found.message.isprintable()
        assert found.hint.isprintable()
        found.to_json()["message"].encode("utf-8")
    starts = [found.span.start for found in findings]
    assert starts == sorted(starts)


@given(st.text(st.characters(), max_size=200))
@settings(deadline=None)
@example("(" * 60)
@example('"')
@example("\r")
@example("x = \\")
def test_any_text_is_answered(text: str) -> None:
    answered(text)


@given(st.lists(st.sampled_from(PIECES), max_size=60))
@settings(deadline=None, max_examples=300)
def test_any_pieces_of_the_language_are_answered(pieces: list[str]) -> None:
    answered(" ".join(pieces))


@st.composite
def broken_programs(draw: st.DrawFn) -> str:
    """A program with a few tokens or lines lost, doubled, swapped or replaced."""
    by_line = draw(st.booleans())
    text = draw(st.sampled_from([JOB, SCRIPT]))
    parts = text.splitlines(keepends=True) if by_line else re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(draw(st.integers(1, 4))):
        if not parts:
            break
        at = draw(st.integers(0, len(parts) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "put", "replace", "cut"])):
            case "drop":
                del parts[at]
            case "double":
                parts.insert(at, parts[at])
            case "swap":
                other = draw(st.integers(0, len(parts) - 1))
                parts[at], parts[other] = parts[other], parts[at]
            case "put":
                parts.insert(at, draw(st.sampled_from(PIECES)))
            case "replace":
                parts[at] = draw(st.sampled_from(PIECES))
            case "cut":
                parts = parts[: at + 1]
    return "".join(parts)


@given(broken_programs())
@settings(deadline=None, max_examples=300)
def test_broken_programs_are_answered(text: str) -> None:
    answered(text)


def program_of(text: str) -> tree.Program:
    program, findings = parse(Source(text), default_rules())
    assert findings == ()
    assert program is not None
    return program


def test_the_place_of_an_expression_holds_the_expression() -> None:
    seen = set()
    for node in nodes(program_of(JOB)):
        text = text_of(JOB, node.span)
        if isinstance(node, tree.Expression):
            (alone,) = program_of(f"x = {text}\n").items
            assert isinstance(alone, tree.Assignment)
            # `households["a"]` alone reads as a column; only what is asked of it makes it a key.
            assert outline(alone.value) in (outline(node), "households.a")
        elif isinstance(node, tree.Name):
            assert text in (node.text, f'"{node.text}"')
        elif isinstance(node, tree.TypeExpression):
            assert text == outline(node)
        elif isinstance(node, tree.Statement):
            (alone,) = program_of(text).items
            assert outline(alone) == outline(node)
        elif isinstance(node, tree.Branch):
            assert text.startswith("if ")
        seen.add(type(node))
    assert len(seen) > 30


def test_places_lie_within_each_other() -> None:
    program = program_of(JOB)
    for node in nodes(program):
        for part in nodes(node):
            assert node.span.start <= part.span.start <= part.span.end <= node.span.end


def test_signs_of_operators_are_in_their_place() -> None:
    for node in nodes(program_of(JOB)):
        if isinstance(node, tree.Binary):
            assert text_of(JOB, node.operator_span) == node.operator


@given(st.data())
@settings(deadline=None)
def test_layout_means_nothing(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([JOB, SCRIPT]))
    expected = outline(program_of(text).items)
    lines = []
    for line in text.splitlines():
        indent = " " * data.draw(st.integers(0, 9)) + "\t" * data.draw(st.integers(0, 1))
        comment = data.draw(st.sampled_from(["", "  ", " # if then ( [", "#"]))
        lines.append(indent + line.strip() + comment)
        lines += [""] * data.draw(st.integers(0, 1))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    assert outline(program_of(end.join(lines)).items) == expected


def test_the_same_text_gives_the_same_answer() -> None:
    broken = JOB.replace("then", "the").replace(",", ";", 1)
    source = Source(broken)
    assert parse(source, default_rules()) == parse(source, default_rules())
