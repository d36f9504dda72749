"""From typed program to module: what every node becomes, one small function a node.

A node becomes a sequence of parts: instructions, and nodes that stand within it. One loop takes
parts apart until only instructions are left, so that no program, however deep, is deep for Python.
Nothing is optimised: charges follow the source as written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, evolve, frozen

from totemlang.bytecode.checks import checks_of
from totemlang.bytecode.constants import Pool
from totemlang.bytecode.module import Code, Emitted, Function, Global, Instruction, Module, Stage
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
    TypedBreak,
    TypedContinue,
    TypedEmit,
    TypedExpression,
    TypedFor,
    TypedForEach,
    TypedFunction,
    TypedGlobal,
    TypedIf,
    TypedProgram,
    TypedReturn,
    TypedStage,
    TypedStatement,
    TypedWhile,
    UpdateElement,
)
from totemlang.schema.types import Constraint, Type
from totemlang.source import Span
from totemlang.tables.operations import COUNT, OPERATIONS
from totemlang.tables.prices import PriceTable
from totemlang.tables.rules import RuleBook

KEEP_PLAIN = frozenset({"widen_long", "widen_double", "present"})
"""Operations that leave a literal, a name or a field what it is."""


def lower(program: TypedProgram, rules: RuleBook, prices: PriceTable) -> Module:
    """The module of a checked program: the same program gives the same module."""
    return evolve(unbound(program), rules_hash=rules.hash, prices_hash=prices.hash)


def unbound(program: TypedProgram) -> Module:
    """The module of a program under no rules and prices: its code does not depend on them."""
    pool = Pool()
    body = _Body(pool)
    globals_ = tuple(_global(body, g) for g in program.globals)
    functions = tuple(_function(body, f) for f in program.functions)
    script = None if program.script is None else body.code(program.script)
    stages = tuple(_stage(body, s) for s in program.stages)
    slots = program.script.slots if program.script is not None else ()
    return Module(
        rules_hash="",
        prices_hash="",
        constants=pool.constants,
        globals=globals_,
        functions=functions,
        script=script,
        variables=tuple((slots[slot].name, slot) for slot in program.script_variables),
        dataset=program.dataset,
        lookups=program.lookups,
        stages=stages,
        merge=program.merge,
        source=program.source,
    )


# --- definitions


def _global(body: _Body, node: TypedGlobal) -> Global:
    if node.initial is None:
        return Global(node.field, node.kind, None)
    checks = _checks(node.field.type, node.field.constraint, node.span)
    instructions, spans = body.flatten([node.initial, *checks])
    return Global(node.field, node.kind, Code((), instructions, spans, ()))


def _function(body: _Body, node: TypedFunction) -> Function:
    """Spans of a library function would point into another source: it has none."""
    code = body.code(node.body, spans=not node.library)
    return Function(node.name, node.parameters, node.result, code, node.library)


def _stage(body: _Body, node: TypedStage) -> Stage:
    return Stage(
        name=node.name,
        kind=node.kind,
        parameters=node.parameters,
        key_parts=node.key_parts,
        order_by=node.order_by,
        emitted=Emitted(node.emitted, node.emitted_key_parts),
        code=body.code(node.body),
    )


# --- parts


@frozen
class _Part:
    """An instruction with its place; `constants` become immediates before the others."""

    operation: str
    span: Span
    type: Type | None = None
    immediates: tuple[int, ...] = ()
    constants: tuple[tuple[Type, Any], ...] = ()


_Node = _Part | TypedExpression | TypedStatement
_Parts = Sequence[_Node]


@define
class _Body:
    """Turns nodes into instructions against one pool of constants."""

    pool: Pool

    def code(self, node: TypedBody, *, spans: bool = True) -> Code:
        """The code of a body."""
        instructions, places = self.flatten(node.statements)
        names = tuple(slot.name for slot in node.slots)
        types = tuple(slot.type for slot in node.slots)
        if not spans:
            return Code(types, instructions, (), names)
        return Code(types, instructions, places, names, node.span)

    def flatten(self, nodes: Sequence[_Node]) -> tuple[tuple[Instruction, ...], tuple[Span, ...]]:
        """Take nodes apart, in order, until only instructions are left."""
        instructions: list[Instruction] = []
        spans: list[Span] = []
        rest: list[_Node] = list(reversed(nodes))
        while rest:
            node = rest.pop()
            if isinstance(node, _Part):
                numbers = tuple(self.pool.number(at, value) for at, value in node.constants)
                immediates = numbers + node.immediates
                instructions.append(Instruction(node.operation, node.type, immediates))
                spans.append(node.span)
            else:
                rest.extend(reversed(PARTS[type(node)](node)))
        return tuple(instructions), tuple(spans)


def _checks(at: Type, constraint: Constraint, span: Span) -> list[_Node]:
    """The checks of a declared type, for a value on the stack."""
    parts: list[_Node] = []
    for check in checks_of(at, constraint):
        constants = tuple((at.element, bound) for bound in check.bounds or ())
        parts.append(_Part(check.operation, span, at, check.counts, constants))
    return parts


def is_plain(node: TypedExpression) -> bool:
    """Whether an expression is a literal, a name or a field, widening and checks aside."""
    while True:
        if isinstance(node, OperationValue) and node.operation in KEEP_PLAIN:
            (node,) = node.operands
        elif isinstance(node, CheckedValue):
            node = node.value
        else:
            break
    return isinstance(node, ConstantValue | SlotValue | GlobalValue)


# --- expressions


def _constant(node: ConstantValue) -> _Parts:
    return [_Part("const", node.span, node.type, constants=((node.type, node.value),))]


def _slot(node: SlotValue) -> _Parts:
    return [_Part("load", node.span, node.type, (node.slot,))]


def _global_value(node: GlobalValue) -> _Parts:
    return [_Part("global", node.span, node.type, (node.index,))]


def _operation(node: OperationValue) -> _Parts:
    counted = COUNT in OPERATIONS[node.operation].immediates
    immediates = (len(node.operands),) if counted else ()
    return [*node.operands, _Part(node.operation, node.span, node.at, immediates)]


def _logic(node: LogicValue) -> _Parts:
    opening = _Part(node.operator, node.span)
    return [node.left, opening, node.right, _Part("end", node.span)]


def _call(node: CallValue) -> _Parts:
    return [*node.arguments, _Part("call", node.span, None, (node.function,))]


def _lookup(node: LookupValue) -> _Parts:
    place = (node.lookup, node.column)
    return [*node.keys, _Part("lookup", node.span, node.type.element, place)]


def _checked(node: CheckedValue) -> _Parts:
    return [node.value, *_checks(node.type, node.constraint, node.span)]


# --- statements


def _store(node: Store) -> _Parts:
    at = node.value.type
    parts: list[_Node] = [node.value, *_checks(at, node.constraint, node.span)]
    if at.is_array and not node.first:
        parts.append(_Part("same_length", node.span, at, (node.slot,)))
    operation = "assign" if is_plain(node.value) else "set"
    return [*parts, _Part(operation, node.span, at, (node.slot,))]


def _store_element(node: StoreElement) -> _Parts:
    at = node.value.type
    operation = "assign_element" if is_plain(node.value) else "set_element"
    checks = _checks(at, node.constraint, node.span)
    storing = _Part(operation, node.span, at, (node.slot,))
    return [node.index, node.value, *checks, storing]


def _update_element(node: UpdateElement) -> _Parts:
    at = node.value.type
    return [
        node.index,
        _Part("take_element", node.span, at, (node.slot,)),
        node.value,
        _Part(node.operation, node.span, at),
        *_checks(at, node.constraint, node.span),
        _Part("put_element", node.span, at, (node.slot,)),
    ]


def _if(node: TypedIf) -> _Parts:
    otherwise: list[_Node] = []
    if node.otherwise:
        otherwise = [_Part("else", node.span), *node.otherwise]
    opening = _Part("if", node.span)
    return [node.condition, opening, *node.body, *otherwise, _Part("end", node.span)]


def _for(node: TypedFor) -> _Parts:
    return [
        node.start,
        _Part("for", node.span, node.start.value.type, (node.slot,)),
        node.condition,
        _Part("do", node.span),
        *node.body,
        _Part("step", node.span),
        node.step,
        _Part("end", node.span),
    ]


def _foreach(node: TypedForEach) -> _Parts:
    opening = _Part("foreach", node.span, node.array.type.element, (node.slot,))
    return [node.array, opening, *node.body, _Part("end", node.span)]


def _while(node: TypedWhile) -> _Parts:
    return [
        node.limit,
        _Part("while", node.span),
        node.condition,
        _Part("do", node.span),
        *node.body,
        _Part("end", node.span),
    ]


def _break(node: TypedBreak) -> _Parts:
    return [_Part("break", node.span)]


def _continue(node: TypedContinue) -> _Parts:
    return [_Part("continue", node.span)]


def _return(node: TypedReturn) -> _Parts:
    return [node.value, _Part("return", node.span)]


def _emit(node: TypedEmit) -> _Parts:
    return [*node.values, _Part("emit", node.span)]


PARTS: dict[type[Any], Callable[[Any], _Parts]] = {
    ConstantValue: _constant,
    SlotValue: _slot,
    GlobalValue: _global_value,
    OperationValue: _operation,
    LogicValue: _logic,
    CallValue: _call,
    LookupValue: _lookup,
    CheckedValue: _checked,
    Store: _store,
    StoreElement: _store_element,
    UpdateElement: _update_element,
    TypedIf: _if,
    TypedFor: _for,
    TypedForEach: _foreach,
    TypedWhile: _while,
    TypedBreak: _break,
    TypedContinue: _continue,
    TypedReturn: _return,
    TypedEmit: _emit,
}
"""What a node becomes, by its class: complete, as the tests hold against `check.typed`."""
