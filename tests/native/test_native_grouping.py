"""Native grouping gives what the interpreter's combiner gives, however rows come to it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native.grouping_cases import (
    KEY_KINDS,
    VALUES,
    batch_of,
    expected,
    given_by,
    plainly,
    plan,
)
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.schema.types import Kind

WAYS = {
    "directly where possible": {},
    "by hash": {"most_direct": 0},
    "by partition": {"most_direct": 0, "most_hashed": 0},
    "through scratch files": {"limit": 1},
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Kind], list[Kind], list[list[object]]]:
    """Kinds of keys and values, and rows of them with keys that recur."""
    keys = draw(st.lists(st.sampled_from(KEY_KINDS), max_size=3))
    values = draw(st.lists(st.sampled_from(list(Kind)), min_size=0 if keys else 1, max_size=3))
    known = draw(st.lists(st.tuples(*(VALUES[kind] for kind in keys)), min_size=1, max_size=6))
    row = st.tuples(st.sampled_from(known), *(VALUES[kind] for kind in values))
    rows = draw(st.lists(row, min_size=1, max_size=40))
    return keys, values, [[*key, *rest] for key, *rest in rows]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=60, deadline=None)
@given(case=tables(), data=st.data())
def test_any_kinds_any_batches(way: str, case: object, data: st.DataObject) -> None:
    """All aggregates are the combiner's, bit for bit, over any cut into batches and workers."""
    keys, values, rows = case  # type: ignore[misc]
    of = plan(keys, values, **WAYS[way])
    whole = batch_of([*keys, *values], rows)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    workers = [NativeGrouping(of) for _ in range(data.draw(st.integers(1, 3)))]
    for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        worker = data.draw(st.sampled_from(workers))
        worker.add_batch(whole.slice(start, stop - start))
    first, *others = workers
    for other in others:
        first.merge(other)
    assert first.rows == len(rows)
    assert plainly(given_by(first)) == plainly(expected(of, whole))


@pytest.mark.parametrize("kind", list(Kind))
def test_without_key_there_is_one_group_even_of_nothing(kind: Kind) -> None:
    """A grouping without key and rows gives a group of count 0 without extremes."""
    batch = pa.Table.from_batches(NativeGrouping(plan([], [kind])).aggregates())
    assert batch.column("count").to_pylist() == [0]
    assert batch.column("bytes0").to_pylist() == [0]
    assert batch.column("least0").to_pylist() == [None]
    assert batch.column("total0").to_pylist()[0] in (None, 0)


def test_no_rows_no_groups() -> None:
    """With a key there is no group of no rows."""
    assert given_by(NativeGrouping(plan([Kind.INT], [Kind.DOUBLE]))).num_rows == 0


def test_keys_that_go_on_growing() -> None:
    """Ranges of keys widen, then give way to hashing; nothing is lost."""
    of = plan([Kind.LONG, Kind.BOOL], [Kind.LONG])
    grouping = NativeGrouping(of)
    batches = [
        batch_of(
            [Kind.LONG, Kind.BOOL, Kind.LONG],
            [[sign * (step + i), i % 3 == 0, i] for i in range(50)],
        )
        for step in (0, 40, 100, 1_000, 30_000, 10**6, 10**12)
        for sign in (1, -1)
    ]
    for batch in batches:
        grouping.add_batch(batch)
    assert plainly(given_by(grouping)) == plainly(expected(of, pa.concat_batches(batches)))
