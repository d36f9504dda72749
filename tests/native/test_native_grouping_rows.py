"""Rows brought together natively stand as the engine's sorting has them."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from native.grouping_cases import KEY_KINDS, VALUES, batch_of, plainly
from totemlang.engine.ordering import group
from totemlang.native.grouping.rows import brought_together
from totemlang.schema.types import Kind


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Kind], list[Kind], list[list[object]]]:
    """Kinds of keys and values, and rows of them with keys that recur."""
    keys = draw(st.lists(st.sampled_from(KEY_KINDS), min_size=1, max_size=3))
    values = draw(st.lists(st.sampled_from(list(Kind)), max_size=3))
    known = draw(st.lists(st.tuples(*(VALUES[kind] for kind in keys)), min_size=1, max_size=8))
    row = st.tuples(st.sampled_from(known), *(VALUES[kind] for kind in values))
    return keys, values, [[*key, *rest] for key, *rest in draw(st.lists(row, max_size=40))]


@settings(max_examples=100, deadline=None)
@given(case=tables(), skipped=st.integers(0, 3))
def test_as_sorted(case: object, skipped: int) -> None:
    """The same rows in the same order, the same groups."""
    keys, values, rows = case  # type: ignore[misc]
    batch = batch_of([*keys, *values], rows).slice(min(skipped, len(rows)))
    expected = group(batch, len(keys))
    found, starts = brought_together(batch, keys)
    assert starts.tolist() == expected.starts.tolist()
    tables = [pa.Table.from_batches([each]) for each in (found, expected.batch)]
    assert plainly(tables[0]) == plainly(tables[1])


def test_many_rows_of_few_keys() -> None:
    """More rows than are labelled at a time, on string and whole keys."""
    rows = [[f"household {i * 7919 % 5:03d} of the first street", i % 3, i] for i in range(600_000)]
    kinds = [Kind.STRING, Kind.LONG, Kind.LONG]
    batch = batch_of(kinds, rows)
    expected = group(batch, 2)
    found, starts = brought_together(batch, kinds[:2])
    assert starts.tolist() == expected.starts.tolist()
    assert found.equals(expected.batch)
