"""Where emitted rows stand: in a block of the stage, or where the batch has them already."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from attrs import evolve

from native.native_pairs import Pair
from totemlang.native.emission import NativeEmission
from totemlang.native.interpreted import HeldEmission
from totemlang.native.layout import ROWS_OUT
from totemlang.native.machine import NativeMachine
from totemlang.vm.meter import Meter
from vm.compiled import compiled

PLENTY = 1 << 50
HEAD = "dataset rows(int k, double v, bool b, string s, timestamp t, float f)\n\n"
COPY = (
    "map m(rows row)\n    emit row.v, row.b, row.k, row.s, row.t, row.f, row.v as again\nend map\n"
)
MIXED = (
    "map m(rows row)\n    emit bit_and(row.k, 3) as k, row.b, row.v * 2.0 as v, row.s,"
    " row.k as same, row.k > 2 as more, row.t, row.f + row.f as f, hour(row.t) as h,"
    " not row.b as n\nend map\n"
)
SECOND = "\nmap n(double v, bool b, int k, string s, timestamp t, float f, double again)\n"
WORDS = ["", "a", "a word of more than sixteen bytes", "ä"]


def batch(rows: int) -> pa.RecordBatch:
    return pa.record_batch(
        [
            pa.array(np.arange(rows, dtype=np.int32)),
            pa.array(
                [[1.5, -0.0, float("nan"), float("inf")][n % 4] for n in range(rows)], pa.float64()
            ),
            pa.array([n % 3 == 0 for n in range(rows)], pa.bool_()),
            pa.array([WORDS[n % 4] for n in range(rows)], pa.string()),
            pa.array(np.arange(rows) * 10**9).cast(pa.timestamp("us")),
            pa.array(np.arange(rows, dtype=np.float32) / 8),
        ],
        names=["k", "v", "b", "s", "t", "f"],
    )


def machine(text: str) -> NativeMachine:
    return NativeMachine(compiled(text), (), (), Meter(PLENTY))


def both(text: str, given: pa.RecordBatch) -> NativeEmission:
    """What a map emits of a batch, which is what the interpreter emits."""
    native = machine(text)
    found = native.map(0, given)
    expected = native.interpreted_map(0, given)
    assert isinstance(expected, HeldEmission)
    assert isinstance(found, NativeEmission)
    assert found.rows == expected.rows
    assert found.failures == expected.failures
    assert same(found.batch(), expected.batch())
    return found


def same(one: pa.RecordBatch, other: pa.RecordBatch) -> bool:
    """Whether two batches have the same bits."""
    return len(one) == len(other) and all(
        bits(a) == bits(b) for a, b in zip(one.columns, other.columns, strict=True)
    )


def bits(column: pa.Array) -> Any:
    if pa.types.is_floating(column.type):
        return column.to_numpy().tobytes()
    return column.to_pylist()


def in_batch(native: NativeMachine, found: NativeEmission) -> list[bool]:
    first, size = native.input_block
    return [first <= address < first + size for address in found.columns]


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 8, 9, 1000])
@pytest.mark.parametrize("text", [COPY, MIXED], ids=["as read", "and worked out"])
def test_rows_emitted_once_are_those_of_the_interpreter(text: str, rows: int) -> None:
    both(HEAD + text, batch(rows))


@pytest.mark.parametrize("first", [0, 1, 3, 8, 13])
def test_a_slice_of_a_batch(first: int) -> None:
    both(HEAD + COPY, batch(40).slice(first, 20))
    both(HEAD + MIXED, batch(40).slice(first, 20))


@pytest.mark.parametrize("first", [0, 1, 7, 8, 31, 32, 33, 64, 65])
@pytest.mark.parametrize("rows", [0, 1, 8, 31, 32, 33, 100])
def test_a_slice_with_missing_values(first: int, rows: int) -> None:
    values = [None if n % 3 == 0 or 40 < n < 75 else n / 4 for n in range(200)]
    words = [None if n % 5 == 0 else WORDS[n % 4] for n in range(200)]
    given = pa.record_batch([pa.array(values), pa.array(words)], names=["v", "s"])
    text = """dataset rows(double? v, string? s)

map m(rows row)
    emit default(row.v, -1.0) as v, missing(row.v) and missing(row.s) as b, default(row.s, "-") as s
end map
"""
    both(text, given.slice(first, rows))
    both(text, given.slice(1).filter(pa.array([True] * 199)).slice(first, rows))
    whole = pa.record_batch([pa.array([0.5] * 200), pa.array(["x"] * 200)], names=["v", "s"])
    both(text, whole.slice(first, rows))


def test_columns_as_they_were_read_stay_where_they_are() -> None:
    native = machine(HEAD + COPY)
    found = native.map(0, batch(100))
    assert isinstance(found, NativeEmission)
    assert in_batch(native, found) == [True, True, True, False, True, True, True]
    native = machine(HEAD + MIXED)
    found = native.map(0, batch(100))
    assert isinstance(found, NativeEmission)
    assert in_batch(native, found) == [n in (1, 4, 6) for n in range(10)]


def test_only_some_rows_of_a_batch() -> None:
    native = machine(HEAD + MIXED)
    emission = native.map(0, batch(50))
    whole = emission.batch()
    assert isinstance(emission, NativeEmission)
    for start, stop in pairwise([0, 1, 2, 17, 17, 50]):
        native._stages[0](start, stop, 0)
        columns = np.frombuffer(native.instance.read(native.plan.stages[0].places, 40), np.uint32)
        (rows,) = np.frombuffer(native.instance.read(ROWS_OUT, 4), np.uint32).tolist()
        assert rows == stop - start
        part = evolve(emission, columns=columns.tolist(), rows=rows)
        assert same(part.batch(), whole.slice(start, rows))


CHANGED = {
    "a record may fail": "    int x = 10 // row.k\n    emit row.k, row.v, row.s\n",
    "a filter": "    if row.v > 0.5 then\n        emit row.k, row.v, row.s\n    end if\n",
    "two rows": "    emit row.k, row.v, row.s\n    emit row.k, row.v, row.s\n",
    "another type": "    emit int(row.b) as k, row.v, row.s\n",
}


@pytest.mark.parametrize("body", CHANGED.values(), ids=CHANGED.keys())
def test_rows_that_do_not_stand_as_they_were_read(body: str) -> None:
    text = f"{HEAD}map m(rows row)\n{body}end map\n"
    for rows in (0, 1, 50, 3000):
        both(text, batch(rows))
    for first in (1, 9):
        both(text, batch(50).slice(first, 30))


def test_many_rows_of_one_record_find_room() -> None:
    text = """dataset rows(int k)

map m(rows row)
    for i = 0; i < row.k; i++ do
        emit i as i, i > 3 as b, i * 0.5 as v, row.k as k, "text" as s
    end for
end map
"""
    given = pa.record_batch([pa.array([5000, 0, 1, 20000], pa.int32())], names=["k"])
    both(text, given)


def test_a_map_on_what_a_map_emitted() -> None:
    text = HEAD + COPY + SECOND + "    emit v, b, k, s, t, f, again\nend map\n"
    native = machine(text)
    given = batch(300)
    first = native.map(0, given)
    second = native.map(1, first.batch())
    assert same(second.batch(), native.interpreted_map(0, given).batch())


def test_keys_of_groups_are_emitted_as_they_are() -> None:
    text = HEAD + (
        "map m(rows row)\n    emit row.k, row.v, row.s\nend map\n\n"
        "reduce r(int k, double[] v, string[] s)\n"
        "    emit k, count(v) as n, k as again\nend reduce\n"
    )
    pair = Pair(compiled(text))
    pair.check_stage(1, [[n, [1.0] * (n % 3 + 1), ["a"] * (n % 3 + 1)] for n in range(40)])
