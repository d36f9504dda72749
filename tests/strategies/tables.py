"""Rows as the VM has them, written to an Arrow file as a provider would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from totemlang.schema.types import Kind, parse_type

ARROW = {
    Kind.BOOL: pa.bool_(),
    Kind.INT: pa.int32(),
    Kind.LONG: pa.int64(),
    Kind.FLOAT: pa.float32(),
    Kind.DOUBLE: pa.float64(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.DURATION: pa.duration("us"),
    Kind.STRING: pa.string(),
}


def write_rows(
    path: Path, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]
) -> Path:
    """Write rows of named and typed columns to an Arrow file."""
    arrays = []
    for number, (_, kind) in enumerate(columns):
        at = ARROW[parse_type(kind).kind]
        values = [row[number] for row in rows]
        stored = pa.int32() if pa.types.is_date(at) else pa.int64()
        is_time = pa.types.is_temporal(at)
        array = pa.array(values, stored).view(at) if is_time else pa.array(values, at)
        arrays.append(array)
    table = pa.table(arrays, names=[name for name, _ in columns])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return path
