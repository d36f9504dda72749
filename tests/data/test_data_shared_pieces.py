"""Parts of one row group: read once for all, and the same rows whoever comes when."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totemlang.bytecode.module import Dataset
from totemlang.data import shared_pieces
from totemlang.data.bind import BoundData, bind
from totemlang.data.file import open_data
from totemlang.data.row_range import piece_around
from totemlang.data.shared_pieces import SharedPiece, SharedPieces
from totemlang.diagnostics import BadData
from totemlang.schema.types import Field, Kind, Type

ROWS = 1_000
PARTS = [(start, start + 100) for start in range(0, ROWS, 100)]
DATASET = Dataset("d", (Field("x", Type(Kind.LONG)), Field("s", Type(Kind.STRING))))


def numbers(sizes: list[int], read: list[int]) -> Iterator[pa.RecordBatch]:
    """The numbers from 0 on in batches; notes what was read."""
    at = 0
    for size in sizes:
        read.append(at)
        yield pa.record_batch([pa.array(range(at, at + size))], names=["x"])
        at += size


def values(batches: list[pa.RecordBatch] | None) -> list[int] | None:
    return None if batches is None else [v for batch in batches for v in batch["x"].to_pylist()]


def bound(folder: Path, group: int = ROWS) -> BoundData:
    table = pa.table({"x": range(ROWS), "s": [f"s{row % 7}" for row in range(ROWS)]})
    pq.write_table(table, folder / "d.parquet", row_group_size=group)
    return bind(DATASET, open_data(folder / "d.parquet"))


def test_each_batch_is_read_once_in_whatever_order_parts_are_taken() -> None:
    chance = random.Random(1)
    for _ in range(50):
        edges = [0, *sorted(chance.sample(range(1, 100), 5)), 100]
        sizes = [20, 1, 29, 50]
        parts = list(pairwise(edges))
        chance.shuffle(parts)
        read: list[int] = []
        piece = SharedPiece(0, 100, numbers(sizes, read))
        for start, stop in parts:
            assert not piece.is_done
            assert values(piece.take(start, stop)) == list(range(start, stop))
        assert piece.is_done
        assert read == [0, 20, 21, 50]


def test_what_was_given_or_is_not_there_is_not_to_be_had() -> None:
    piece = SharedPiece(0, 100, numbers([50, 30], []))
    assert values(piece.take(10, 20)) == list(range(10, 20))
    assert piece.take(15, 25) is None
    assert values(piece.take(20, 25)) == list(range(20, 25))
    assert piece.take(70, 90) is None  # the file ends before
    assert values(piece.take(0, 10)) == list(range(10))


def test_not_too_much_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_pieces, "MOST_HELD", 8 * 30)
    piece = SharedPiece(0, 100, numbers([10] * 10, []))
    assert values(piece.take(90, 100)) == list(range(90, 100))
    assert piece.take(0, 10) is None
    assert values(piece.take(60, 90)) == list(range(60, 90))


def test_not_too_many_pieces_are_open() -> None:
    pieces, opened = SharedPieces(), []

    def take(piece: int, part: tuple[int, int]) -> list[int] | None:
        def read() -> Iterator[pa.RecordBatch]:
            opened.append(piece)
            return numbers([10] * 10, [])

        return values(pieces.take((piece, piece + 100), part, read, may_code=False))

    for piece in (0, 0, 100):
        take(piece, (5, 6))
    assert opened == [0, 100]
    for piece in range(200, 200 + 100 * shared_pieces.MOST_OPEN, 100):
        take(piece, (5, 6))
    assert take(0, (7, 8)) == [7]
    assert opened.count(0) == 2
    assert pickle.loads(pickle.dumps(pieces))._open == {}


@pytest.mark.parametrize(
    ("part", "piece"),
    [
        ((0, 5), (0, 10)),
        ((5, 10), (0, 10)),
        ((10, 11), (10, 30)),
        ((5, 15), None),
        ((29, 31), None),
        ((30, 31), None),
    ],
)
def test_the_piece_around_a_part(part: tuple[int, int], piece: tuple[int, int] | None) -> None:
    assert piece_around((0, 10, 30), part) == piece


@pytest.mark.parametrize("group", [ROWS, 350])
@pytest.mark.parametrize("may_code", [True, False])
def test_threads_get_the_rows_of_their_parts(tmp_path: Path, group: int, may_code: bool) -> None:
    data = bound(tmp_path, group).unkept()

    def take(part: tuple[int, int]) -> list[tuple[int, str]]:
        batches = list(data.batches(30, part, may_code=may_code))
        assert all(batch.num_rows <= 30 for batch in batches)
        return [
            row
            for batch in batches
            for row in zip(batch["x"].to_pylist(), batch["s"].to_pylist(), strict=True)
        ]

    for order in (PARTS, PARTS[::-1], PARTS):  # taken again: read from the file alone
        with ThreadPoolExecutor(3) as threads:
            for part, rows in zip(order, threads.map(take, order), strict=True):
                assert rows == [(row, f"s{row % 7}") for row in range(*part)]


def test_that_a_file_has_changed_is_seen_at_the_end_of_a_piece(tmp_path: Path) -> None:
    data = bound(tmp_path).unkept()
    first = list(data.batches(100, PARTS[0]))
    assert sum(batch.num_rows for batch in first) == 100
    pq.write_table(pa.table({"x": [1], "s": ["a"]}), tmp_path / "d.parquet")
    list(data.batches(100, PARTS[5]))
    with pytest.raises(BadData, match="was changed while it was being read"):
        list(data.batches(100, PARTS[-1]))
