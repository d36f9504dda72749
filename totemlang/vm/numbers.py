"""What the operations on numbers mean: whole numbers without bound, doubles as IEEE 754 has them.

Results of whole numbers are range-checked by whoever asks, results of float rounded to binary32,
unless a function says otherwise. Nothing here depends on the machine's mathematics library but
the square root, which IEEE 754 rounds correctly.
"""

from __future__ import annotations

import math
from struct import Struct
from typing import TypeVar

from totemlang.schema.types import INT_RANGE, LONG_RANGE
from totemlang.vm.failures import (
    FLOAT_OUT_OF_RANGE,
    NEGATIVE_EXPONENT,
    NOT_A_NUMBER,
    NOT_WHOLE,
    OUT_OF_RANGE,
    SHIFT,
    Failure,
)

Whole = TypeVar("Whole", bound=int)
Ordered = TypeVar("Ordered", int, str)

NAN = math.nan

_BINARY32 = Struct("=f")
_EXACT_WHOLE = 1 << 53


def to_binary32(value: float) -> float:
    """The nearest binary32 number, infinity beyond the largest."""
    try:
        rounded: float = _BINARY32.unpack(_BINARY32.pack(value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def canonical(value: float) -> float:
    """The value, any NaN as the one NaN."""
    return value if value == value else NAN


# --- division


def divide(left: float, right: float) -> float:
    """IEEE division, also of whole numbers (durations), each rounded once before."""
    return float(left) / float(right) if right else divide_by_zero(float(left), float(right))


def divide_by_zero(left: float, right: float) -> float:
    """±infinity by the signs, NaN for 0 / 0."""
    if left != left or left == 0:
        return NAN
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def floor_divide(left: int, right: int) -> int:
    """The floor of the quotient."""
    return left // right


def modulo(left: int, right: int) -> int:
    """What floor division leaves; has the sign of the divisor."""
    return left % right


def square_root(value: float) -> float:
    """The correctly rounded root, NaN of a negative number."""
    return math.sqrt(value) if value >= 0 else NAN


# --- powers: square and multiply, lowest bit first, each product checked or rounded


def _whole_power(base: int, exponent: int, least: int, most: int) -> int:
    if exponent < 0:
        raise Failure(NEGATIVE_EXPONENT)
    result = 1
    while exponent:
        if exponent & 1:
            result *= base
            if not least <= result <= most:
                raise Failure(OUT_OF_RANGE)
        exponent >>= 1
        if exponent:
            base *= base
            if base > most:  # the highest bit still multiplies by it
                raise Failure(OUT_OF_RANGE)
    return result


def power_int(base: int, exponent: int) -> int:
    """`base ** exponent` within int."""
    return _whole_power(base, exponent, *INT_RANGE)


def power_long(base: int, exponent: int) -> int:
    """`base ** exponent` within long."""
    return _whole_power(base, exponent, *LONG_RANGE)


def power_double(base: float, exponent: int) -> float:
    """`base ** exponent`, each product rounded."""
    if exponent < 0:
        raise Failure(NEGATIVE_EXPONENT)
    result = 1.0
    while exponent:
        if exponent & 1:
            result *= base
        exponent >>= 1
        base *= base
    return result


def power_float(base: float, exponent: int) -> float:
    """`base ** exponent`, each product rounded to binary32."""
    if exponent < 0:
        raise Failure(NEGATIVE_EXPONENT)
    result = 1.0
    while exponent:
        if exponent & 1:
            result = to_binary32(result * base)
        exponent >>= 1
        base = to_binary32(base * base)
    return result


# --- the smaller and the larger; NaN wins, and -0.0 is less than 0.0


def smaller(left: Ordered, right: Ordered) -> Ordered:
    """The smaller of two values of a kind without NaN."""
    return right if right < left else left


def larger(left: Ordered, right: Ordered) -> Ordered:
    """The larger of two values of a kind without NaN."""
    return right if right > left else left


def smaller_double(left: float, right: float) -> float:
    """IEEE 754-2019 minimum."""
    if left < right:
        return left
    if right < left:
        return right
    if left != right:
        return NAN
    return left if math.copysign(1.0, left) < 0 else right


def larger_double(left: float, right: float) -> float:
    """IEEE 754-2019 maximum."""
    if left > right:
        return left
    if right > left:
        return right
    if left != right:
        return NAN
    return right if math.copysign(1.0, left) < 0 else left


# --- shifts


def _shift_left(value: int, by: int, width: int) -> int:
    if not 0 <= by < width:
        raise Failure(SHIFT)
    result = value << by
    if not -(1 << (width - 1)) <= result < 1 << (width - 1):
        raise Failure(OUT_OF_RANGE)
    return result


def _shift_right(value: int, by: int, width: int) -> int:
    if not 0 <= by < width:
        raise Failure(SHIFT)
    return value >> by


def shift_left_int(value: int, by: int) -> int:
    """Times 2 to the `by`, within int; `by` from 0 to 31."""
    return _shift_left(value, by, 32)


def shift_left_long(value: int, by: int) -> int:
    """Times 2 to the `by`, within long; `by` from 0 to 63."""
    return _shift_left(value, by, 64)


def shift_right_int(value: int, by: int) -> int:
    """The arithmetic shift; `by` from 0 to 31."""
    return _shift_right(value, by, 32)


def shift_right_long(value: int, by: int) -> int:
    """The arithmetic shift; `by` from 0 to 63."""
    return _shift_right(value, by, 64)


# --- conversion


def whole(value: float) -> int:
    """A number that is whole already, as one; false is 0, true is 1."""
    if isinstance(value, int):
        return int(value)
    _refuse_infinite(value)
    if value != math.floor(value):
        raise Failure(NOT_WHOLE)
    return int(value)


def floor(value: float) -> int:
    """The largest whole number that is no larger."""
    _refuse_infinite(value)
    return math.floor(value)


def ceil(value: float) -> int:
    """The smallest whole number that is no smaller."""
    _refuse_infinite(value)
    return math.ceil(value)


def half_even(value: float) -> int:
    """The nearest whole number, the even one of two."""
    _refuse_infinite(value)
    return round(value)


def _refuse_infinite(value: float) -> None:
    if value != value:
        raise Failure(NOT_A_NUMBER)
    if value in (math.inf, -math.inf):
        raise Failure(OUT_OF_RANGE)


def narrow(value: float) -> float:
    """The nearest binary32 number, rounded once; a finite value beyond the largest fails."""
    rounded = to_binary32(_odd_double(value) if isinstance(value, int) else value)
    if rounded in (math.inf, -math.inf) and value not in (math.inf, -math.inf):
        raise Failure(FLOAT_OUT_OF_RANGE)
    return rounded


def _odd_double(value: int) -> float:
    """A double that rounds to binary32 as the whole number does: what is cut off stays visible."""
    if -_EXACT_WHOLE <= value <= _EXACT_WHOLE:
        return float(value)
    size = abs(value)
    cut = size.bit_length() - 50
    kept = size >> cut | (size & ((1 << cut) - 1) != 0)
    return math.copysign(math.ldexp(float(kept), cut), value)
