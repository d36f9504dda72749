"""Exact sums of doubles, rounded once: the same bits in any order and any partition.

A finite double is a whole number of units of 2^-1074, so a sum is one whole number. Infinities
and NaN are kept beside it. A sum of zero is +0.0, whatever the signs of its zeros.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from attrs import define

NAN = math.nan

_UNIT_BITS = 1074
_UNITS_IN_ONE = 1 << _UNIT_BITS
_CHUNK = 1 << 20
_FEW = 48
_HALF = 27
_LEAST_EXPONENT = -1073


@define
class ExactSum:
    """A sum that forgets nothing: add values or other sums in any order, then `result()`."""

    units: int = 0
    """The finite part, in units of 2^-1074."""
    positive_infinity: bool = False
    negative_infinity: bool = False
    not_a_number: bool = False

    def add(self, value: float) -> None:
        """Add one double."""
        if math.isfinite(value):
            numerator, denominator = value.as_integer_ratio()
            self.units += numerator << (_UNIT_BITS + 1 - denominator.bit_length())
        elif value != value:
            self.not_a_number = True
        elif value > 0:
            self.positive_infinity = True
        else:
            self.negative_infinity = True

    def extend(self, values: Sequence[float] | npt.NDArray[np.float64]) -> None:
        """Add many doubles (binary32 values as doubles)."""
        if len(values) < _FEW:
            for value in values:
                self.add(float(value))
            return
        column = np.asarray(values, dtype=np.float64)
        for start in range(0, len(column), _CHUNK):
            self._extend(column[start : start + _CHUNK])

    def _extend(self, column: npt.NDArray[np.float64]) -> None:
        """Add up mantissas by exponent, in halves that no rounding can reach, then shift once."""
        finite = np.isfinite(column)
        if not finite.all():
            for value in np.unique(column[~finite]).tolist():
                self.add(value)
            column = column[finite]
        mantissas, exponents = np.frexp(column)
        whole = np.ldexp(mantissas, 53).astype(np.int64)
        place = exponents - _LEAST_EXPONENT
        high = np.bincount(place, weights=(whole >> _HALF).astype(np.float64))
        low = np.bincount(place, weights=(whole & ((1 << _HALF) - 1)).astype(np.float64))
        for at in np.flatnonzero((high != 0) | (low != 0)).tolist():
            part = (int(high[at]) << _HALF) + int(low[at])
            shift = at + _LEAST_EXPONENT - 53 + _UNIT_BITS
            self.units += part << shift if shift >= 0 else part >> -shift

    def merge(self, other: ExactSum) -> None:
        """Add another sum."""
        self.units += other.units
        self.positive_infinity |= other.positive_infinity
        self.negative_infinity |= other.negative_infinity
        self.not_a_number |= other.not_a_number

    def result(self) -> float:
        """The sum as the nearest double (ties to even); NaN from NaN or both infinities."""
        if self.not_a_number or (self.positive_infinity and self.negative_infinity):
            return NAN
        if self.positive_infinity:
            return math.inf
        if self.negative_infinity:
            return -math.inf
        try:
            return self.units / _UNITS_IN_ONE
        except OverflowError:
            return math.inf if self.units > 0 else -math.inf


def exact_sum(values: Sequence[float]) -> float:
    """The sum of a list of doubles, rounded once; 0.0 of none."""
    try:
        return math.fsum(values) + 0.0
    except (OverflowError, ValueError):  # too large on the way, or both infinities
        total = ExactSum()
        total.extend(values)
        return total.result()
