"""Exact sums: rounded once, the same in any order and any partition."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.vm.exact_sum import ExactSum, exact_sum

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e308, -1e308, 1.7976931348623157e308, 5e-324, -5e-324, 2.0**-1022]),
    st.sampled_from([0.0, -0.0, 1.0, 2.0**53, -(2.0**53), 2.0**-1074, 1e16, -1e16, 0.1]),
)


def reference(values: list[float]) -> float:
    total = sum(map(Fraction, values), Fraction(0))
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def bits(value: float) -> str:
    return value.hex()


@given(st.lists(NUMBERS, max_size=150))
def test_it_is_the_exact_sum_rounded_once(values: list[float]) -> None:
    expected = bits(reference(values) + 0.0)
    assert bits(exact_sum(values)) == expected
    by_list, by_array = ExactSum(), ExactSum()
    by_list.extend(values)
    by_array.extend(np.array(values, dtype=np.float64))
    assert bits(by_list.result()) == bits(by_array.result()) == expected


@given(st.lists(NUMBERS, max_size=120), st.randoms(), st.integers(1, 5))
def test_order_and_partition_leave_no_trace(
    values: list[float], random: object, parts: int
) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    total = ExactSum()
    for part in range(parts):
        one = ExactSum()
        one.extend(shuffled[part::parts])
        total.merge(one)
    assert bits(total.result()) == bits(exact_sum(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0.0),
        ([-0.0], 0.0),
        ([-0.0, -0.0], 0.0),
        ([1e308, 1e308, -1e308], 1e308),
        ([1e308, 1e308], math.inf),
        ([-1e308, -1e308], -math.inf),
        ([1e16, 1.0, -1e16], 1.0),
        ([0.1] * 10, 1.0),
        ([5e-324, -5e-324, 5e-324], 5e-324),
        ([1.0, 2.0**-53, 2.0**-105], 1.0 + 2.0**-52),  # just over a tie
        ([1.0, 2.0**-53], 1.0),  # a tie goes to the even one
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1e308, 1e308], -math.inf),
        ([1e308, 1e308, math.inf], math.inf),
    ],
)
def test_extremes(values: list[float], expected: float) -> None:
    repeated = ExactSum()
    repeated.extend(values)
    assert bits(exact_sum(values)) == bits(repeated.result()) == bits(expected)


@pytest.mark.parametrize(
    "values",
    [[math.nan], [math.inf, -math.inf], [math.nan, math.inf], [-math.inf, 1.0, math.inf]],
)
@pytest.mark.parametrize("padding", [0, 100])
def test_nan_and_both_infinities_give_nan(values: list[float], padding: int) -> None:
    padded = [*values, *[1.0] * padding]
    total = ExactSum()
    total.extend(padded)
    assert math.isnan(exact_sum(padded))
    assert math.isnan(total.result())


def test_a_long_column_goes_through_several_chunks() -> None:
    column = np.full((1 << 20) + 5, 0.1)
    total = ExactSum()
    total.extend(column)
    assert total.result() == float(Fraction(0.1) * len(column))
