"""Calls: built-in functions by their rows, functions of the program and library by parameters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from totemlang.check.builtins import AGGREGATES, BUILTINS, Builtin
from totemlang.check.callhints import builtin_hint, unknown_function
from totemlang.check.context import Body, BodyKind, Signature
from totemlang.check.conversion import optional
from totemlang.check.matching import Match, accepts, match
from totemlang.check.settle import kept, place, settle
from totemlang.check.typed import CallValue, CheckedValue, TypedExpression
from totemlang.check.values import Operand, Pending, given, operation, type_of
from totemlang.schema.types import DOUBLE, FLOAT, INT, LONG, Type
from totemlang.source import Span
from totemlang.syntax import tree

_SHOWN_FORMS = 6


def argument_types(body: Body, name: str, count: int) -> tuple[Type | None, ...]:
    """The types that the places of a call expect, where only one function can be meant."""
    fitting = [s for s in signatures(body, name) if len(s.parameters) == count]
    if len(fitting) != 1:
        return (None,) * count
    return tuple(at for _, at, _ in fitting[0].parameters)


def signatures(body: Body, name: str) -> tuple[Signature, ...]:
    """The functions of the program or library that a name may mean; built-in ones come first."""
    if name in BUILTINS:
        return ()
    world = body.world
    if name in world.functions:
        return (world.functions[name],)
    if "." in name:
        return world.library.overloads(name)
    return world.library.overloads(f"{world.own_file}.{name}") if world.own_file else ()


def called(
    body: Body, node: tree.Call, operands: Sequence[Operand], wanted: Type | None
) -> Operand:
    """The value of a call whose arguments have been checked."""
    name = node.function.text
    builtin = BUILTINS.get(AGGREGATES.get(name, name))
    functions = () if builtin is not None else signatures(body, name)
    there = [operand for operand in operands if operand is not None]
    if builtin is None and not functions:
        unknown_function(body, node)
    if len(there) < len(operands) or not (builtin or functions):
        for operand in there:
            settle(body, operand)
        return None
    if builtin is not None:
        return _built_in(body, node, builtin, there, wanted)
    if body.kind is BodyKind.CONSTANT:
        hint = "constants use literals, signs and built-in functions"
        body.report("CTL116", node.span, f"`{name}` cannot be called in a constant", hint)
        return None
    if len(functions) == 1:
        return _function(body, node, functions[0], there)
    return _overloaded(body, node, functions, there)


# --- built-in functions


def _built_in(
    body: Body,
    node: tree.Call,
    builtin: Builtin,
    operands: list[TypedExpression | Pending],
    wanted: Type | None,
) -> Operand:
    known = [given(operand) for operand in operands]
    for row in builtin.operations:
        found = match(row, known, wanted, folds=builtin.folds)
        if found is not None:
            break
    else:
        _refuse_builtin(body, node, builtin, operands)
        return None
    values: list[TypedExpression] = []
    for operand, at in zip(operands, found.targets, strict=True):
        value = place(body, operand, at, f"`{builtin.name}`")
        if value is None:
            return None
        values.append(value)
    if builtin.folds and len(values) > 2:
        return _folded(body, found, values, node.span)
    return operation(body, found, values, node.span)


def _folded(
    body: Body, found: Match, values: Sequence[TypedExpression], span: Span
) -> TypedExpression:
    """`min(a, b, c)` as pairs from the left."""
    pair = Match(found.operation, found.at, found.targets[:2], found.result)
    result = values[0]
    for value in values[1:]:
        result = operation(body, pair, (result, value), span)
    return result


def _refuse_builtin(
    body: Body, node: tree.Call, builtin: Builtin, operands: list[TypedExpression | Pending]
) -> None:
    bare = [o for o in operands if isinstance(o, TypedExpression) and o.type.is_optional]
    arities = {len(row.operands) for row in builtin.operations}
    if bare and (len(operands) in arities or builtin.folds):
        for operand in bare:
            optional(body, operand)
        return
    types = ", ".join(str(type_of(o)) for o in islice(operands, _SHOWN_FORMS)) or "nothing"
    hint = builtin_hint(builtin, [given(o) for o in operands])
    body.report("TYP104", node.span, f"`{builtin.name}` does not take ({types})", hint)


# --- functions of the program and the library


def _function(
    body: Body, node: tree.Call, function: Signature, operands: list[TypedExpression | Pending]
) -> Operand:
    count = len(function.parameters)
    if len(operands) != count:
        message = f"`{function.name}` takes {count} value{'s' * (count != 1)}, not {len(operands)}"
        body.report("TYP105", node.span, message, f"it is `{function}`")
        for operand in operands:
            settle(body, operand)
        return None
    values = []
    for operand, (name, at, constraint) in zip(operands, function.parameters, strict=True):
        value = place(body, operand, at, f"`{name}` of `{function.name}`")
        if value is None:
            continue
        kept(body, value, constraint)
        if not constraint.is_free:
            value = CheckedValue(value.type, value.span, value, constraint)
        values.append(value)
    if len(values) < count or function.result is None:
        return None
    body.called.append((function.number, node.span))
    return CallValue(function.result, node.span, function.number, tuple(values))


def _overloaded(
    body: Body,
    node: tree.Call,
    functions: Sequence[Signature],
    operands: list[TypedExpression | Pending],
) -> Operand:
    ranked = [(_distance(function, operands), i) for i, function in enumerate(functions)]
    possible = [(distance, i) for distance, i in ranked if distance is not None]
    if possible:
        return _function(body, node, functions[min(possible)[1]], operands)
    bare = [o for o in operands if isinstance(o, TypedExpression) and o.type.is_optional]
    for operand in bare:
        optional(body, operand)
    if not bare:
        types = ", ".join(str(type_of(operand)) for operand in islice(operands, _SHOWN_FORMS))
        forms = ", ".join(f"`{function}`" for function in functions[:_SHOWN_FORMS])
        message = f"no form of `{node.function.text}` takes ({types})"
        body.report("TYP106", node.span, message, f"there is {forms}")
    return None


def _distance(function: Signature, operands: Sequence[TypedExpression | Pending]) -> int | None:
    """How far operands have to widen in all; None where the function does not take them."""
    if len(function.parameters) != len(operands):
        return None
    distance = 0
    for operand, (_, at, _) in zip(operands, function.parameters, strict=True):
        known = given(operand)
        if at is not None and accepts(at, known):
            distance += _steps(known.type, at)
        elif at is not None and at.is_optional and accepts(at.element, known):
            distance += 1 + _steps(known.type, at.element)
        else:
            return None
    return distance


def _steps(given: Type, to: Type) -> int:
    """How far a type is from one that it widens to, or that literals of it take."""
    return abs(_WIDTH.get(to.element, 0) - _WIDTH.get(given.element, 0))


_WIDTH = {INT: 0, LONG: 1, DOUBLE: 2, FLOAT: 3}
