"""A data set: one file, or several that follow each other, of whatever format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from attrs import define, field

from totemlang.data.arrow_ipc import FILE_MAGIC, STREAM_MAGIC, open_arrow
from totemlang.data.csv_text import open_csv
from totemlang.data.kinds import WIDER, common_kind
from totemlang.data.known import Known
from totemlang.data.limits import DEFAULT_LIMITS, Limits
from totemlang.data.locate import Spec, locate
from totemlang.data.parquet import open_parquet
from totemlang.data.row_range import edges, rows_between
from totemlang.data.table_file import TEXT, FileColumn, TableFile
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind, Type

BATCH_ROWS = 65_536

_PARQUET_MAGIC = b"PAR1"
_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})


@define(frozen=True, slots=False)
class DataFile:
    """Files with the same columns, read one after the other. Nothing of their rows is held."""

    files: tuple[TableFile, ...]
    known: Known = field(factory=Known, init=False, eq=False, repr=False)

    @property
    def name(self) -> str:
        """The files' names as messages give them."""
        more = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        return self.files[0].name + more

    @cached_property
    def _columns(self) -> Mapping[str, FileColumn]:
        first = self.files[0]
        found = {column.name: column for column in first.columns}
        for file in self.files[1:]:
            columns = {column.name: column for column in file.columns}
            if columns.keys() != found.keys():
                raise BadData(f"{file.name}: has other columns than {first.name}")
            found = {name: _common(found[name], columns[name], file.name) for name in found}
        return found

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of each column that can be read: the narrowest that holds all files' values.

        Raises:
            BadData: where files have other columns, or kinds that no widening brings together.
        """
        return {name: c.kind for name, c in self._columns.items() if c.kind is not None}

    @property
    def schema(self) -> tuple[tuple[str, Type], ...]:
        """The columns that can be read, in order, with their types.

        Whether values are missing is not known without reading: `describe` tells.
        """
        return tuple((name, Type(kind)) for name, kind in self.kinds.items())

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Columns that no kind reads, with the type that the file gives them."""
        return {name: c.written_as for name, c in self._columns.items() if c.kind is None}

    @property
    def rows(self) -> int | None:
        """Number of rows where all files say so without being read; not to be relied on."""
        counts = [file.rows for file in self.files]
        return None if None in counts else sum(count or 0 for count in counts)

    def batches(
        self,
        columns: Sequence[str],
        rows: int = BATCH_ROWS,
        kinds: Mapping[str, Kind] | None = None,
        between: tuple[int, int] | None = None,
        *,
        may_code: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The named columns in that order, at most `rows` rows at a time, all rows in order.

        Arrays are normalised: bool, int32, int64, float32, float64, date32, timestamp[us]
        without zone (UTC), duration[us], string. `kinds` asks for others than the columns' own:
        wider ones, and of text files any. No columns at all give batches of one. `between` asks
        for the rows from one to another (exclusive) alone, of files that have `edges`. `may_code`:
        strings may be `coded`, and a NaN any.

        Raises:
            BadData: for whatever cannot be read.
        """
        wanted = list(columns) or [next(iter(self.kinds))]
        asked = dict(self.kinds) | dict(kinds or {})
        exact = {name: asked[name] for name in wanted}
        if between is not None:
            yield from rows_between(self.files, wanted, rows, exact, *between, may_code=may_code)
            return
        for file in self.files:
            yield from file.batches(wanted, rows, exact, may_code=may_code)

    @cached_property
    def edges(self) -> tuple[int, ...] | None:
        """Rows at which reading can begin, from 0 to the number of rows; None: only at 0."""
        return edges(self.files)

    @property
    def is_text(self) -> bool:
        """Whether the files are text: what stands where the names should may then be a row."""
        return any(found.written_as == TEXT for found in self._columns.values())

    def reads_as(self, column: str, kind: Kind) -> bool:
        """Whether `batches` can give a column as that kind."""
        found = self._columns[column]
        if found.is_blank or found.written_as == TEXT or kind is found.kind:
            return True
        return found.kind is not None and kind in WIDER.get(found.kind, ())


def open_data(spec: Spec, limits: Limits = DEFAULT_LIMITS) -> DataFile:
    """Open Parquet, CSV or Arrow files: a file, a folder, a glob, or several with commas.

    Raises:
        UsageError: where there is no such file.
        BadData: where one cannot be read, or they do not have the same columns.
    """
    data = DataFile(tuple(_open(path, limits) for path in locate(spec, limits)))
    if not data.kinds:
        raise BadData(f"{data.name}: has no column that can be read")
    return data


def _common(one: FileColumn, other: FileColumn, file: str) -> FileColumn:
    """One column of a data set from what two of its files have under its name."""
    if one.is_blank:
        return other
    if other.is_blank or one.kind is None or other.kind is None:
        return other if other.kind is None else one
    both_text = one.written_as == other.written_as == TEXT
    kind = common_kind(one.kind, other.kind) or (Kind.STRING if both_text else None)
    if kind is None:
        raise BadData(
            f"{file}: column {one.name!r} is {other.kind.value}, "
            f"in an earlier file {one.kind.value}"
        )
    written = one.written_as if one.written_as != TEXT else other.written_as
    return FileColumn(one.name, kind, written)


def _open(path: Path, limits: Limits) -> TableFile:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise BadData(f"{path.name!a}: the name of the file is not UTF-8") from None
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError:
        raise BadData(f"{path.name}: cannot be opened") from None
    if start.startswith(_PARQUET_MAGIC):
        return open_parquet(path, limits)
    if start.startswith((FILE_MAGIC, STREAM_MAGIC)):
        return open_arrow(path, limits)
    if path.suffix.lower() in _TEXT_SUFFIXES:
        return open_csv(path, limits)
    raise BadData(f"{path.name}: is no Parquet, CSV or Arrow file")
