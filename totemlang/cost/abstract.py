"""Abstract values: what is known of a value before the run, by what it is.

A number lies in an interval, a string has so many bytes, an array so many elements. Bounds are
polynomials, so that they may depend on what is known only later. Bytes are those of the estimator
table: a string (a missing one too) has at least 1.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, field, frozen

from totemlang.cost.bounding import larger, smaller
from totemlang.cost.coarsening import coarse_interval, coarse_upper, simple_interval, substituted
from totemlang.cost.envelopes import above
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import UNKNOWN, Bounds, Interval
from totemlang.cost.polynomial import ONE, ZERO, Polynomial
from totemlang.cost.variety import ANYTHING, Variety, either
from totemlang.diagnostics import Refused
from totemlang.schema.types import Kind, Type

WHOLE_KINDS = frozenset({Kind.BOOL, Kind.INT, Kind.LONG, Kind.DATE, Kind.TIMESTAMP, Kind.DURATION})


@frozen
class Facts:
    """What a truth value tells: polynomials that are not negative if it is true, if it is false."""

    if_true: tuple[Polynomial, ...] = ()
    if_false: tuple[Polynomial, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The symbols that occur."""
        return frozenset().union(*(p.names for p in (*self.if_true, *self.if_false)))


NO_FACTS = Facts()


@frozen
class Number:
    """A number, date, time or truth value (0 or 1); NaN lies in no interval and in every one.

    `facts` are what a truth value tells by being what it is.
    """

    value: Interval = UNKNOWN
    variety: Variety = ANYTHING
    facts: Facts = NO_FACTS


@frozen
class Text:
    """A string by its bytes."""

    bytes: Interval = Interval(ONE)
    variety: Variety = ANYTHING


Scalar = Number | Text


@frozen
class Array:
    """An array by its length, its elements, and for strings the bytes of all together."""

    length: Interval = Interval(ZERO)
    element: Scalar = field(factory=Number)
    total: Interval = UNKNOWN


AbstractValue = Number | Text | Array


def anything(at: Type) -> AbstractValue:
    """A value of which nothing but the type is known."""
    element: Scalar = Text() if at.kind is Kind.STRING else Number()
    if not at.is_array:
        return element
    return Array(Interval(ZERO), element, Interval(ZERO) if at.kind is Kind.STRING else UNKNOWN)


# --- bounds of bounds


def join_intervals(left: Interval, right: Interval) -> Interval:
    """What holds of the one and of the other."""
    if left == right:
        return left
    return simple_interval(
        Interval(
            _either(smaller, left.low, right.low, Side.LOWER),
            _either(larger, left.high, right.high, Side.UPPER),
        )
    )


def _either(
    choose: Callable[[Polynomial, Polynomial, Side], Polynomial],
    left: Polynomial | None,
    right: Polynomial | None,
    side: Side,
) -> Polynomial | None:
    if left is None or right is None:
        return None
    try:
        return choose(left, right, side)
    except Refused:  # Too involved to be told apart.
        return None if side is Side.LOWER else _above_both(left, right)


def _above_both(left: Polynomial, right: Polynomial) -> Polynomial | None:
    if not (left.nonnegative_factors and right.nonnegative_factors):
        return None
    try:
        return above(coarse_upper(left), coarse_upper(right))
    except Refused:
        return None


def meet_intervals(left: Interval, right: Interval) -> Interval:
    """What both say; a number beats a formula, for it stays when symbols go."""
    return Interval(
        _stronger(left.low, right.low, Side.LOWER), _stronger(left.high, right.high, Side.UPPER)
    )


def _stronger(left: Polynomial | None, right: Polynomial | None, side: Side) -> Polynomial | None:
    if left is None or right is None:
        return left if right is None else right
    choose = larger if side is Side.LOWER else smaller
    try:
        return choose(left, right, side)
    except Refused:
        return left


# --- generic over all values


def intervals(value: AbstractValue) -> tuple[Interval, ...]:
    """The quantities of a value, in a fixed order."""
    if isinstance(value, Number):
        return (value.value,)
    if isinstance(value, Text):
        return (value.bytes,)
    return (value.length, value.total, *intervals(value.element))


def with_intervals(value: AbstractValue, given: tuple[Interval, ...]) -> AbstractValue:
    """The value with other bounds of its quantities."""
    if isinstance(value, Number):
        return Number(given[0], value.variety)
    if isinstance(value, Text):
        return evolve(value, bytes=given[0])
    element = with_intervals(value.element, given[2:])
    assert not isinstance(element, Array)
    return Array(given[0], element, given[1])


def with_variety(value: AbstractValue, variety: Variety) -> AbstractValue:
    """The value (or the elements of an array) with another variety."""
    if isinstance(value, Array):
        element = evolve(value.element, variety=variety)
        return evolve(value, element=element)
    return evolve(value, variety=variety)


def variety_of(value: AbstractValue) -> Variety:
    """How many values it may take; of arrays nothing is known."""
    return ANYTHING if isinstance(value, Array) else value.variety


def join(left: AbstractValue, right: AbstractValue) -> AbstractValue:
    """What holds of the one and of the other, which are of one type."""
    if left is right or _same_constant(left, right):
        return left
    pairs = zip(intervals(left), intervals(right), strict=True)
    joined = with_intervals(left, tuple(join_intervals(a, b) for a, b in pairs))
    if isinstance(left, Array) and isinstance(right, Array):
        return with_variety(joined, either(left.element.variety, right.element.variety))
    return with_variety(joined, either(variety_of(left), variety_of(right)))


def _same_constant(left: AbstractValue, right: AbstractValue) -> bool:
    """Whether both are one number (0 may have two signs, so it is none)."""
    if not (isinstance(left, Number) and isinstance(right, Number) and left == right):
        return False
    exact = left.value.exact
    return exact is not None and bool(exact.constant)


def within(value: AbstractValue, bounds: Bounds) -> AbstractValue:
    """The value where symbols lie within bounds."""
    given = intervals(value)
    facts = value.facts if isinstance(value, Number) else NO_FACTS
    if all(_is_free(interval, bounds) for interval in given) and facts.names.isdisjoint(bounds):
        return value
    return with_intervals(value, tuple(interval_within(i, bounds) for i in given))


def _is_free(interval: Interval, bounds: Bounds) -> bool:
    return all(
        side is None or side.names.isdisjoint(bounds) for side in (interval.low, interval.high)
    )


def interval_within(interval: Interval, bounds: Bounds) -> Interval:
    """Bounds of a quantity where the symbols of its bounds lie within bounds themselves."""
    low, high = interval.low, interval.high
    return Interval(
        None if low is None else substituted(low, bounds, Side.LOWER),
        None if high is None else substituted(high, bounds, Side.UPPER),
    )


def simplified(value: AbstractValue) -> AbstractValue:
    """The value with coarse bounds of its quantities."""
    return with_intervals(value, tuple(coarse_interval(i) for i in intervals(value)))


def number_range(interval: Interval) -> tuple[int | None, int | None]:
    """The interval in whole numbers, as far as the symbols' ranges tell."""
    low = None if interval.low is None else evaluate(interval.low, Side.LOWER)
    high = None if interval.high is None else evaluate(interval.high, Side.UPPER)
    return (
        None if low is None else -int(-low // 1),
        None if high is None else int(high // 1),
    )


def most_values(value: AbstractValue, kind: Kind) -> int | None:
    """The most different values of a scalar, by its variety and by the numbers it lies between."""
    known = [variety_of(value).most]
    if isinstance(value, Number) and kind in WHOLE_KINDS:
        low, high = number_range(value.value)
        if low is not None and high is not None:
            known.append(max(0, high - low + 1))
    return min((k for k in known if k is not None), default=None)


TRUTH = Interval(ZERO, ONE)
