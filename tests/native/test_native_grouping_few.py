"""Sums of groups found by value whose rows come in any order, few or many: the same to the bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from native.grouping_cases import expected, given_by, plainly, plan
from native.test_native_grouping_runs import ODD, columns
from totemlang.data.kinds import ARROW
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.layout import Asked
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.schema.types import Kind
from totemlang.tables.prices import default_prices

Whole = npt.NDArray[np.int64]

APART = (1, 1_000)
"""Between keys: those of a wide range have no sums aside, however few they are."""


def check(key: Kind, keys: Whole, values: list[pa.Array], limit: int = 1 << 28) -> None:
    """Sums and counts are the combiner's, in one batch and in several."""
    kinds = [Kind.FLOAT if pa.types.is_float32(column.type) else Kind.DOUBLE for column in values]
    asked = tuple(Asked(kind, True, False, False) for kind in kinds)
    form = pa.int32() if key in (Kind.INT, Kind.DATE) else pa.int64()
    batch = columns(pa.array(keys, form).view(ARROW[key]), *values)
    for step in (len(keys), 1_500):
        of = GroupingPlan((key,), asked, default_prices(), limit)  # each chooses its windows
        wanted = plainly(expected(of, batch))
        grouping = NativeGrouping(of)
        for start in range(0, len(keys), step):
            grouping.add_batch(batch.slice(start, step))
        found = plainly(given_by(grouping))
        for name in ("k0", "count", *(f"total{at}" for at in range(len(kinds)))):
            assert found[name] == wanted[name], name


def plain_values(rows: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """Values of three decimals."""
    return np.round(np.random.default_rng(seed).normal(size=rows) * 10, 3)


@pytest.mark.parametrize("kind", [Kind.INT, Kind.DATE, Kind.LONG, Kind.TIMESTAMP, Kind.DURATION])
@pytest.mark.parametrize("lowest", [0, -9, -(2**31), 2**31 - 24, 2**63 - 24, -(2**63), 2**32 - 5])
def test_keys_of_all_kinds(kind: Kind, lowest: int) -> None:
    """Keys anywhere, in a range of 24."""
    if kind in (Kind.INT, Kind.DATE) and not -(2**31) <= lowest < 2**31 - 23:
        return
    for keys in (np.arange(3_000) % 24, np.arange(3_000) // 2 % 24):
        check(kind, keys + lowest, [pa.array(plain_values(3_000))])


@pytest.mark.parametrize("number", [1, 2, 127, 128, 129, 300, 9_000])
def test_numbers_of_groups(number: int) -> None:
    """Up to 128, for which there are sums aside, and more; in random order and in turn."""
    random = np.random.default_rng(number)
    for keys in (random.integers(0, number, 9_001), np.arange(9_001) % number):
        check(Kind.INT, keys, [pa.array(plain_values(9_001))])


@pytest.mark.parametrize("totals", [2, 4, 7])
def test_several_totals(totals: int) -> None:
    """Each column has its own window and its own sums."""
    values = [pa.array(plain_values(4_000, at) * 10.0 ** (9 * at)) for at in range(totals)]
    values[1] = pa.array(plain_values(4_000).astype(np.float32))
    for apart in APART:
        check(Kind.LONG, np.arange(4_000) * 7 % 31 * apart, values)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("groups", [3, 700])
def test_extremes_and_totals_of_all_kinds(odd: str, groups: int) -> None:
    """Everything that is kept of numbers, without runs."""
    rows, random = 6_000, np.random.default_rng(groups)
    values = plain_values(rows)
    values[3_000::997] = np.resize(ODD[odd], len(values[3_000::997]))
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = values.astype(np.float32)
    long = random.integers(-(2**63), 2**63 - 1, rows)
    columns_of = {
        Kind.DOUBLE: pa.array(values),
        Kind.FLOAT: pa.array(narrow),
        Kind.LONG: pa.array(long),
        Kind.INT: pa.array((long >> 32).astype(np.int32)),
        Kind.BOOL: pa.array(long > 0),
        Kind.TIMESTAMP: pa.array(long).view(ARROW[Kind.TIMESTAMP]),
    }
    for kinds in (list(columns_of), [Kind.INT, Kind.LONG], [Kind.DOUBLE], [Kind.BOOL], []):
        of = plan([Kind.INT], kinds)
        keys = pa.array(random.integers(0, groups, rows).astype(np.int32))
        batch = columns(keys, *(columns_of[kind] for kind in kinds))
        grouping = NativeGrouping(of)
        for start in range(0, rows, 2_000):
            grouping.add_batch(batch.slice(start, 2_000))
        assert plainly(given_by(grouping)) == plainly(expected(of, batch))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("every", [1, 3, 700, 4_000])
def test_what_does_not_fit(odd: str, every: int) -> None:
    """Odd values in many or few of the rows that go in together."""
    rows = 12_000
    values, other = plain_values(rows), plain_values(rows, 1)
    places = np.arange(2_000 if every > 1 else 0, rows, every)
    values[places] = np.resize(ODD[odd], len(places))
    for apart in APART:
        check(Kind.INT, np.arange(rows) % 5 * apart, [pa.array(values), pa.array(other)])


def test_values_at_the_edges_of_the_window() -> None:
    """The largest that it takes and the next, bits at its end and the next below, cancelling."""
    base = np.resize([8.5, -8.5], 2_048)  # of which the window is chosen: 2^12 down to 2^-78
    for place in range(-82, -74):
        for factor in (1.0, -1.0):
            values = np.append(base, np.resize([factor * 2.0**place, 8.5, -8.5, 0.0], 4_096))
            for apart in APART:
                check(Kind.INT, np.arange(len(values)) % 4 * apart, [pa.array(values)])
    for place in range(9, 16):
        values = np.append(base, np.resize([2.0**place, 1.0, 2.0**place - 2.0**-30, -7.5], 4_096))
        for apart in APART:
            check(Kind.INT, np.arange(len(values)) % 3 * apart, [pa.array(values)])


@pytest.mark.parametrize("apart", [1, 100, 129, 2**31, 2**32, 3 * 2**32, 2**40])
def test_keys_that_come_later(apart: int) -> None:
    """Keys below and above those known, at any row, with the same last bits or not."""
    for place in (0, 1, 255, 256, 1_023, 2_047):
        for sign in (1, -1):
            for step in APART:
                keys = np.arange(2_048 + 3_000) % 12 * step
                keys[2_048 + place] += sign * apart
                check(Kind.LONG, keys, [pa.array(plain_values(len(keys)))])


def test_counts_past_sixteen_bits() -> None:
    """Groups are settled in time, also with the largest values of the window."""
    top = 2.0**9 - 2.0**-44
    values = np.full(700_000, top)
    values[:65_536] = 1.0
    check(Kind.INT, np.arange(700_000) % 2, [pa.array(values)])
    check(Kind.INT, np.arange(700_000) % 2 * 1_000, [pa.array(values)])
    keys = np.resize([0, 0, 0, 1_000], 900_000)
    values = np.full(900_000, 2.0**-45 - 2.0**8)  # half of what is the most
    values[:65_536] = -1.0
    check(Kind.INT, keys, [pa.array(values)])


def test_few_groups_that_leave_memory() -> None:
    """With next to no memory sums are the same."""
    check(Kind.INT, np.arange(9_000) % 9, [pa.array(plain_values(9_000))], limit=1)
