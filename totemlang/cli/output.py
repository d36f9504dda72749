"""Results in files: CSV, JSON, Parquet or Arrow, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from totemlang.cli.values import column_type, column_values, csv_value, json_value
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("csv", "json", "parquet", "arrow")

_FORMAT_OF = {
    ".csv": "csv",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}


def format_of(path: Path, asked: str | None) -> str:
    """The format to write: the one asked for, else what the ending says.

    Raises:
        UsageError: where neither tells.
    """
    known = asked or _FORMAT_OF.get(path.suffix.lower())
    if known not in FORMATS:
        raise UsageError(f"what format is {path}? end it in .csv, .json, .parquet or .arrow")
    return known


def require_writable(path: Path) -> None:
    """Make sure, before anything is charged, that a file can be written at the end.

    Raises:
        UsageError: where it cannot.
    """
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"{path} is a folder")
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder} to write {path.name} to")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"nothing may be written to {folder}")


def write_file(path: Path, content: bytes) -> None:
    """Write a file; whoever reads it at the same time sees the old or the new one, whole.

    Raises:
        UsageError: where it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None


def table_bytes(table: pa.Table, wanted: str) -> bytes:
    """A result in one of the formats."""
    if wanted == "json":
        return (json.dumps(table_document(table), ensure_ascii=False) + "\n").encode()
    if wanted == "csv":
        return _csv(table).encode()
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    if wanted == "parquet":
        import pyarrow.parquet

        pyarrow.parquet.write_table(table, sink, compression="zstd")
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def table_document(table: pa.Table) -> dict[str, Any]:
    """A result as `run --json` has it: `columns` with names and types, `rows`."""
    types = [column_type(table.column(i)) for i in range(table.num_columns)]
    columns = [
        [json_value(declared, value) for value in column_values(table.column(i))]
        for i, declared in enumerate(types)
    ]
    return {
        "columns": [
            {"name": name, "type": str(declared)}
            for name, declared in zip(table.column_names, types, strict=True)
        ],
        "rows": [list(row) for row in zip(*columns, strict=True)],
    }


def _csv(table: pa.Table) -> str:
    types = [column_type(table.column(i)) for i in range(table.num_columns)]
    columns = [
        [csv_value(declared, value) for value in column_values(table.column(i))]
        for i, declared in enumerate(types)
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _umask() -> int:
    """The mask of new files, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
