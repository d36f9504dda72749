"""Expressions: how operators bind, what a call and an index are. The judge of binding is Python."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syntax_outline import bracketed, expression, findings

from totemlang.syntax import tree

_SIGNS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.USub: "-",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c", "((a and b) or c)"),
        ("not a and b", "((not a) and b)"),
        ("not a == b", "(not (a == b))"),
        ("not not a", "(not (not a))"),
        ("a + b == c * d", "((a + b) == (c * d))"),
        ("a - b - c", "((a - b) - c)"),
        ("a - (b - c)", "(a - (b - c))"),
        ("a / b // c % d * e", "((((a / b) // c) % d) * e)"),
        ("-a * b", "((- a) * b)"),
        ("-x ** 2", "(- (x ** 2))"),
        ("2 ** -x", "(2 ** (- x))"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("a ** -b ** c", "(a ** (- (b ** c)))"),
        ("- -3", "(- (- 3))"),
        ("a<-1", "(a < (- 1))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("((a))", "a"),
        ("-xs[0]", "(- xs[0])"),
        ("xs[i + 1][j]", "xs[(i + 1)][j]"),
        ("[]", "[]"),
        ("[a, [b][0], c + 1]", "[a, [b][0], (c + 1)]"),
        ("a ≤ b", "(a <= b)"),
        ("a ≥ b", "(a >= b)"),
        ("a ≠ b", "(a != b)"),
    ],
)
def test_binding(text: str, meaning: str) -> None:
    assert bracketed(expression(text)) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("f()", "f()"),
        ("add (a, b)", "add(a, b)"),
        ("stats.mean(xs)", "stats.mean(xs)"),
        ("a.b.c(1)", "a.b.c(1)"),
        ("is.na(row.kwh)", "is.na(row.kwh)"),
        ("int(x) + double(y)", "(int(x) + double(y))"),
        ('date("2019-02-25")', "date('2019-02-25')"),
        ("math.pi", "math.pi"),
        ("time.eu_local(ts)", "time.eu_local(ts)"),
        ("row.date", "row.date"),
        ("row.if", "row.if"),
        ("words(lower(line.text), s)[0]", "words(lower(line.text), s)[0]"),
    ],
)
def test_calls_and_names(text: str, meaning: str) -> None:
    assert bracketed(expression(text)) == meaning


def test_a_quoted_column_is_a_field() -> None:
    node = expression('row["KWH/hh"]')
    assert isinstance(node, tree.FieldAccess)
    assert isinstance(node.of, tree.Reference)
    assert node.field.text == "KWH/hh"


def test_a_quoted_key_of_a_lookup_is_a_key() -> None:
    node = expression('households["H1"].acorn_group')
    assert isinstance(node, tree.FieldAccess)
    assert isinstance(node.of, tree.Index)
    (key,) = node.of.keys
    assert isinstance(key, tree.StringLiteral)
    assert key.value == "H1"


@pytest.mark.parametrize(
    ("text", "keys", "column"),
    [
        ("grid[row.ts].co2", ["row.ts"], "co2"),
        ('grid[k]["kg/kWh"]', ["k"], "kg/kWh"),
        ('grid["a"]["b"]', ["'a'"], "b"),
        ('grid[("a", 1)].b', ["'a'", "1"], "b"),
        ("grid[(k, j, 2)].b", ["k", "j", "2"], "b"),
        ("grid[(k)].b", ["k"], "b"),
    ],
)
def test_lookups(text: str, keys: list[str], column: str) -> None:
    node = expression(text)
    assert isinstance(node, tree.FieldAccess)
    assert isinstance(node.of, tree.Index)
    assert [bracketed(key) for key in node.of.keys] == keys
    assert node.field.text == column


@pytest.mark.parametrize("text", ["a < b < c", "a == b == c", "a < b != c", "f(a <= b <= c)"])
def test_comparisons_do_not_chain(text: str) -> None:
    (found,) = findings(f"x = {text}\n")
    assert found.code == "SYN029"
    assert found.hint == "write `a < b and b < c`"


@pytest.mark.parametrize(
    "text", ["(a < b) == c", "a < b and b < c", "[a < b, b < c]", "f(a < b, c < d)"]
)
def test_comparisons_in_brackets_or_joined_are_no_chain(text: str) -> None:
    expression(text)


def _text(draw: st.DrawFn, depth: int) -> str:
    """Random text of operators, brackets and names, legal in both languages or in none."""
    if depth == 0:
        return draw(st.sampled_from(["a", "b", "xs[0]", "f(a)", "7"]))
    inner = _text(draw, depth - 1)
    match draw(st.sampled_from(["binary", "binary", "sign", "not", "brackets"])):
        case "binary":
            sign = draw(st.sampled_from(sorted(set(_SIGNS.values()) - {"not"})))
            return f"{inner} {sign} {_text(draw, draw(st.integers(0, depth - 1)))}"
        case "sign":
            return f"- {inner}"
        case "not":
            return f"not {inner}"
    return f"({inner})"


@st.composite
def operator_texts(draw: st.DrawFn) -> str:
    return _text(draw, draw(st.integers(0, 5)))


def _as_python(node: ast.expr) -> str | None:
    """Bracketed as `bracketed` does it; None for what is a chain."""
    match node:
        case ast.BinOp(left, op, right):
            parts = _as_python(left), _as_python(right)
            return None if None in parts else f"({parts[0]} {_SIGNS[type(op)]} {parts[1]})"
        case ast.UnaryOp(op, operand):
            inner = _as_python(operand)
            return inner and f"({_SIGNS[type(op)]} {inner})"
        case ast.Compare(left, [op], [right]):
            parts = _as_python(left), _as_python(right)
            return None if None in parts else f"({parts[0]} {_SIGNS[type(op)]} {parts[1]})"
        case ast.Compare():
            return None
        case ast.BoolOp(op, values):
            joined = _as_python(values[0])
            for value in values[1:]:
                inner = _as_python(value)
                joined = joined and inner and f"({joined} {_SIGNS[type(op)]} {inner})"
            return joined
    return ast.unparse(node)


@given(operator_texts())
@settings(deadline=None)
def test_operators_bind_as_in_python(text: str) -> None:
    try:
        expected = _as_python(ast.parse(text, mode="eval").body)
    except SyntaxError:
        expected = None
    if expected is None:
        assert findings(f"x = {text}\n")
    else:
        assert bracketed(expression(text)) == expected
