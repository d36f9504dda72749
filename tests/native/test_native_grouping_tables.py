"""Many groups, long strings, skew, little memory: how groups are found shows nowhere."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
import wasmtime

from native.grouping_cases import batch_of, expected, given_by, plainly, plan
from native.native_pairs import PLENTY
from totemlang.engine.native_groups import native_plan
from totemlang.native.compiled import engine
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.place import Place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.machine import NativeMachine
from totemlang.schema.types import Kind
from totemlang.vm.meter import Meter
from vm.compiled import compiled

LIMITS = {"in memory": 1 << 28, "in 2 MB": 1 << 21}


def columns(*arrays: object) -> pa.RecordBatch:
    """Arrays as a batch."""
    return pa.RecordBatch.from_arrays(list(arrays), names=[f"c{i}" for i in range(len(arrays))])


def check(of: GroupingPlan, batch: pa.RecordBatch, workers: int = 2) -> None:
    """Workers that take turns give what the combiner gives."""
    groupings = [NativeGrouping(of) for _ in range(workers)]
    step = 1 + batch.num_rows // 7
    for number, start in enumerate(range(0, batch.num_rows, step)):
        groupings[number % workers].add_batch(batch.slice(start, step))
    first, *others = groupings
    for other in others:
        first.merge(other)
    assert first.rows == batch.num_rows
    assert plainly(given_by(first)) == plainly(expected(of, batch))


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("apart", [1, 1 << 33])
def test_many_keys(limit: str, apart: int) -> None:
    """More groups than one table holds, close together or not, some of them very often."""
    random = np.random.default_rng(5)
    rows = 150_000
    often = random.integers(0, 3, rows)
    keys = np.where(random.random(rows) < 0.3, often, random.integers(0, 60_000, rows)) * apart
    values = random.normal(size=rows)
    whole = random.integers(-(2**63), 2**63 - 1, rows)
    batch = columns(pa.array(keys), pa.array(values), pa.array(whole))
    check(plan([Kind.LONG], [Kind.DOUBLE, Kind.LONG], limit=LIMITS[limit]), batch)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("value", [Kind.INT, Kind.STRING])
def test_many_texts(limit: str, value: Kind) -> None:
    """Keys of 0 to 3,000 bytes, more than one table holds, with values of text or without."""
    rows = 60_000
    words = [f"{i * 7919 % 41_000}" for i in range(rows)]
    texts = [w * (1 if i % 50 else 600) for i, w in enumerate(words)]
    texts = [text if i % 3 else text + "-a-longer-key" for i, text in enumerate(texts)]
    values = pa.array(words) if value is Kind.STRING else pa.array(np.arange(rows, dtype=np.int32))
    batch = columns(pa.array(texts), values)
    check(plan([Kind.STRING], [value], limit=LIMITS[limit]), batch)


def test_keys_that_differ_in_few_bits() -> None:
    """Keys in steps of any power of two neither take long nor are taken for each other."""
    for shift in (0, 8, 24, 32, 40, 47):
        keys = np.arange(1 << 16, dtype=np.int64) << shift
        batch = columns(pa.array(keys), pa.array(np.ones(len(keys), dtype=np.int64)))
        grouping = NativeGrouping(plan([Kind.LONG], [Kind.LONG], most_direct=0))
        grouping.add_batch(batch)
        found = given_by(grouping)
        assert found.column("k0").to_pylist() == keys.tolist()
        assert set(found.column("total0").to_pylist()) == {1}


def test_texts_with_zeros_and_the_same_begin() -> None:
    """Strings are told apart by all of their bytes and by how many they are."""
    texts = ["", "\0", "\0\0", "a", "a\0", "x" * 15, "x" * 16, "x" * 16 + "\0", "x" * 17]
    texts += [
        "x" * 40,
        "x" * 39 + "y",
        "y" + "x" * 39,
        "x" * 20 + "z" + "x" * 19,
        "\0" * 16,
        "\0" * 17,
    ]
    rows = [[text, i] for i, text in enumerate(texts * 5)]
    check(plan([Kind.STRING], [Kind.INT]), batch_of([Kind.STRING, Kind.INT], rows))


def test_extremes_that_grow_and_shrink() -> None:
    """Longest and shortest of ever longer, ever smaller strings."""
    texts = ["z" * n for n in range(1, 300)] + ["y" * n for n in range(300, 0, -1)]
    rows = [[i % 2 == 0, text] for i, text in enumerate(texts)]
    check(plan([Kind.BOOL], [Kind.STRING]), batch_of([Kind.BOOL, Kind.STRING], rows))


@pytest.mark.parametrize("keys", [[], [Kind.LONG], [Kind.STRING]])
def test_rows_after_a_merge_and_groupings_after_others(keys: list[Kind]) -> None:
    """A grouping takes rows after it was merged with another, and a closed one is empty."""
    kinds = [*keys, Kind.DOUBLE]
    rows = [[{Kind.LONG: i % 5, Kind.STRING: "k" * (i % 20)}[k] for k in keys] for i in range(90)]
    batch = batch_of(kinds, [[*key, i / 3] for i, key in enumerate(rows)])
    of = plan(keys, [Kind.DOUBLE])
    one, other = NativeGrouping(of), NativeGrouping(of)
    one.add_batch(batch.slice(0, 30))
    other.add_batch(batch.slice(30, 30))
    one.merge(other)
    one.add_batch(batch.slice(60))
    assert plainly(given_by(one)) == plainly(expected(of, batch))
    for closed in (one, other):
        closed.gathered.rows = 0
        closed.add_batch(batch)
        assert plainly(given_by(closed)) == plainly(expected(of, batch))


def test_groupings_of_different_plans_do_not_merge() -> None:
    """Their hashes have other secrets."""
    one, other = (NativeGrouping(plan([Kind.INT], [])) for _ in range(2))
    with pytest.raises(ValueError, match="plans"):
        one.merge(other)


def test_floats_are_no_keys() -> None:
    """As in the language."""
    with pytest.raises(ValueError, match="key"):
        plan([Kind.DOUBLE], [])


def test_rows_where_a_machine_emitted_them() -> None:
    """A grouping in the store of a machine takes its columns from its memory."""
    text = (
        "dataset rows(string name, long v, double x, bool b, float f)\n\nmap m(rows row)\n"
        "    emit (concat(row.name, row.name), row.b), row.v, row.x * 2.0, row.f, row.name\n"
        "end map\n"
    )
    kinds = [Kind.STRING, Kind.LONG, Kind.DOUBLE, Kind.BOOL, Kind.FLOAT]
    rows = [[f"n{i % 7}" * (i % 4), i, i / 7, i % 2 == 0, i / 4] for i in range(500)]
    machine = NativeMachine(compiled(text), [], [], Meter(PLENTY))
    of = plan([Kind.STRING, Kind.BOOL], [Kind.LONG, Kind.DOUBLE, Kind.FLOAT, Kind.STRING])
    grouping = NativeGrouping(of, Place(machine.instance.store, machine.instance.memory))
    batches = []
    for start in range(0, 500, 100):
        emission = machine.map(0, batch_of(kinds, rows[start : start + 100]))
        batches.append(emission.batch())
        with patch("totemlang.native.grouping.groups.lay_down", side_effect=AssertionError):
            grouping.add(emission)  # nothing is copied
    whole = pa.concat_batches(batches)
    grouping.add_batch(whole)
    assert plainly(given_by(grouping)) == plainly(expected(of, pa.concat_batches([whole, whole])))


@pytest.mark.parametrize("keys", [[Kind.INT], [Kind.STRING], [Kind.STRING, Kind.STRING]])
def test_long_texts_come_in_as_there_is_room(
    keys: list[Kind], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch with more text than the memory of a grouping is taken in by pieces, and so given."""
    for at in ("groups", "incoming", "output", "spill"):
        monkeypatch.setattr(f"totemlang.native.grouping.{at}.MOST_TEXT", 1 << 18)
    store = wasmtime.Store(engine())
    store.set_limits(memory_size=4 << 20)
    rows = 1_500
    texts = [f"{n:06d}" * 1_000 for n in range(rows)]
    columns_of_keys = [
        pa.array([n % 1_400 for n in range(rows)], pa.int32())
        if kind is Kind.INT
        else pa.array(texts if place == 0 else texts[::-1])
        for place, kind in enumerate(keys)
    ]
    batch = columns(*columns_of_keys, pa.array(texts))
    assert batch.nbytes > 8 << 20
    of = plan(keys, [Kind.STRING], limit=1 << 20)
    grouping = NativeGrouping(of, Place(store))
    grouping.add_batch(batch)
    assert plainly(given_by(grouping)) == plainly(expected(of, batch))


def test_texts_of_a_machine_are_kept_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """One string in the machine's memory may be kept by many groups."""
    for at in ("groups", "incoming", "output"):
        monkeypatch.setattr(f"totemlang.native.grouping.{at}.MOST_TEXT", 1 << 18)
    text = (
        "dataset rows(int k, string s)\n\nmap m(rows row)\n    for i = 0; i < 700; i++ do\n"
        "        emit i, row.s\n    end for\nend map\n\n"
        "reduce r(int k, string[] s)\n    emit k, len(max(s))\nend reduce\n"
    )
    verified = compiled(text)
    machine = NativeMachine(verified, (), (), Meter(PLENTY), memory=6 << 20)
    of = native_plan(verified, 1, 1 << 20, None)
    grouping = NativeGrouping(of, Place(machine.instance.store, machine.instance.memory))
    rows = pa.record_batch([pa.array([1], pa.int32()), pa.array(["x" * 16_384])], names=["k", "s"])
    grouping.add(machine.map(0, rows))
    assert machine.given_up == 0
    found = list(grouping.aggregates())
    assert sum(batch.num_rows for batch in found) == 700
    assert {size for batch in found for size in batch.column("longest0").to_pylist()} == {16_384}
