"""Arrow columns into a machine's memory: values as they lie, truth values as bytes.

Strings come as offsets into their bytes, or coded: as indices into a table of packed strings.
"""

from __future__ import annotations

import ctypes
import struct
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from attrs import define, field, frozen

from totemlang.data.coded import is_coded, sizes_of, total_bytes
from totemlang.native.instance import Instance
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind


@frozen
class Source:
    """Bytes of this process that are to be brought to memory; `owner` keeps them alive."""

    address: int
    size: int
    owner: Any


@frozen
class ColumnBytes:
    """A column: its values (of strings the offsets), bits of those present, bytes of strings.

    `first` is the offset of the first string, `total` the bytes of the strings in the estimator
    table's measure, at least 1 each. Of coded strings the values are indices, and `table` the
    strings that they are indices of.
    """

    values: Source
    present: Source | None = None
    text: Source | None = None
    first: int = 0
    total: int = 0
    table: KnownStrings | None = None


def _of_numpy(array: Any) -> Source:
    held = np.ascontiguousarray(array)
    return Source(held.ctypes.data, held.nbytes, held)


@define
class KnownStrings:
    """The strings of a coded column: mostly they are those of the batch before.

    `sizes` as in `sizes_of`.
    """

    strings: pa.Array | None = None
    sizes: Any = None
    offsets: Any = None
    text: Source = field(factory=lambda: Source(0, 0, None))
    _packed: tuple[int, bytes] = field(default=(-1, b""), init=False)

    def packed(self, address: int) -> bytes:
        """The strings as i64 each, where their bytes stand at an address."""
        if self._packed[0] != address:
            found = packed(self.offsets, address, int(self.offsets[0]))
            self._packed = address, found.tobytes()
        return self._packed[1]

    def see(self, strings: pa.Array) -> None:
        """Know these strings."""
        if self.strings is not None and strings.equals(self.strings):
            return
        self.offsets = offsets_of(strings)
        self.text = _text(strings, int(self.offsets[0]), int(self.offsets[-1]))
        self.strings, self.sizes, self._packed = strings, sizes_of(strings), (-1, b"")


def column_bytes(
    array: pa.Array, kind: Kind, optional: bool, known: KnownStrings | None = None
) -> ColumnBytes:
    """Look at a column of a batch; `known` are the strings of the batch before."""
    rows = len(array)
    present = _present(array) if optional else None
    if kind is Kind.STRING:
        if is_coded(array):
            return _coded(array, present, known or KnownStrings())
        return _strings(array, present)
    buffer = array.buffers()[1]
    if buffer is None:
        return ColumnBytes(Source(0, 0, None), present)
    if kind is Kind.BOOL:
        return ColumnBytes(_of_numpy(_bits(buffer, array)), present)
    width = WIDTH[kind]
    start = buffer.address + array.offset * width
    return ColumnBytes(Source(start, rows * width, buffer), present)


def _present(array: pa.Array) -> Source:
    """A bit for each value that is there, the first in the lowest bit of the first byte."""
    validity, size = array.buffers()[0], (len(array) + 7) >> 3
    if validity is None or not array.null_count:
        return _of_numpy(np.full(size, 0xFF, np.uint8))
    if array.offset & 7:
        return _of_numpy(np.packbits(_bits(validity, array), bitorder="little"))
    return Source(validity.address + (array.offset >> 3), size, validity)


def _bits(buffer: pa.Buffer, array: pa.Array) -> Any:
    """The bits of an array in a buffer, a byte each."""
    first, rows = array.offset >> 3, len(array)
    skipped = array.offset & 7
    bits = np.frombuffer(buffer, np.uint8, (skipped + rows + 7) >> 3, first)
    return np.unpackbits(bits, count=skipped + rows, bitorder="little")[skipped:]


def offsets_of(array: pa.Array) -> Any:
    """The offsets of a column of strings, one more than there are strings."""
    buffer = array.buffers()[1]
    if buffer is None or buffer.size == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(buffer, np.int32, len(array) + 1, array.offset * 4)


def _strings(array: pa.Array, present: Source | None) -> ColumnBytes:
    offsets = offsets_of(array)
    first, last = int(offsets[0]), int(offsets[-1])
    if array.null_count:
        sizes = np.diff(offsets) * _bits(array.buffers()[0], array)
        total = int(sizes.sum(dtype=np.int64)) + int(np.count_nonzero(sizes == 0))
    else:
        total = _plain_total(offsets)
    return ColumnBytes(_of_numpy(offsets), present, _text(array, first, last), first, total)


def _coded(array: pa.Array, present: Source | None, known: KnownStrings) -> ColumnBytes:
    known.see(array.dictionary)
    indices, rows = array.buffers()[1], len(array)
    if indices is None or not rows:
        values = Source(0, 0, None)
    else:
        values = Source(indices.address + 4 * array.offset, 4 * rows, indices)
    total = total_bytes(array, known.sizes)
    return ColumnBytes(values, present, known.text, int(known.offsets[0]), total, known)


def _text(strings: pa.Array, first: int, last: int) -> Source:
    """The bytes of strings from one offset to another."""
    buffer = strings.buffers()[2]
    if buffer is None or last == first:
        return Source(0, 0, None)
    return Source(buffer.address + first, last - first, buffer)


def strings_total(array: pa.Array) -> int:
    """Bytes of a column of strings, none of them missing, at least 1 each."""
    return total_bytes(array) if is_coded(array) else _plain_total(offsets_of(array))


def _plain_total(offsets: Any) -> int:
    empty = int(np.count_nonzero(offsets[1:] == offsets[:-1]))
    return int(offsets[-1]) - int(offsets[0]) + empty


@define
class Input:
    """The block of memory that holds the batch at hand; it grows as batches ask."""

    instance: Instance
    address: int = 0
    size: int = 0
    used: int = 0
    known: defaultdict[int, KnownStrings] = field(factory=lambda: defaultdict(KnownStrings))
    """The strings of coded columns, by parameter."""
    _waiting: list[tuple[int, Source]] = field(factory=list)

    def begin(self) -> None:
        """Forget the batch before."""
        self.used = 0
        self._waiting.clear()

    def place(self, source: Source | None) -> int:
        """Where bytes will stand, from the start of the block."""
        if source is None:
            return 0
        self._waiting.append((self.used, source))
        return self.reserve(source.size)

    def reserve(self, size: int) -> int:
        """Where so many bytes will stand that are brought later."""
        at = self.used
        self.used = (at + size + 7) & ~7
        return at

    def bring(self) -> int:
        """Bring everything; gives the address of the block. Raises `Trapped`: no memory."""
        self.make_room(max(self.used, 8))
        for at, source in self._waiting:
            self.instance.copy_in(self.address + at, source.address, source.size)
        self._waiting.clear()
        return self.address

    def make_room(self, size: int) -> None:
        """Have a block of so many bytes."""
        if size <= self.size:
            return
        if self.address:
            self.instance.release(self.address)
            self.address = self.size = 0
        self.address = self.instance.hold(size)
        self.size = size


def packed(offsets: Any, address: int, first: int) -> Any:
    """Strings as i64 each, from their offsets and where their bytes stand."""
    starts = offsets[:-1].astype(np.int64) + (address - first)
    sizes = np.diff(offsets).astype(np.int64)
    return starts | sizes << 32


def frame_words(entries: Sequence[Sequence[int]]) -> bytes:
    """The frame of a stage: four words a parameter."""
    words = [word for entry in entries for word in (*entry, 0, 0, 0, 0)[:4]]
    return struct.pack(f"<{len(words)}I", *words)


def source_of(source: Source, dtype: Any) -> Any:
    """The bytes of a source as an array of numbers."""
    held: Any = (ctypes.c_uint8 * source.size).from_address(source.address)
    return np.frombuffer(held, dtype)
