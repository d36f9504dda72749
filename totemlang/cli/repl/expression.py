"""Which type an expression has by itself, found by declaring a variable of each type with it.

The checker pushes a declared type into literals, so the narrowest type that accepts an expression
is taken; float and double, which both take a literal with a point, are told apart by what the
expression is made of.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from totemlang.check.typed import (
    ConstantValue,
    GlobalValue,
    OperationValue,
    SlotValue,
    Store,
    TypedExpression,
)
from totemlang.diagnostics import Diagnostic, Refused
from totemlang.program import Program
from totemlang.schema.types import Kind, Shape, Type
from totemlang.tables.rules import RuleBook

_ORDER = (
    *(Kind.BOOL, Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DOUBLE),
    *(Kind.STRING, Kind.DATE, Kind.TIMESTAMP, Kind.DURATION),
)
_WIDENING = frozenset({"widen_long", "widen_double", "present"})


@frozen
class Typed:
    """An expression with its type, and the declaration that puts it into a variable.

    `shift` is how many characters stand before the expression in the declaration. `is_plain`
    tells that evaluating it costs nothing: a name or a literal.
    """

    type: Type
    declaration: str
    shift: int
    is_plain: bool


def typed_expression(
    program: Callable[[str], Program], rules: RuleBook, text: str, variable: str
) -> Typed:
    """The expression with its own type, as it stands after a script.

    Args:
        program: the script with a declaration at its end.
        rules: which type words there are.
        text: the expression.
        variable: a name for its value.

    Raises:
        Refused: with what is wrong with it as a value of whatever type.
    """
    refused: list[tuple[Diagnostic, ...]] = []
    words = _words(rules)
    for at, word in words.items():
        before = f"{word} {variable} = ("
        try:
            typed = program(f"{before}{text}\n)").typed
        except Refused as error:
            refused.append(error.diagnostics)
            continue
        store = typed.script.statements[-1] if typed.script else None
        assert isinstance(store, Store)
        own = _own_type(store.value)
        if own is not None:
            before = f"{words.get(own, words[at])} {variable} = ("
            return Typed(own, f"{before}{text}\n)", len(before), _is_plain(store.value))
    raise Refused(_common(refused))


def _words(rules: RuleBook) -> dict[Type, str]:
    """Types as words without bounds, narrow before wide: scalars, then arrays, then optionals."""
    free = {known.kind: known.word for known in rules.labelled.values() if known.constraint.is_free}
    return {
        Type(kind, shape): free[kind] + shape.value
        for shape in Shape
        for kind in _ORDER
        if kind in free
    }


def _own_type(value: TypedExpression) -> Type | None:
    """The type of a value without the widening that its place asked for; None: look further.

    A float may be a literal that would be a double by itself.
    """
    if isinstance(value, OperationValue) and value.operation == "widen_double":
        value = value.operands[0]
    elif value.type.kind is Kind.FLOAT and _is_literal(value):
        return None
    return value.type


def _is_literal(value: TypedExpression) -> bool:
    """Whether all that a value is made of are literals, none of them a float by a conversion."""
    if isinstance(value, OperationValue):
        made_float = value.type.kind is Kind.FLOAT and any(
            operand.type.kind is not Kind.FLOAT for operand in value.operands
        )
        return not made_float and all(_is_literal(operand) for operand in value.operands)
    return isinstance(value, ConstantValue)


def _is_plain(value: TypedExpression) -> bool:
    if isinstance(value, OperationValue) and value.operation in _WIDENING:
        return _is_plain(value.operands[0])
    return isinstance(value, ConstantValue | SlotValue | GlobalValue)


def _common(refused: list[tuple[Diagnostic, ...]]) -> tuple[Diagnostic, ...]:
    """What is wrong whatever the type; if nothing is, what the widest number finds."""
    if not refused:
        return ()
    found = [
        finding
        for finding in refused[0]
        if all(any(_alike(finding, other) for other in others) for others in refused[1:])
    ]
    return tuple(found) or refused[min(len(refused) - 1, _ORDER.index(Kind.DOUBLE))]


def _alike(one: Diagnostic, other: Diagnostic) -> bool:
    """Whether two findings are the same, at the same place from the end of the source."""
    return (one.code, one.message, len(one.source.text) - one.span.start) == (
        other.code,
        other.message,
        len(other.source.text) - other.span.start,
    )
