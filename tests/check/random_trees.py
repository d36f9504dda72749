"""Hypothesis strategies for trees and texts that nobody would write, right and wrong alike."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from totemlang.source import NOWHERE, Source
from totemlang.syntax import tree

SPAN = NOWHERE
NAMES = ("a", "b", "xs", "row", "L", "f", "kwh", "text", "sum", "math", "d", "not a name", "x" * 70)
WORDS = ("int", "long", "float", "double", "bool", "date", "timestamp", "duration", "string", "zz")
CALLS = (
    *("f", "sum", "min", "max", "date", "int", "double", "floor", "len", "fill", "default"),
    *("value", "missing", "stats.mean", "array.sum", "add", "hours", "substr", "concat", "mean"),
    *("math.pow", "pow", "timestamp", "sort", "contains", "words", "round", "sqrt", "nothing"),
)
NUMBERS = ("0", "1", "2147483648", "0.5", "1e400", "9" * 30, "1_000", "3")
TEXTS = ("", "abc", "2019-02-25", "2019-02-25T10:30:00", "ä")
SIGNS = ("and", "or", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "//", "%", "**")

names = st.sampled_from(NAMES).map(lambda text: tree.Name(SPAN, text))
types = st.builds(
    tree.TypeExpression,
    st.just(SPAN),
    st.sampled_from(WORDS).map(lambda text: tree.Name(SPAN, text)),
    st.booleans(),
    st.none() | st.sampled_from((0, 1, 3, 2**40)),
    st.booleans(),
)
plain_types = st.sampled_from(WORDS[:-1]).flatmap(
    lambda word: st.booleans().map(
        lambda array: tree.TypeExpression(SPAN, tree.Name(SPAN, word), array)
    )
)
some_types = types | plain_types
parameters = st.builds(tree.Parameter, st.just(SPAN), st.none() | plain_types | some_types, names)


def _tuples(of: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


_leaves = st.one_of(
    st.builds(tree.NumberLiteral, st.just(SPAN), st.sampled_from(NUMBERS)),
    st.builds(tree.BoolLiteral, st.just(SPAN), st.booleans()),
    st.builds(tree.StringLiteral, st.just(SPAN), st.sampled_from(TEXTS)),
    st.builds(tree.Reference, st.just(SPAN), names),
    st.builds(
        tree.FieldAccess, st.just(SPAN), st.builds(tree.Reference, st.just(SPAN), names), names
    ),
)


def _composed(inner: st.SearchStrategy) -> st.SearchStrategy:
    called = st.sampled_from(CALLS).map(lambda text: tree.Name(SPAN, text))
    return st.one_of(
        st.builds(tree.FieldAccess, st.just(SPAN), inner, names),
        st.builds(tree.Index, st.just(SPAN), inner, _tuples(inner, 1, 2)),
        st.builds(tree.Call, st.just(SPAN), called, _tuples(inner)),
        st.builds(tree.ArrayLiteral, st.just(SPAN), _tuples(inner)),
        st.builds(tree.Unary, st.just(SPAN), st.sampled_from(("-", "not")), inner),
        st.builds(tree.Binary, st.just(SPAN), st.sampled_from(SIGNS), st.just(SPAN), inner, inner),
    )


expressions = st.recursive(_leaves, _composed, max_leaves=8)
targets = st.builds(tree.Reference, st.just(SPAN), names) | st.builds(
    tree.Index,
    st.just(SPAN),
    st.builds(tree.Reference, st.just(SPAN), names),
    _tuples(expressions, 1, 1),
)
declarations = st.builds(
    tree.Declaration,
    st.just(SPAN),
    plain_types | some_types,
    _tuples(st.builds(tree.Declarator, st.just(SPAN), names, expressions), 1, 2),
)
assignments = st.builds(
    tree.Assignment, st.just(SPAN), targets, st.sampled_from(("=", "+=", "-=", "*=")), expressions
)
increments = st.builds(tree.Increment, st.just(SPAN), targets, st.sampled_from(("++", "--")))
emit_parts = st.builds(tree.EmitPart, st.just(SPAN), expressions, st.none() | names)
emits = st.builds(
    tree.Emit, st.just(SPAN), _tuples(emit_parts, 1, 2), _tuples(emit_parts), st.booleans()
)
_simple = st.one_of(
    declarations,
    assignments,
    increments,
    emits,
    st.builds(tree.Break, st.just(SPAN)),
    st.builds(tree.Continue, st.just(SPAN)),
    st.builds(tree.Return, st.just(SPAN), expressions),
)


def _nested(inner: st.SearchStrategy) -> st.SearchStrategy:
    blocks = _tuples(inner)
    branch = st.builds(tree.Branch, st.just(SPAN), expressions, blocks)
    steps = increments | assignments
    return st.one_of(
        st.builds(tree.If, st.just(SPAN), _tuples(branch, 1, 2), blocks),
        st.builds(tree.For, st.just(SPAN), names, expressions, expressions, steps, blocks),
        st.builds(tree.ForEach, st.just(SPAN), names, expressions, blocks),
        st.builds(tree.While, st.just(SPAN), expressions, expressions, blocks),
    )


statements = st.recursive(_simple, _nested, max_leaves=6)
bodies = _tuples(statements, 0, 4)
_order = st.none() | st.builds(tree.OrderByClause, st.just(SPAN), names, st.booleans())
definitions = st.one_of(
    st.builds(tree.DatasetDefinition, st.just(SPAN), names, st.none() | _tuples(parameters, 1)),
    st.builds(
        tree.LookupDefinition,
        st.just(SPAN),
        names,
        _tuples(parameters, 1, 2),
        _tuples(parameters, 1, 2),
    ),
    st.builds(tree.ParamDefinition, st.just(SPAN), some_types, names, st.none() | expressions),
    st.builds(
        tree.FunctionDefinition, st.just(SPAN), some_types, names, _tuples(parameters), bodies
    ),
    st.builds(tree.MapDefinition, st.just(SPAN), names, names, names, st.just(()), bodies),
    st.builds(
        tree.MapDefinition,
        st.just(SPAN),
        names,
        st.none(),
        st.none(),
        _tuples(parameters, 1),
        bodies,
    ),
    st.builds(
        tree.ReduceDefinition,
        st.just(SPAN),
        names,
        _tuples(parameters, 0, 2),
        _tuples(parameters),
        _order,
        bodies,
    ),
    st.builds(tree.MergeLine, st.just(SPAN)),
)
programs = _tuples(definitions | statements, 0, 7).map(
    lambda items: tree.Program(SPAN, items, (), Source(""))
)

_TOKEN = re.compile(r'"[^"\n]*"|[A-Za-z_][A-Za-z0-9_.]*|[0-9][0-9_.]*|[-+*/%=<>!]+|\n|\S')
_SIGNS = ("+", "-", "*", "/", "//", "%", "**", "==", "<", ">=", "and", "or")
_LIKE = (
    (frozenset(_SIGNS), _SIGNS),
    (frozenset(WORDS), WORDS[:-1]),
    (frozenset(NUMBERS), ("0", "1", "3", "0.5", "2147483648")),
)


@st.composite
def mutated(draw: st.DrawFn, sources: tuple[str, ...]) -> str:
    """A source in which a few tokens became others of their sort, or lines were moved about."""
    tokens = _TOKEN.findall(draw(st.sampled_from(sources)))
    names_here = sorted({token for token in tokens if token[0].isalpha()} - _KEPT)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(tokens) - 1)))
        token = tokens[at] if tokens else ""
        alike = next((others for known, others in _LIKE if token in known), ())
        if token[:1].isdigit():
            alike = _LIKE[2][1]
        elif token in names_here:
            alike = (*names_here, *CALLS[:12])
        if alike:
            tokens[at] = draw(st.sampled_from(alike))
    lines = re.sub(r" ?\n ?", "\n", " ".join(tokens)).splitlines()
    if draw(st.booleans()) and lines:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(lines)))
    return "\n".join(lines) + "\n"


_KEPT = frozenset(WORDS) | {
    *("if", "then", "else", "end", "for", "in", "do", "while", "limit", "break", "continue"),
    *("return", "emit", "as", "map", "reduce", "merge", "order", "by", "desc", "dataset"),
    *("lookup", "param", "function", "true", "false", "not", "and", "or"),
}
