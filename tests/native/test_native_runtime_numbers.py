"""The runtime's operations on numbers and dates give what the interpreter's meanings give."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from native.runtime_machine import EXAMPLES, Failed, bits, machine, meant, single
from totemlang.schema.types import INT_RANGE, LONG_RANGE
from totemlang.vm import dates, numbers
from totemlang.vm.dates import DATE_RANGE, DAY, TIMESTAMP_RANGE
from totemlang.vm.failures import OUT_OF_RANGE, TIME_OUT_OF_RANGE

EDGES = [0, 1, -1, 2, -2, 3, -7, 31, 32, 63, 64, 46340, 46341, 3037000499, 3037000500, DAY, -DAY]
INTS = st.integers(*INT_RANGE) | st.sampled_from([e for e in EDGES if abs(e) < 2**31])
LONGS = st.integers(*LONG_RANGE) | st.integers(-(2**32), 2**32) | st.sampled_from(EDGES)
DOUBLES = st.floats() | st.sampled_from([0.5, 1.5, 2.5, -0.5, 2.0**52 + 0.5, 2.0**63, -(2.0**63)])
DAYS = st.integers(*DATE_RANGE) | st.sampled_from(DATE_RANGE)
MOMENTS = st.integers(*TIMESTAMP_RANGE) | st.sampled_from(TIMESTAMP_RANGE)
STEPS = LONGS | st.integers(-4_000_000, 4_000_000).map(lambda days: days * DAY)


def ranged(
    meaning: Callable[..., Any], *operands: Any, within: tuple[int, int], reason: str
) -> object:
    """What a meaning gives, range-checked as the machine does."""
    result = meant(meaning, *operands)
    if isinstance(result, Failed) or within[0] <= result <= within[1]:
        return result
    return Failed(reason)


def check_whole(name: str, meaning: Callable[..., Any], *operands: Any, kind: str) -> None:
    within = INT_RANGE if kind == "int" else LONG_RANGE
    expected = ranged(meaning, *operands, within=within, reason=OUT_OF_RANGE)
    assert machine().call(name, *operands) == expected


ON_TWO: dict[str, Callable[..., Any]] = {
    "floor_divide": numbers.floor_divide,
    "modulo": numbers.modulo,
}
LEAST_INT, LEAST_LONG = INT_RANGE[0], LONG_RANGE[0]


@pytest.mark.parametrize("name", ON_TWO)
@EXAMPLES
@given(left=INTS, right=INTS)
@example(left=LEAST_INT, right=-1)
@example(left=LEAST_INT, right=LEAST_INT)
@example(left=5, right=0)
def test_division_of_ints(name: str, left: int, right: int) -> None:
    check_whole(f"{name}_int", ON_TWO[name], left, right, kind="int")


@pytest.mark.parametrize("name", ON_TWO)
@EXAMPLES
@given(left=LONGS, right=LONGS)
@example(left=LEAST_LONG, right=-1)
@example(left=LEAST_LONG, right=1)
@example(left=5, right=0)
def test_division_of_longs(name: str, left: int, right: int) -> None:
    check_whole(f"{name}_long", ON_TWO[name], left, right, kind="long")


@EXAMPLES
@given(left=LONGS, right=LONGS)
@example(left=LEAST_LONG, right=-1)
@example(left=-1, right=LEAST_LONG)
@example(left=LEAST_LONG, right=1)
@example(left=1 << 62, right=2)
@example(left=1 << 62, right=-2)
@example(left=1 << 32, right=1 << 31)
@example(left=1 << 32, right=-(1 << 31))
def test_products_of_longs(left: int, right: int) -> None:
    for name in ("multiply_long", "scale"):
        check_whole(name, lambda a, b: a * b, left, right, kind="long")


@EXAMPLES
@given(value=LONGS)
@example(value=LEAST_LONG)
@example(value=LEAST_INT)
@example(value=2**31)
def test_a_long_as_an_int(value: int) -> None:
    check_whole("narrow_int", int, value, kind="int")
    assert machine().call("bit_length", value) == value.bit_length() or value < 0


@EXAMPLES
@given(value=LONGS, small=INTS, by=st.integers(-2, 66))
def test_shifts(value: int, small: int, by: int) -> None:
    check_whole("shift_left_long", numbers.shift_left_long, value, by, kind="long")
    check_whole("shift_right_long", numbers.shift_right_long, value, by, kind="long")
    check_whole("shift_left_int", numbers.shift_left_int, small, by, kind="int")
    check_whole("shift_right_int", numbers.shift_right_int, small, by, kind="int")
    check_whole("shift_left_long", numbers.shift_left_long, value >> max(by, 0), by, kind="long")


@EXAMPLES
@given(base=st.integers(-12, 12) | INTS, exponent=st.integers(-1, 70) | st.integers(0, 2**63 - 1))
@example(base=-2, exponent=31)
@example(base=-2, exponent=63)
@example(base=2, exponent=63)
@example(base=-1, exponent=2**63 - 1)
def test_powers_of_whole_numbers(base: int, exponent: int) -> None:
    check_whole("power_int", numbers.power_int, base, exponent, kind="int")
    check_whole("power_long", numbers.power_long, base, exponent, kind="long")
    check_whole("power_long", numbers.power_long, base * (2**31 + 1), exponent, kind="long")


@EXAMPLES
@given(base=DOUBLES, exponent=st.integers(-1, 400) | st.integers(0, 2**63 - 1))
def test_powers_of_floats(base: float, exponent: int) -> None:
    for name, meaning, at in (
        ("power_double", numbers.power_double, base),
        ("power_float", numbers.power_float, numbers.to_binary32(base)),
    ):
        found = machine().call(name, at, exponent)
        if exponent < 0:
            assert found == Failed("exponent is negative")
        else:
            assert bits(found) == bits(meaning(at, exponent))


@EXAMPLES
@given(left=LONGS, right=LONGS)
def test_the_ratio_of_durations(left: int, right: int) -> None:
    assert bits(machine().call("divide_whole", left, right)) == bits(numbers.divide(left, right))


WHOLE_OF_FLOAT = {
    "whole_int": numbers.whole,
    "whole_long": numbers.whole,
}


@pytest.mark.parametrize("name", WHOLE_OF_FLOAT)
@EXAMPLES
@given(value=DOUBLES | st.floats(-1e19, 1e19) | st.integers(-(2**40), 2**40).map(lambda n: n / 2))
@example(value=math.nan)
@example(value=math.inf)
@example(value=-math.inf)
@example(value=2.0**31)
@example(value=-(2.0**31))
@example(value=2.0**63)
@example(value=-(2.0**63))
@example(value=math.nextafter(2.0**63, 0))
@example(value=3e9 + 0.5)
@example(value=0.49999999999999994)
def test_floats_made_whole(name: str, value: float) -> None:
    kind = "int" if name.endswith("_int") else "long"
    check_whole(name, WHOLE_OF_FLOAT[name], value, kind=kind)


@EXAMPLES
@given(value=DOUBLES | st.floats(width=32) | st.floats(3e38, 4e38))
@example(value=3.4028235677973366e38)
@example(value=math.nextafter(3.4028235677973366e38, 0))
@example(value=math.inf)
def test_doubles_made_float(value: float) -> None:
    found = machine().call("narrow_float", value)
    expected = meant(numbers.narrow, value)
    if isinstance(expected, Failed):
        assert found == expected
    else:
        assert bits(found) == bits(expected)


@EXAMPLES
@given(value=DOUBLES)
def test_one_nan(value: float) -> None:
    for at in (value, -math.nan):
        assert struct.pack("<d", machine().raw("canonical_double", at)) == bits(at)
        found = machine().raw("canonical_float", numbers.to_binary32(at))
        assert bits(found) == bits(numbers.to_binary32(at))


# --- dates


@EXAMPLES
@given(moment=MOMENTS, day=DAYS, other=DAYS)
def test_between_times(moment: int, day: int, other: int) -> None:
    own = machine()
    assert own.call("between_date", day, other) == dates.between_date(day, other)
    assert own.call("between_timestamp", moment, day * DAY) == moment - day * DAY


SMALL = st.integers(-1, 33)


@EXAMPLES
@given(year=st.integers(-1, 10_001) | INTS, month=SMALL | INTS, day=SMALL | INTS)
@example(year=1900, month=2, day=29)
@example(year=2000, month=2, day=29)
@example(year=2024, month=2, day=29)
@example(year=2023, month=2, day=29)
@example(year=1, month=1, day=1)
@example(year=9999, month=12, day=31)
def test_dates_made(year: int, month: int, day: int) -> None:
    expected = ranged(
        dates.make_date, year, month, day, within=DATE_RANGE, reason=TIME_OUT_OF_RANGE
    )
    assert machine().call("make_date", year, month, day) == expected


def test_all_months_have_their_days() -> None:
    for year in (1, 4, 100, 400, 1999, 2000, 2100, 9999):
        for month in range(1, 13):
            for day in (1, 28, 29, 30, 31, 32):
                expected = ranged(dates.make_date, year, month, day, within=DATE_RANGE, reason="")
                assert machine().call("make_date", year, month, day) == expected


@EXAMPLES
@given(day=DAYS, moment=MOMENTS, by=STEPS)
@example(day=0, moment=0, by=LEAST_LONG)
@example(day=0, moment=0, by=-LEAST_LONG - 1)
@example(day=DATE_RANGE[1], moment=TIMESTAMP_RANGE[1], by=DAY)
@example(day=DATE_RANGE[0], moment=TIMESTAMP_RANGE[0], by=DAY)
@example(day=DATE_RANGE[0], moment=TIMESTAMP_RANGE[0], by=-1)
def test_later_and_earlier(day: int, moment: int, by: int) -> None:
    for name, sign in (("later", 1), ("earlier", -1)):
        for kind, meaning, at, within in (
            ("date", dates.later_date, day, DATE_RANGE),
            ("timestamp", dates.later_timestamp, moment, TIMESTAMP_RANGE),
        ):
            expected = ranged(meaning, at, sign * by, within=within, reason=TIME_OUT_OF_RANGE)
            assert machine().call(f"{name}_{kind}", at, by) == expected


@EXAMPLES
@given(moment=MOMENTS, period=LONGS | st.integers(1, 10**15))
@example(moment=TIMESTAMP_RANGE[0], period=2**63 - 1)
@example(moment=TIMESTAMP_RANGE[1], period=2**63 - 1)
@example(moment=-1, period=0)
def test_the_start_of_a_period(moment: int, period: int) -> None:
    expected = ranged(
        dates.floor_to, moment, period, within=TIMESTAMP_RANGE, reason=TIME_OUT_OF_RANGE
    )
    assert machine().call("floor_to", moment, period) == expected


def test_a_single_is_what_the_tests_take_for_it() -> None:
    assert single(0.1) == numbers.to_binary32(0.1)
