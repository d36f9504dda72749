"""What a piece of a program uses: bounds of totem in all, by source line, and of what it emits.

A `Use` is a bound on either side and an expectation between them. A `Tally` holds the uses of
several resources at once, by name, and combines them as control combines pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from attrs import field, frozen

from totemlang.cost.bounding import Memo, at_most, opaque, times
from totemlang.cost.coarsening import simple_bound, substituted, summed_up
from totemlang.cost.envelopes import above, below
from totemlang.cost.evaluation import Side
from totemlang.cost.interval import Bounds, Interval
from totemlang.cost.polynomial import ZERO, Polynomial
from totemlang.cost.summation import Items

TOTEM = "totem"
"""The resource that everybody pays for."""
RECORDS = "records"
"""The resource of records emitted."""

MAX_SUM = 32
"""Terms of a use; beyond, they are taken as one."""

FINEST = 2**12
"""The largest denominator of a coefficient; finer ones are rounded, up in an upper bound."""


def emitted_bytes(column: int) -> str:
    """The resource of bytes emitted into a column of strings."""
    return f"bytes {column}"


def line_total(line: int) -> str:
    """The resource of totem charged at a source line."""
    return f"line {line}"


def called_at(line: int) -> str:
    """The resource of totem charged within the library for calls made at a source line."""
    return f"called {line}"


def line_of(resource: str) -> int | None:
    """The line of such a resource."""
    return int(resource[5:]) if resource.startswith("line ") else None


@frozen
class Use:
    """Never less than `lower`, never more than `upper` (None: not bounded); `expected` between."""

    lower: Polynomial = ZERO
    expected: Polynomial = ZERO
    upper: Polynomial | None = ZERO

    @property
    def is_exact(self) -> bool:
        """Whether the bounds are the same."""
        return self.lower == self.upper

    @property
    def weight(self) -> int:
        """How many parts its bounds have."""
        return self.lower.weight + (0 if self.upper is None else self.upper.weight)

    @property
    def interval(self) -> Interval:
        """Both bounds."""
        return Interval(self.lower, self.upper)

    def side(self, side: Side) -> Polynomial | None:
        """The bound of a side."""
        if side is Side.LOWER:
            return self.lower
        return self.upper if side is Side.UPPER else self.expected

    def plus(self, other: Use) -> Use:
        """The one and the other."""
        if other is NOTHING:
            return self
        if self is NOTHING:
            return other
        upper = None if self.upper is None or other.upper is None else self.upper + other.upper
        if self.is_exact and other.is_exact:
            return exact_use(self.lower + other.lower)
        return Use(
            _bounded(self.lower + other.lower, Side.LOWER) or ZERO,
            _bounded(self.expected + other.expected, Side.EXPECTED) or ZERO,
            _bounded(upper, Side.UPPER),
        )

    def or_else(self, other: Use) -> Use:
        """The one or the other, who knows which."""
        if self is other or self == other:
            return self
        upper = (
            None if self.upper is None or other.upper is None else greater(self.upper, other.upper)
        )
        lower = lesser(self.lower, other.lower)
        return Use(lower, (self.expected + other.expected).half, upper)

    def perhaps(self) -> Use:
        """This, or nothing, or a part of it."""
        return Use(ZERO, self.expected.half, self.upper)

    def mapped(self, change: Callable[[Polynomial, Side], Polynomial | None]) -> Use:
        """Each bound changed, on its side."""
        lower = change(self.lower, Side.LOWER)
        upper = None if self.upper is None else change(self.upper, Side.UPPER)
        if lower is not None and lower == upper:
            return exact_use(lower)
        expected = change(self.expected, Side.EXPECTED)
        if expected is None:
            expected = lower
        return Use(lower or ZERO, expected or ZERO, upper)

    def within(self, bounds: Bounds, memo: Memo | None = None) -> Use:
        """The use where symbols lie within bounds; `memo` as in `substitute`."""
        if not bounds or all(
            p is None or p.names.isdisjoint(bounds) for p in (self.lower, self.expected, self.upper)
        ):
            return self
        return self.mapped(lambda p, side: substituted(p, bounds, side, memo))

    def over(self, items: Items) -> Use:
        """The use of all items together."""
        return self.mapped(lambda p, side: summed_up(p, items, side))


NOTHING = Use()


def exact_use(amount: Polynomial) -> Use:
    """A use that is known."""
    return Use(amount, amount, amount)


def use_of(interval: Interval, weight: int = 1) -> Use:
    """A multiple of a size; a size that may be anything is at least nothing."""
    low = ZERO if interval.low is None else interval.low.scaled(weight)
    if interval.high is None:
        return Use(low, low, None)
    if interval.low == interval.high:
        return exact_use(low)
    expected = interval.side(Side.EXPECTED) or low
    return Use(low, expected.scaled(weight), interval.high.scaled(weight))


def many(use: Use, size: Interval) -> Use:
    """A use, as often as a size says."""
    if size.low is None or size.high is None:
        return Use(ZERO, ZERO, None)
    by = use_of(size)
    lower = times(use.lower, by.lower)
    upper = None if use.upper is None or by.upper is None else times(use.upper, by.upper)
    if lower == upper:
        return exact_use(lower)
    return Use(lower, times(use.expected, by.expected), upper)


def _bounded(polynomial: Polynomial | None, side: Side) -> Polynomial | None:
    """A polynomial of not too many terms and digits, as good or worse on that side.

    What is used is never below 0, so a bound of it that is taken as 0 where negative still holds.
    """
    if polynomial is None:
        return None
    if any(isinstance(c, Fraction) for c in polynomial.terms.values()):
        polynomial = _coarser(polynomial, side)
    if len(polynomial.terms) <= MAX_SUM:
        return simple_bound(polynomial, side)
    low = {m: c for m, c in polynomial.terms.items() if sum(power for _, power in m) <= 1}
    if side is not Side.UPPER or len(low) > MAX_SUM // 2:
        return opaque(polynomial)
    high = {m: c for m, c in polynomial.terms.items() if m not in low}
    return opaque(Polynomial(high)) + Polynomial(low)


def _coarser(polynomial: Polynomial, side: Side) -> Polynomial:
    """Fractions of few digits in place of longer ones, where no factor can be negative."""
    if not polynomial.nonnegative_factors:
        return polynomial
    sign = 1 if side is Side.LOWER else -1
    terms = {}
    for monomial, coefficient in polynomial.terms.items():
        value = coefficient
        if isinstance(value, Fraction) and value.denominator > FINEST:
            value = Fraction(sign * (sign * value * FINEST // 1), FINEST)
        if value:
            terms[monomial] = value
    return Polynomial(terms)


def greater(left: Polynomial, right: Polynomial) -> Polynomial:
    """A use that is never below either."""
    if at_most(left, right):
        return right
    if at_most(right, left):
        return left
    if left.nonnegative_factors and right.nonnegative_factors:
        return above(left, right)
    return opaque(left) + opaque(right)


def lesser(left: Polynomial, right: Polynomial) -> Polynomial:
    """A use that is never above either."""
    if at_most(left, right):
        return left
    if at_most(right, left):
        return right
    if left.nonnegative_factors and right.nonnegative_factors:
        return below(left, right)
    return ZERO


@frozen
class Tally:
    """Uses by resource; a resource that is not named is not used."""

    uses: Mapping[str, Use] = field(factory=dict)

    def of(self, resource: str) -> Use:
        """The use of a resource."""
        return self.uses.get(resource, NOTHING)

    @property
    def weight(self) -> int:
        """How much work it is to do something to all bounds: more than in proportion."""
        weights = [use.weight for use in self.uses.values()]
        return sum(1 + weight + weight * weight // 32 for weight in weights)

    def plus(self, other: Tally) -> Tally:
        """The one and then the other."""
        if not other.uses:
            return self
        if not self.uses:
            return other
        uses = dict(self.uses)
        for resource, use in other.uses.items():
            uses[resource] = uses[resource].plus(use) if resource in uses else use
        return Tally(uses)

    def or_else(self, other: Tally) -> Tally:
        """The one or the other."""
        return Tally({r: self.of(r).or_else(other.of(r)) for r in {**self.uses, **other.uses}})

    def perhaps(self) -> Tally:
        """This, or nothing, or a part of it."""
        return self.each(Use.perhaps)

    def each(self, change: Callable[[Use], Use]) -> Tally:
        """Every use changed; those that are alike, once for all."""
        changed: dict[Use, Use] = {}
        found: dict[str, Use] = {}
        for resource, use in self.uses.items():
            if use not in changed:
                changed[use] = change(use)
            found[resource] = changed[use]
        return Tally(found)

    def within(self, bounds: Bounds) -> Tally:
        """The uses where symbols lie within bounds."""
        memo: Memo = {}
        return self.each(lambda use: use.within(bounds, memo)) if bounds else self

    def over(self, items: Items) -> Tally:
        """The uses of all items together."""
        return self.each(lambda use: use.over(items))


def tally_of(uses: Iterable[tuple[str, Use]]) -> Tally:
    """A tally, uses of the same resource added up."""
    found: dict[str, Use] = {}
    for resource, use in uses:
        found[resource] = found[resource].plus(use) if resource in found else use
    return Tally(found)
