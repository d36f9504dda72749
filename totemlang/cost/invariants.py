"""What holds in every round of a loop: where the values lie that it changes.

Each quantity that a loop changes is a symbol while the body is gone through. A round turns it into
something; from that, and from what it was at first, bounds for all rounds follow if

- a round sets it to something else, whatever it was;
- a round adds to it, and there are only so many rounds;
- some bound, once it holds, still holds after a round (which is then proved);
- the rounds are few, and can be followed one by one.

What follows from nothing of this is not bounded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import define, evolve, field, frozen

from totemlang.bytecode.module import Code, Instruction
from totemlang.cost.abstract import (
    Array,
    anything,
    interval_within,
    intervals,
    join_intervals,
    meet_intervals,
)
from totemlang.cost.bounding import at_most, positive, substitute, times
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import UNKNOWN, Interval
from totemlang.cost.naming import Namer, Pair
from totemlang.cost.paths import Values
from totemlang.cost.polynomial import Polynomial, Symbol, number, of
from totemlang.schema.types import Type
from totemlang.tables.operations import OPERATIONS, SLOT

STORES = frozenset({"assign", "set"})
ELEMENT_STORES = frozenset({"assign_element", "set_element", "put_element"})


def changing_slots(instructions: Sequence[Instruction], start: int, stop: int) -> dict[int, bool]:
    """The slots that instructions change; True where an array in it surely keeps its length."""
    found: dict[int, bool] = {}
    for index in range(start, stop):
        instruction = instructions[index]
        if instruction.operation in STORES:
            slot = instruction.immediates[0]
            before = instructions[index - 1]
            kept = before.operation == "same_length" and before.immediates == (slot,)
            found[slot] = found.get(slot, True) and kept
        elif instruction.operation in ELEMENT_STORES or instruction.operation == "foreach":
            slot = instruction.immediates[0]
            kept = instruction.operation != "foreach"
            found[slot] = found.get(slot, True) and kept
    return found


@frozen
class Accesses:
    """Where a body uses its slots: by slot the first and the last instruction that names it."""

    first: Mapping[int, int]
    last: Mapping[int, int]
    stored_first: frozenset[int]

    def is_local(self, slot: int, start: int, stop: int) -> bool:
        """Whether a slot is of no use but between, and there stored before it is used.

        Then nothing is carried from one round of the loop there to the next, nor out of it.
        """
        return (
            slot in self.stored_first
            and start <= self.first.get(slot, -1)
            and self.last.get(slot, stop) < stop
        )


def accesses_of(code: Code, parameters: int) -> Accesses:
    """Where a body uses its slots; the first `parameters` are used before it begins."""
    first = dict.fromkeys(range(parameters), -1)
    last: dict[int, int] = dict(first)
    stored: set[int] = set()
    for index, instruction in enumerate(code.instructions):
        if SLOT not in OPERATIONS[instruction.operation].immediates:
            continue
        slot = instruction.immediates[0]
        last[slot] = index
        if slot not in first:
            first[slot] = index
            if instruction.operation in STORES:
                stored.add(slot)
    return Accesses(first, last, frozenset(stored))


BOTH = (Side.LOWER, Side.UPPER)


@frozen
class Tracked:
    """A symbol of a quantity that the loop changes: what bounds it at first and after a round."""

    symbol: Symbol
    first: Interval
    later: Interval
    sides: frozenset[Side]


@define
class Changing:
    """The slots that a loop changes, with symbols in place of their quantities."""

    namer: Namer
    types: Sequence[Type]
    pairs: dict[int, tuple[Pair, ...]] = field(factory=dict)

    def at_head(
        self, entry: Values, slots: Mapping[int, bool], local: Collection[int] = ()
    ) -> Values:
        """What slots hold at the head of the loop, in whatever round; anything, if `local`."""
        values = list(entry)
        for slot, keeps_length in slots.items():
            at = self.types[slot]
            if slot in local:
                values[slot] = anything(at)
                continue
            value, pairs = self.namer.value(f"slot{slot}", at)
            known = entry[slot]
            if keeps_length and isinstance(value, Array) and isinstance(known, Array):
                value = evolve(value, length=known.length)
                pairs = (("", ""), *pairs[1:])
            values[slot] = value
            self.pairs[slot] = pairs
        return tuple(values)

    def tracked(self, entry: Values, after: Values | None) -> list[Tracked]:
        """The symbols, with what is known of them at first and after a round (None: no round)."""
        found: list[Tracked] = []
        for slot, pairs in self.pairs.items():
            first = intervals(entry[slot])
            later = first if after is None else intervals(after[slot])
            for (low, high), one, other in zip(pairs, first, later, strict=True):
                if low and low == high:
                    both = frozenset(BOTH)
                    found.append(Tracked(self.namer.symbols[low], one, other, both))
                elif low:
                    down, up = frozenset((Side.LOWER,)), frozenset((Side.UPPER,))
                    found.append(Tracked(self.namer.symbols[low], one, other, down))
                    found.append(Tracked(self.namer.symbols[high], one, other, up))
        return found


MAX_FOLLOWED = 16
"""Rounds of a loop that are followed one by one where nothing else bounds what it changes."""

MAX_OPEN = 24
"""Symbols without a bound of which each is given up in turn, to see what follows from the rest."""

MAX_PASSES = 6
"""How often what hangs on other symbols is tried again."""

WAITING = "waiting"
"""What a bound is that hangs on another symbol, of which nothing is known yet."""

Found = Polynomial | None | str


@define
class Settling:
    """Finds bounds of a loop's symbols that mention none of them.

    `given` are symbols whose intervals are known (the loop's variable, an element), perhaps in
    terms of the others. `rounds` bounds the number of rounds.
    """

    tracked: list[Tracked]
    given: Mapping[str, Interval]
    rounds: Interval
    bounds: dict[str, Interval] = field(factory=dict)

    @property
    def names(self) -> set[str]:
        """All symbols of the loop."""
        return {t.symbol.name for t in self.tracked} | set(self.given)

    def settle(self) -> dict[str, Interval]:
        """The bounds of all symbols; a side that nothing bounds is None."""
        own = self.names
        for _ in range(MAX_PASSES):
            if not self._advance(own):
                break
        open_ones = [t for t in self.tracked if t.symbol.name not in self.bounds]
        followed = self._followed(open_ones, own)
        for tracked in open_ones:
            if tracked.symbol.name in self.bounds:
                continue
            sides = {side: self._side(tracked, side, own) for side in BOTH}
            self._keep(tracked, sides, followed.get(tracked.symbol.name, UNKNOWN))
            if len(open_ones) <= MAX_OPEN:
                self._advance(own)
        for name, interval in self.given.items():
            if name not in self.bounds:
                self.bounds[name] = self._free(interval_within(interval, self.bounds), own)
        return self.bounds

    def _followed(self, tracked: Sequence[Tracked], own: set[str]) -> dict[str, Interval]:
        """Bounds from following every round, where rounds are few and known to be; else none."""
        rounds = interval_within(self.rounds, self.bounds).high
        count = None if rounds is None else evaluate(rounds, Side.UPPER)
        if count is None or count > MAX_FOLLOWED or not tracked:
            return {}
        now = {t.symbol.name: t.first for t in tracked}
        for _ in range(int(count)):
            known = {**self.bounds, **now}
            within = {name: interval_within(each, known) for name, each in self.given.items()}
            known = {**within, **known}
            after = {t.symbol.name: interval_within(t.later, known) for t in tracked}
            now = {
                name: self._free(join_intervals(now[name], later), own)
                for name, later in after.items()
            }
        return now

    def _advance(self, own: set[str]) -> bool:
        before = len(self.bounds)
        for name, interval in self.given.items():
            if name not in self.bounds:
                inside = interval_within(interval, self.bounds)
                if self._free(inside, own) == inside:
                    self.bounds[name] = inside
        for tracked in self.tracked:
            if tracked.symbol.name in self.bounds:
                continue
            sides = {side: self._side(tracked, side, own) for side in tracked.sides}
            if all(isinstance(found, Polynomial) for found in sides.values()):
                self._keep(tracked, sides)
        return len(self.bounds) > before

    def _keep(
        self, tracked: Tracked, sides: Mapping[Side, Found], followed: Interval = UNKNOWN
    ) -> None:
        low, high = sides.get(Side.LOWER), sides.get(Side.UPPER)
        if not isinstance(low, Polynomial):
            low = None if tracked.symbol.low is None else number(tracked.symbol.low)
        found = Interval(low, high if isinstance(high, Polynomial) else None)
        self.bounds[tracked.symbol.name] = meet_intervals(found, followed)

    def _free(self, interval: Interval, own: set[str]) -> Interval:
        """The interval without the bounds that still mention symbols of the loop."""
        low, high = interval.low, interval.high
        return Interval(
            low if low is not None and low.names.isdisjoint(own) else None,
            high if high is not None and high.names.isdisjoint(own) else None,
        )

    def _side(self, tracked: Tracked, side: Side, own: set[str]) -> Found:
        """One bound of one symbol; None where it has none, WAITING where others come first."""
        if side not in tracked.sides:
            return None
        first, later = tracked.first.side(side), tracked.later.side(side)
        if first is None or later is None:
            return None
        after = substitute(later, self.bounds, side)
        if after is None:
            return None
        here = tracked.symbol
        if not after.names.isdisjoint(own - {here.name}):
            return WAITING
        if here.name not in after.names:
            return _outer(first, after, side)
        change = after - of(here)
        if here.name not in change.names:
            return self._by_steps(first, change, side, own)
        return _lasting(here, first, after, side)

    def _by_steps(self, first: Polynomial, change: Polynomial, side: Side, own: set[str]) -> Found:
        """Each round changes it by so much at most."""
        step = positive(change if side is Side.UPPER else -change)
        if step.constant == 0:
            return first
        rounds = interval_within(self.rounds, self.bounds).high
        if rounds is None:
            return None
        if not rounds.names.isdisjoint(own):
            return WAITING
        moved = times(rounds, step)
        return first + moved if side is Side.UPPER else first - moved


def _outer(left: Polynomial, right: Polynomial, side: Side) -> Polynomial | None:
    joined = join_intervals(Interval(left, left), Interval(right, right))
    return joined.side(side)


def _lasting(here: Symbol, first: Polynomial, after: Polynomial, side: Side) -> Polynomial | None:
    """A bound that holds at first, and after a round if it held before."""
    once = substitute(after, {here.name: _only(first, side)}, side)
    guess = None if once is None else _outer(first, once, side)
    if guess is None:
        return None
    again = substitute(after, {here.name: _only(guess, side)}, side)
    if again is None:
        return None
    holds = at_most(again, guess) if side is Side.UPPER else at_most(guess, again)
    return guess if holds else None


def _only(bound: Polynomial, side: Side) -> Interval:
    return Interval(bound, None) if side is Side.LOWER else Interval(None, bound)
