"""Windows of exact sums: chosen by a sample, so that most values lie in them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.native.grouping.windows import (
    HEADROOM,
    WINDOW_BITS,
    best_place,
    sampled,
    share_held,
)

Doubles = npt.NDArray[np.float64]


def span(value: float) -> tuple[int, int]:
    """The exponents of the powers of two above a value and of its lowest bit."""
    mantissa, exponent = math.frexp(value)
    whole = abs(int(mantissa * 2**53))
    return exponent, exponent - 53 + (whole & -whole).bit_length() - 1


def best_by_trying(values: list[float]) -> int | None:
    """The place of all there are that holds most, the highest of those."""
    spans = [span(value) for value in values if math.isfinite(value) and value]
    if not spans:
        return None
    tops = {max(-400, min(500, top + room)) for top, _ in spans for room in (0, HEADROOM)}
    held = {t: sum(top <= t and low >= t - WINDOW_BITS for top, low in spans) for t in tops}
    return max(t for t, rows in held.items() if rows == max(held.values())) - WINDOW_BITS + 1074


SPREAD = st.floats(allow_nan=True, allow_infinity=True)
NARROW = st.floats(0.001, 1000.0)
SHORT = st.integers(-1000, 1000).map(lambda n: n / 8)


@given(st.one_of(*(st.lists(each, max_size=40) for each in (SPREAD, NARROW, SHORT))))
def test_the_window_holds_as_much_as_any(values: list[float]) -> None:
    assert best_place(np.array(values, np.float64)) == best_by_trying(values)


def test_there_is_room_above_where_that_costs_nothing() -> None:
    place = best_place(np.array([1.0, 3.0]))
    assert place is not None
    assert share_held(np.array([512.0, 513.0]), place) == 1.0
    full = best_place(np.array([2.0**40, 2.0**-47]))
    assert full is not None
    assert share_held(np.array([2.0**40, 2.0**-47]), full) == 1.0
    assert share_held(np.array([2.0**50]), full) == 0.0


@pytest.mark.parametrize("rows", [0, 1, 479, 480, 481, 959, 960, 961, 8191, 100_000, 131_072])
def test_a_sample_is_small_and_its_own(rows: int) -> None:
    sample = sampled(np.arange(rows, dtype=np.float64))
    assert len(sample) <= 480
    assert len(sample) >= min(rows, 240)
    assert np.array_equal(sampled(sample), sample)
    assert rows == 0 or sample[-1] >= rows - rows / 480 - 1
