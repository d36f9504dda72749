"""One pass over a body: every instruction is judged once, in order, and gets its step and price.

What an instruction must find is said where its handler is (values, stores, control); here is what
holds for all: the operation exists at its type, the rules have its command, it can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from attrs import frozen

from totemlang.bytecode.limits import MAX_SLOTS
from totemlang.bytecode.module import Code, Instruction
from totemlang.schema.types import Kind
from totemlang.tables.operations import ASSIGN, OPERATIONS, Operation
from totemlang.verify import control, stores, values
from totemlang.verify.blocks import cut
from totemlang.verify.faults import Faults
from totemlang.verify.pricing import price_of
from totemlang.verify.scope import BodyKind, Scope
from totemlang.verify.verified import Step, VerifiedCode
from totemlang.verify.walk import Effect, Stop, Walk

Handler = Callable[[Walk], Effect]

HANDLERS: Mapping[str, Handler] = {
    "const": values.constant,
    "load": values.load,
    "global": values.global_value,
    "widen_long": values.widening,
    "widen_double": values.widening,
    "present": values.widening,
    "array": values.counted,
    "concat": values.counted,
    "lookup": values.lookup,
    "call": values.call,
    "check_bytes": values.check,
    "check_length": values.check,
    "check_range": values.check,
    "same_length": values.check,
    "assign": stores.store,
    "set": stores.store,
    "assign_element": stores.store_element,
    "set_element": stores.store_element,
    "take_element": stores.take_element,
    "put_element": stores.put_element,
    "if": control.open_if,
    "else": control.open_else,
    "and": control.open_logic,
    "or": control.open_logic,
    "for": control.open_for,
    "while": control.open_while,
    "foreach": control.open_foreach,
    "do": control.do,
    "step": control.step,
    "end": control.end,
    "break": control.leave_loop,
    "continue": control.leave_loop,
    "return": control.leave_function,
    "emit": control.emit,
}
"""Handlers of operations that are more than their row; all others are `values.operation`."""

_NEEDS_BODY = frozenset({"load", "assign", "set", "lookup"})


@frozen
class Walked:
    """What the pass leaves: the verified code, and the functions that it calls."""

    code: VerifiedCode
    called: frozenset[int]


def walk_body(code: Code, scope: Scope, faults: Faults) -> Walked:
    """Judge a body. What is wrong goes to `faults`; the result counts only if nothing did."""
    walk = Walk(code, scope, faults)
    steps: list[Step] = []
    if len(code.slots) > MAX_SLOTS:
        faults.add("BYT119", f"{scope.name}: more than {MAX_SLOTS:,} slots")
    else:
        try:
            for walk.index in range(len(code.instructions)):
                steps.append(_step(walk))
            walk.index = len(code.instructions)
            control.finish(walk)
        except Stop:
            pass
    for opening, partner in walk.partners.items():
        if opening < len(steps):
            at = steps[opening]
            steps[opening] = Step(at.operands, at.result, at.price, at.group, partner)
    verified = VerifiedCode(code, tuple(steps), cut(code, steps))
    return Walked(verified, frozenset(walk.called))


def _step(walk: Walk) -> Step:
    row = _row(walk)
    control.expect_reached(walk)
    effect = HANDLERS.get(row.name, values.operation)(walk)
    price = price_of(row, effect.operands, effect.measured, walk.scope.prices)
    return Step(effect.operands, effect.result, price, _group(row, walk.instruction))


def _row(walk: Walk) -> Operation:
    """The row of the instruction at hand, which must exist, fit it and be allowed."""
    instruction = walk.instruction
    row = OPERATIONS.get(instruction.operation)
    if row is None:
        raise walk.stop("BYT130", "there is no such operation")
    if (instruction.type not in row.over) if row.over else (instruction.type is not None):
        raise walk.stop("BYT130", "the operation does not exist at that type")
    carried = instruction.immediates
    if len(carried) != len(row.immediates) or (carried and min(carried) < 0):
        raise walk.stop("BYT131", f"it carries {len(row.immediates)} numbers, none negative")
    if walk.scope.kind is BodyKind.INITIAL and (row.control or row.name in _NEEDS_BODY):
        raise walk.stop("BYT145", "an initial value is straight code without slots and lookups")
    _expect_allowed(walk, row)
    return row


def _expect_allowed(walk: Walk, row: Operation) -> None:
    """The rules must have the command of the operation, or of the kind that it is at."""
    rules, at = walk.scope.rules, walk.instruction.type
    command = row.command or ("" if at is None else command_of(at.kind))
    if rules is None or not command or command in walk.forbidden or rules.allows(command):
        return
    walk.forbidden.add(command)
    walk.fault("BYT103", f"the rules of {rules.name} do not have the command {command}")


@cache
def command_of(kind: Kind) -> str:
    """The command that a kind belongs to: `Int`."""
    return kind.value.capitalize()


def _group(row: Operation, instruction: Instruction) -> str:
    """The class that totals and traces show: assignments with their kind, `INTassign`."""
    if row.group == ASSIGN and instruction.type is not None:
        return instruction.type.kind.value.upper() + ASSIGN
    return row.group
