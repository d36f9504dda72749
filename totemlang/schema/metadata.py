"""What a provider publishes about a data set: the premises of every quote, and never a row.

Counts and sizes are exact or declared ceilings; `lower` and `upper` of a column were rounded
outward. None means: not published. Dates are days, timestamps and durations microseconds.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.schema.types import Type


@frozen
class ColumnMetadata:
    """A column: its type (optional where values are missing) and what is known of its values.

    `max_bytes` is the longest string in bytes of UTF-8; `total_bytes` the sum over the column of
    max(1, bytes), missing values counting 1. `distinct` counts different values, missing aside.
    """

    name: str
    type: Type
    distinct: int | None = None
    missing: int | None = None
    lower: int | float | None = None
    upper: int | float | None = None
    max_bytes: int | None = None
    total_bytes: int | None = None


@frozen
class Metadata:
    """A data set: rows (`rows_exact` False: a declared ceiling) and its columns in order."""

    name: str
    rows: int | None
    columns: tuple[ColumnMetadata, ...]
    rows_exact: bool = True

    def column(self, name: str) -> ColumnMetadata | None:
        """The column of that name, if there is one."""
        return next((c for c in self.columns if c.name == name), None)
