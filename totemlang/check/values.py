"""Operands: typed expressions, and number literals that still wait for a type.

An operand is a typed expression; or `Pending`, an expression of number literals whose type is
that of the place it ends up in; or None, something wrong that has been reported already.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from totemlang.bytecode.module import Value
from totemlang.check.certain import CertainFailure, certain
from totemlang.check.context import Body
from totemlang.check.matching import Given, Match
from totemlang.check.typed import ConstantValue, OperationValue, TypedExpression
from totemlang.schema.types import Type
from totemlang.source import Span
from totemlang.syntax import tree
from totemlang.tables.operations import OPERATIONS


@frozen(eq=False)
class Pending:
    """Number literals under signs or in an array: `node` as written, its parts likewise.

    `natural` is the type where nothing expects another: int, long or double, or an array of it.
    """

    node: tree.Expression
    natural: Type
    parts: tuple[Pending, ...] = ()

    @property
    def span(self) -> Span:
        """Its place."""
        return self.node.span


Operand = TypedExpression | Pending | None


def given(operand: TypedExpression | Pending) -> Given:
    """What matching needs to know of an operand."""
    if isinstance(operand, Pending):
        return Given(operand.natural, literal=True)
    return Given(operand.type)


def type_of(operand: TypedExpression | Pending) -> Type:
    """The type of an operand, of literals the natural one."""
    return operand.natural if isinstance(operand, Pending) else operand.type


def known_value(body: Body, value: TypedExpression) -> Value:
    """What an expression on literals is certainly worth; None where it is not known."""
    if isinstance(value, ConstantValue):
        return value.value
    found = body.known.get(id(value))
    return found[1] if found is not None else None


def constant(body: Body, at: Type, value: Value, span: Span) -> ConstantValue:
    """A literal."""
    body.world.require_kind(at.kind, span)
    return ConstantValue(at, span, value)


def operation(
    body: Body, match: Match, operands: Sequence[TypedExpression], span: Span
) -> TypedExpression:
    """An operation on operands of its exact types; reports one that must fail."""
    row = OPERATIONS[match.operation]
    if row.command:
        body.world.require(row.command, span)
    elif match.at is not None:
        body.world.require_kind(match.at.kind, span)
    node = OperationValue(match.result, span, match.operation, match.at, tuple(operands))
    try:
        value = certain(match.operation, match.result, [known_value(body, o) for o in operands])
    except CertainFailure as failure:
        body.report("OPR102", span, f"this must fail: {failure.reason}", failure.hint)
    else:
        if value is not None:
            body.known[id(node)] = (node, value)
    return node
