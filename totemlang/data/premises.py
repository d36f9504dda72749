"""Holding data against the metadata published about it, before anything is charged.

Where rows are exact, so are counts and sizes; else all are ceilings. Bounds and the longest string
are ceilings always.
"""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.data.distinct import DISTINCT_VALUES, DistinctCount
from totemlang.data.survey import ColumnSurvey
from totemlang.diagnostics import BadData
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import Kind


def survey_for(metadata: Metadata, column: ColumnMetadata, kind: Kind) -> ColumnSurvey:
    """The survey that holding a column against its metadata needs.

    Raises:
        BadData: where `distinct` is a promise that cannot be held against data in bounded memory.
    """
    if column.distinct is None:
        return ColumnSurvey(kind, None)
    if metadata.rows is not None and column.distinct > metadata.rows:
        if metadata.rows_exact:
            raise _broken(metadata, column, "distinct")
        return ColumnSurvey(kind, None)  # a ceiling that no data of so many rows can break
    if column.distinct > DISTINCT_VALUES:
        raise BadData(
            f"the metadata of column {column.name!r} promises a number of different values "
            f"over {DISTINCT_VALUES:,}, which is not checked: leave it out"
        )
    return ColumnSurvey(kind, DistinctCount(most_values=column.distinct))


def check_rows(metadata: Metadata, rows: int) -> None:
    """Raise `BadData` where the number of rows is not what was published."""
    if metadata.rows is not None and not _keeps(metadata.rows, rows, metadata.rows_exact):
        raise BadData(f"{metadata.name}: the number of rows is not the published one")


def check_column(
    metadata: Metadata, column: ColumnMetadata, survey: ColumnSurvey, *, distinct: bool = True
) -> None:
    """Raise `BadData` where a column is not as published, naming it and what it breaks.

    `distinct`: the number of different values is to be held against the data.
    """
    counted = column.distinct
    if distinct and survey.distinct is not None:
        counted = survey.distinct.count
    counts: Sequence[tuple[str, int | None, int | None]] = (
        ("distinct", column.distinct, counted),
        ("missing", column.missing, survey.missing),
        ("total_bytes", column.total_bytes, survey.total_bytes),
    )
    for what, published, found in counts:
        if published is None:
            continue
        if found is None or not _keeps(published, found, metadata.rows_exact):
            raise _broken(metadata, column, what)
    if column.max_bytes is not None and survey.max_bytes > column.max_bytes:
        raise _broken(metadata, column, "max_bytes")
    if not column.type.is_optional and survey.missing:
        raise _broken(metadata, column, "type: values are missing")
    if column.lower is not None and (
        not survey.is_bounded or (survey.lower is not None and survey.lower < column.lower)
    ):
        raise _broken(metadata, column, "lower")
    if column.upper is not None and (
        not survey.is_bounded or (survey.upper is not None and survey.upper > column.upper)
    ):
        raise _broken(metadata, column, "upper")


def _keeps(published: int, found: int, exact: bool) -> bool:
    return found == published if exact else found <= published


def _broken(metadata: Metadata, column: ColumnMetadata, what: str) -> BadData:
    return BadData(f"{metadata.name}: column {column.name!r} breaks its published {what}")
