"""Rows kept in order between two stages: in memory up to a limit, beyond it in a scratch file.

A scratch file has no name: the system frees it when it is closed, even if the process is killed, so
private rows never stay behind.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import pyarrow as pa
from attrs import define, field, frozen

from totemlang.vm.tier import Emission


@frozen
class Scratch:
    """Where scratch files are made (None: the system's place for them)."""

    folder: str | None = None

    def file(self) -> IO[bytes]:
        """A new nameless file for writing and reading."""
        return tempfile.TemporaryFile(dir=self.folder, prefix="totem-")


@define
class SpoolFile:
    """Batches of one schema in a scratch file; all written first, then read as often as wanted."""

    schema: pa.Schema
    file: IO[bytes]
    rows: int = 0
    _writer: pa.RecordBatchStreamWriter | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin to write."""
        self._writer = pa.ipc.new_stream(pa.PythonFile(self.file, "w"), self.schema)

    @classmethod
    def write(
        cls, scratch: Scratch, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
    ) -> SpoolFile:
        """Write batches to a new file."""
        spool = cls(schema, scratch.file())
        spool.add(batches)
        return spool

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Write more behind the others."""
        assert self._writer is not None, "it was read"
        for batch in batches:
            self._writer.write_batch(batch)
            self.rows += batch.num_rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The batches as they were written. One reading at a time."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.file.seek(0)
        yield from pa.ipc.open_stream(pa.PythonFile(self.file, "r"))

    def close(self) -> None:
        """Free the file."""
        self.file.close()


@define
class Spool:
    """Rows in the order in which they are added. `limit` is in bytes of Arrow buffers."""

    schema: pa.Schema
    limit: int
    scratch: Scratch
    rows: int = field(default=0, init=False)
    _held: list[pa.RecordBatch] = field(factory=list, init=False)
    _held_bytes: int = field(default=0, init=False)
    _file: SpoolFile | None = field(default=None, init=False)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > self.limit:
            if self._file is None:
                self._file = SpoolFile(self.schema, self.scratch.file())
            self._file.add(self._held)
            self._held, self._held_bytes = [], 0

    def receive(self, emission: Emission) -> None:
        """Take in what a stage emitted."""
        for batch in emission.batches():
            self.add(batch)

    def absorb(self, other: Any, *, same_thread: bool) -> None:
        """Take in all that another spool holds."""
        self.take(*other.leave())

    def take(self, is_partial: bool, batches: Iterable[pa.RecordBatch]) -> None:
        """Take in what another spool has left."""
        assert not is_partial
        for batch in batches:
            self.add(batch)

    def leave(self) -> tuple[bool, Iterator[pa.RecordBatch]]:
        """All rows for another spool or grouping to take; none of them are combined."""
        return False, self._all()

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """All rows in order, at most `rows` at a time."""
        for batch in self._all():
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)

    def table(self) -> pa.Table:
        """All rows as one table in memory."""
        return pa.Table.from_batches(self._all(), self.schema)

    def close(self) -> None:
        """Free what is held."""
        self._held = []
        if self._file is not None:
            self._file.close()
            self._file = None

    def _all(self) -> Iterator[pa.RecordBatch]:
        if self._file is not None:
            yield from self._file.batches()
        yield from self._held
