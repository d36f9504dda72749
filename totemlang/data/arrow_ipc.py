"""Arrow IPC files (also called Feather 2) and streams, read by record batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from attrs import frozen

from totemlang.data.arrow_messages import largest_message
from totemlang.data.limits import Limits
from totemlang.data.normalise import reading
from totemlang.data.plain import looking_through
from totemlang.data.table_file import FileColumn, Identity, file_column, without_repeats
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind

FILE_MAGIC = b"ARROW1"
STREAM_MAGIC = b"\xff\xff\xff\xff"

_FILE_START = 8

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

    @property
    def units(self) -> None:
        """Record batches are found in order alone: what a file says of their places is not used."""

    def batches(
        self,
        columns: Sequence[str],
        rows: int,
        kinds: Mapping[str, Kind],
        units: range | None = None,
        *,
        may_code: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """See `TableFile`."""
        self.identity.check()
        look = looking_through(columns, kinds, self.name, self.limits, may_code=may_code)
        wanted = [i for i, column in enumerate(self.columns) if column.name in frozenset(columns)]
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        with reading(self.name, _UNREADABLE), pa.OSFile(str(self.identity.path)) as source:
            self._check_messages(source)
            for batch in _stream(source, options):
                batch.validate(full=True)  # before anything looks into it: offsets may lie
                for start in range(0, batch.num_rows, rows):
                    yield from look(batch.slice(start, rows))
        self.identity.check()

    def _check_messages(self, source: pa.NativeFile) -> None:
        _seek_stream(source)
        if largest_message(source) > self.limits.message_bytes:
            raise BadData(
                f"{self.name}: a record batch holds more than {self.limits.message_bytes:,} bytes"
            )


def open_arrow(path: Path, limits: Limits) -> ArrowTable:
    """Open an Arrow IPC file or stream.

    Raises:
        BadData: where its schema cannot be read.
    """
    identity = Identity.of(path)
    with reading(path.name, _UNREADABLE), pa.OSFile(str(path)) as source:
        schema = _stream(source, pa.ipc.IpcReadOptions(use_threads=False)).schema
        columns = [file_column(f) for f in schema]  # even names may be no text
    return ArrowTable(identity, without_repeats(columns, path.name, limits.columns), None, limits)


def _stream(source: pa.NativeFile, options: pa.ipc.IpcReadOptions) -> pa.RecordBatchReader:
    _seek_stream(source)
    return pa.ipc.open_stream(source, options=options)


def _seek_stream(source: pa.NativeFile) -> None:
    """Go to where the stream begins, which is what a file holds between its magic and its index.

    The index is not used: what was looked through must be what is read.
    """
    source.seek(0)
    in_file = source.read(len(FILE_MAGIC)) == FILE_MAGIC
    source.seek(_FILE_START if in_file else 0)
