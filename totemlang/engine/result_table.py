"""Emitted rows as Arrow: between stages under plain numbers, at the end under their names."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from totemlang.data.kinds import ARROW
from totemlang.schema.types import Field


def emitted_schema(columns: Sequence[Field]) -> pa.Schema:
    """The Arrow columns of emitted rows, named by their position."""
    return pa.schema([pa.field(f"c{i}", ARROW[c.type.kind]) for i, c in enumerate(columns)])


def result_table(rows: pa.Table, columns: Sequence[Field]) -> pa.Table:
    """Emitted rows under the columns' names, key parts first, as whole columns."""
    schema = pa.schema([pa.field(c.name, ARROW[c.type.kind], nullable=False) for c in columns])
    return pa.Table.from_arrays(rows.combine_chunks().columns, schema=schema)
