"""Tables that people keep as CSV: read strictly, within bounds, each row with its place.

A table file may come from anybody, so that everything about it is checked before it is believed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from attrs import frozen

from totemlang.diagnostics import Diagnostic, ErrorClass
from totemlang.source import NOWHERE, Source, Span

MAX_TEXT = 65_536
MAX_ROWS = 1_000
MAX_CELL = 200


@frozen
class Record:
    """A row of the file: its cells without outer white space, and where its line stands."""

    cells: tuple[str, ...]
    span: Span


@frozen
class Findings:
    """Collects what is wrong with one table file, under one class of error."""

    source: Source
    found: list[Diagnostic]

    def add(
        self, code: str, error_class: ErrorClass, message: str, span: Span = NOWHERE, hint: str = ""
    ) -> None:
        """Note one more finding."""
        self.found.append(Diagnostic(code, error_class, message, span, hint, self.source))


def read_table(
    source: Source, header: Sequence[str], code: str, error_class: ErrorClass
) -> tuple[tuple[Record, ...], Findings]:
    """The rows below the header, and what is wrong with the file (all under `code`).

    Rows that are malformed are left out and reported. Empty lines are skipped.
    """
    findings = Findings(source, [])
    text = source.text.removeprefix("\ufeff")
    if len(text) > MAX_TEXT:
        findings.add(code, error_class, f"the file has more than {MAX_TEXT} characters")
        return (), findings
    if any(
        (ord(sign) < 32 and sign not in "\t\r\n") or "\ud800" <= sign <= "\udfff" for sign in text
    ):
        findings.add(code, error_class, "the file holds characters that are not text")
        return (), findings
    records: list[Record] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    seen_header = False
    try:
        for cells in reader:
            span = _line_span(source, reader.line_num)
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if not seen_header:
                seen_header = True
                if cells != list(header):
                    findings.add(
                        code,
                        error_class,
                        "the first line does not name the columns",
                        span,
                        f"it reads {','.join(header)}",
                    )
                    return (), findings
            elif len(cells) != len(header):
                findings.add(
                    code,
                    error_class,
                    f"a row has {len(header)} cells, this one has {len(cells)}",
                    span,
                    "a cell that holds a comma stands in double quotes",
                )
            elif any(len(cell) > MAX_CELL for cell in cells):
                findings.add(code, error_class, f"a cell is longer than {MAX_CELL}", span)
            elif len(records) >= MAX_ROWS:
                findings.add(code, error_class, f"the table has more than {MAX_ROWS} rows", span)
                return tuple(records), findings
            else:
                records.append(Record(tuple(cells), span))
    except csv.Error as error:
        findings.add(
            code, error_class, f"not CSV: {error}", _line_span(source, max(1, reader.line_num))
        )
    if not seen_header:
        findings.add(code, error_class, "the table is empty", NOWHERE, ",".join(header))
    return tuple(records), findings


def _line_span(source: Source, line: int) -> Span:
    line = min(line, len(source.line_starts))
    start = source.line_starts[line - 1]
    return Span(start, start + len(source.line(line)))
