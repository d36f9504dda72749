"""Groups in scratch files: runs of 256 partitions by hash, and finished partitions in key order.

Scratch files have no names: the system frees them with the process. A run's partition is a batch:
the groups as they lie in memory, and (in the first row) all that they refer to.
"""

from __future__ import annotations

import mmap
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import define, field, frozen

from totemlang.data.text_pieces import MOST_TEXT
from totemlang.native.grouping.output import OUTPUT_ROWS, ordered, plain

Bytes = npt.NDArray[np.uint8]

_SAMPLED = 4_096


def scratch_file(folder: str | None) -> IO[bytes]:
    """A new nameless file for writing and reading."""
    return tempfile.TemporaryFile(dir=folder, prefix="totem-")


@frozen(eq=False)
class Leaving:
    """Groups that leave a grouping: as they lie there, what they refer to, places of windows."""

    groups: Bytes
    texts: Bytes
    places: tuple[int, ...]


@define(eq=False)
class Runs:
    """Groups of `size` bytes in a scratch file, first written, then read by partition."""

    size: int
    folder: str | None
    _file: IO[bytes] = field(init=False)
    _writer: pa.RecordBatchFileWriter | None = field(init=False)
    _reader: pa.RecordBatchFileReader | None = field(default=None, init=False)
    _batches: int = field(default=0, init=False)
    _held: defaultdict[int, list[tuple[int, tuple[int, ...]]]] = field(init=False)
    """By partition the batches that have some of it, and the places of their windows."""

    def __attrs_post_init__(self) -> None:
        """Make the file."""
        self._file = scratch_file(self.folder)
        self._held = defaultdict(list)
        schema = pa.schema(
            [pa.field("groups", pa.binary(self.size)), pa.field("texts", pa.large_binary())]
        )
        self._writer = pa.ipc.new_file(pa.PythonFile(self._file, "w"), schema)

    def write(self, partitions: Iterable[Leaving]) -> None:
        """Write a run: its partitions in order."""
        assert self._writer is not None
        for partition, part in enumerate(partitions):
            rows = len(part.groups) // self.size
            if not rows:
                continue
            groups = pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(self.size), rows, [None, pa.py_buffer(part.groups)]
            )
            offsets = np.full(rows + 1, len(part.texts), dtype=np.int64)
            offsets[0] = 0
            texts = pa.LargeBinaryArray.from_buffers(
                pa.large_binary(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(part.texts)]
            )
            self._writer.write_batch(
                pa.RecordBatch.from_arrays([groups, texts], names=["groups", "texts"])
            )
            self._held[partition].append((self._batches, part.places))
            self._batches += 1

    @property
    def partitions(self) -> list[int]:
        """The partitions of which there is something."""
        return sorted(self._held)

    def partition(self, number: int) -> Iterator[Leaving]:
        """What all runs have of a partition."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._reader = pa.ipc.open_file(pa.PythonFile(self._file, "r"))
        assert self._reader is not None
        for place, windows in self._held[number]:
            batch = self._reader.get_batch(place)
            groups = np.frombuffer(batch.column(0).buffers()[1], np.uint8)
            held = batch.column(1).buffers()[2]
            texts = np.frombuffer(held, np.uint8) if held is not None else np.empty(0, np.uint8)
            used = batch.num_rows * self.size
            yield Leaving(groups[:used], texts, windows)

    def close(self) -> None:
        """Free the file."""
        self._file.close()


class Finished:
    """Parts of a result, each with keys ascending and none with a key of another; then all."""

    def __init__(self, schema: pa.Schema, key_parts: int, folder: str | None) -> None:
        """Make a scratch file."""
        self._key_parts = key_parts
        self._file = scratch_file(folder)
        self._writer = pa.ipc.new_file(pa.PythonFile(self._file, "w"), schema)
        self._batches: list[int] = []
        self._schema = schema

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Write a part."""
        number = 0
        for batch in batches:
            self._writer.write_batch(batch)
            number += 1
        self._batches.append(number)

    def all(self) -> Iterator[pa.RecordBatch]:
        """All rows, keys ascending. They are mapped, not read: memory holds a stretch of each."""
        self._writer.close()
        self._file.flush()
        mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = pa.ipc.open_file(pa.py_buffer(mapped))  # unmapped with the last of its batches
        parts, first = [], 0
        for number in self._batches:
            held = [reader.get_batch(first + i) for i in range(number)]
            first += number
            if held:
                parts.append(_Part(pa.Table.from_batches(held), self._key_parts))
        for bound in [*_bounds(parts), None]:
            stretch = [part.below(bound) for part in parts]
            if stretch:
                yield from ordered(pa.concat_tables(stretch), self._key_parts)

    def close(self) -> None:
        """Free the file."""
        self._file.close()


class _Part:
    """A part being read: rows before `at` are taken."""

    def __init__(self, table: pa.Table, key_parts: int) -> None:
        self.table = table
        self.at = 0
        self._keys = [plain(table.column(part)) for part in range(key_parts)]

    def key(self, row: int) -> tuple[object, ...]:
        return tuple(key[row].as_py() for key in self._keys)

    def below(self, bound: tuple[object, ...] | None) -> pa.Table:
        """Take the rows with keys below the bound."""
        low, high = self.at, self.table.num_rows
        if bound is None:
            low = high
        while low < high:
            middle = (low + high) // 2
            if self.key(middle) < bound:  # type: ignore[operator]
                low = middle + 1
            else:
                high = middle
        taken = self.table.slice(self.at, low - self.at)
        self.at = low
        return taken


def _bounds(parts: list[_Part]) -> list[tuple[object, ...]]:
    """Keys that cut all rows into stretches of about as many as are given out at once."""
    rows = sum(part.table.num_rows for part in parts)
    size = sum(part.table.nbytes for part in parts)
    most = min(OUTPUT_ROWS, max(1, MOST_TEXT * rows // max(1, size)))
    step = max(1, min(_SAMPLED, rows // (4 * max(1, len(parts)))))
    found = sorted(part.key(row) for part in parts for row in range(0, part.table.num_rows, step))
    return found[:: max(1, most // step)][1:]
