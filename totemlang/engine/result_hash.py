"""The hash of a result: SHA-256 over one encoding of its exact bits, the same on every machine.

The encoding of a table: the line `totem result 1`, the number of columns, of each its name and
type; the number of rows; then each column's values. Numbers stand little-endian in the width of
their kind (bool 1 byte, date 4, timestamp and duration 8; counts and lengths 8), texts as length
and UTF-8. There is one NaN. A script's variables are encoded as a table's columns are, each with
the number of its values, a missing one as none.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from totemlang.bytecode.module import Value
from totemlang.data.python_values import to_values
from totemlang.schema.types import Field, Kind, Type

TABLE_HEAD = b"totem result 1\n"
"""What the encoding of a table begins with."""

FORMS = {
    Kind.BOOL: "<?",
    Kind.INT: "<i",
    Kind.LONG: "<q",
    Kind.FLOAT: "<f",
    Kind.DOUBLE: "<d",
    Kind.DATE: "<i",
    Kind.TIMESTAMP: "<q",
    Kind.DURATION: "<q",
}
"""How a number stands in the encoding."""

_NAN = {Kind.FLOAT: struct.pack("<I", 0x7FC00000), Kind.DOUBLE: struct.pack("<Q", 0x7FF8 << 48)}


def table_hash(table: pa.Table, columns: Sequence[Field]) -> str:
    """The hash, in hex, of a result table; how it is cut into pieces makes no difference."""
    digest = hashlib.sha256()
    for piece in table_encoding(table, columns):
        digest.update(piece)
    return digest.hexdigest()


def table_encoding(table: pa.Table, columns: Sequence[Field]) -> Iterator[bytes]:
    """The encoding of a result table, piece by piece."""
    yield TABLE_HEAD + _count(len(columns))
    for column in columns:
        yield _text(column.name) + _text(str(column.type))
    yield _count(table.num_rows)
    for column, chunks in zip(columns, table.columns, strict=True):
        for chunk in chunks.chunks:
            yield _values(to_values(chunk, column.type.kind), column.type.kind)


def variables_hash(variables: Mapping[str, tuple[Type, Value]]) -> str:
    """The hash, in hex, of the variables of a script, in their order."""
    digest = hashlib.sha256(b"totem variables 1\n" + _count(len(variables)))
    for name, (type_, value) in variables.items():
        values: tuple[Value, ...] = () if value is None else (value,)
        if type_.is_array and isinstance(value, list | tuple):
            values = tuple(value)
        digest.update(_text(name) + _text(str(type_)) + _count(len(values)))
        digest.update(_values(values, type_.kind))
    return digest.hexdigest()


def _values(values: Iterable[Value], kind: Kind) -> bytes:
    if kind is Kind.STRING:
        return b"".join(_text(str(value)) for value in values)
    form = struct.Struct(FORMS[kind])
    nan = _NAN.get(kind)
    if nan is None:
        return b"".join(form.pack(value) for value in values)
    return b"".join(form.pack(value) if value == value else nan for value in values)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _count(len(encoded)) + encoded


def _count(number: int) -> bytes:
    return struct.pack("<q", number)
