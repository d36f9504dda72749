"""What is done without a branch: filters `if … then emit … end if`, and `and`, `or` of conditions.

A condition on data is hard to foresee for a processor. So the right side of `and` is worked out
whatever the left says, and a filter stores its row always and goes on behind it if it holds: a row
that is not emitted is written over by the next. Both where that takes no memory and costs little.
An operation that may fail fails only in a row that is emitted; `and` and `or` take none.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.native.translation.presence import surely_there
from totemlang.schema.types import Kind
from totemlang.tables.native import Native
from totemlang.tables.operations import OPERATIONS
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import Frame, Shape

_MOST_OF_ROW, _MOST_OF_SIDE = 24, 8
"""What a row, and the right side of `and` or `or`, may cost: simple operations."""

_SLOW = 6
"""What a division, a root or a call costs."""

_FREE = frozenset({"load", "const", "global", "present", "missing", "value", "widen_long"})
_SLOW_ONES = frozenset({"div", "sqrt"})
_OWN_RULE = frozenset({"load", "const", "global", "present", "missing", "default", "value"})
"""Operations that the table does not write, and that are simple."""

_STORES = frozenset({"assign", "set"})
_LOGIC = frozenset({"and", "or"})
_NEVER = 1000
"""What costs too much for any."""


@frozen
class Branchless:
    """The `if`s that are filters, the `and`s and `or`s of a body that are no branches.

    `sure` are the `value` instructions that cannot fail.
    """

    sure: frozenset[int] = frozenset()
    logic: frozenset[int] = frozenset()
    filters: frozenset[int] = frozenset()


def branchless(
    verified: VerifiedCode, shape: Shape, parameters: int, *, is_stage: bool, counts: bool
) -> Branchless:
    """Look at a body with so many parameters.

    `counts` tells whether blocks are counted rather than charged one by one.
    """
    sure = surely_there(verified, shape)
    found = Branchless(sure)
    instructions = verified.code.instructions
    openings = sorted(shape.frames, reverse=True)  # what is within comes first
    if counts:
        logic: set[int] = set()
        for at in openings:
            if instructions[at].operation in _LOGIC and _is_side(verified, shape, found, at):
                logic.add(at)
                found = Branchless(sure, frozenset(logic))
    if not is_stage:
        return found
    filters = (
        at
        for at in openings
        if instructions[at].operation == "if" and _is_filter(verified, shape, found, at, parameters)
    )
    return Branchless(sure, found.logic, frozenset(filters))


def _is_side(verified: VerifiedCode, shape: Shape, known: Branchless, at: int) -> bool:
    places = range(at + 1, shape.frames[at].end)
    cost = sum(_cost(verified, known, place, may_fail=False) for place in places)
    return cost <= _MOST_OF_SIDE


def _is_filter(
    verified: VerifiedCode, shape: Shape, known: Branchless, at: int, parameters: int
) -> bool:
    frame = shape.frames[at]
    emit = frame.end - 1
    instructions, steps = verified.code.instructions, verified.steps
    if frame.otherwise >= 0 or instructions[emit].operation != "emit":
        return False
    cost = len(steps[emit].operands)
    for place in range(at + 1, emit):
        if instructions[place].operation in _STORES:
            cost += 0 if _stays_within(verified, shape, frame, place) else _NEVER
        elif _makes_text(verified, parameters, place):
            return False
        else:
            cost += _cost(verified, known, place, may_fail=True)
    return cost <= _MOST_OF_ROW


def _makes_text(verified: VerifiedCode, parameters: int, place: int) -> bool:
    """Whether an instruction leaves a string that would be copied when it is emitted."""
    result, instruction = verified.steps[place].result, verified.code.instructions[place]
    if result is None or result.kind is not Kind.STRING or instruction.operation == "const":
        return False
    return instruction.operation != "load" or instruction.immediates[0] >= parameters


def _stays_within(verified: VerifiedCode, shape: Shape, frame: Frame, place: int) -> bool:
    """Whether what an instruction stores is seen in a block of control alone."""
    (slot,) = verified.code.instructions[place].immediates
    at = verified.code.slots[slot]
    if at.is_array or at.kind is Kind.STRING or slot in shape.to_clear:
        return False
    stores = shape.stores[slot]
    if not frame.opening < stores[0] <= stores[-1] < frame.end:
        return False
    return not shape.reads_outside(slot, frame.opening, frame.end)


def _cost(verified: VerifiedCode, known: Branchless, place: int, *, may_fail: bool) -> int:
    """What it costs to do an instruction in vain."""
    instruction = verified.code.instructions[place]
    name = instruction.operation
    if name in _LOGIC:
        return 1 if place in known.logic else _NEVER
    if name == "end":  # of what is within: that has been looked at
        return 0
    if verified.steps[place].price.sized:
        return _NEVER
    if name in _OWN_RULE:
        fails = name == "value" and place not in known.sure
        return _NEVER if fails and not may_fail else int(name not in _FREE)
    row, at = OPERATIONS[name], instruction.type
    if row.control or row.native is None or (at is not None and at.is_array):
        return _NEVER
    way = row.native.at(at.kind if at is not None else None)
    if not _is_harmless(way, may_fail=may_fail):
        return _NEVER
    if name in _SLOW_ONES or "(call " in way.value:
        return _SLOW
    return int(name not in _FREE)


def _is_harmless(way: Native, *, may_fail: bool) -> bool:
    """Whether an operation may be done where it is not asked for: it takes no memory, ends nothing.

    One that reads at a position that was tested first may not; nor one that is told by a call.
    """
    if way.fails or "load" in way.value:
        return False
    return may_fail or not (way.before or way.fails_if)
