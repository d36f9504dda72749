"""Groups in scratch files: runs of 256 partitions by hash, and finished partitions in key order.

Scratch files have no names: the system frees them with the process. A run's partition is the groups
as they lie in memory, then all that they refer to.
"""

from __future__ import annotations

import mmap
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import IO

import numpy as np
import pyarrow as pa
from attrs import define, field, frozen

from totemlang.data.text_pieces import MOST_TEXT
from totemlang.native.grouping.copies import Bytes, Leaving, shifted
from totemlang.native.grouping.layout import Layout
from totemlang.native.grouping.output import OUTPUT_ROWS, ordered, plain

_SAMPLED = 4_096

_READ_AT_ONCE = 1 << 20
"""Bytes of groups read together, about."""


def scratch_file(folder: str | None) -> IO[bytes]:
    """A new nameless file for writing and reading."""
    return tempfile.TemporaryFile(dir=folder, prefix="totem-")


@frozen
class _Piece:
    """What a run has of a partition: where it is in a file, bytes of groups and of texts."""

    file: IO[bytes]
    at: int
    groups: int
    texts: int
    places: tuple[int, ...]


@define(eq=False)
class Runs:
    """Groups of a layout in scratch files, first written to one, then read by partition."""

    layout: Layout
    folder: str | None
    _file: IO[bytes] = field(init=False)
    _end: int = field(default=0, init=False)
    _held: defaultdict[int, list[_Piece]] = field(factory=partial(defaultdict, list), init=False)
    """What there is of each partition."""
    _others: list[IO[bytes]] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        """Make the file."""
        self._file = scratch_file(self.folder)

    def write(self, partitions: Iterable[Leaving]) -> None:
        """Write a run: its partitions in order."""
        for partition, part in enumerate(partitions):
            groups, texts = len(part.groups), len(part.texts)
            if not groups:
                continue
            self._file.write(part.groups.data)
            self._file.write(part.texts.data)
            piece = _Piece(self._file, self._end, groups, texts, part.places)
            self._held[partition].append(piece)
            self._end += groups + texts

    def take_over(self, other: Runs) -> None:
        """Have the runs of another as well, which is not used any more."""
        self._others += [other._file, *other._others]
        for partition, pieces in other._held.items():
            self._held[partition] += pieces

    @property
    def partitions(self) -> list[int]:
        """The partitions of which there is something."""
        return sorted(self._held)

    def partition(self, number: int) -> Iterator[Leaving]:
        """What all runs have of a partition, many groups at a time."""
        together: list[_Piece] = []
        size = 0
        for piece in self._held[number]:
            if together and (together[0].places != piece.places or size > _READ_AT_ONCE):
                yield self._read(together)
                together, size = [], 0
            together.append(piece)
            size += piece.groups + piece.texts
        if together:
            yield self._read(together)

    def _read(self, pieces: Sequence[_Piece]) -> Leaving:
        """Pieces as one."""
        groups = np.empty(sum(piece.groups for piece in pieces), np.uint8)
        texts = np.empty(sum(piece.texts for piece in pieces), np.uint8)
        begins, first, after = [], 0, 0
        for piece in pieces:
            begins.append((first // self.layout.size, after))
            piece.file.seek(piece.at)
            _fill(groups[first : first + piece.groups], piece.file)
            _fill(texts[after : after + piece.texts], piece.file)
            first, after = first + piece.groups, after + piece.texts
        return Leaving(shifted(self.layout, groups, begins), texts, pieces[0].places)

    def close(self) -> None:
        """Free the files."""
        for file in (self._file, *self._others):
            file.close()


def _fill(array: Bytes, file: IO[bytes]) -> None:
    """Read what comes next in a file."""
    if file.readinto(array.data) != len(array):  # type: ignore[attr-defined]
        raise OSError("a scratch file ends early")


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
