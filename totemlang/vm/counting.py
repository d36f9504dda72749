"""How often each block was entered, worked out afterwards from few counters.

Only blocks of control are counted while a program runs: times a branch was taken, rounds of a
loop. All other counts follow, for control leaves a block the way it came unless it breaks,
returns or fails; and failures are noted with the block in which they happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import define, field

from totemlang.verify.verified import VerifiedCode


@define
class Stops:
    """How often a body was left within a block, by the block's first or an inner instruction.

    `unpaid`: before the block that starts there was charged. `failed`: by that instruction.
    """

    unpaid: Counter[int] = field(factory=Counter)
    failed: Counter[int] = field(factory=Counter)


@define
class Counts:
    """Times each block was charged, by its first instruction, and each function was called."""

    blocks: Counter[int] = field(factory=Counter)
    calls: Counter[int] = field(factory=Counter)
    rounds: Counter[int] = field(factory=Counter)
    """Rounds of each `foreach`, by its instruction."""


@define
class _Open:
    """A block of control, and how many are on the ways that lead around the present one."""

    operation: str
    opening: int
    around: int = 0
    entered: int = 0
    broken: int = 0
    continued: int = 0
    test: tuple[int, int] = (0, 0)


def count_blocks(
    verified: VerifiedCode, entries: int, counters: Mapping[int, int], stops: Stops
) -> Counts:
    """The counts of a body that was entered so many times.

    `counters` hold, by opening instruction: times the first branch of an `if` was taken, times
    the right side of `and` or `or` was evaluated, rounds of a loop.
    """
    return _Counting(verified, counters, stops).counted(entries)


@define
class _Counting:
    verified: VerifiedCode
    counters: Mapping[int, int]
    stops: Stops
    counts: Counts = field(factory=Counts)
    opened: list[_Open] = field(factory=list)

    def counted(self, entries: int) -> Counts:
        self.walk(0, len(self.verified.blocks), entries)
        return self.counts

    def walk(self, first: int, last: int, alive: int) -> int:
        """Follow control through blocks, the first entered `alive` times; gives who comes out."""
        blocks = self.verified.blocks
        number = first
        while number < last:
            block = blocks[number]
            alive -= self.stops.unpaid[block.start]
            self.counts.blocks[block.start] += alive
            at = block.stop - 1
            inner = 0
            if self.stops.failed:
                inner = sum(self.stops.failed[i] for i in range(block.start, at))
            instruction = self.verified.code.instructions[at]
            name = instruction.operation
            if name == "call":
                self.counts.calls[instruction.immediates[0]] += alive - inner
            alive -= inner + self.stops.failed[at]
            number += 1
            if name in ("for", "while"):
                # The test comes first, but how often follows from the body.
                number = self.open_loop(number, name, at, alive)
                alive = self.counters.get(at, 0)
            else:
                alive = self.pass_control(name, at, alive)
        return alive

    def open_loop(self, number: int, name: str, at: int, alive: int) -> int:
        blocks, instructions = self.verified.blocks, self.verified.code.instructions
        first = number
        while instructions[blocks[number].stop - 1].operation != "do":
            number += 1
        self.opened.append(_Open(name, at, entered=alive, test=(first, number + 1)))
        return number + 1

    def pass_control(self, name: str, at: int, alive: int) -> int:
        counter = self.counters.get(at, 0)
        if name in ("if", "and", "or"):
            self.opened.append(_Open(name, at, around=alive - counter))
            return counter
        if name == "foreach":
            self.counts.rounds[at] += counter
            self.opened.append(_Open(name, at, entered=alive))
            return counter
        if name == "else":
            opened = self.opened[-1]
            other, opened.around = opened.around, alive
            return other
        if name == "step":
            alive += self.opened[-1].continued
            self.opened[-1].continued = 0
            return alive
        if name == "end":
            return self.end(alive)
        if name in ("break", "continue"):
            loop = next(o for o in reversed(self.opened) if o.operation in _LOOPS)
            if name == "break":
                loop.broken += alive
            else:
                loop.continued += alive
            return 0
        return 0 if name == "return" else alive

    def end(self, alive: int) -> int:
        opened = self.opened.pop()
        if opened.operation not in _LOOPS:
            return alive + opened.around
        rounds = self.counters.get(opened.opening, 0)
        again = alive + opened.continued
        if opened.operation == "foreach":
            return opened.entered - (rounds - again - opened.broken)
        first, last = opened.test
        tested = self.walk(first, last, opened.entered + again)
        return tested - rounds + opened.broken


_LOOPS = frozenset({"for", "while", "foreach"})
