"""Arithmetic on intervals: what an operation does to what is known of its operands.

Whole numbers are exact, for a result out of range fails. Results of floating point are rounded: of
numbers that are known the bounds are rounded as the values will be (rounding keeps order); a bound
with symbols is widened by a half, which is more than rounding does to numbers below 2^52, or in
proportion where they may be larger.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from itertools import product as pairs

from totemlang.cost.bounding import (
    floor_quotient,
    is_nonnegative,
    larger,
    positive,
    quotient,
    smaller,
    times,
)
from totemlang.cost.evaluation import Side
from totemlang.cost.interval import UNKNOWN, Interval, between, exactly
from totemlang.cost.polynomial import ONE, ZERO, Atom, Coefficient, Polynomial, Symbol, number
from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind

DAY = 86_400_000_000
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31 as days since 1970-01-01."""

RANGES: dict[Kind, tuple[int, int]] = {
    Kind.BOOL: (0, 1),
    Kind.INT: INT_RANGE,
    Kind.LONG: LONG_RANGE,
    Kind.DATE: (FIRST_DAY, LAST_DAY),
    Kind.TIMESTAMP: (FIRST_DAY * DAY, (LAST_DAY + 1) * DAY - 1),
    Kind.DURATION: LONG_RANGE,
}
"""What values of a kind lie between."""

EXACT_UP_TO = {Kind.DOUBLE: 2**52, Kind.FLOAT: 2**23}
"""Below this, neighbouring numbers of the kind are at most 1 apart."""

HALF = Fraction(1, 2)


def numeric(interval: Interval) -> tuple[Coefficient, Coefficient] | None:
    """Both bounds, where both are plain numbers."""
    low = None if interval.low is None else interval.low.constant
    high = None if interval.high is None else interval.high.constant
    return None if low is None or high is None else (low, high)


# --- sums and products of mathematical values


def add(left: Interval, right: Interval) -> Interval:
    """Left + right."""
    return Interval(_plus(left.low, right.low), _plus(left.high, right.high))


def _plus(left: Polynomial | None, right: Polynomial | None) -> Polynomial | None:
    return None if left is None or right is None else left + right


def negate(interval: Interval) -> Interval:
    """−interval."""
    low, high = interval.low, interval.high
    return Interval(None if high is None else -high, None if low is None else -low)


def subtract(left: Interval, right: Interval) -> Interval:
    """Left − right."""
    return add(left, negate(right))


def scale(interval: Interval, by: Coefficient) -> Interval:
    """Interval · by."""
    if by < 0:
        return scale(negate(interval), -by)
    low, high = interval.low, interval.high
    if by == 0:
        return exactly(0)
    return Interval(
        None if low is None else low.scaled(by), None if high is None else high.scaled(by)
    )


def multiply(left: Interval, right: Interval) -> Interval:
    """Left · right."""
    for one, other in ((left, right), (right, left)):
        factor = None if one.exact is None else one.exact.constant
        if factor is not None:
            return scale(other, factor)
    one_range, other_range = numeric(left), numeric(right)
    if one_range is not None and other_range is not None:
        corners = [a * b for a, b in pairs(one_range, other_range)]
        return between(min(corners), max(corners))
    if never_negative(left) and never_negative(right):
        assert left.low is not None
        assert right.low is not None
        high = _product(left.high, right.high)
        return Interval(times(left.low, right.low), high)
    up, down = positive_part(left), positive_part(negate(left))
    right_up, right_down = positive_part(right), positive_part(negate(right))
    least = _plus(_product(up, right_down), _product(down, right_up))
    return Interval(
        None if least is None else -least,
        _plus(_product(up, right_up), _product(down, right_down)),
    )


def _product(left: Polynomial | None, right: Polynomial | None) -> Polynomial | None:
    return None if left is None or right is None else times(left, right)


def positive_part(interval: Interval) -> Polynomial | None:
    """The most that a value can be above 0."""
    return None if interval.high is None else positive(interval.high)


def never_negative(interval: Interval) -> bool:
    """Whether it is proved that no value is below 0."""
    return interval.low is not None and is_nonnegative(interval.low)


def absolute(interval: Interval) -> Interval:
    """|interval|."""
    if never_negative(interval):
        return interval
    up, down = positive_part(interval), positive_part(negate(interval))
    return Interval(ZERO, None if up is None or down is None else larger(up, down, Side.UPPER))


def least(left: Interval, right: Interval) -> Interval:
    """min(left, right)."""
    return Interval(_both(left.low, right.low, "min"), _any(left.high, right.high, "min"))


def greatest(left: Interval, right: Interval) -> Interval:
    """max(left, right)."""
    return Interval(_any(left.low, right.low, "max"), _both(left.high, right.high, "max"))


def _both(left: Polynomial | None, right: Polynomial | None, which: str) -> Polynomial | None:
    if left is None or right is None:
        return None
    if which == "min":
        return smaller(left, right, Side.LOWER)
    return larger(left, right, Side.UPPER)


def _any(left: Polynomial | None, right: Polynomial | None, which: str) -> Polynomial | None:
    if left is None or right is None:
        return left if right is None else right
    if which == "min":
        return smaller(left, right, Side.UPPER)
    return larger(left, right, Side.LOWER)


# --- whole numbers


def fitted(interval: Interval, kind: Kind) -> Interval:
    """The interval of a result that is range-checked: known bounds keep within the kind's range."""
    lowest, highest = RANGES[kind]
    low = None if interval.low is None else interval.low.constant
    high = None if interval.high is None else interval.high.constant
    return Interval(
        number(lowest) if low is not None and low < lowest else interval.low,
        number(highest) if high is not None and high > highest else interval.high,
    )


def floor_by(interval: Interval, divisor: int) -> Interval:
    """Interval // divisor, for a divisor of at least 1."""
    low, high = interval.low, interval.high
    return Interval(
        None if low is None else floor_quotient(low, divisor),
        None if high is None else floor_quotient(high, divisor),
    )


def floor_divide(left: Interval, right: Interval) -> Interval:
    """Left // right."""
    by = None if right.exact is None else right.exact.constant
    if isinstance(by, int) and by:
        return floor_by(left, by) if by > 0 else floor_by(negate(left), -by)
    if never_negative(left) and never_negative(right):
        low = None if left.low is None or right.high is None else quotient(left.low, right.high)
        high = None if left.high is None else quotient(left.high, right.low or ONE)
        return Interval(low or ZERO, high)
    up, down = positive_part(left), positive_part(negate(left))
    if up is None or down is None:
        return UNKNOWN
    most = larger(up, down, Side.UPPER)
    return Interval(-most, most)


def modulo(left: Interval, right: Interval) -> Interval:
    """Left % right: of the sign of the divisor, and smaller."""
    bounds, within = numeric(right), numeric(left)
    if bounds and within and bounds[0] == bounds[1] > within[1] and within[0] >= 0:
        return left
    high = None if right.high is None else positive(right.high - 1)
    low = None if right.low is None else -positive(-right.low - 1)
    if never_negative(left) and never_negative(right):
        high = left.high if high is None else high
    return Interval(low, high)


def power(left: Interval, right: Interval, kind: Kind) -> Interval:
    """Left ** right, for known bases from 0 and known exponents; else nothing is known."""
    base, exponent = numeric(left), numeric(right)
    if base is None or exponent is None or base[0] < 0 or exponent[0] < 0:
        return UNKNOWN
    highest = RANGES[kind][1]
    return between(
        min(_power(base[0], exponent[0], highest), _power(base[0], exponent[1], highest)),
        max(_power(base[1], exponent[0], highest), _power(base[1], exponent[1], highest)),
    )


def _power(base: Coefficient, exponent: Coefficient, highest: int) -> int:
    if base > 1 and exponent > 64:
        return highest
    return min(int(int(base) ** min(int(exponent), 64)), highest)


# --- floating point


def reach(polynomial: Polynomial) -> int | None:
    """A bound of the absolute value by the machine types of the symbols alone."""
    found = Fraction(0)
    for monomial, coefficient in polynomial.terms.items():
        term = abs(Fraction(coefficient))
        for factor, exponent in monomial:
            size = _reach_of_factor(factor)
            if size is None:
                return None
            term *= size**exponent
        found += term
    return int(found) + 1


def _reach_of_factor(factor: object) -> int | None:
    if isinstance(factor, Symbol):
        return factor.reach
    assert isinstance(factor, Atom)
    if factor.kind == "bits":
        return 64
    sizes = [reach(argument) for argument in factor.arguments]
    known = [size for size in sizes if size is not None]
    return max(known) if len(known) == len(sizes) else None


def rounded(interval: Interval, kind: Kind) -> Interval:
    """The interval of a floating-point result whose mathematical value lies in `interval`."""
    return Interval(_rounded(interval.low, kind, -HALF), _rounded(interval.high, kind, HALF))


def _rounded(bound: Polynomial | None, kind: Kind, slack: Fraction) -> Polynomial | None:
    if bound is None:
        return None
    constant = bound.constant
    if constant is not None:
        return _as_float(constant, kind)
    size = reach(bound)
    if size is None or size > EXACT_UP_TO[kind]:
        if slack < 0:
            return None
        return positive(bound).scaled(1 + Fraction(4, EXACT_UP_TO[kind])) + 1
    return bound if bound.whole else bound + slack


def _as_float(value: Coefficient, kind: Kind) -> Polynomial | None:
    try:
        near = float(value)
        if kind is Kind.FLOAT:
            (near,) = struct.unpack("<f", struct.pack("<f", near))
    except OverflowError:
        return None
    return number(Fraction(near))


def divide(left: Interval, right: Interval) -> Interval:
    """Left / right as a mathematical value, for divisors that are known not to be 0."""
    by = numeric(right)
    if by is None or by[0] <= 0 <= by[1]:
        return UNKNOWN
    inverses = sorted((Fraction(1) / Fraction(by[0]), Fraction(1) / Fraction(by[1])))
    if inverses[0] == inverses[1]:
        return scale(left, inverses[0])
    return multiply(left, between(inverses[0], inverses[1]))
