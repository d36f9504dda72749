"""Numbers: every result as IEEE 754 and the language have it, on every machine."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.vm import failures, numbers
from totemlang.vm.failures import Failure

DOUBLES = st.floats()
LONGS = st.integers(-(2**63), 2**63 - 1)


def bits(value: float) -> str:
    return "nan" if value != value else value.hex()


def binary32(value: Fraction) -> float:
    """The nearest binary32 number of a rational, from the definition: ties to even."""
    if value == 0:
        return 0.0
    size = abs(value)
    exponent = math.floor(math.log2(size)) - 3
    while Fraction(2) ** (exponent + 1) <= size:
        exponent += 1
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    steps, rest = divmod(size, unit)
    steps += rest * 2 > unit or (rest * 2 == unit and steps % 2 == 1)
    rounded = steps * unit
    limited = math.inf if rounded >= Fraction(2) ** 128 else float(rounded)
    return math.copysign(limited, value)


@given(DOUBLES)
def test_to_binary32_rounds_to_nearest(value: float) -> None:
    with np.errstate(over="ignore"):
        assert bits(numbers.to_binary32(value)) == bits(float(np.float32(value)))
    if math.isfinite(value) and value:
        assert numbers.to_binary32(value) == binary32(Fraction(value))


@given(LONGS | st.sampled_from([2**24 + 1, 2**54 + 2**30 + 1, 2**62 + 2**38, 2**62 + 2**38 + 1]))
def test_a_whole_number_becomes_a_float_in_one_rounding(value: int) -> None:
    assert numbers.narrow(value) == binary32(Fraction(value))
    assert numbers.narrow(-value) == binary32(Fraction(-value))


def test_narrowing_a_finite_number_beyond_the_largest_fails() -> None:
    with pytest.raises(Failure, match=failures.FLOAT_OUT_OF_RANGE):
        numbers.narrow(3.5e38)
    assert numbers.narrow(math.inf) == math.inf
    assert math.isnan(numbers.narrow(math.nan))


@given(DOUBLES, DOUBLES)
def test_division_is_ieee(left: float, right: float) -> None:
    with np.errstate(all="ignore"):
        expected = float(np.float64(left) / np.float64(right))
    assert bits(numbers.divide(left, right)) == bits(expected)


@given(st.integers(-20, 20) | LONGS, st.integers(0, 70) | LONGS)
def test_whole_powers_are_exact_or_fail(base: int, exponent: int) -> None:
    if exponent < 0:
        with pytest.raises(Failure, match=failures.NEGATIVE_EXPONENT):
            numbers.power_long(base, exponent)
        return
    if abs(base) > 1 and exponent > 63:
        expected: int | None = None
    else:
        expected = base ** (exponent % 2 + 2 if abs(base) <= 1 and exponent > 3 else exponent)
        expected = expected if -(2**63) <= expected < 2**63 else None
    if expected is None:
        with pytest.raises(Failure, match=failures.OUT_OF_RANGE):
            numbers.power_long(base, exponent)
    else:
        assert numbers.power_long(base, exponent) == expected


def test_powers_of_doubles_multiply_lowest_bit_first() -> None:
    assert numbers.power_double(1.1, 5) == 1.1 * ((1.1 * 1.1) * (1.1 * 1.1))
    assert numbers.power_double(math.nan, 0) == 1.0
    f = numbers.to_binary32
    x = f(1.1)
    square = f(x * x)
    assert numbers.power_float(x, 6) == f(square * f(square * square))


ORDER = [-math.inf, -1.5, -0.0, 0.0, 1.5, math.inf]


@pytest.mark.parametrize("left", [*ORDER, math.nan])
@pytest.mark.parametrize("right", [*ORDER, math.nan])
def test_minimum_and_maximum(left: float, right: float) -> None:
    least, greatest = numbers.smaller_double(left, right), numbers.larger_double(left, right)
    if left != left or right != right:
        assert math.isnan(least)
        assert math.isnan(greatest)
        return
    place = {bits(v): n for n, v in enumerate(ORDER)}
    assert place[bits(least)] == min(place[bits(left)], place[bits(right)])
    assert place[bits(greatest)] == max(place[bits(left)], place[bits(right)])


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (numbers.half_even, 2.5, 2),
        (numbers.half_even, -3.5, -4),
        (numbers.floor, -0.5, -1),
        (numbers.ceil, -0.5, 0),
        (numbers.floor, math.inf, failures.OUT_OF_RANGE),
        (numbers.ceil, math.nan, failures.NOT_A_NUMBER),
        (numbers.half_even, -math.inf, failures.OUT_OF_RANGE),
        (numbers.whole, 3.0, 3),
        (numbers.whole, True, 1),
        (numbers.whole, 3.5, failures.NOT_WHOLE),
        (numbers.whole, math.nan, failures.NOT_A_NUMBER),
    ],
)
def test_becoming_whole(function: Any, value: float, expected: int | str) -> None:
    if isinstance(expected, str):
        with pytest.raises(Failure, match=expected):
            function(value)
    else:
        assert function(value) == expected
        assert type(function(value)) is int


def test_shifts_stay_within_the_width() -> None:
    assert numbers.shift_left_int(1, 30) == 2**30
    assert numbers.shift_right_long(-5, 1) == -3
    for by in (-1, 32):
        with pytest.raises(Failure, match=failures.SHIFT):
            numbers.shift_right_int(1, by)
    with pytest.raises(Failure, match=failures.OUT_OF_RANGE):
        numbers.shift_left_int(1, 31)
    assert numbers.shift_left_int(-1, 31) == -(2**31)


def test_the_square_root_of_a_negative_number_is_nan() -> None:
    assert math.isnan(numbers.square_root(-1.0))
    assert bits(numbers.square_root(-0.0)) == bits(-0.0)
    assert math.isnan(numbers.square_root(math.nan))
