"""CSV files: comma, semicolon or tab, a header line, UTF-8; read block by block.

The kinds of columns follow from all values of all the file, in one pass of bounded memory, so
they do not depend on a sample; a program that declares a column's type has it read as that.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
from attrs import define, field, frozen

from totemlang.data.csv_values import FORMS, Form, fits, forms_of, read_text, trimmed
from totemlang.data.limits import Limits
from totemlang.data.normalise import normalised_pieces, reading
from totemlang.data.table_file import TEXT, FileColumn, Identity, without_repeats
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind

_UNREADABLE = "cannot be read as CSV"
_BLOCK = 2**20


@frozen
class _Shape:
    """How the text is laid out."""

    delimiter: str
    header: tuple[str, ...]


@define(frozen=True, slots=False)
class CsvTable:
    """A CSV file; nothing of it is held but its header and, once asked for, its kinds."""

    identity: Identity
    limits: Limits
    shape: _Shape = field(repr=False)
    rows: int | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.identity.path.name

    @cached_property
    def columns(self) -> tuple[FileColumn, ...]:
        """The columns with the kinds that all their values have; reads the whole file."""
        return tuple(
            FileColumn(name, form.kind if form else Kind.STRING, TEXT, name not in self._seen)
            for name, form in ((n, next(iter(f), None)) for n, f in self._forms.items())
        )

    @property
    def _forms(self) -> dict[str, tuple[Form, ...]]:
        """For each column the forms that all its values have, none where there is no value."""
        return self._examined[0]

    @property
    def _seen(self) -> frozenset[str]:
        """The columns with any value."""
        return self._examined[1]

    @cached_property
    def _examined(self) -> tuple[dict[str, tuple[Form, ...]], frozenset[str]]:
        open_forms = dict.fromkeys(self.shape.header, FORMS)
        seen: set[str] = set()
        for batch in self._texts(self.shape.header, _BLOCK):
            for name in self.shape.header:
                values = trimmed(batch.column(name))
                if values.null_count < len(values):
                    seen.add(name)
                open_forms[name] = tuple(form for form in open_forms[name] if fits(values, form))
        kept = {name: forms if name in seen else () for name, forms in open_forms.items()}
        return kept, frozenset(seen)

    @property
    def units(self) -> None:
        """A line does not tell where it stands: a text is read from its beginning."""

    def batches(
        self,
        columns: Sequence[str],
        rows: int,
        kinds: Mapping[str, Kind],
        units: range | None = None,
        *,
        may_code: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """See `TableFile`; a text is read as any kind that has a written form.

        Raises:
            BadData: for a row with too few or many fields, a text that is none of its kind,
                and whatever else cannot be read.
        """
        forms = {name: self._form(name, kinds[name]) for name in columns}
        for texts in self._texts(columns, rows):
            arrays = [
                read_text(texts.column(name), forms[name], name, self.name) for name in columns
            ]
            batch = pa.RecordBatch.from_arrays(arrays, names=list(columns))
            yield from normalised_pieces(batch, columns, kinds, self.name, self.limits)

    def _form(self, column: str, kind: Kind) -> Form | None:
        if kind is Kind.STRING:
            return None
        forms = forms_of(kind)
        if not forms:
            raise BadData(f"{self.name}: column {column!r}: a {kind.value} has no form in CSV")
        if len(forms) > 1:  # with a zone or without: what all values have
            kept = [form for form in self._forms[column] if form in forms]
            return kept[0] if kept else forms[0]
        return forms[0]

    def _texts(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        self.identity.check()
        ragged: list[int] = []

        def refuse(row: pa_csv.InvalidRow) -> str:
            ragged.append(row.number or 0)
            return "error"

        try:
            with reading(self.name, _UNREADABLE):
                for batch in self._reader(columns, refuse):
                    for start in range(0, batch.num_rows, rows):
                        yield batch.slice(start, rows)
        except BadData:
            if ragged:
                raise BadData(
                    f"{self.name}: row {ragged[0]} has another number of fields than the header"
                ) from None
            raise
        self.identity.check()

    def _reader(self, columns: Sequence[str], refuse: object) -> pa_csv.CSVStreamingReader:
        return pa_csv.open_csv(
            self.identity.path,
            read_options=pa_csv.ReadOptions(
                use_threads=False,
                block_size=self.limits.csv_row_bytes,
                skip_rows=0,
                column_names=None,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self.shape.delimiter, newlines_in_values=True, invalid_row_handler=refuse
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(self.shape.header, pa.string()),
                include_columns=list(columns),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )


def open_csv(path: Path, limits: Limits) -> CsvTable:
    """Open a CSV file: its text is looked through once, its values are not.

    Raises:
        BadData: for text that is not UTF-8 or holds NUL, a quoted field without end, no header
            or a header that names a column twice.
    """
    identity = Identity.of(path)
    with reading(path.name, _UNREADABLE):
        shape = _look_through(path, limits)
    without_repeats([FileColumn(n, None, TEXT) for n in shape.header], path.name, limits.columns)
    return CsvTable(identity, limits, shape)


def _look_through(path: Path, limits: Limits) -> _Shape:
    decoder = codecs.getincrementaldecoder("utf-8")()
    first, quotes = b"", 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if len(first) < limits.csv_row_bytes:
                first += block
            if b"\0" in block:
                raise BadData(f"{path.name}: holds a NUL character, which no text does")
            quotes += block.count(b'"')
            _decode(decoder, block, path.name, final=False)
    _decode(decoder, b"", path.name, final=True)
    if quotes % 2:
        raise BadData(f"{path.name}: a quoted field has no end")
    return _header(first, path.name)


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, file: str, *, final: bool) -> None:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        raise BadData(f"{file}: the text is not UTF-8") from None


def _header(first: bytes, file: str) -> _Shape:
    text = first.decode("utf-8-sig", "ignore")
    line = next((line for line in text.splitlines() if line), "")
    delimiter = max(",;\t", key=lambda sign: line.count(sign))
    header = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    if not header or not all(0 < len(name) <= 1_000 for name in header):
        raise BadData(f"{file}: the first line must name the columns")
    return _Shape(delimiter, tuple(header))
