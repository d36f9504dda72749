"""Rows of one group that come one after the other: added up by columns, the same to the bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from attrs import evolve

from native.grouping_cases import KEY_KINDS, expected, given_by, plainly, plan
from native.native_pairs import PLENTY
from totemlang.data.kinds import ARROW
from totemlang.engine.native_groups import native_plan
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.place import Place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.machine import NativeMachine
from totemlang.schema.types import Kind
from totemlang.vm.meter import Meter
from vm.compiled import compiled

Doubles = npt.NDArray[np.float64]

NANS = np.array([2**63 - 1, 2**64 - 1, 0x7FF0000000000001, 0xFFF8000000000000], np.uint64)

ODD = {
    "nothing odd": np.array([1.0]),
    "zeros of both signs": np.array([0.0, -0.0, 0.0]),
    "the least there are": np.array([5e-324, -5e-324, 2.0**-1043, 2.0**-1042, 2.0**-1022]),
    "the largest there are": np.array([1.7976931348623157e308, -1.7976931348623157e308, 1e308]),
    "bits below the window": np.array([2.0**-90, 1e-17, -1e-30]),
    "values above the window": np.array([1e30, -1e30, 2.0**80]),
    "infinite": np.array([np.inf]),
    "infinite both ways": np.array([np.inf, -np.inf]),
    "no numbers": NANS.view(np.float64),
    "one that is no number": NANS[:1].view(np.float64),
}


def columns(*arrays: object) -> pa.RecordBatch:
    """Arrays as a batch."""
    return pa.RecordBatch.from_arrays(list(arrays), names=[f"c{i}" for i in range(len(arrays))])


def check(of: GroupingPlan, batch: pa.RecordBatch) -> None:
    """Batches of several sizes give what the combiner gives."""
    for step in (batch.num_rows, 777):
        of = evolve(of)  # a plan of its own, for windows are agreed on by plan
        grouping = NativeGrouping(of)
        for start in range(0, batch.num_rows, step):
            grouping.add_batch(batch.slice(start, step))
        assert plainly(given_by(grouping)) == plainly(expected(of, batch))


def in_runs(rows: int, keys: int, seed: int) -> npt.NDArray[np.int64]:
    """Keys in runs of 1 to some 1,500 rows, with stretches in which they alternate."""
    random = np.random.default_rng(seed)
    lengths = random.choice([1, 2, 7, 31, 32, 33, 40, 64, 300, 1_023, 1_025, 1_500], rows)
    found = np.repeat(random.integers(0, keys, rows), lengths)[:rows]
    found[rows // 2 : rows // 2 + 200] = np.arange(200) % 2
    return found


def key_column(kind: Kind, numbers: npt.NDArray[np.int64]) -> pa.Array:
    """Keys of a kind for numbers."""
    if kind is Kind.STRING:
        return pa.array([f"{'k' * (n % 21)}{n}" for n in range(int(numbers.max()) + 1)]).take(
            pa.array(numbers)
        )
    if kind is Kind.BOOL:
        return pa.array(numbers % 2 == 0)
    return (
        pa.array(numbers * 7 - 11)
        .cast(pa.int32() if kind in (Kind.INT, Kind.DATE) else pa.int64())
        .view(ARROW[kind])
    )


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("keys", [0, 1, 5])
def test_what_does_not_fit_in_the_midst_of_a_run(odd: str, keys: int) -> None:
    """Sums and extremes are those of all values, wherever odd ones stand."""
    random = np.random.default_rng(keys)
    rows = 4_000
    values = np.round(random.normal(size=rows), 3)
    places = random.integers(1_000, rows, 3 * len(ODD[odd]))
    values[places] = np.resize(ODD[odd], len(places))
    kinds = [Kind.INT] if keys else []
    held = [pa.array(in_runs(rows, keys, 3).astype(np.int32))] if keys else []
    of = plan(kinds, [Kind.DOUBLE, Kind.FLOAT])
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = values.astype(np.float32)
    check(of, columns(*held, pa.array(values), pa.array(narrow)))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("keys", [[], [Kind.LONG]])
def test_nothing_else(odd: str, keys: list[Kind]) -> None:
    """Whole chunks of odd values, then plain ones."""
    values = np.concatenate([np.resize(ODD[odd], 600), np.ones(600), np.resize(ODD[odd], 41)])
    held = [pa.array(np.zeros(len(values), np.int64)) for _ in keys]
    check(plan(keys, [Kind.DOUBLE]), columns(*held, pa.array(values)))


def test_values_of_ever_other_size() -> None:
    """Chunks each of another order of magnitude, with few and with all bits."""
    random = np.random.default_rng(8)
    scales = np.repeat(2.0 ** random.integers(-1_070, 1_015, 40), 256)
    spread = 2.0 ** random.integers(-20, 20, len(scales))
    few = random.integers(-9, 9, len(scales)).astype(np.float64)
    for values in (few * scales, random.normal(size=len(scales)) * scales * spread / 2**20):
        check(plan([], [Kind.DOUBLE]), columns(pa.array(values)))


@pytest.mark.parametrize("distance", range(30, 50))
def test_the_edges_of_what_fits(distance: int) -> None:
    """Values with all bits, some just so much smaller that the last are lost or not."""
    large = np.resize([2.0 - 2.0**-52, 2.0**-52 - 2.0], 510)  # which cancel each other
    for place in (0, 255, 510):
        for factor in (1.0, -1.0, 1.0 + 2.0**-52):
            values = np.insert(large, [place, place], factor * 2.0**-distance)
            keys = pa.array(np.zeros(len(values), np.int32))
            check(plan([], [Kind.DOUBLE]), columns(pa.array(values)))
            check(plan([Kind.INT], [Kind.DOUBLE]), columns(keys, pa.array(values)))


@pytest.mark.parametrize("kind", KEY_KINDS)
@pytest.mark.parametrize("most_direct", [1 << 22, 0])
def test_keys_of_all_kinds(kind: Kind, most_direct: int) -> None:
    """Runs are found in keys of any width; strings of up to 20 bytes and more."""
    numbers = in_runs(9_000, 30, 5)
    random = np.random.default_rng(2)
    values = [Kind.DOUBLE, Kind.LONG, Kind.INT, Kind.STRING]
    batch = columns(
        key_column(kind, numbers),
        pa.array(np.round(random.normal(size=len(numbers)), 2)),
        pa.array(random.integers(-(2**63), 2**63 - 1, len(numbers))),
        pa.array(random.integers(-(2**31), 2**31 - 1, len(numbers)).astype(np.int32)),
        pa.array(numbers.astype(str)),
    )
    check(plan([kind], values, most_direct=most_direct), batch)


@pytest.mark.parametrize("limit", [1 << 28, 1 << 21, 1])
@pytest.mark.parametrize("kinds", [[Kind.STRING, Kind.INT], [Kind.INT, Kind.BOOL], [Kind.LONG]])
def test_keys_of_parts_and_groups_that_come_between(kinds: list[Kind], limit: int) -> None:
    """A run ends where any part changes; new groups come, tables grow, groups leave memory."""
    rows = 60_000
    numbers = in_runs(rows, 900, 6)
    numbers[20_000:40_000] = np.arange(20_000) + 1_000
    parts = [numbers // 3 if place == 0 else numbers % 3 for place in range(len(kinds))]
    keys = [key_column(kind, part) for kind, part in zip(kinds, parts, strict=True)]
    values = np.round(np.random.default_rng(1).normal(size=rows), 3)
    check(plan(kinds, [Kind.DOUBLE], limit=limit), columns(*keys, pa.array(values)))


def test_counts_past_sixteen_bits() -> None:
    """Runs that end just before, at and after every 2^16 rows of a group; largest values."""
    top = 2.0**9 - 2.0**-44
    for first in (65_535, 65_536, 65_537, 65_500):
        keys = np.zeros(300_000, dtype=np.int32)
        keys[first : first + 3] = [1, 2, 1]
        values = np.full(len(keys), top)
        values[:200] = 1.0
        check(
            plan([Kind.INT], [Kind.DOUBLE, Kind.INT]),
            columns(pa.array(keys), pa.array(values), pa.array(keys + (2**31 - 3))),
        )


@pytest.mark.parametrize(
    "texts", [("a", "b"), ("a text of over sixteen bytes", "another of such bytes"), ("", "x" * 16)]
)
def test_strings_that_lie_in_one_place(texts: tuple[str, str]) -> None:
    """A literal is the same string for all rows, of whatever length."""
    text = (
        "dataset rows(long v)\n\nmap m(rows row)\n    if row.v < 300 then\n"
        f'        emit "{texts[0]}", row.v\n    else\n        emit "{texts[1]}", row.v\n'
        "    end if\nend map\n\nreduce r(string k, long[] v)\n"
        "    emit k, sum(v), count(v)\nend reduce\n"
    )
    verified = compiled(text)
    machine = NativeMachine(verified, (), (), Meter(PLENTY))
    of = native_plan(verified, 1, 1 << 28, None)
    grouping = NativeGrouping(of, Place(machine.instance.store, machine.instance.memory))
    batches = []
    for _ in range(2):
        emission = machine.map(0, columns(pa.array(np.arange(800))).rename_columns(["v"]))
        batches.append(emission.batch())
        grouping.add(emission)
    found = pa.Table.from_batches(grouping.aggregates())
    assert dict(zip(found["k0"].to_pylist(), found["count"].to_pylist(), strict=True)) == {
        texts[0]: 600,
        texts[1]: 1_000,
    }
    assert sorted(found["total0"].to_pylist()) == [2 * sum(range(300)), 2 * sum(range(300, 800))]


@pytest.mark.parametrize("size", range(17))
def test_strings_one_behind_the_other(size: int) -> None:
    """A run ends at the string that differs in one byte or in size, wherever it stands."""
    same = "abcdefghijklmnopq"[:size]
    others = {same + "x", same[:-1], same[:-1] + "x", "x" + same[1:]} - {same}
    texts: list[str] = []
    for other in sorted(others):
        for before in (*range(31, 67), 96, 97, 98, 1_023, 1_024, 1_025):
            texts += [same] * before + [other] + [other] * (before % 3)
    values = pa.array(np.arange(len(texts)))
    batch = columns(pa.array(texts), values)
    of = plan([Kind.STRING], [Kind.LONG])
    grouping = NativeGrouping(of)
    grouping.add_batch(batch)
    assert plainly(given_by(grouping)) == plainly(expected(of, batch))
    grouping = NativeGrouping(of)
    grouping.add_batch(columns(pa.array(texts[::-1]), values))
    found = plainly(given_by(grouping))
    assert found == plainly(expected(of, columns(pa.array(texts[::-1]), values)))


@pytest.mark.parametrize("emit", ["row.s", "concat(row.s, row.s)"])
def test_equal_strings_with_others_between(emit: str) -> None:
    """Strings that a map leaves out lie between the others; what it makes lies elsewhere."""
    text = (
        "dataset rows(string s, long v)\n\nmap m(rows row)\n    if row.v % 7 > row.v / 300 then\n"
        f"        emit {emit}, row.v\n    end if\nend map\n\n"
        "reduce r(string k, long[] v)\n    emit k, sum(v)\nend reduce\n"
    )
    verified = compiled(text)
    machine = NativeMachine(verified, [], [], Meter(PLENTY))
    of = plan([Kind.STRING], [Kind.LONG])
    grouping = NativeGrouping(of, Place(machine.instance.store, machine.instance.memory))
    names = ["one"] * 900 + ["two"] * 300 + ["one"] * 300 + ["six"] * 200
    rows = pa.record_batch([pa.array(names), pa.array(range(1_700))], names=["s", "v"])
    emission = machine.map(0, rows)
    batch = emission.batch()
    grouping.add(emission)
    assert plainly(given_by(grouping)) == plainly(expected(of, batch))
