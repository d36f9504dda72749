"""Literals mean the nearest number of their type, rounded once from the decimal text."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.check.literals import (
    OutOfRange,
    as_float,
    binary,
    date_value,
    natural_kind,
    timestamp_value,
    whole,
)
from totemlang.schema.types import Kind

decimals = st.builds(
    lambda digits, point, exponent: f"{digits[:point] or '0'}.{digits[point:] or '0'}e{exponent}",
    st.text("0123456789", min_size=1, max_size=25),
    st.integers(0, 25),
    st.integers(-60, 45),
)


def _floats_around(value: float) -> list[float]:
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    near = [b for b in (bits - 1, bits, bits + 1) if 0 <= b < 0x7F800000]
    return [struct.unpack("<f", struct.pack("<I", b))[0] for b in near]


@given(decimals)
def test_a_float_literal_is_the_nearest_float(text: str) -> None:
    """No other float is nearer, and of two as near it is the even one."""
    exact = Fraction(text)
    try:
        found = binary(text, Kind.FLOAT)
    except OutOfRange:
        assert exact >= Fraction(2**128 - 2**103)
        return
    assert as_float(found) == found
    distance = abs(Fraction(found) - exact)
    for other in _floats_around(found):
        assert distance <= abs(Fraction(other) - exact)


def test_a_float_literal_is_not_rounded_twice() -> None:
    """Just above half way between two floats: by way of double it would go to the even one."""
    below, above = as_float(1.0), 1.0 + 2.0**-23
    half = Fraction(below) + Fraction(2) ** -24
    text = f"{float(half):.25f}"
    assert binary(text, Kind.FLOAT) == 1.0
    assert binary(text + "00001", Kind.FLOAT) == above
    assert as_float(float(text + "00001")) == 1.0


@given(decimals)
def test_a_double_literal_is_the_nearest_double(text: str) -> None:
    """As Python reads it."""
    assert binary(text, Kind.DOUBLE) == float(text)


@pytest.mark.parametrize("text", ["1e400", "9" * 400, "1e9999"])
def test_numbers_beyond_double_are_out_of_range(text: str) -> None:
    """Infinity is not a literal."""
    with pytest.raises(OutOfRange):
        binary(text, Kind.DOUBLE)
    with pytest.raises(OutOfRange):
        binary(text, Kind.FLOAT)


def test_whole_literals_have_the_range_of_their_kind() -> None:
    """With the sign, so that the least int and long can be written."""
    assert whole("2_147_483_647", Kind.INT) == 2**31 - 1
    assert whole("2147483648", Kind.INT, negative=True) == -(2**31)
    assert whole("0" * 80 + "7", Kind.LONG) == 7
    for text, kind in (("2147483648", Kind.INT), ("9223372036854775808", Kind.LONG)):
        with pytest.raises(OutOfRange):
            whole(text, kind)


def test_the_natural_kind_of_a_number() -> None:
    """Int, long where needed, double with point or exponent."""
    kinds = [natural_kind(text) for text in ("1", "2147483648", "1.0", "1e3", "9" * 50)]
    assert kinds == [Kind.INT, Kind.LONG, Kind.DOUBLE, Kind.DOUBLE, Kind.LONG]
    assert natural_kind("2147483648", negative=True) is Kind.INT


def test_days_and_moments() -> None:
    """Days and microseconds since 1970, for years 1 to 9999."""
    assert date_value("1970-01-02") == 1
    assert date_value("0001-01-01") == -719_162
    assert date_value("9999-12-31") == 2_932_896
    assert timestamp_value("1970-01-01T00:00:01.5") == 1_500_000
    assert timestamp_value("1969-12-31T23:59:59.999999") == -1


@pytest.mark.parametrize(
    "text",
    ["", "2019-2-25", "2019-02-30", "0000-01-01", "10000-01-01", " 2019-02-25", "٢٠١٩-٠٢-٢٥"],
)
def test_texts_that_are_no_day(text: str) -> None:
    """One form, and only days that exist."""
    assert date_value(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2019-02-25",
        "2019-02-25 10:30:00",
        "2019-02-25T10:30",
        "2019-02-25T24:00:00",
        "2019-02-25T10:60:00",
        "2019-02-25T10:30:60",
        "2019-02-25T10:30:00.1234567",
        "2019-02-25T10:30:00Z",
        "2019-02-25T10:30:00+01:00",
    ],
)
def test_texts_that_are_no_moment(text: str) -> None:
    """One form, without zone."""
    assert timestamp_value(text) is None
