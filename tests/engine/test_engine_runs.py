"""Sorting and spilling: groups come whole, keys ascend, rows keep their order, at any limit."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.diagnostics import TotemError
from totemlang.engine.runs import SortedRuns, joined
from totemlang.engine.spool import Scratch, Spool

KEY_TYPES = {
    "bool": (pa.bool_(), st.booleans()),
    "int": (pa.int32(), st.integers(-3, 3) | st.integers(-(2**31), 2**31 - 1)),
    "long": (pa.int64(), st.integers(-2, 2) | st.integers(-(2**63), 2**63 - 1)),
    "date": (pa.date32(), st.integers(-719162, 2932896)),
    "string": (pa.string(), st.sampled_from(["", "a", "b", "aa", "é", "z", "\U0001f600", "￿"])),
}


def batches(
    columns: list[list[object]], types: list[pa.DataType], size: int
) -> list[pa.RecordBatch]:
    names = [f"c{i}" for i in range(len(types))]
    whole = pa.RecordBatch.from_arrays(
        [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)], names=names
    )
    return [whole.slice(start, size) for start in range(0, whole.num_rows, size)]


def grouped(
    pieces: list[pa.RecordBatch], key_parts: int, limit: int
) -> list[tuple[object, list[int]]]:
    runs = SortedRuns(pieces[0].schema, key_parts, limit, Scratch())
    for piece in pieces:
        runs.add(piece)
    found = []
    for stretch in runs.groups():
        values = stretch.batch.column(key_parts).to_pylist()
        for number in range(stretch.groups):
            start, stop = stretch.starts[number], stretch.starts[number + 1]
            key = tuple(stretch.batch.column(i)[start].as_py() for i in range(key_parts))
            found.append((key, values[start:stop]))
    runs.close()
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_groups_do_not_depend_on_the_limit_or_the_batches(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(KEY_TYPES)), min_size=1, max_size=3))
    rows = data.draw(
        st.lists(st.tuples(*(KEY_TYPES[name][1] for name in names)), min_size=1, max_size=60)
    )
    types = [KEY_TYPES[name][0] for name in names] + [pa.int64()]
    columns = [list(part) for part in zip(*rows, strict=True)] + [list(range(len(rows)))]
    expected: dict[object, list[int]] = {}
    converted = batches(columns, types, len(rows))[0]
    keys = list(zip(*(c.to_pylist() for c in converted.columns[:-1]), strict=True))
    for number, key in enumerate(keys):
        expected.setdefault(key, []).append(number)
    in_order = sorted(expected.items(), key=lambda item: item[0])
    size = data.draw(st.integers(1, 20))
    limit = data.draw(st.sampled_from([1, 40, 200, 10**9]))
    assert grouped(batches(columns, types, size), len(names), limit) == in_order


def test_a_heavy_key_and_many_runs_merge_in_order() -> None:
    keys = [i % 7 if i % 3 else 3 for i in range(6000)]
    pieces = batches([keys, list(range(6000))], [pa.int32(), pa.int64()], 10)
    expected = {key: [i for i, k in enumerate(keys) if k == key] for key in sorted(set(keys))}
    assert grouped(pieces, 1, 100) == [((key,), rows) for key, rows in expected.items()]


def test_strings_sort_by_their_bytes_not_by_utf_16() -> None:
    pieces = batches([["\U0001f600", "￿", "a"], [0, 1, 2]], [pa.string(), pa.int64()], 3)
    assert [key for (key,), _ in grouped(pieces, 1, 10**9)] == ["a", "￿", "\U0001f600"]


@pytest.mark.parametrize("limit", [0, 50, 10**9])
def test_a_spool_gives_rows_back_in_order_as_often_as_asked(limit: int) -> None:
    pieces = batches([list(range(1000))], [pa.int64()], 7)
    spool = Spool(pieces[0].schema, limit, Scratch())
    for piece in pieces:
        spool.add(piece)
    for rows in (1000, 3):
        found = [v for b in spool.batches(rows) for v in b.column(0).to_pylist()]
        assert found == list(range(1000))
    assert spool.rows == 1000
    spool.close()


def test_scratch_files_have_no_name(tmp_path: Path) -> None:
    spool = Spool(pa.schema([("a", pa.int64())]), 0, Scratch(str(tmp_path)))
    spool.add(pa.RecordBatch.from_arrays([pa.array([1, 2])], names=["a"]))
    assert not list(tmp_path.iterdir())
    assert spool.table().column(0).to_pylist() == [1, 2]
    spool.close()


def test_text_is_not_held_beyond_what_one_array_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the limit is."""
    monkeypatch.setattr("totemlang.engine.runs.MOST_HELD", 10_000)
    text = pa.record_batch([pa.array([1, 2]), pa.array(["x" * 900, "y" * 900])], names=["c0", "c1"])
    runs = SortedRuns(text.schema, 1, 1 << 40, Scratch())
    for _ in range(40):
        runs.add(text)
    assert runs.is_spilled
    assert sum(stretch.rows for stretch in runs.groups()) == 80
    runs.close()


def test_a_group_with_more_text_than_one_array_takes_is_told_of() -> None:
    text = pa.record_batch([pa.array(["x" * (1 << 20)] * 16)], names=["c0"])
    with pytest.raises(TotemError, match="more than 2 GiB of text"):
        joined([text] * 129, text.schema)
