"""Columns in a memory as a machine emits them: laid down from Arrow batches, and looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from totemlang.data.text_pieces import MOST_TEXT, pieces
from totemlang.native.grouping.place import Room
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

FORMS: dict[Kind, type[np.generic]] = {
    Kind.BOOL: np.uint8,
    Kind.INT: np.int32,
    Kind.DATE: np.int32,
    Kind.FLOAT: np.float32,
    Kind.LONG: np.int64,
    Kind.TIMESTAMP: np.int64,
    Kind.DURATION: np.int64,
    Kind.DOUBLE: np.float64,
}
"""How values of a kind lie in memory."""


_SAMPLED, _SHORT = 256, 16


class Columns:
    """Rows of columns in a memory, seen from here."""

    def __init__(
        self, room: Room, places: Sequence[int], kinds: Sequence[Kind], first: int, stop: int
    ) -> None:
        self.first = first
        self._room, self._places, self._kinds, self._stop = room, places, kinds, stop

    def are_long(self, columns: int) -> bool:
        """Whether more than a few strings of one of the first columns have over 16 bytes."""
        number = self._stop - self.first
        step = max(1, number // _SAMPLED)
        for place, kind in zip(self._places[:columns], self._kinds, strict=False):
            if kind is Kind.STRING:
                sizes = self._room.view(place + 8 * self.first, number, np.int64)[::step] >> 32
                if np.count_nonzero(sizes > _SHORT) * 16 > len(sizes):
                    return True
        return False

    def values(self, column: int) -> npt.NDArray[np.generic]:
        """The values of a column that is not of strings."""
        form = FORMS[self._kinds[column]]
        at = self._places[column] + self.first * np.dtype(form).itemsize
        found: npt.NDArray[np.generic] = self._room.view(at, self._stop - self.first, form)
        return found


def lay_down(batch: pa.RecordBatch, kinds: Sequence[Kind], room: Room, at: int = 64) -> list[int]:
    """Copy the columns of a batch, without nulls, to a room from `at` on; gives their places."""
    rows = batch.num_rows
    places = []
    for column, kind in zip(batch.columns, kinds, strict=True):
        places.append(at)
        at += rows * WIDTH[kind] + 63 & -64
        if kind is Kind.STRING and rows:
            offsets = _offsets(column)
            at += int(offsets[-1]) - int(offsets[0]) + 63 & -64
    room.reach(at + 64)
    for column, kind, place in zip(batch.columns, kinds, places, strict=True):
        if not rows:
            continue
        if kind is Kind.STRING:
            _lay_strings(column, place, room)
        else:
            room.view(place, rows, FORMS[kind])[:] = plain_values(column, kind)
    return places


def cuts(batch: pa.RecordBatch, rows: int) -> Iterator[tuple[int, int]]:
    """Where a batch is cut: at so many rows, or before where strings are long."""
    sizes = np.zeros(batch.num_rows, dtype=np.int64)
    if batch.nbytes > MOST_TEXT:
        for column in batch.columns:
            if pa.types.is_string(column.type):
                sizes += np.diff(_offsets(column))
    return pieces(sizes, MOST_TEXT, rows)


def text_ends(room: Room, places: Sequence[int], rows: int) -> npt.NDArray[np.int64] | None:
    """For each row the bytes of the strings at these places up to it; None where they are few."""
    held = [room.view(place, rows, np.int64) for place in places]
    if not rows or sum(int(words.max()) >> 32 for words in held) * rows <= MOST_TEXT:
        return None
    sizes = np.zeros(rows, dtype=np.int64)
    for words in held:
        sizes += words >> 32
    return np.cumsum(sizes)


def plain_values(column: pa.Array, kind: Kind) -> npt.NDArray[np.generic]:
    """The values of a column of fixed width as they lie in memory; copied only if of bool."""
    if kind is Kind.BOOL:
        found: npt.NDArray[np.generic] = column.to_numpy(zero_copy_only=False).view(np.uint8)
        return found
    held = column.buffers()[1]
    return np.frombuffer(held, FORMS[kind], len(column), column.offset * WIDTH[kind])


def _offsets(column: pa.Array) -> npt.NDArray[np.int32]:
    held = column.buffers()[1]
    return np.frombuffer(held, np.int32, len(column) + 1, 4 * column.offset)


def _lay_strings(column: pa.Array, place: int, room: Room) -> None:
    offsets, rows = _offsets(column).astype(np.int64), len(column)
    first, last = int(offsets[0]), int(offsets[-1])
    data = place + (rows * 8 + 63 & -64)
    if last > first:
        text = np.frombuffer(column.buffers()[2], np.uint8, last - first, first)
        room.view(data, last - first, np.uint8)[:] = text
    packed = room.view(place, rows, np.int64)
    np.subtract(offsets[1:], offsets[:-1], out=packed)
    packed <<= 32
    packed += offsets[:-1] + (data - first)
