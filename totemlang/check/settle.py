"""Gives number literals their type, and values to the places that expect one.

The type that a place expects is pushed through signs into literals, which are rounded once, from
their decimal text.
"""

from __future__ import annotations

from totemlang.bytecode.module import Value
from totemlang.check.builtins import SIGNS
from totemlang.check.context import Body
from totemlang.check.conversion import convert
from totemlang.check.literals import OutOfRange, binary, utf8_length, whole
from totemlang.check.matching import Match, fit, match
from totemlang.check.typed import ConstantValue, OperationValue, TypedExpression
from totemlang.check.values import Operand, Pending, constant, given, known_value, operation
from totemlang.schema.types import LONG, Constraint, Type
from totemlang.source import Span
from totemlang.syntax import tree
from totemlang.tables.operations import OPERATIONS, WHOLE


def settle(body: Body, operand: Operand, wanted: Type | None = None) -> TypedExpression | None:
    """A typed expression: literals take `wanted` where they can be of it, else their own type."""
    if not isinstance(operand, Pending):
        return operand
    target = operand.natural
    if wanted is not None and wanted.is_array == target.is_array:
        element = fit(wanted.element, target.element)
        target = (element.array if target.is_array else element) if element else target
    return resolve(body, operand, target)


def place(body: Body, operand: Operand, to: Type | None, where: str) -> TypedExpression | None:
    """The value at exactly the type that a place expects; `where` names the place.

    Returns None where the type is not known, and, with a finding, where the value is not of it.
    """
    if operand is None or to is None:
        settle(body, operand)
        return None
    if isinstance(operand, Pending):
        number = _number(operand.node)
        exact = number is not None and number[0].is_whole and to.element in WHOLE
        value = resolve(body, operand, to.element) if exact else settle(body, operand, to)
    else:
        value = operand
    return convert(body, value, to, where) if value is not None else None


def resolve(body: Body, pending: Pending, target: Type) -> TypedExpression | None:
    """The typed expression of literals at a type that fits them."""
    node = pending.node
    number = _number(node)
    if number is not None:
        return _literal(body, number[0], number[1], target, node.span)
    if isinstance(node, tree.ArrayLiteral):
        return _array(body, pending, target)
    if isinstance(node, tree.Unary):
        inner = resolve(body, pending.parts[0], target)
        if inner is None:
            return None
        return operation(body, Match("neg", target, (target,), target), (inner,), node.span)
    return _signed(body, pending, target)


def _number(node: tree.Expression) -> tuple[tree.NumberLiteral, bool] | None:
    """A number literal, and whether it bears a minus."""
    if isinstance(node, tree.NumberLiteral):
        return node, False
    if isinstance(node, tree.Unary) and node.operator == "-":
        return (node.operand, True) if isinstance(node.operand, tree.NumberLiteral) else None
    return None


def _literal(
    body: Body, number: tree.NumberLiteral, negative: bool, target: Type, span: Span
) -> ConstantValue | None:
    try:
        if target in WHOLE:
            value: int | float = whole(number.text, target.kind, negative=negative)
        else:
            value = binary(number.text, target.kind, negative=negative)
    except OutOfRange:
        hint = "declare it long, or write a fraction" if target != LONG and target in WHOLE else ""
        body.report("OPR101", span, f"the number is out of the range of {target}", hint)
        return None
    return constant(body, target, value, span)


def _array(body: Body, pending: Pending, target: Type) -> TypedExpression | None:
    element = target.element
    values = [resolve(body, part, element) for part in pending.parts]
    there = [value for value in values if value is not None]
    if len(there) < len(values):
        return None
    fitting = [convert(body, value, element, "an element") for value in there]
    shape = Match("array", element, (element,) * len(there), target)
    return operation(body, shape, [v for v in fitting if v is not None], pending.span)


def _signed(body: Body, pending: Pending, target: Type) -> TypedExpression | None:
    """A binary sign between literals; the types were found to match when it was first seen."""
    node = pending.node
    assert isinstance(node, tree.Binary)
    operands = [given(part) for part in pending.parts]
    rows = (match(OPERATIONS[row], operands, target) for row in SIGNS[node.operator])
    found = next((how for how in rows if how is not None), None)
    if found is None:
        return None
    values = []
    for part, at in zip(pending.parts, found.targets, strict=True):
        value = resolve(body, part, fit(at, part.natural) or part.natural)
        value = convert(body, value, at, "the sign") if value is not None else None
        if value is None:
            return None
        values.append(value)
    return operation(body, found, values, node.span)


def kept(body: Body, value: TypedExpression, constraint: Constraint) -> None:
    """Report literals that break the domain or size of the type they are stored in."""
    if constraint.is_free:
        return
    _kept_length(body, value, constraint)
    made_of = value.operands if isinstance(value, OperationValue) else ()
    if isinstance(value, OperationValue) and value.operation == "array":
        for element in made_of:
            _kept_value(body, element, constraint)
    elif isinstance(value, OperationValue) and value.operation in ("fill", "present"):
        _kept_value(body, made_of[-1], constraint)
    else:
        _kept_value(body, value, constraint)


def _kept_value(body: Body, value: TypedExpression, constraint: Constraint) -> None:
    known = known_value(body, value)
    if isinstance(known, str):
        if constraint.max_bytes is not None and utf8_length(known) > constraint.max_bytes:
            message = f"the string is longer than {constraint.max_bytes} bytes"
            body.report("OPR103", value.span, message)
        return
    if isinstance(known, bool) or not isinstance(known, int | float):
        return
    low, high = constraint.lower, constraint.upper
    if (low is not None and known < low) or (high is not None and known > high):
        message = f"the number is not in the domain of {constraint.word or value.type}"
        body.report("OPR103", value.span, message, _domain(low, high))


def _kept_length(body: Body, value: TypedExpression, constraint: Constraint) -> None:
    if constraint.length is None or not isinstance(value, OperationValue):
        return
    known: Value = None
    if value.operation == "array":
        known = len(value.operands)
    elif value.operation == "fill":
        known = known_value(body, value.operands[0])
    if isinstance(known, int) and known != constraint.length:
        message = f"the array has {known} elements, its type wants {constraint.length}"
        body.report("OPR103", value.span, message)


def _domain(low: int | float | None, high: int | float | None) -> str:
    if low is None:
        return f"its values are at most {high}"
    return f"its values are at least {low}" if high is None else f"its values are {low} to {high}"
