"""The checks that a declared type asks for before a value is stored, as instructions.

Lowering writes them, the verifier expects them where a program may not do without.
"""

from __future__ import annotations

import math
import struct

from attrs import frozen

from totemlang.schema.types import INT_RANGE, LONG_RANGE, Constraint, Kind, Type

Number = int | float


@frozen
class Check:
    """A check at a type: `counts` are its immediates, or `bounds` constants for immediates."""

    operation: str
    type: Type
    counts: tuple[int, ...] = ()
    bounds: tuple[Number, Number] | None = None


def checks_of(at: Type, constraint: Constraint) -> tuple[Check, ...]:
    """The checks of a constraint on a value of type `at`, in order: bytes, length, range."""
    found = []
    if constraint.max_bytes is not None and at.kind is Kind.STRING:
        found.append(Check("check_bytes", at, (constraint.max_bytes,)))
    if constraint.length is not None and at.is_array:
        found.append(Check("check_length", at, (constraint.length,)))
    bounded = constraint.lower is not None or constraint.upper is not None
    if bounded and at.kind in _EXTREMES:
        found.append(Check("check_range", at, bounds=_bounds(at.kind, constraint)))
    return tuple(found)


_EXTREMES: dict[Kind, tuple[Number, Number]] = {
    Kind.INT: INT_RANGE,
    Kind.LONG: LONG_RANGE,
    Kind.FLOAT: (-math.inf, math.inf),
    Kind.DOUBLE: (-math.inf, math.inf),
}


def _bounds(kind: Kind, constraint: Constraint) -> tuple[Number, Number]:
    """The bounds as values of the kind that tell the same values apart."""
    least, most = _EXTREMES[kind]
    lower = least if constraint.lower is None else constraint.lower
    upper = most if constraint.upper is None else constraint.upper
    if kind in (Kind.INT, Kind.LONG):
        low = lower if isinstance(lower, int) else math.ceil(max(lower, least))
        high = upper if isinstance(upper, int) else math.floor(min(upper, most))
        return min(max(low, least), most), max(min(high, most), least)
    if kind is Kind.FLOAT:
        return float_at_least(float(lower)), -float_at_least(-float(upper))
    return float(lower), float(upper)


def float_at_least(bound: float) -> float:
    """The least binary32 number that is no less than `bound`."""
    try:
        (nearest,) = struct.unpack(">f", struct.pack(">f", bound))
    except OverflowError:
        return math.inf if bound > 0 else -_LARGEST_FLOAT
    if nearest >= bound:
        return float(nearest)
    (bits,) = struct.unpack(">i", struct.pack(">f", nearest))
    if nearest == 0:
        return _LEAST_FLOAT
    (above,) = struct.unpack(">f", struct.pack(">i", bits + 1 if nearest > 0 else bits - 1))
    return float(above)


_LARGEST_FLOAT = float(2**128 - 2**104)
_LEAST_FLOAT = 2.0**-149
