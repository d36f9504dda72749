"""Results in files: CSV, JSON, Parquet or Arrow, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from totemlang.cli.values import csv_value
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from totemlang.schema.types import Field

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


def table_bytes(table: pa.Table, columns: Sequence[Field], wanted: str) -> bytes:
    """A result in one of the formats."""
    if wanted == "json":
        return (json.dumps(table_document(table, columns), ensure_ascii=False) + "\n").encode()
    if wanted == "csv":
        return _csv(table, columns).encode()
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


def table_document(table: pa.Table, columns: Sequence[Field]) -> dict[str, Any]:
    """A result as `run --json` has it: `columns` with names and types, `rows`."""
    from totemlang.engine.result_json import json_columns, json_rows

    return {"columns": json_columns(columns), "rows": json_rows(table, columns)}


def _csv(table: pa.Table, columns: Sequence[Field]) -> str:
    from totemlang.engine.result_json import json_rows

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([csv_value(cell) for cell in row] for row in json_rows(table, columns))
    return text.getvalue()


def _umask() -> int:
    """The mask of new files, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
