"""Parameters of the program and constants of a job: known before the run.

Their values use literals, signs, built-in functions and what stands before them; nothing that
calls, loops, looks up or decides.
"""

from __future__ import annotations

import math

from totemlang.bytecode.module import GlobalKind, Value
from totemlang.check.context import Body, BodyKind, World
from totemlang.check.declarations import declare
from totemlang.check.expressions import typed
from totemlang.check.names import GlobalName, LibraryConstant
from totemlang.check.rewrite import operations_in
from totemlang.check.settle import kept
from totemlang.check.typed import (
    OperationValue,
    TypedExpression,
    TypedGlobal,
)
from totemlang.check.typewords import declared_type
from totemlang.check.values import known_value
from totemlang.schema.types import DOUBLE, INT, Constraint, Field, Type
from totemlang.syntax import tree

MOST_FILLED = 65_536
"""Elements that `fill` may make in a constant."""


def parameter(world: World, node: tree.ParamDefinition, into: list[TypedGlobal]) -> None:
    """`param T p = e`."""
    world.require("Param", node.span)
    at, constraint = _global_type(world, node.type)
    initial = None
    if node.default is not None:
        initial = _initial(world, node.default, node.name, at, constraint)
    _add(world, node.name, node, GlobalKind.PARAMETER, at, constraint, initial, into)


def constants(world: World, node: tree.Declaration, into: list[TypedGlobal]) -> None:
    """`T a = e, b = e` at the top of a job."""
    at, constraint = _global_type(world, node.type)
    for each in node.declarators:
        initial = _initial(world, each.value, each.name, at, constraint)
        _add(world, each.name, each, GlobalKind.CONSTANT, at, constraint, initial, into)


def _global_type(world: World, node: tree.TypeExpression) -> tuple[Type | None, Constraint]:
    at, constraint = declared_type(world, node)
    if at is not None and at.is_optional:
        message = "a parameter or constant is never missing"
        world.reporter.add("TYP115", node.span, message, f"write `{at.element}`")
        return at.element, constraint
    return at, constraint


def _initial(
    world: World,
    written: tree.Expression,
    name: tree.Name,
    at: Type | None,
    constraint: Constraint,
) -> TypedExpression | None:
    body = Body(world, BodyKind.CONSTANT, world.names)
    value = typed(body, written, at, f"`{name.text}`")
    if value is None:
        return None
    kept(body, value, constraint)
    for operation in operations_in(value):
        if operation.operation != "fill":
            continue
        count = known_value(body, operation.operands[0])
        if isinstance(count, int) and count > MOST_FILLED:
            message = f"a constant has at most {MOST_FILLED} elements"
            world.reporter.add("CTL116", operation.span, message, "fill it in a function or stage")
    return value


def _add(
    world: World,
    name: tree.Name,
    node: tree.Node,
    kind: GlobalKind,
    at: Type | None,
    constraint: Constraint,
    initial: TypedExpression | None,
    into: list[TypedGlobal],
) -> None:
    word = "parameter" if kind is GlobalKind.PARAMETER else "constant"
    declare(world, world.names, name, GlobalName(len(into), at, constraint, word))
    field = Field(name.text, at or INT, constraint)
    into.append(TypedGlobal(field, kind, initial, node.span))


# --- constants of the library: literals, or made of literals once and for all


def library_constants(world: World, node: tree.Declaration) -> list[tuple[str, LibraryConstant]]:
    """The constants that a declaration of a library file makes, as literals."""
    at, _ = declared_type(world, node.type)
    found = []
    for each in node.declarators:
        body = Body(world, BodyKind.CONSTANT, world.names)
        value = typed(body, each.value, at, f"`{each.name.text}`")
        folded = _folded(body, value) if value is not None else None
        if value is None or folded is None:
            message = "a constant of the library is made of literals"
            world.reporter.add("CTL116", each.span, message)
            continue
        constant = LibraryConstant(value.type, folded)
        declare(world, world.names, each.name, constant)
        found.append((each.name.text, constant))
    return found


def _folded(body: Body, value: TypedExpression) -> Value:
    """The value of literals under signs (of doubles: as the VM computes), else None."""
    known = known_value(body, value)
    if known is not None or not isinstance(value, OperationValue):
        return known
    operands = [_folded(body, operand) for operand in value.operands]
    if any(operand is None for operand in operands):
        return None
    if value.operation == "array":
        return tuple(operands)
    numbers = [operand for operand in operands if isinstance(operand, int | float)]
    if value.type != DOUBLE or len(numbers) < len(operands):
        return None
    return _double(value.operation, [float(number) for number in numbers])


def _double(operation: str, numbers: list[float]) -> float | None:
    if operation in ("widen_double", "neg"):
        return -numbers[0] if operation == "neg" else numbers[0]
    left, right = numbers
    if operation == "div":
        return _divided(left, right)
    results = {"add": left + right, "sub": left - right, "mul": left * right}
    return results.get(operation)


def _divided(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)
