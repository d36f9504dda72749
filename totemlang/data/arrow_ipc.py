"""Arrow IPC files (also called Feather 2) and streams, read by record batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from attrs import frozen

from totemlang.data.limits import Limits
from totemlang.data.normalise import cut, normalised, reading
from totemlang.data.table_file import FileColumn, Identity, file_column, without_repeats
from totemlang.schema.types import Kind

FILE_MAGIC = b"ARROW1"
STREAM_MAGIC = b"\xff\xff\xff\xff"

_UNREADABLE = "cannot be read as an Arrow file"


@frozen
class ArrowTable:
    """An Arrow IPC file; only its schema is held."""

    identity: Identity
    columns: tuple[FileColumn, ...]
    rows: int | None
    limits: Limits

    @property
    def name(self) -> str:
        """The file's name."""
        return self.identity.path.name

    def batches(
        self, columns: Sequence[str], rows: int, kinds: Mapping[str, Kind]
    ) -> Iterator[pa.RecordBatch]:
        """See `TableFile`."""
        self.identity.check()
        wanted = [i for i, column in enumerate(self.columns) if column.name in frozenset(columns)]
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        with (
            reading(self.name, _UNREADABLE),
            pa.OSFile(str(self.identity.path)) as source,
            _open(source, options) as file,
        ):
            for batch in _batches(file):
                batch.validate(full=True)  # before anything looks into it: offsets may lie
                for start in range(0, batch.num_rows, rows):
                    for piece in cut(batch.slice(start, rows), self.limits):
                        yield normalised(piece, columns, kinds, self.name, self.limits)
        self.identity.check()


def open_arrow(path: Path, limits: Limits) -> ArrowTable:
    """Open an Arrow IPC file.

    Raises:
        BadData: where its schema cannot be read.
    """
    identity = Identity.of(path)
    with (
        reading(path.name, _UNREADABLE),
        pa.OSFile(str(path)) as source,
        _open(source, pa.ipc.IpcReadOptions(use_threads=False)) as file,
    ):
        columns = [file_column(f) for f in file.schema]  # even names may be no text
    return ArrowTable(identity, without_repeats(columns, path.name, limits.columns), None, limits)


def _open(source: pa.NativeFile, options: pa.ipc.IpcReadOptions) -> pa.RecordBatchReader:
    start = source.read(len(FILE_MAGIC))
    source.seek(0)
    if start == FILE_MAGIC:
        return pa.ipc.open_file(source, options=options)
    return pa.ipc.open_stream(source, options=options)


def _batches(file: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    if isinstance(file, pa.ipc.RecordBatchFileReader):
        return (file.get_batch(index) for index in range(file.num_record_batches))
    return iter(file)
