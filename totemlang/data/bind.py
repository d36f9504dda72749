"""A program's columns bound to a data set: types, missing values, constraints and premises.

Everything is checked in one reading before the first totem is charged, so bad data never costs
anything and where it stands in the file decides nothing. Small data is kept from that reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa
from attrs import define, evolve, field

from totemlang.bytecode.module import Dataset
from totemlang.data.bound_column import NARROWER, BoundColumn
from totemlang.data.coded import written_out
from totemlang.data.file import BATCH_ROWS, DataFile
from totemlang.data.kinds import ARROW, WIDER
from totemlang.data.premises import check_column, check_rows, survey_for
from totemlang.data.readers import Readers, rows_at_once
from totemlang.data.row_range import piece_around
from totemlang.data.shared_pieces import SharedPieces
from totemlang.data.survey import ColumnSurvey
from totemlang.diagnostics import BadData
from totemlang.schema.metadata import Metadata
from totemlang.schema.types import Field, Kind


@define(frozen=True, slots=False, eq=False)
class BoundData:
    """A data set as a program takes it. It was read once; `rows` is exact."""

    data: DataFile
    columns: tuple[BoundColumn, ...]
    rows: int
    kept: tuple[pa.RecordBatch, ...] | None = field(repr=False)
    _shared: SharedPieces = field(factory=SharedPieces, init=False, repr=False)

    @property
    def edges(self) -> tuple[int, ...] | None:
        """Rows of the files at which reading can begin; None: only at 0."""
        return self.data.edges

    def unkept(self) -> BoundData:
        """The same data without the rows that are kept in memory."""
        return evolve(self, kept=None)

    def batches(
        self,
        rows: int = BATCH_ROWS,
        between: tuple[int, int] | None = None,
        *,
        may_code: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """All rows in order, at most `rows` at a time, the declared columns in their order.

        A program that takes no columns gets batches of one, for their number of rows. `between`
        asks for the rows from one to another (exclusive), where rows are kept or there are
        `edges`. `may_code`: strings may be `coded`, and a NaN any.

        Raises:
            BadData: where the file has changed since it was bound.
        """
        if self.kept is None:
            found = None if between is None else self._shared_rows(between, may_code)
            if found is None:
                yield from _read(self.data, self.columns, rows, between=between, may_code=may_code)
                return
            for batch in found:
                for start in range(0, batch.num_rows, rows):
                    yield batch.slice(start, rows)
            return
        for batch in self._kept_batches(rows, between):
            if may_code:
                yield batch
            else:
                yield from written_out(batch)

    def _shared_rows(self, part: tuple[int, int], may_code: bool) -> list[pa.RecordBatch] | None:
        """Rows that are a part of one piece of a file, which is read for all its parts."""
        piece = piece_around(self.edges or (), part)
        if piece is None or part[0] >= part[1] or piece == part or not self.columns:
            return None

        def read() -> Iterator[pa.RecordBatch]:
            rows = part[1] - part[0]
            return _read(self.data, self.columns, rows, between=piece, may_code=may_code)

        return self._shared.take(piece, part, read, may_code=may_code)

    def _kept_batches(self, rows: int, between: tuple[int, int] | None) -> Iterator[pa.RecordBatch]:
        assert self.kept is not None
        first, last = between or (0, self.rows)
        at = 0
        for batch in self.kept:
            stop = min(batch.num_rows, last - at)
            for start in range(max(0, first - at), stop, rows):
                yield batch.slice(start, min(rows, stop - start))
            at += batch.num_rows


def bind(
    dataset: Dataset,
    data: DataFile,
    metadata: Metadata | None = None,
    *,
    keep_bytes: int = 0,
    anew: bool = False,
    threads: int = 1,
) -> BoundData:
    """Bind a program's data set to a file and read it through once.

    Widening is free (int to long and double, long to double, float to double); a long column
    declared int is checked; text is read as whatever is declared. With `metadata` the data is
    held against it (`premises`). Up to `keep_bytes` bytes are kept in memory for the run. What
    earlier readings have shown is not read again, unless `anew`. So many `threads` read.

    Raises:
        BadData: naming file and column, never a value.
    """
    columns = bind_fields(dataset.columns, data)
    needed = _needed_surveys(metadata, columns)
    if not anew and _is_known(data, columns, needed):
        kept: list[pa.RecordBatch] | None = None
    else:
        kept = _read_through(data, columns, needed, keep_bytes, threads)
    rows = data.known.rows
    assert rows is not None
    if metadata is not None:
        check_rows(metadata, rows)
        for column, survey in zip(columns, needed, strict=True):
            found = metadata.column(column.field.name)
            if found is not None and survey is not None:
                seen = data.known.surveys[column.field.name, column.read_as]
                check_column(metadata, found, seen, distinct=survey.distinct is not None)
    return BoundData(data, columns, rows, None if kept is None else tuple(kept))


def bind_fields(fields: Sequence[Field], data: DataFile) -> tuple[BoundColumn, ...]:
    """The columns that a program names, each with the kind that it is read as.

    Raises:
        BadData: where there is no such column, or its type is another.
    """
    return tuple(_bind_field(field, data) for field in fields)


def _instead(name: str, data: DataFile) -> str:
    """What there is in place of a column. A text without a header has a row there: not shown."""
    if not data.is_text:
        return f"it has: {', '.join(list(data.kinds)[:20])}"
    near = [known for known in data.kinds if known.strip().lower() == name.lower()]
    return f"did you mean {near[0]!r}?" if near else "the first line of the text names the columns"


def _bind_field(field: Field, data: DataFile) -> BoundColumn:
    name, kind = field.name, field.type.kind
    if name in data.unreadable:
        raise BadData(
            f"{data.name}: column {name!r} has the type {data.unreadable[name]}, "
            "which no kind of the language reads"
        )
    own = data.kinds.get(name)
    if own is None:
        raise BadData(f"{data.name}: has no column {name!r} ({_instead(name, data)})")
    if kind is own or kind in WIDER.get(own, ()) or kind in NARROWER.get(own, ()):
        return BoundColumn(field, own, data.name)
    if data.reads_as(name, kind):
        return BoundColumn(field, kind, data.name)
    raise BadData(
        f"{data.name}: column {name!r} is {own.value}, the program takes {kind.value}; "
        f"declare it {own.value}"
    )


def _needed_surveys(
    metadata: Metadata | None, columns: Sequence[BoundColumn]
) -> list[ColumnSurvey | None]:
    """The surveys, not begun, that holding columns against what is published of them needs."""
    needed: list[ColumnSurvey | None] = []
    for column in columns:
        found = None if metadata is None else metadata.column(column.field.name)
        if metadata is None or found is None:
            needed.append(None)
        else:
            needed.append(survey_for(metadata, found, column.read_as))
    return needed


def _is_known(
    data: DataFile, columns: Sequence[BoundColumn], needed: Sequence[ColumnSurvey | None]
) -> bool:
    """Whether earlier readings tell all that a reading would."""
    if data.known.rows is None:
        return False
    for column, survey in zip(columns, needed, strict=True):
        if not data.known.fits(column.field, column.read_as):
            return False
        seen = data.known.surveys.get((column.field.name, column.read_as))
        if survey is None:
            continue
        if seen is None or (survey.distinct is not None and not seen.counts_distinct):
            return False
    return True


def _of_width(columns: Sequence[BoundColumn]) -> list[BoundColumn]:
    narrow = (Kind.STRING, Kind.BOOL)
    return [column for column in columns if column.field.type.kind not in narrow]


def _read_through(
    data: DataFile,
    columns: Sequence[BoundColumn],
    surveys: Sequence[ColumnSurvey | None],
    keep_bytes: int,
    threads: int,
) -> list[pa.RecordBatch] | None:
    """Read all rows, note what is seen; gives the rows where they fit in `keep_bytes`."""
    rows, size = 0, 0
    # Holding rows that will not all fit costs fresh memory for nothing: the files say how many.
    widths = sum(ARROW[column.field.type.kind].bit_width // 8 for column in _of_width(columns))
    fits = (data.rows or 0) * widths <= keep_bytes
    kept: list[pa.RecordBatch] | None = [] if fits else None
    count = rows_at_once(len(columns))

    def read(part: tuple[int, int] | None) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        for batch in _as_read(data, columns, count, part, may_code=True):
            yield batch, _taken(batch, columns)

    with Readers(threads) as readers:
        for found, batch in readers.read(data, len(columns), read):
            readers.each(
                partial(survey.add, found.column(column.field.name))
                for column, survey in zip(columns, surveys, strict=True)
                if survey is not None
            )
            rows += batch.num_rows
            size += batch.nbytes
            if kept is not None:
                kept.append(batch)
                kept = kept if size <= keep_bytes else None
    seen = {
        (column.field.name, column.read_as): survey
        for column, survey in zip(columns, surveys, strict=True)
        if survey is not None
    }
    data.known.note(rows, seen)
    data.known.taken |= {(column.field, column.read_as) for column in columns}
    return kept


def _read(
    data: DataFile,
    columns: Sequence[BoundColumn],
    rows: int,
    between: tuple[int, int] | None = None,
    *,
    may_code: bool,
) -> Iterator[pa.RecordBatch]:
    """Batches as the program takes them."""
    for batch in _as_read(data, columns, rows, between, may_code=may_code):
        yield _taken(batch, columns)


def _as_read(
    data: DataFile,
    columns: Sequence[BoundColumn],
    rows: int,
    between: tuple[int, int] | None,
    *,
    may_code: bool,
) -> Iterator[pa.RecordBatch]:
    names = [column.field.name for column in columns]
    kinds = {column.field.name: column.read_as for column in columns}
    return data.batches(names, rows, kinds, between, may_code=may_code)


def _taken(batch: pa.RecordBatch, columns: Sequence[BoundColumn]) -> pa.RecordBatch:
    """A batch, as it was read, as the program takes it."""
    if not columns:
        return batch
    found, changed = [], False
    for column, array in zip(columns, batch.columns, strict=True):
        taken = column.convert(array)
        changed = changed or taken is not array
        found.append(taken)
    return pa.RecordBatch.from_arrays(found, names=batch.schema.names) if changed else batch
