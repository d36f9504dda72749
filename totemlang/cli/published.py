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
            _count(column.max_bytes),
            _count(column.total_bytes),
        )
        for column in metadata.columns
    ]
    head = ("column", "type", "distinct", "missing", "from", "to", "longest", "bytes in all")
    number = _count(metadata.rows) or "a number of"
    ceiling = "" if metadata.rows_exact or metadata.rows is None else "at most "
    return (
        f"{metadata.name}: {ceiling}{number} rows, {len(metadata.columns)} columns",
        plain_table(head, rows, "llrrrrrr"),
    )


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _bound(column: ColumnMetadata, value: int | float | None) -> str:
    return "" if value is None else shown(column.type.element, value)
