"""Metadata from a file: exact counts, bounds rounded outward, and what a policy withholds."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.data.describe import describe
from totemlang.data.distinct import DistinctCount
from totemlang.data.file import open_data
from totemlang.data.rounding import round_down, round_up
from totemlang.diagnostics import BadData
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.policy import Billing, Ceiling, Policy
from totemlang.schema.types import DOUBLE, INT_RANGE, LONG, LONG_RANGE, STRING, Kind

TABLE = pa.table(
    {
        "home": ["a", "bb", "", None],
        "kwh": [0.123, 9.87, 0.123, -0.0],
        "n": pa.array([1234, -1234, 99, 99], pa.int64()),
    }
)


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    pq.write_table(TABLE, tmp_path / "d.parquet")
    return tmp_path / "d.parquet"


def test_an_open_policy_publishes_everything(path: Path) -> None:
    assert describe(open_data(path), "readings") == Metadata(
        "readings",
        4,
        (
            ColumnMetadata("home", STRING.optional, 3, 1, None, None, 2, 5),
            ColumnMetadata("kwh", DOUBLE, 3, 0, 0.0, 9.9),
            ColumnMetadata("n", LONG, 3, 0, -1300, 1300),
        ),
    )


def test_what_the_policy_withholds_is_left_out(path: Path) -> None:
    policy = Policy(
        withhold_extremes=frozenset({"home", "n"}), withhold_distinct=frozenset({"kwh"})
    )
    home, kwh, n = describe(open_data(path), "x", policy).columns
    assert home == ColumnMetadata("home", STRING.optional, 3, 1, total_bytes=5)
    assert (kwh.distinct, kwh.upper) == (None, 9.9)
    assert (n.distinct, n.lower, n.upper) == (3, None, None)


def test_declared_ceilings_stand_for_what_was_measured(path: Path) -> None:
    policy = Policy(rows=10, ceilings={"kwh": Ceiling(lower=0, upper=50, distinct=100)})
    found = describe(open_data(path), "x", policy)
    assert (found.rows, found.rows_exact) == (10, False)
    assert found.column("kwh") == ColumnMetadata("kwh", DOUBLE, 100, 0, 0.0, 50.0)


def test_flat_billing_publishes_nothing_measured(path: Path) -> None:
    policy = Policy(Billing.FLAT, "home", ceilings={"home": Ceiling(max_bytes=9, missing=2)})
    found = describe(open_data(path), "x", policy)
    assert found == Metadata(
        "x",
        None,
        (
            ColumnMetadata("home", STRING.optional, missing=2, max_bytes=9),
            ColumnMetadata("kwh", DOUBLE),
            ColumnMetadata("n", LONG),
        ),
        rows_exact=False,
    )


@pytest.mark.parametrize(
    "policy",
    [
        Policy(rows=3),
        Policy(ceilings={"kwh": Ceiling(upper=9.0)}),
        Policy(ceilings={"kwh": Ceiling(lower=0.5)}),
        Policy(ceilings={"home": Ceiling(max_bytes=1)}),
        Policy(ceilings={"home": Ceiling(missing=0)}),
        Policy(ceilings={"n": Ceiling(distinct=2)}),
        Policy(ceilings={"n": Ceiling(upper="2019-02-25")}),
        Policy(privacy_unit="nobody"),
    ],
)
def test_data_that_breaks_its_own_policy_is_bad_data(path: Path, policy: Policy) -> None:
    with pytest.raises(BadData):
        describe(open_data(path), "x", policy)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_column_with_nan_or_infinity_has_no_bounds(tmp_path: Path, value: float) -> None:
    pq.write_table(pa.table({"x": [1.0, value]}), tmp_path / "d.parquet")
    (column,) = describe(open_data(tmp_path / "d.parquet"), "x").columns
    assert (column.lower, column.upper, column.distinct) == (None, None, 2)


RANGES = {
    Kind.INT: st.integers(*INT_RANGE),
    Kind.LONG: st.integers(*LONG_RANGE),
    Kind.DURATION: st.integers(*LONG_RANGE),
    Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False, width=32),
    Kind.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    Kind.DATE: st.integers(-719_162, 2_932_896),
    Kind.TIMESTAMP: st.integers(-719_162 * 86_400_000_000, 2_932_897 * 86_400_000_000 - 1),
}


@given(st.data(), st.sampled_from(list(RANGES)))
def test_rounding_is_outward_and_within_the_kind(data: st.DataObject, kind: Kind) -> None:
    value = data.draw(RANGES[kind])
    lower, upper = round_down(kind, value), round_up(kind, value)
    assert lower <= value <= upper
    assert round_down(kind, lower) == lower
    assert round_up(kind, upper) == upper
    if kind is Kind.INT:
        assert INT_RANGE[0] <= lower
        assert upper <= INT_RANGE[1]


def test_how_bounds_are_rounded() -> None:
    assert (round_down(Kind.INT, 1234), round_up(Kind.INT, 1234)) == (1200, 1300)
    assert (round_down(Kind.DOUBLE, 0.0456), round_up(Kind.DOUBLE, 0.0456)) == (0.045, 0.046)
    hour, day = 3_600_000_000, 86_400_000_000
    assert (round_down(Kind.TIMESTAMP, hour), round_up(Kind.TIMESTAMP, hour)) == (0, day)
    assert (round_down(Kind.DATE, 40), round_up(Kind.DATE, 40)) == (31, 58)  # February 1970


def test_distinct_values_are_counted_exactly_up_to_the_cap() -> None:
    count = DistinctCount(most_values=1000)
    for start in range(0, 1000, 10):
        count.add(pa.array([start + i % 10 for i in range(50)]))
    assert count.count == 1000
    count.add(pa.array([1000]))
    assert count.count is None
