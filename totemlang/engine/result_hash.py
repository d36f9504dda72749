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
from threading import Thread
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from totemlang.bytecode.module import Value
from totemlang.schema.types import Field, Kind, Type

TABLE_HEAD = b"totem result 1\n"
"""What the encoding of a table begins with."""

_AT_ONCE = 65_536
"""Values encoded at a time."""

_WORTH_A_THREAD = 1 << 20
"""Bytes of a table that take a millisecond."""

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


@define
class HashInMaking:
    """The hash of a result table, made while its holder does other things, if that is worth it."""

    table: pa.Table
    columns: Sequence[Field]
    _found: str | None = field(default=None, init=False)
    _error: BaseException | None = field(default=None, init=False)
    _thread: Thread | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin."""
        if self.table.nbytes >= _WORTH_A_THREAD:
            self._thread = Thread(target=self._make, daemon=True)
            self._thread.start()

    def result(self) -> str:
        """The hash, once it is made; see `table_hash`."""
        if self._thread is None:
            return table_hash(self.table, self.columns)
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._found is not None
        return self._found

    def _make(self) -> None:
        try:
            self._found = table_hash(self.table, self.columns)
        except BaseException as error:
            self._error = error


def table_encoding(table: pa.Table, columns: Sequence[Field]) -> Iterator[bytes | memoryview]:
    """The encoding of a result table, piece by piece; some pieces are those of the table."""
    yield TABLE_HEAD + _count(len(columns))
    for column in columns:
        yield _text(column.name) + _text(str(column.type))
    yield _count(table.num_rows)
    for column, chunks in zip(columns, table.columns, strict=True):
        for chunk in chunks.chunks:
            for start in range(0, len(chunk), _AT_ONCE):
                yield _column(chunk.slice(start, _AT_ONCE), column.type.kind)


def _column(array: pa.Array, kind: Kind) -> bytes | memoryview:
    """The values of an array without nulls."""
    if kind is Kind.STRING:
        return _strings(array)
    if kind is Kind.BOOL:
        return bytes(array.cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes())
    width = array.type.bit_width // 8
    if kind in _NAN:
        values = array.to_numpy(zero_copy_only=False)
        if np.isnan(values.min(initial=0)):  # which is NaN where any is
            values = np.where(np.isnan(values), np.frombuffer(_NAN[kind], values.dtype), values)
        return _bytes(values.astype(f"<f{width}", copy=False))
    whole = array.view(pa.int32() if width == 4 else pa.int64())
    return _bytes(whole.to_numpy(zero_copy_only=False).astype(f"<i{width}", copy=False))


def _bytes(values: Any) -> memoryview:
    """Numbers as they lie."""
    held: Any = np.ascontiguousarray(values)
    return memoryview(held).cast("B")


def _strings(array: pa.Array) -> bytes:
    """Each length and the bytes after it, laid out for all of them at once."""
    lengths = pc.binary_length(array).to_numpy(zero_copy_only=False).astype("<i8")
    whole = np.ones(int(lengths.sum()) + 8 * len(lengths), dtype=bool)
    ends = np.cumsum(lengths + 8)
    heads = (ends - lengths - 8)[:, None] + np.arange(8)
    whole[heads.ravel()] = False
    laid = np.empty(len(whole), dtype=np.uint8)
    laid[heads.ravel()] = lengths.view(np.uint8)
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset :]
    data = np.frombuffer(array.buffers()[2] or b"", np.uint8)
    laid[whole] = data[offsets[0] : offsets[len(array)]]
    return laid.tobytes()


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
