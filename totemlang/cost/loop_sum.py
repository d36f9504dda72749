"""What a loop costs in all, from what its test and a round of its body cost.

A loop that runs to its end costs its rounds and a test more. One that may be left early costs no
more than that, and no less than its cheapest way out: the first test and the way to the exit.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from totemlang.cost.bounding import smaller
from totemlang.cost.evaluation import Side
from totemlang.cost.interval import Interval, exactly
from totemlang.cost.paths import (
    Leaving,
    Outcome,
    Path,
    Paths,
    Values,
    add_path,
    all_within,
    join_all,
)
from totemlang.cost.polynomial import ONE, ZERO
from totemlang.cost.summation import Item, Items
from totemlang.cost.tally import Tally, Use

ONCE = exactly(1)


@frozen
class Loop:
    """A loop that has been gone through.

    `rounds` is how often it goes round, `bounds` where its symbols lie, `items` what is known of
    those that have another value each round. `after` is a completed round with its step (None: no
    round is ever completed). `slots` is what slots hold when the loop ends by itself.
    """

    rounds: Interval
    bounds: Mapping[str, Interval]
    items: Mapping[str, Item]
    test: Outcome | None
    body: Outcome
    after: Outcome | None
    slots: Values

    @property
    def weight(self) -> int:
        """How much there is to sum up."""
        pieces = [piece for piece in (self.test, self.body, self.after) if piece is not None]
        ways = sum(path.tally.weight for piece in pieces for path in piece.paths.values())
        return ways + sum(piece.lines.weight for piece in pieces)

    def outcome(self, head_join: Values | None = None) -> Outcome:
        """The loop as a piece. `head_join`: what slots hold if there is no round at all."""
        slots = all_within(self.slots, self.bounds)
        if head_join is not None:
            slots = join_all(slots, head_join)
        emitted = self.body.emitted
        if emitted is not None:
            emitted = all_within(emitted, self.bounds)
        return Outcome(self._paths(slots), self._lines(), emitted)

    # --- how often

    def _over(self, tally: Tally, count: Interval) -> Tally:
        symbols = {name: Item(each) for name, each in self.bounds.items()}
        for name, item in self.items.items():
            symbols[name] = Item(self.bounds.get(name, item.each), item.together)
        return tally.over(Items(count, symbols))

    @property
    def _completed_rounds(self) -> Interval:
        """Rounds that may be begun: one, if none is ever completed."""
        if self.after is not None:
            return self.rounds
        low, high = self.rounds.low or ZERO, self.rounds.high
        return Interval(
            smaller(low, ONE, Side.LOWER), None if high is None else smaller(high, ONE, Side.UPPER)
        )

    @property
    def _tests(self) -> Interval:
        """Tests that are made if the loop ends by itself: one more than rounds."""
        if self.after is None:
            return ONCE
        low, high = self.rounds.low or ZERO, self.rounds.high
        return Interval(low + 1, None if high is None else high + 1)

    # --- ways out

    @property
    def _exits(self) -> dict[Leaving, Path]:
        kinds = (Leaving.BREAKING, Leaving.RETURNING)
        return {kind: self.body.paths[kind] for kind in kinds if kind in self.body.paths}

    def _test_tally(self) -> Tally:
        return Tally() if self.test is None else self.test.paths[Leaving.FALLING].tally

    def _paths(self, slots: Values) -> Paths:
        exits = self._exits
        completed = None if self.after is None else self.after.paths[Leaving.FALLING].tally
        ways = [path.tally for path in exits.values()]
        ways += [] if completed is None else [completed]
        worst = ways[0] if ways else Tally()
        for way in ways[1:]:
            worst = worst.or_else(way)
        tests = self._over(self._test_tally(), self._tests)
        whole = tests.plus(self._over(worst, self._completed_rounds))
        if not exits:
            return {Leaving.FALLING: Path(whole, slots)}
        by_itself = tests
        if completed is not None:
            by_itself = tests.plus(self._over(completed, self.rounds))
        paths: Paths = {Leaving.FALLING: Path(_from_to(by_itself, whole), slots)}
        first_test = self._over(self._test_tally(), ONCE)
        for leaving, path in exits.items():
            early = first_test.plus(self._over(path.tally, ONCE))
            left = Path(
                _from_to(early, whole),
                all_within(path.slots, self.bounds),
                all_within(path.stack, self.bounds),
            )
            falls = leaving is Leaving.BREAKING
            add_path(paths, Leaving.FALLING if falls else leaving, left)
        return paths

    # --- by line

    def _lines(self) -> Tally:
        lines = self.body.lines if self.after is None else self.body.lines.plus(self.after.lines)
        rounds = self._over(lines, self._completed_rounds)
        if self._exits:
            rounds = rounds.perhaps()
        if self.test is None:
            return rounds
        tests = self._over(self.test.lines, self._tests)
        if self._exits:
            tests = _from_to(self._over(self.test.lines, ONCE), tests)
        return tests.plus(rounds)


def _from_to(least: Tally, most: Tally) -> Tally:
    """Uses of at least what the one says and at most what the other says."""
    resources = {**least.uses, **most.uses}
    return Tally({r: _between(least.of(r), most.of(r)) for r in resources})


def _between(least: Use, most: Use) -> Use:
    if least is most:
        return least
    middle = (least.expected + most.expected).half
    return Use(least.lower, middle, most.upper)
