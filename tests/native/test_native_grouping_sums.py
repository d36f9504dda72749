"""Exact sums of floats in native grouping: any values, any split, rounded once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native.grouping_cases import DOUBLE, EXTREME_DOUBLES, expected, given_by, plainly, plan
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.schema.types import Kind


def nearest(values: list[float]) -> float:
    """The sum as the nearest double, by fractions."""
    infinite = {v for v in values if math.isinf(v)}
    if any(math.isnan(v) for v in values) or len(infinite) > 1:
        return math.nan
    if infinite:
        return infinite.pop()
    total = sum((Fraction(v) for v in values), Fraction(0))
    try:
        return total.numerator / total.denominator
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def summed(pieces: list[list[float]], of: GroupingPlan) -> list[float]:
    """The total of each piece's worker merged: one key."""
    workers = []
    for piece in pieces:
        worker = NativeGrouping(of)
        keys = [pa.array([7] * len(piece), pa.int32())] if of.keys else []
        columns = [*keys, pa.array(piece, pa.float64())]
        worker.add_batch(
            pa.RecordBatch.from_arrays(columns, names=[f"c{i}" for i in range(len(columns))])
        )
        workers.append(worker)
    first, *others = workers
    for other in others:
        first.merge(other)
    found: list[float] = given_by(first).column("total0").to_pylist()
    return found


@pytest.mark.parametrize("keys", [[], [Kind.INT]])
@pytest.mark.parametrize("limit", [1, 1 << 28])
@settings(max_examples=80, deadline=None)
@given(pieces=st.lists(st.lists(DOUBLE, min_size=1, max_size=20), min_size=1, max_size=4))
def test_any_split_is_rounded_once(keys: list[Kind], limit: int, pieces: list[list[float]]) -> None:
    """The total is the nearest double to the true sum, for any values on any workers."""
    true = nearest([value for piece in pieces for value in piece])
    assert repr(summed(pieces, plan(keys, [Kind.DOUBLE], limit=limit))) == repr([true])


@pytest.mark.parametrize(
    "values",
    [
        [1e308] * 20 + [-1e308] * 19,
        [1.7976931348623157e308, 1.7976931348623157e308],
        [5e-324] * 3,
        [1.0, 2.0**-53, 2.0**-1074],
        [1.0, 2.0**-53],
        [1.0, 3 * 2.0**-53],
        [-1.0, -(2.0**-53), -5e-324],
        [1e16, 1.0, -1e16],
        [-0.0, -0.0],
        [2.0**1023, 2.0**1023, -(2.0**971)],
        [2.0**1023, 2.0**1023, -(2.0**970)],
        [2.0**1023, 2.0**1023, -(2.0**969)],
        EXTREME_DOUBLES[:11],
        [math.inf, 1.0],
        [math.inf, -math.inf],
        [math.nan, math.inf],
        [0.1] * 1000,
    ],
    ids=str,
)
@pytest.mark.parametrize("keys", [[], [Kind.INT]])
def test_hard_sums(values: list[float], keys: list[Kind]) -> None:
    """Ties, cancellation, overflow on the way, subnormals, infinities."""
    for pieces in ([values], [values[:1], values[1:]], [values[1:], values[:1]]):
        assert repr(summed(pieces, plan(keys, [Kind.DOUBLE]))) == repr([nearest(values)])


@pytest.mark.parametrize(("scale", "spread"), [(1.0, 0), (1.0, 2000), (1e-300, 30), (1e300, 9)])
@pytest.mark.parametrize("keys", [0, 1, 5_000])
def test_many_rows(scale: float, spread: int, keys: int) -> None:
    """More rows than a window adds up unsettled, skewed, of all sizes, on two workers."""
    random = np.random.default_rng(keys + spread)
    rows = 300_000
    exponents = random.integers(-spread, spread + 1, rows) // 2
    values = np.ldexp(random.normal(size=rows), exponents) * scale
    values[::70_001] = 2.0**29
    groups = (keys * random.random(rows) ** 3).astype(np.int32)
    columns = ([pa.array(groups)] if keys else []) + [pa.array(values)]
    names = [f"c{i}" for i in range(len(columns))]
    batch = pa.RecordBatch.from_arrays(columns, names=names)
    of = plan([Kind.INT] if keys else [], [Kind.DOUBLE])
    one, other = NativeGrouping(of), NativeGrouping(of)
    one.add_batch(batch.slice(0, 200_000))
    other.add_batch(batch.slice(200_000))
    one.merge(other)
    assert plainly(given_by(one)) == plainly(expected(of, batch))


def test_the_largest_values_of_a_window_by_the_million() -> None:
    """Totals leave the window for the wide sum before they could pass 64 bits."""
    rows = 3 << 20
    top = 2.0**9 - 2.0**-44
    values = np.full(rows, top)
    values[:65_536] = 1.0  # so that the window is chosen just so high
    batch = pa.RecordBatch.from_arrays([pa.array(values)], names=["c0"])
    keyed = pa.RecordBatch.from_arrays(
        [pa.array(np.zeros(rows, dtype=np.int32)), pa.array(values)], names=["c0", "c1"]
    )
    for keys, each in (([], batch), ([Kind.INT], keyed)):
        grouping = NativeGrouping(plan(keys, [Kind.DOUBLE]))
        grouping.add_batch(each)
        total = Fraction(top) * (rows - 65_536) + 65_536
        assert given_by(grouping).column("total0").to_pylist() == [
            total.numerator / total.denominator
        ]


@pytest.mark.parametrize("kind", [Kind.FLOAT, Kind.DOUBLE])
@pytest.mark.parametrize("keys", [[], [Kind.INT]])
@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.sampled_from([0.0, -0.0, 1.5, -1.5, math.nan, math.inf]), max_size=24))
def test_extremes_of_zeros_and_nan(keys: list[Kind], kind: Kind, values: list[float]) -> None:
    """NaN wins both, −0.0 stands before 0.0, at whatever place in a column."""
    base = [2.0, 3.0, -0.0, 2.0, 0.0, 2.0, 2.0, 2.0, 2.0]
    for around in (base, [abs(v) + 1 for v in base], [-abs(v) for v in base]):
        held = pa.array([*around, *values], pa.float32() if kind is Kind.FLOAT else pa.float64())
        arrays = [pa.array([3] * len(held), pa.int32()), held] if keys else [held]
        batch = pa.RecordBatch.from_arrays(arrays, names=[f"c{i}" for i in range(len(arrays))])
        of = plan(keys, [kind])
        grouping = NativeGrouping(of)
        grouping.add_batch(batch)
        assert plainly(given_by(grouping)) == plainly(expected(of, batch))


@pytest.mark.parametrize(
    ("others", "is_agreed"),
    [([3.5, 100.25, 7.0], True), ([0.0, 0.0], True), ([1e40, 1e41 / 3], False)],
)
def test_workers_agree_on_windows_that_suit_them(others: list[float], is_agreed: bool) -> None:
    """What is in the same windows is added up fast; far other values have windows of their own."""
    of = plan([Kind.INT], [Kind.DOUBLE])
    first, other = NativeGrouping(of), NativeGrouping(of)
    for worker, values in ((first, [0.1, 0.7, 1.0]), (other, others)):
        keys = pa.array([7] * len(values), pa.int32())
        worker.add_batch(pa.RecordBatch.from_arrays([keys, pa.array(values)], names=["c0", "c1"]))
    places = [worker.gathered.windows.places for worker in (first, other)]
    assert (places[0] == places[1]) == is_agreed
    first.merge(other)
    assert given_by(first).column("total0").to_pylist() == [nearest([0.1, 0.7, 1.0, *others])]


def test_a_worker_without_values_leaves_the_choice_to_others() -> None:
    of = plan([Kind.INT], [Kind.DOUBLE])
    empty, full = NativeGrouping(of), NativeGrouping(of)
    for worker, value in ((empty, math.nan), (full, 2.0**-300)):
        keys = pa.array([1], pa.int32())
        worker.add_batch(pa.RecordBatch.from_arrays([keys, pa.array([value])], names=["c0", "c1"]))
    assert empty.gathered.windows.places != full.gathered.windows.places
    assert of.agreed.places([None]) == full.gathered.windows.places
