"""What is known of a quantity: a bound on either side, each a polynomial."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from attrs import frozen

from totemlang.cost.evaluation import Side
from totemlang.cost.polynomial import Polynomial, number


@frozen
class Interval:
    """Bounds of a quantity; None: not bounded on that side."""

    low: Polynomial | None = None
    high: Polynomial | None = None

    @property
    def exact(self) -> Polynomial | None:
        """The value, where both bounds are the same."""
        return self.low if self.low is not None and self.low == self.high else None

    def side(self, side: Side) -> Polynomial | None:
        """The bound of a side; the expected one is half way, or the one there is."""
        if side is Side.LOWER:
            return self.low
        if side is Side.UPPER:
            return self.high
        if self.low is None or self.high is None:
            return self.low if self.high is None else self.high
        if self.low == self.high:
            return self.low
        return (self.low + self.high).half


UNKNOWN = Interval()


def exactly(value: Polynomial | int | Fraction) -> Interval:
    """A quantity that is known."""
    known = value if isinstance(value, Polynomial) else number(value)
    return Interval(known, known)


def between(low: int | Fraction | None, high: int | Fraction | None) -> Interval:
    """A quantity between two numbers."""
    return Interval(None if low is None else number(low), None if high is None else number(high))


Bounds = Mapping[str, Interval]
"""What is put in place of symbols, by name."""
