"""Holds a typed program against the operation table, independently of how it was made.

Every fault found is a line of text; a typed program that the checker gives has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from totemlang.check.rewrite import parts
from totemlang.check.typed import (
    CallValue,
    CheckedValue,
    ConstantValue,
    GlobalValue,
    LogicValue,
    LookupValue,
    OperationValue,
    SlotValue,
    Store,
    StoreElement,
    TypedBody,
    TypedEmit,
    TypedExpression,
    TypedFor,
    TypedForEach,
    TypedIf,
    TypedProgram,
    TypedReturn,
    TypedStatement,
    TypedWhile,
    UpdateElement,
)
from totemlang.schema.types import BOOL, INT_RANGE, LONG, LONG_RANGE, Field, Kind, Type
from totemlang.tables.operations import OPERATIONS, pattern_type

Node = TypedExpression | TypedStatement


def faults(program: TypedProgram) -> list[str]:
    """Everything in a typed program that does not fit."""
    found: list[str] = []
    for number, each in enumerate(program.globals):
        if each.initial is not None:
            body = TypedBody((), (), each.span)
            found += _expression_faults(program, body, each.initial, globals_below=number)
            found += _same(each.initial.type, each.field.type, f"global {each.field.name}")
    for number, function in enumerate(program.functions):
        fields = function.body.slots[: len(function.parameters)]
        found += [] if fields == function.parameters else [f"{function.name}: parameters"]
        found += _body_faults(program, function.body, function.result, (), number)
    if program.script is not None:
        found += _body_faults(program, program.script, None, ())
    for stage in program.stages:
        types = [field.type for field in stage.body.slots[: len(stage.parameters)]]
        found += [] if types == [f.type for f in stage.parameters] else [f"{stage.name}: slots"]
        found += _body_faults(program, stage.body, None, stage.emitted)
    return found


def _same(found: Type, expected: Type, where: str) -> list[str]:
    return [] if found == expected else [f"{where}: {found} is not {expected}"]


def _all_in(statements: tuple[Node, ...]) -> Iterator[Node]:
    rest: list[Node] = list(statements)
    while rest:
        node = rest.pop()
        yield node
        rest.extend(parts(node))


def _body_faults(
    program: TypedProgram,
    body: TypedBody,
    result: Type | None,
    emitted: tuple[Field, ...],
    functions_below: int | None = None,
) -> list[str]:
    found: list[str] = []
    for node in _all_in(body.statements):
        if isinstance(node, TypedExpression):
            found += _node_faults(program, body, node, functions_below=functions_below)
        else:
            found += _statement_faults(body, node, result, emitted)
    return found


def _expression_faults(
    program: TypedProgram, body: TypedBody, root: TypedExpression, *, globals_below: int
) -> list[str]:
    found: list[str] = []
    for node in _all_in((root,)):
        assert isinstance(node, TypedExpression)
        found += _node_faults(program, body, node, globals_below=globals_below)
        if isinstance(node, LogicValue | CallValue | LookupValue | SlotValue):
            found.append(f"{type(node).__name__} in a constant")
    return found


def _node_faults(
    program: TypedProgram,
    body: TypedBody,
    node: TypedExpression,
    *,
    functions_below: int | None = None,
    globals_below: int | None = None,
) -> list[str]:
    if isinstance(node, ConstantValue):
        return _constant_faults(node)
    if isinstance(node, SlotValue):
        return _same(node.type, body.slots[node.slot].type, "slot")
    if isinstance(node, GlobalValue):
        late = globals_below is not None and node.index >= globals_below
        known = program.globals[node.index].field.type
        return [*_same(node.type, known, "global"), *(["global used before it stands"] * late)]
    if isinstance(node, OperationValue):
        return _operation_faults(node)
    if isinstance(node, LogicValue):
        sides = (node.left.type, node.right.type, node.type)
        return [] if sides == (BOOL, BOOL, BOOL) else ["logic on no bools"]
    if isinstance(node, CallValue):
        function = program.functions[node.function]
        found = _same(node.type, function.result, f"call of {function.name}")
        if functions_below is not None and node.function >= functions_below:
            found.append(f"{function.name} is called before it stands")
        types = [argument.type for argument in node.arguments]
        if types != [field.type for field in function.parameters]:
            found.append(f"arguments of {function.name}")
        return found
    if isinstance(node, LookupValue):
        table = program.lookups[node.lookup]
        found = _same(node.type, table.columns[node.column].type.element.optional, "lookup")
        if [key.type for key in node.keys] != [key.type for key in table.keys]:
            found.append(f"keys of {table.name}")
        return found
    assert isinstance(node, CheckedValue)
    return _same(node.type, node.value.type, "checked value")


def _constant_faults(node: ConstantValue) -> list[str]:
    kinds = {Kind.BOOL: bool, Kind.STRING: str, Kind.FLOAT: float, Kind.DOUBLE: float}
    wanted = kinds.get(node.type.kind, int)
    if type(node.value) is not wanted or not node.type.is_scalar:
        return [f"constant {node.value!r} of {node.type}"]
    bounds = {Kind.INT: INT_RANGE, Kind.LONG: LONG_RANGE}.get(node.type.kind)
    inside = bounds is None or bounds[0] <= node.value <= bounds[1]
    return [] if inside else [f"constant out of {node.type}"]


def _operation_faults(node: OperationValue) -> list[str]:
    row = OPERATIONS[node.operation]
    if row.control or (node.at is None) == bool(row.over):
        return [f"{node.operation} at {node.at}"]
    if row.over and node.at not in row.over:
        return [f"{node.operation} does not exist at {node.at}"]
    patterns = row.operands
    if patterns == ("*",):
        patterns = ("T",) * len(node.operands)
    elif patterns and patterns[-1].endswith("*"):
        patterns = (patterns[0].removesuffix("*"),) * len(node.operands)
    wanted = [pattern_type(pattern, node.at) for pattern in patterns]
    if [operand.type for operand in node.operands] != wanted:
        return [f"operands of {node.operation}: {[str(o.type) for o in node.operands]}"]
    return _same(node.type, pattern_type(row.result, node.at), f"result of {node.operation}")


def _statement_faults(
    body: TypedBody, node: TypedStatement, result: Type | None, emitted: tuple[Field, ...]
) -> list[str]:
    if isinstance(node, Store):
        return _same(node.value.type, body.slots[node.slot].type, "store")
    if isinstance(node, StoreElement | UpdateElement):
        array = body.slots[node.slot].type
        found = _same(node.value.type.array, array, "element")
        return found + _same(node.index.type, LONG, "index")
    if isinstance(node, TypedIf | TypedWhile):
        found = _same(node.condition.type, BOOL, "condition")
        if isinstance(node, TypedWhile):
            found += _same(node.limit.type, LONG, "limit")
        return found
    if isinstance(node, TypedFor):
        return _for_faults(body, node)
    if isinstance(node, TypedForEach):
        return _same(node.array.type, body.slots[node.slot].type.array, "for in")
    if isinstance(node, TypedReturn):
        return [] if node.value.type == result else ["return of another type"]
    if isinstance(node, TypedEmit):
        types = [value.type for value in node.values]
        return [] if types == [field.type for field in emitted] else ["emit of other types"]
    return []


def _for_faults(body: TypedBody, node: TypedFor) -> list[str]:
    condition, step = node.condition, node.step.value
    if not isinstance(condition, OperationValue) or condition.operation not in _UP:
        return ["condition of a for"]
    left = condition.operands[0]
    while isinstance(left, OperationValue) and left.operation.startswith("widen_"):
        (left,) = left.operands
    if not isinstance(left, SlotValue) or left.slot != node.slot:
        return ["variable of a for"]
    if not isinstance(step, OperationValue) or step.operation != _UP[condition.operation]:
        return ["step of a for"]
    by = step.operands[1]
    positive = isinstance(by, ConstantValue) and isinstance(by.value, int) and by.value > 0
    slots = {node.start.slot, node.step.slot, node.slot}
    return [] if positive and len(slots) == 1 else ["stride of a for"]


_UP = {"lt": "add", "le": "add", "gt": "sub", "ge": "sub"}
