"""A result as it travels: the very bytes whose SHA-256 is the result's hash, and back to a table.

Whoever receives it hashes what he got, and has the exact bits of every value. What comes from
another machine is read within bounds and never trusted.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pyarrow as pa
from attrs import define

from totemlang.data.kinds import ARROW
from totemlang.data.python_values import to_array
from totemlang.diagnostics import BadData
from totemlang.engine.result_hash import FORMS, TABLE_HEAD, table_encoding
from totemlang.schema.types import Field, Kind, parse_type

MAX_RESULT_BYTES = 256 * 2**20
"""Bytes of a result that is read."""

_MAX_COLUMNS = 1_000


def write_result(table: pa.Table, columns: Sequence[Field]) -> bytes:
    """The encoding of a result table; SHA-256 of it is `table_hash`."""
    return b"".join(table_encoding(table, columns))


def read_result(data: bytes) -> tuple[pa.Table, tuple[Field, ...]]:
    """The table and its columns.

    Raises:
        BadData: for anything but the one encoding of a table, or more than `MAX_RESULT_BYTES`.
    """
    if len(data) > MAX_RESULT_BYTES:
        raise BadData(f"a result of more than {MAX_RESULT_BYTES:,} bytes")
    try:
        reader = _Reader(memoryview(data))
        if bytes(reader.take(len(TABLE_HEAD))) != TABLE_HEAD:
            raise ValueError
        columns = tuple(reader.column() for _ in range(reader.count(_MAX_COLUMNS)))
        rows = reader.count(len(data))
        arrays = [reader.values(column.type.kind, rows) for column in columns]
        if reader.left or (rows and not columns):
            raise ValueError
    except (ValueError, struct.error, pa.ArrowException):
        raise BadData("what was delivered is no result") from None
    schema = pa.schema([pa.field(c.name, ARROW[c.type.kind], nullable=False) for c in columns])
    return pa.Table.from_arrays(arrays, schema=schema), columns


@define
class _Reader:
    """What is left to read. Every method raises ValueError or struct.error at the end."""

    _data: memoryview
    _at: int = 0

    @property
    def left(self) -> int:
        """Bytes that are left."""
        return len(self._data) - self._at

    def take(self, size: int) -> memoryview:
        if not 0 <= size <= self.left:
            raise ValueError
        self._at += size
        return self._data[self._at - size : self._at]

    def count(self, most: int) -> int:
        found: int = struct.unpack("<q", self.take(8))[0]
        if not 0 <= found <= most:
            raise ValueError
        return found

    def text(self) -> str:
        return bytes(self.take(self.count(self.left))).decode()

    def column(self) -> Field:
        name, type_ = self.text(), parse_type(self.text())
        if not type_.is_scalar or len(name) > 1_000:
            raise ValueError
        return Field(name, type_)

    def values(self, kind: Kind, rows: int) -> pa.Array:
        if kind is Kind.STRING:
            return to_array([self.text() for _ in range(rows)], kind)
        form = struct.Struct(FORMS[kind])
        data = self.take(rows * form.size)
        if kind is Kind.BOOL and any(byte > 1 for byte in data):
            raise ValueError
        return to_array([value for (value,) in form.iter_unpack(data)], kind)
