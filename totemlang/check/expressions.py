"""Expressions: from the tree to operands, with the type that a place expects on its way down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from totemlang.check.builtins import ARITHMETIC, CALLED_SIGNS
from totemlang.check.calls import argument_types, called
from totemlang.check.context import Body
from totemlang.check.conversion import optional
from totemlang.check.fields import element, field, looked_up, lookup_of, reference
from totemlang.check.literals import date_value, natural_kind, timestamp_value
from totemlang.check.matching import Match, fit, join_all
from totemlang.check.operators import inverted, logic, negated, signed
from totemlang.check.settle import place, settle
from totemlang.check.typed import ConstantValue, TypedExpression
from totemlang.check.values import Operand, Pending, constant, operation, type_of
from totemlang.schema.types import BOOL, DATE, STRING, TIMESTAMP, Type
from totemlang.syntax import tree
from totemlang.tables.operations import NUMBERS


def operand(body: Body, node: tree.Expression, wanted: Type | None = None) -> Operand:
    """What an expression is; literals alone still wait for their type."""
    return _RULES[type(node)](body, node, wanted)


def value(body: Body, node: tree.Expression, wanted: Type | None = None) -> TypedExpression | None:
    """A typed expression; literals take `wanted` where they can. None where it is wrong."""
    return settle(body, operand(body, node, wanted), wanted)


def typed(body: Body, node: tree.Expression, to: Type | None, where: str) -> TypedExpression | None:
    """The value at exactly the type that a place expects, or None with a finding."""
    return place(body, operand(body, node, to), to, where)


# --- literals


def _number(body: Body, node: tree.NumberLiteral, wanted: Type | None) -> Operand:
    return Pending(node, Type(natural_kind(node.text)))


def _bool(body: Body, node: tree.BoolLiteral, wanted: Type | None) -> Operand:
    return constant(body, BOOL, node.value, node.span)


def _string(body: Body, node: tree.StringLiteral, wanted: Type | None) -> Operand:
    return constant(body, STRING, node.value, node.span)


_MOMENTS: dict[str, tuple[Type, Callable[[str], int | None], str]] = {
    "date": (DATE, date_value, '`date("2019-02-25")`, 0001-01-01 to 9999-12-31'),
    "timestamp": (TIMESTAMP, timestamp_value, '`timestamp("2019-02-25T10:30:00")`, without zone'),
}


def _moment(body: Body, node: tree.Call, text: tree.StringLiteral) -> Operand:
    at, reading, form = _MOMENTS[node.function.text]
    number = reading(text.value)
    if number is None:
        body.report("OPR104", text.span, f"this is no {at}", f"write {form}")
        return None
    body.world.require_kind(at.kind, node.span)
    return ConstantValue(at, node.span, number)


# --- signs


def _unary(body: Body, node: tree.Unary, wanted: Type | None) -> Operand:
    if node.operator == "not":
        return inverted(body, node, operand(body, node.operand, BOOL))
    return negated(body, node, operand(body, node.operand, wanted))


def _binary(body: Body, node: tree.Binary, wanted: Type | None) -> Operand:
    if node.operator in ("and", "or"):
        left = operand(body, node.left, BOOL)
        return logic(body, node, left, operand(body, node.right, BOOL))
    return _sign(body, node, node.operator, node.left, node.right, wanted)


def _sign(
    body: Body,
    node: tree.Expression,
    sign: str,
    left: tree.Expression,
    right: tree.Expression,
    wanted: Type | None,
) -> Operand:
    pushed = _pushed(wanted) if sign in ARITHMETIC else None
    first = operand(body, left, pushed)
    second = operand(body, right, None if sign == "**" else pushed)
    return signed(body, node, sign, first, second, pushed)


def _pushed(wanted: Type | None) -> Type | None:
    """The number that operands of a sign should be for the result to be what is expected."""
    if wanted is None or wanted.is_array or wanted.element not in NUMBERS:
        return None
    return wanted.element


# --- calls


def _call(body: Body, node: tree.Call, wanted: Type | None) -> Operand:
    name, arguments = node.function.text, node.arguments
    if name in CALLED_SIGNS and len(arguments) == 2:
        return _sign(body, node, CALLED_SIGNS[name], arguments[0], arguments[1], wanted)
    if name in _MOMENTS and len(arguments) == 1 and isinstance(arguments[0], tree.StringLiteral):
        return _moment(body, node, arguments[0])
    types = argument_types(body, name, len(arguments))
    operands = [operand(body, a, at) for a, at in zip(arguments, types, strict=True)]
    return called(body, node, operands, wanted)


# --- names, columns, elements


def _reference(body: Body, node: tree.Reference, wanted: Type | None) -> Operand:
    return reference(body, node)


def _field(body: Body, node: tree.FieldAccess, wanted: Type | None) -> Operand:
    asked = lookup_of(body, node)
    if asked is None:
        return field(body, node)
    index, name = asked
    return looked_up(body, node, name, [operand(body, key) for key in index.keys])


def _index(body: Body, node: tree.Index, wanted: Type | None) -> Operand:
    of = operand(body, node.of)
    return element(body, node, of, [operand(body, key) for key in node.keys])


def _array(body: Body, node: tree.ArrayLiteral, wanted: Type | None) -> Operand:
    expected = wanted.element if wanted is not None and wanted.is_array else None
    found = [operand(body, each, expected) for each in node.elements]
    there = [each for each in found if each is not None]
    if len(there) < len(found) or not _scalars(body, there):
        return None
    literals = [each for each in there if isinstance(each, Pending)]
    if literals and len(literals) == len(there):
        natural = join_all(each.natural for each in literals)
        return Pending(node, natural.array, tuple(literals)) if natural is not None else None
    at = expected or _common(there, literals)
    if at is None:
        hint = "declare it: `double[] xs = []`" if not there else "elements are of one type"
        message = "the elements differ in type" if there else "nothing tells the type of `[]`"
        body.report("TYP116", node.span, message, hint)
        return None
    placed = [place(body, each, at, "an element") for each in there]
    values = tuple(each for each in placed if each is not None)
    if len(values) < len(placed):
        return None
    return operation(body, Match("array", at, (at,) * len(values), at.array), values, node.span)


def _scalars(body: Body, elements: list[TypedExpression | Pending]) -> bool:
    """Whether all can be elements; reports those that cannot."""
    scalar = True
    for each in elements:
        if isinstance(each, TypedExpression) and each.type.is_optional:
            optional(body, each)
            scalar = False
        elif type_of(each).is_array:
            hint = "keep a table flat: `xs[i * n + j]`"
            body.report("TYP116", each.span, "an array cannot hold arrays", hint)
            scalar = False
    return scalar


def _common(there: list[TypedExpression | Pending], literals: list[Pending]) -> Type | None:
    at = join_all(each.type for each in there if isinstance(each, TypedExpression))
    for literal in literals:
        at = fit(at, literal.natural) if at is not None else None
    return at


_RULES: dict[type[Any], Callable[[Body, Any, Type | None], Operand]] = {
    tree.NumberLiteral: _number,
    tree.BoolLiteral: _bool,
    tree.StringLiteral: _string,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Call: _call,
    tree.Reference: _reference,
    tree.FieldAccess: _field,
    tree.Index: _index,
    tree.ArrayLiteral: _array,
}
