"""Metadata as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from totemlang.cli.table import plain_table
from totemlang.cli.values import shown
from totemlang.schema.metadata import ColumnMetadata, Metadata

if TYPE_CHECKING:
    from rich.console import RenderableType


def metadata_table(metadata: Metadata) -> tuple[RenderableType, ...]:
    """A line about the data set and a table of its columns; what is not published is left open."""
    rows = [
        (
            column.name,
            str(column.type),
            _count(column.distinct),
            _count(column.missing),
            _bound(column, column.lower),
            _bound(column, column.upper),
            _bytes(column),
        )
        for column in metadata.columns
    ]
    head = ("column", "type", "distinct", "missing", "from", "to", "bytes")
    number = _count(metadata.rows) or "a number of"
    ceiling = "" if metadata.rows_exact or metadata.rows is None else "at most "
    return (
        f"{metadata.name}: {ceiling}{number} row{'' if metadata.rows == 1 else 's'}, "
        f"{len(metadata.columns)} column{'' if len(metadata.columns) == 1 else 's'}",
        plain_table(head, rows, "llrrlll"),
    )


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _bytes(column: ColumnMetadata) -> str:
    """Of a string column: the longest, and all together."""
    parts = []
    if column.max_bytes is not None:
        parts.append(f"{column.max_bytes:,} at most")
    if column.total_bytes is not None:
        parts.append(f"{column.total_bytes:,} in all")
    return ", ".join(parts)


def _bound(column: ColumnMetadata, value: int | float | None) -> str:
    return "" if value is None else shown(column.type.element, value)
