"""Different values are counted exactly, in whatever way they are counted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.data.distinct import DistinctCount

_WHOLE = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-20, 20),
    st.integers(-(2**20), 2**20).map(lambda n: n * 3_600_000_000),
    st.sampled_from([-(2**63), 2**63 - 1, 2**62, 0]),
)
_BINARY = st.one_of(
    st.floats(),
    st.integers(-50_000, 50_000).map(lambda n: n / 1000),
    st.integers(-50_000, 50_000).map(lambda n: n / 4),
    st.sampled_from([0.0, -0.0, math.nan, math.inf, 1e308, 5e-324]),
)


def _counted(parts: Sequence[pa.Array], most: int = 10_000) -> int | None:
    count = DistinctCount(most_values=most)
    for part in parts:
        count.add(part)
    found = count.count
    count.finish()
    assert count.count == found
    return found


@given(st.lists(st.lists(_WHOLE), max_size=6))
def test_whole_numbers(parts: list[list[int]]) -> None:
    arrays = [pa.array(part, pa.int64()) for part in parts]
    assert _counted(arrays) == len({number for part in parts for number in part})


@pytest.mark.parametrize("arrow", [pa.float32(), pa.float64()])
@given(parts=st.lists(st.lists(_BINARY), max_size=6))
def test_binary_numbers_where_zeros_are_equal_and_all_nan_are_one(
    arrow: pa.DataType, parts: list[list[float]]
) -> None:
    held = [np.array(part, arrow.to_pandas_dtype()) for part in _quiet(parts, arrow)]
    different = {"nan" if value != value else value for part in held for value in part.tolist()}
    assert _counted([pa.array(part) for part in held]) == len(different)


def _quiet(parts: list[list[float]], arrow: pa.DataType) -> list[list[float]]:
    """With the one NaN of columns read, and without what overflows, so that nothing warns."""
    most = math.inf if arrow == pa.float64() else 1e38
    kept = [[v for v in part if not math.isfinite(v) or abs(v) < most] for part in parts]
    return [[v if v == v else math.nan for v in part] for part in kept]


@pytest.mark.parametrize("step", [1, 7, 3_600_000_000])
def test_numbers_that_leave_their_range_and_come_between_the_steps(step: int) -> None:
    parts = [
        [0, step, 4 * step],
        [9 * step],
        [-100 * step, 5 * step],
        [step // 2 + 1],
        [2**62],
        [3 * step],
    ]
    expected = {number for part in parts for number in part}
    assert _counted([pa.array(part) for part in parts]) == len(expected)


def test_decimals_that_become_finer_and_then_are_none() -> None:
    parts = [[0.5, 1.0], [0.25, 0.5], [0.1, 3.125], [1 / 3, 0.1], [0.25]]
    assert _counted([pa.array(part) for part in parts]) == 6


@pytest.mark.parametrize("values", [range(1001), [n / 8 for n in range(1001)]])
def test_more_than_the_cap_are_not_counted(values: Sequence[float]) -> None:
    assert _counted([pa.array(values)], most=1001) == 1001
    assert _counted([pa.array(values)], most=1000) is None


def test_numbers_of_no_order_are_met_again() -> None:
    numbers = np.random.default_rng(5).random(100_000)
    parts = [pa.array(numbers[start : start + 20_000]) for start in range(0, 80_001, 10_000)]
    assert _counted(parts, most=200_000) == len(set(numbers.tolist()))
