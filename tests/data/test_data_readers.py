"""Reading before a run with several threads: what one thread sees, and the same first fault."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totemlang.bytecode.module import Dataset
from totemlang.data import readers
from totemlang.data.bind import bind
from totemlang.data.describe import describe
from totemlang.data.file import BATCH_ROWS, DataFile, open_data
from totemlang.data.readers import MOST_VALUES, Readers, rows_at_once
from totemlang.diagnostics import BadData
from totemlang.schema.types import Constraint, Field, Kind, Type

ROWS, GROUP = 1_000, 64


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MOST_ROWS", 2 * GROUP)


def written(folder: Path, **columns: Sequence[object]) -> DataFile:
    table = pa.table({"x": range(ROWS), "s": [f"s{row % 7}" for row in range(ROWS)], **columns})
    pq.write_table(table, folder / "d.parquet", row_group_size=GROUP)
    return open_data(folder / "d.parquet")


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_rows_come_in_order_whoever_reads_them(tmp_path: Path, threads: int) -> None:
    data, seen = written(tmp_path), set()

    def read(part: tuple[int, int] | None) -> Iterator[pa.RecordBatch]:
        seen.add((part, threading.current_thread() is threading.main_thread()))
        return data.batches(["x"], 50, between=part)

    with Readers(threads) as held:
        rows = [row for batch in held.read(data, 1, read) for row in batch["x"].to_pylist()]
    assert rows == list(range(ROWS))
    if threads == 1:
        assert seen == {(None, True)}
    else:
        assert {part for part, _ in seen} == {
            (start, min(start + 2 * GROUP, ROWS)) for start in range(0, ROWS, 2 * GROUP)
        }
        assert not any(at_hand for _, at_hand in seen)


def test_what_is_large_or_cannot_be_cut_is_read_as_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(tmp_path)
    (tmp_path / "d.csv").write_text("x\n" + "\n".join(map(str, range(ROWS))))
    for data, most in ((whole, 100), (open_data(tmp_path / "d.csv"), 10**6)):
        monkeypatch.setattr(readers, "MOST_PIECE", most)
        asked: list[object] = []

        def read(
            part: tuple[int, int] | None, data: DataFile = data, asked: list[object] = asked
        ) -> Iterator[pa.RecordBatch]:
            asked.append(part)
            return data.batches(["x"], 300)

        with Readers(2) as held:
            assert sum(batch.num_rows for batch in held.read(data, 1, read)) == ROWS
        assert asked == [None]


@pytest.mark.parametrize("threads", [2, 4])
def test_what_is_published_and_bound_is_the_same(tmp_path: Path, threads: int) -> None:
    columns: dict[str, Sequence[object]] = {
        "d": [row % 10 / 4 for row in range(ROWS)],
        "o": [None, True] * (ROWS // 2),
    }
    written(tmp_path, **columns)
    path = tmp_path / "d.parquet"
    expected = describe(open_data(path), "d")
    assert describe(open_data(path), "d", threads=threads) == expected
    fields = tuple(Field(column.name, column.type) for column in expected.columns)
    for keep_bytes in (0, 10**6):
        one, several = (
            bind(
                Dataset("d", fields),
                open_data(path),
                expected,
                keep_bytes=keep_bytes,
                threads=count,
            )
            for count in (1, threads)
        )
        assert one.rows == several.rows == ROWS
        assert (one.kept is None) == (several.kept is None) == (keep_bytes == 0)
        tables = [pa.Table.from_batches(list(each.batches())) for each in (one, several)]
        assert tables[0].equals(tables[1])


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_first_fault_in_order_is_told(tmp_path: Path, threads: int) -> None:
    late = [None if row == 900 else row for row in range(ROWS)]
    early = [99 if row == 300 else 1 for row in range(ROWS)]
    data = written(tmp_path, late=late, early=early)
    small = Constraint("Small", upper=10)
    dataset = Dataset("d", (Field("late", Type(Kind.LONG)), Field("early", Type(Kind.LONG), small)))
    for _ in range(5):
        with pytest.raises(BadData, match="'early' holds a value outside the domain of Small"):
            bind(dataset, data, threads=threads)


@pytest.mark.parametrize("threads", [1, 3])
def test_tasks_are_all_done_or_one_fails(threads: int) -> None:
    done: list[int] = []
    with Readers(threads) as held:
        held.each(partial(done.append, number) for number in range(20))
        assert sorted(done) == list(range(20))
        with pytest.raises(ZeroDivisionError):
            held.each([partial(divmod, 1, 1), partial(divmod, 1, 0)])


def test_fewer_rows_of_many_columns_are_looked_at_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readers, "MOST_ROWS", 1 << 18)
    assert rows_at_once(0) == rows_at_once(60) == 1 << 18
    assert rows_at_once(100) == MOST_VALUES // 100
    assert rows_at_once(10_000) == BATCH_ROWS
