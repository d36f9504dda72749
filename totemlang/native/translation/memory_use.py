"""Which parts of a body take memory while they run: those give it back each round or record."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from attrs import frozen

from totemlang.bytecode.module import Instruction
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import LOOPS, Shape

TAKING = frozenset({"array", "fill", "sort", "lower", "upper", "concat", "words", "words_space"})
"""Operations whose results take memory."""

_STORES = frozenset({"assign", "set"})


class Allocates(Protocol):
    """What is known of a function."""

    @property
    def allocates(self) -> bool:
        """Whether it takes memory."""


@frozen
class MemoryUse:
    """Where a body takes memory; `taken` counts such instructions before each one."""

    taken: tuple[int, ...]

    def within(self, start: int, stop: int) -> bool:
        """Whether an instruction from `start` to `stop` (exclusive) may take memory."""
        return self.taken[stop] > self.taken[start]

    @property
    def anywhere(self) -> bool:
        """Whether the body may take memory."""
        return self.taken[-1] > 0

    def in_loops(self, verified: VerifiedCode, shape: Shape) -> bool:
        """Whether a loop takes memory, so that slots must own what they hold."""
        instructions = verified.code.instructions
        return any(
            self.within(opening, frame.end)
            for opening, frame in shape.frames.items()
            if instructions[opening].operation in LOOPS
        )


def memory_use(verified: VerifiedCode, functions: Sequence[Allocates]) -> MemoryUse:
    """Look at a body; `functions` are those that it may call."""
    takes = (_takes(instruction, functions) for instruction in verified.code.instructions)
    return MemoryUse(tuple(accumulate(takes, initial=0)))


def _takes(instruction: Instruction, functions: Sequence[Allocates]) -> bool:
    name, at = instruction.operation, instruction.type
    if name in TAKING:
        return True
    if name in _STORES:
        return at is not None and at.is_array
    return name == "call" and functions[instruction.immediates[0]].allocates
