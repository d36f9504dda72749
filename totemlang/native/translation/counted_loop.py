"""Loops whose rounds follow from their variable, so that nothing is counted while they run.

Such a `for` is the innermost, alone steps its variable, and its bound stays what it is.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.bytecode.module import Instruction
from totemlang.schema.types import Kind
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import LOOPS, Frame, Shape

_BOUND = frozenset({"const", "global", "load", "len", "widen_long", "add", "sub", "mul"})
_UP, _DOWN = ("lt", "le"), ("gt", "ge")
_LARGEST_STEP = 1 << 20


@frozen
class Counted:
    """A counted loop: its frame, its variable, the comparison, and the step (with its sign).

    That of a `foreach` is the position of the element, in no slot (-1).
    """

    frame: Frame
    slot: int
    operator: str
    is_wide: bool
    """Whether variable and bound are compared as `long`."""
    step: int

    @property
    def comparison(self) -> int:
        """The instruction that compares."""
        return self.frame.do - 1

    @property
    def stepping(self) -> int:
        """The instruction that adds or subtracts."""
        return self.frame.step + 3

    def condition(self, variable: str, bound: str) -> str:
        """The test, of the variable (i32) and a bound."""
        if self.is_wide:
            return f"(i64.{self.operator}_s (i64.extend_i32_s {variable}) {bound})"
        return f"(i32.{self.operator}_s {variable} {bound})"


def counted(verified: VerifiedCode, shape: Shape, opening: int, step: int | None) -> Counted | None:
    """What is known of a `for`, if it is counted; `step` is the whole number it steps by."""
    frame = shape.frames[opening]
    instructions = verified.code.instructions
    (slot,) = instructions[opening].immediates
    if str(verified.code.slots[slot]) != Kind.INT.value or step is None:
        return None
    body = instructions[frame.do + 1 : frame.step]
    if any(each.operation in LOOPS for each in body):
        return None
    if shape.stores_within(slot, frame.do, frame.step) or not 0 < step <= _LARGEST_STEP:
        return None
    compare = instructions[frame.do - 1]
    down = instructions[frame.step + 3].operation == "sub"
    if compare.operation not in (_DOWN if down else _UP) or compare.type is None:
        return None
    if compare.type.kind not in (Kind.INT, Kind.LONG) or not _stays(verified, shape, frame):
        return None
    is_wide = compare.type.kind is Kind.LONG
    return Counted(frame, slot, compare.operation, is_wide, -step if down else step)


def _stays(verified: VerifiedCode, shape: Shape, frame: Frame) -> bool:
    """Whether the bound of a loop stays what it is, so that the first test says it."""
    instructions = verified.code.instructions
    test = instructions[frame.opening + 1 : frame.do - 1]
    if len(test) < 2 or not _is_load(test[0], instructions[frame.opening].immediates[0]):
        return False
    for place, each in enumerate(test, frame.opening + 1):
        if each.operation not in _BOUND or verified.steps[place].price.sized:
            return False
        if each.operation == "load" and place > frame.opening + 1:
            (slot,) = each.immediates
            if shape.stores_within(slot, frame.do, frame.end):
                return False
    return True


def _is_load(instruction: Instruction, slot: int) -> bool:
    return instruction.operation == "load" and instruction.immediates == (slot,)
