"""How much of a weight an operation costs: a small formula over the sizes of its operands.

One formula serves everybody. The VM evaluates it on values, the estimator on bounds, the
listing prints it. Operands count from 0, the deepest on the stack first.
"""

from __future__ import annotations

from attrs import frozen


class Measure:
    """A formula that gives a number of bytes, elements or steps, never negative."""

    def __add__(self, other: Measure | int) -> Measure:
        """The sum of two measures."""
        return Plus(self, as_measure(other))

    def __mul__(self, other: Measure | int) -> Measure:
        """The product of two measures."""
        return Times(self, as_measure(other))

    __radd__ = __add__
    __rmul__ = __mul__


@frozen
class Constant(Measure):
    """A fixed number."""

    value: int


@frozen
class BytesOf(Measure):
    """Bytes of an operand in the estimator table; of an array, of all its elements together."""

    operand: int


@frozen
class ElementBytesOf(Measure):
    """Bytes of one element of an array operand; of strings, of the longest (at least 1)."""

    operand: int


@frozen
class ResultBytes(Measure):
    """Bytes of the result; of a string its own, at least 1 (a missing one: 1)."""


@frozen
class LengthOf(Measure):
    """Number of elements of an array operand."""

    operand: int


@frozen
class ValueOf(Measure):
    """The whole number that an operand holds; 0 where it is negative."""

    operand: int


@frozen
class LookupRows(Measure):
    """Rows of the lookup table that the instruction names."""


@frozen
class Operands(Measure):
    """Bytes of all operands of an operation that takes any number of them."""


@frozen
class Plus(Measure):
    """Sum."""

    left: Measure
    right: Measure


@frozen
class Times(Measure):
    """Product."""

    left: Measure
    right: Measure


@frozen
class Larger(Measure):
    """The larger of two."""

    left: Measure
    right: Measure


@frozen
class BitLength(Measure):
    """Number of binary digits: 0 for 0, 1 for 1, 2 for 2 and 3, …"""

    of: Measure


@frozen
class LessOne(Measure):
    """max(n, 1) − 1: the operations that combine n values."""

    of: Measure


def as_measure(value: Measure | int) -> Measure:
    """Take a plain number as a formula."""
    return Constant(value) if isinstance(value, int) else value


ONE = Constant(1)
FREE_OF_CHARGE = Constant(0)
