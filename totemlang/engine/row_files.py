"""Rows for another process: written to nameless files, read back from their descriptors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa
from attrs import define, field

from totemlang.engine.messages import Form
from totemlang.engine.ordering import Grouped
from totemlang.engine.pieces import Aggregated
from totemlang.engine.spool import Scratch
from totemlang.engine.tasks import FileRows, Input, LooseRows
from totemlang.vm.tier import Emission


def write_input(given: Input, scratch: Scratch) -> tuple[Form, IO[bytes] | None]:
    """The rows or groups that a task brings, in a file; None for rows of the data set."""
    if isinstance(given, FileRows):
        return Form.ROWS, None
    file = scratch.file()
    if isinstance(given, LooseRows):
        _write(file, list(given.batches))
        form = Form.ROWS
    elif isinstance(given, Aggregated):
        _write(file, [given.batch])
        form = Form.AGGREGATES
    else:
        assert isinstance(given, Grouped)  # what threads share does not leave the process
        _write(file, [pa.record_batch([pa.array(given.starts)], names=["starts"])])
        _write(file, [given.batch])
        form = Form.GROUPS
    file.flush()
    return form, file


def read_input(form: Form, file: IO[bytes]) -> Input:
    """What `write_input` has written."""
    file.seek(0)
    if form is Form.ROWS:
        return LooseRows(tuple(_read(file)))
    if form is Form.AGGREGATES:
        (batch,) = _read(file)
        return Aggregated(batch)
    (starts,) = _read(file)
    (batch,) = _read(file)
    edges = starts.column(0).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return Grouped(batch, edges)


def _write(file: IO[bytes], batches: list[pa.RecordBatch]) -> None:
    if not batches:
        return
    with pa.ipc.new_stream(pa.PythonFile(file, "w"), batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _read(file: IO[bytes]) -> list[pa.RecordBatch]:
    start = file.tell()
    if not file.read(1):
        return []
    file.seek(start)
    return list(pa.ipc.open_stream(pa.PythonFile(file, "r")))


@define
class FileTaker:
    """Writes rows to a file as they come; nothing is written where there are none."""

    file: IO[bytes]
    rows: int = field(default=0, init=False)
    _writer: pa.RecordBatchStreamWriter | None = field(default=None, init=False)

    def receive(self, emission: Emission) -> None:
        """Take in what a stage emitted."""
        for batch in emission.batches():
            self.add(batch)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        if not batch.num_rows:
            return
        if self._writer is None:
            self._writer = pa.ipc.new_stream(pa.PythonFile(self.file, "w"), batch.schema)
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    def finish(self) -> None:
        """All rows are there."""
        if self._writer is not None:
            self._writer.close()
        self.file.flush()


def emitted(file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    """What a `FileTaker` has written."""
    file.seek(0)
    if not file.read(1):
        return
    file.seek(0)
    yield from pa.ipc.open_stream(pa.PythonFile(file, "r"))
