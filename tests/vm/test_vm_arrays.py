"""Arrays: exact sums, extremes with NaN and signed zeros, a total order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.vm import arrays, failures
from totemlang.vm.failures import Failure

DOUBLES = st.lists(st.floats() | st.sampled_from([0.0, -0.0, math.nan, math.inf]), max_size=30)


def rank(value: float) -> tuple[int, float, float]:
    """−∞ … −0.0, 0.0 … ∞, NaN."""
    if value != value:
        return 1, 0.0, 0.0
    return 0, value, math.copysign(1.0, value)


def bits(values: list[float]) -> list[str]:
    return ["nan" if v != v else v.hex() for v in values]


@given(DOUBLES)
def test_sort_has_one_order(values: list[float]) -> None:
    assert bits(arrays.sort_double(values)) == bits(sorted(values, key=rank))


@given(DOUBLES, st.booleans())
def test_groups_are_ordered_stably(values: list[float], descending: bool) -> None:
    order = arrays.order_of(values, descending=descending)
    expected = sorted(range(len(values)), key=lambda at: rank(values[at]), reverse=descending)
    assert order == expected
    equal = arrays.order_of([1, 1, 1], descending=True)
    assert equal == [0, 1, 2]


@given(DOUBLES.filter(bool))
def test_extremes(values: list[float]) -> None:
    least, greatest = arrays.min_of_double(values), arrays.max_of_double(values)
    if any(v != v for v in values):
        assert math.isnan(least)
        assert math.isnan(greatest)
        return
    ordered = sorted(values, key=rank)
    assert bits([least, greatest]) == bits([ordered[0], ordered[-1]])


def test_nothing_has_no_extremes() -> None:
    for function in (arrays.min_of, arrays.max_of, arrays.min_of_double, arrays.max_of_double):
        with pytest.raises(Failure, match=failures.EMPTY):
            function([])


def test_nan_is_contained_in_nothing() -> None:
    nan = math.nan
    assert not arrays.contains([nan], nan)
    assert arrays.contains([0.0], -0.0)


def test_arrays_are_not_built_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure, match=failures.NEGATIVE_LENGTH):
        arrays.fill(-1, 0)
    with pytest.raises(Failure, match=failures.TOO_LARGE):
        arrays.fill(2**63 - 1, 0)
    monkeypatch.setattr(arrays, "MAX_VALUE_BYTES", 16)
    monkeypatch.setattr(arrays, "MAX_ELEMENTS", 2)
    assert arrays.fill(2, "12345678") == ["12345678"] * 2
    with pytest.raises(Failure, match=failures.TOO_LARGE):
        arrays.fill(2, "123456789")
    with pytest.raises(Failure, match=failures.TOO_LARGE):
        arrays.fill(3, 0)
    with pytest.raises(Failure, match=failures.TOO_LARGE):
        arrays.bounded(["12345678", "123456789"])
