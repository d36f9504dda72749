"""How often a counted loop goes round: from its first value, its bound and its step."""

from __future__ import annotations

from fractions import Fraction

from attrs import frozen

from totemlang.cost.arithmetic import EXACT_UP_TO, negate
from totemlang.cost.bounding import floor_quotient, is_nonnegative, larger, positive, times
from totemlang.cost.evaluation import Side
from totemlang.cost.interval import UNKNOWN, Interval
from totemlang.cost.polynomial import ZERO, Polynomial
from totemlang.schema.types import Kind


@frozen
class Test:
    """`variable < bound` (or `<=`, `>`, `>=`: `operation`), compared at a kind.

    `first` is what the variable starts with, `step` what it moves by towards the bound each round.
    """

    operation: str
    first: Interval
    bound: Interval
    step: int
    kind: Kind

    @property
    def is_upward(self) -> bool:
        """Whether the variable grows."""
        return self.operation in ("lt", "le")

    @property
    def trusted_bound(self) -> Interval:
        """The bound as far as comparing the variable with it is comparing whole numbers."""
        limit = EXACT_UP_TO.get(self.kind)
        if limit is None:
            return self.bound
        return Interval(_small(self.bound.low, limit), _small(self.bound.high, limit))

    @property
    def span(self) -> Interval:
        """How far the bound is from the first value."""
        bound = self.trusted_bound
        near, far = (self.first, bound) if self.is_upward else (negate(self.first), negate(bound))
        return Interval(_less(far.low, near.high), _less(far.high, near.low))

    @property
    def rounds(self) -> Interval:
        """How often the test comes out true, if nothing else ends the loop."""
        span = self.span
        return Interval(
            ZERO if span.low is None else self._count(span.low, Side.LOWER),
            None if span.high is None else self._count(span.high, Side.UPPER),
        )

    def _count(self, span: Polynomial, side: Side) -> Polynomial:
        """⌊span / step⌋ + 1 with the bound itself, ⌈span / step⌉ without it; 0 below."""
        if self.operation in ("le", "ge"):
            count = floor_quotient(span, self.step) + 1
        elif span.whole:
            count = floor_quotient(span + (self.step - 1), self.step)
        else:
            count = floor_quotient(span, self.step) + (1 if side is Side.UPPER else 0)
        return positive(count)

    @property
    def inside(self) -> Interval:
        """Where the variable lies in the body."""
        bound = self.trusted_bound
        strict = self.operation in ("lt", "gt")
        if self.is_upward:
            high = bound.high
            if high is not None and strict and high.whole:
                high = high - 1
            return Interval(self.first.low, high)
        low = bound.low
        if low is not None and strict and low.whole:
            low = low + 1
        return Interval(low, self.first.high)

    @property
    def tested(self) -> Interval:
        """Where the variable lies when it is tested: one step beyond the body at most."""
        inside = self.inside
        if self.is_upward:
            high = _beyond(inside.high, self.first.high, self.step)
            return Interval(self.first.low, high)
        low = _beyond(negate(inside).high, negate(self.first).high, self.step)
        return Interval(None if low is None else -low, self.first.high)

    def together(self, rounds: Interval) -> Interval:
        """The values of the variable in all rounds together, added up."""
        first = self.first
        if first.low is None or not is_nonnegative(first.low):
            return UNKNOWN
        if not self.is_upward:
            return Interval(None, _product(rounds.high, first.high))
        low, high = _series(rounds.low, first.low, self.step), None
        if rounds.high is not None and first.high is not None:
            high = _series(rounds.high, first.high, self.step)
        return Interval(low or ZERO, high)


def _series(rounds: Polynomial | None, first: Polynomial, step: int) -> Polynomial | None:
    if rounds is None:
        return None
    growth = (times(rounds, rounds) - rounds).scaled(Fraction(step, 2))
    return times(rounds, first) + growth


def _product(left: Polynomial | None, right: Polynomial | None) -> Polynomial | None:
    return None if left is None or right is None else times(left, right)


def _beyond(inside: Polynomial | None, first: Polynomial | None, step: int) -> Polynomial | None:
    if inside is None or first is None:
        return None
    return larger(inside + step, first, Side.UPPER)


def _less(left: Polynomial | None, right: Polynomial | None) -> Polynomial | None:
    return None if left is None or right is None else left - right


def _small(bound: Polynomial | None, limit: int) -> Polynomial | None:
    """A bound of floating point; with symbols, it has room for rounding (see `rounded`)."""
    if bound is None or bound.constant is None:
        return bound
    return bound if -limit <= bound.constant <= limit else None
