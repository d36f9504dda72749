"""One file as the data room sees it, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from attrs import frozen

from totemlang.data.kinds import natural_kind
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind

TEXT = "text"
"""The type of a column in a file that has no types."""


@frozen
class FileColumn:
    """A column of a file: the kind it is read as, or None where none reads it.

    `written_as` is the file's own type, `text` in a text file. A column that `is_blank` holds no
    value at all, so it can be read as any kind.
    """

    name: str
    kind: Kind | None
    written_as: str
    is_blank: bool = False


def file_column(field: pa.Field) -> FileColumn:
    """The column that an Arrow field describes."""
    blank = bool(pa.types.is_null(field.type))
    return FileColumn(field.name, natural_kind(field.type), str(field.type), blank)


class TableFile(Protocol):
    """A file of rows. Reading it anew gives the same rows, or `BadData` if it was changed."""

    @property
    def name(self) -> str:
        """The file's name as messages give it."""

    @property
    def columns(self) -> tuple[FileColumn, ...]:
        """Its columns in order; all names differ."""

    @property
    def rows(self) -> int | None:
        """Number of rows where the file says so without being read."""

    @property
    def units(self) -> tuple[int, ...] | None:
        """Rows of each piece that can be read by itself; None where all must be read in order."""

    def batches(
        self,
        columns: Sequence[str],
        rows: int,
        kinds: Mapping[str, Kind],
        units: range | None = None,
        *,
        may_code: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The named columns, at most `rows` rows at a time, as normalised arrays of `kinds`.

        A kind is the column's own or one that it widens to; of a text file, any. `units` asks
        for some pieces alone, where there are such. `may_code`: strings may be `coded`, and a NaN
        any.

        Raises:
            BadData: for whatever cannot be read.
        """


@frozen
class Identity:
    """What a file was when it was opened, to notice that it was replaced between two readings."""

    path: Path
    size: int
    changed: int
    node: int

    @classmethod
    def of(cls, path: Path) -> Identity:
        """The file as it is now. Raises `BadData` where it is gone."""
        try:
            found = path.stat()
        except OSError:
            raise BadData(f"{path.name}: cannot be opened") from None
        return cls(path, found.st_size, found.st_mtime_ns, found.st_ino)

    def check(self) -> None:
        """Raise `BadData` if the file is another one by now."""
        if Identity.of(self.path) != self:
            raise BadData(f"{self.path.name}: was changed while it was being read")


def without_repeats(columns: Sequence[FileColumn], file: str, most: int) -> tuple[FileColumn, ...]:
    """The columns, none of them named twice, and not more than the limit.

    Raises:
        BadData: otherwise.
    """
    if len(columns) > most:
        raise BadData(f"{file}: more than {most:,} columns")
    if len({column.name for column in columns}) != len(columns):
        raise BadData(f"{file}: two columns have the same name")
    return tuple(columns)
