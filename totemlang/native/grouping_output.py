"""Groups as Arrow columns: read from where they lie in memory, brought into the order of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from totemlang.data.kinds import ARROW
from totemlang.native.grouping_layout import BINARY, NARROW, WHOLE, Cell, Layout
from totemlang.native.grouping_place import Instance, Room
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable
from totemlang.vm.tier import aggregate_schema

OUTPUT_ROWS = 1 << 16
"""Groups of a batch that is given out."""

_LONGEST_TEXT = (1 << 31) - 1
Numbers = npt.NDArray[np.int64]


@frozen(eq=False)
class Reader:
    """Reads groups of a layout that lie in `room`, for the last time: totals are rounded there."""

    layout: Layout
    room: Room
    instance: Instance
    prices: PriceTable

    @property
    def schema(self) -> pa.Schema:
        """The columns given."""
        signature = self.layout.signature
        return aggregate_schema(signature.keys, [value.kind for value in signature.values])

    def read(self, groups: Iterable[tuple[int, int]]) -> pa.Table:
        """The groups at these places, those of no rows left out, in any order."""
        batches = [batch for at, number in groups if number for batch in self._batches(at, number)]
        return pa.Table.from_batches(batches, self.schema)

    def _batches(self, at: int, number: int) -> Iterator[pa.RecordBatch]:
        self.instance.call("end", at, number)
        step = max(1, min(number, _LONGEST_TEXT // max(1, self._longest_texts(at, number))))
        for first in range(0, number, step):
            yield self._batch(at + first * self.layout.size, min(step, number - first))

    def _longest_texts(self, at: int, number: int) -> int:
        """The bytes of the longest string among the groups."""
        sizes = [self._words(at, number, offset) >> 32 for offset in self._text_offsets()]
        return max((int(size.max()) for size in sizes), default=0)

    def _text_offsets(self) -> list[int]:
        longs = [8 * k for k in self.layout.long_words]
        return [*longs, *(cell.offset for cell in self.layout.text_extremes)]

    def _batch(self, at: int, number: int) -> pa.RecordBatch:
        counts = self._words(at, number, self.layout.count)
        columns = [self._key(part, at, number) for part in range(len(self.layout.signature.keys))]
        columns.append(pa.array(counts))
        for value, asked in enumerate(self.layout.signature.values):
            columns += self._value(value, asked.kind, at, counts)
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        return batch if counts.all() else batch.filter(pa.array(counts != 0))

    def _words(self, at: int, number: int, offset: int) -> Numbers:
        found: Numbers = self.room.words(at + offset, number, self.layout.size).copy()
        return found

    def _key(self, part: int, at: int, number: int) -> pa.Array:
        kind = self.layout.signature.keys[part]
        first = next(k for k, word in enumerate(self.layout.words) if part in word.parts)
        if kind is Kind.STRING:
            sizes = self._words(at, number, 8 * first + 16) >> 32
            return self._texts(at, sizes, 8 * first, 1)
        words = self._words(at, number, 8 * first)
        parts = self.layout.words[first].parts
        return _array(words >> 32 if len(parts) > 1 and part == parts[0] else words, kind)

    def _value(self, value: int, kind: Kind, at: int, counts: Numbers) -> list[pa.Array]:
        cells = {cell.what: cell for cell in self.layout.cells if cell.value == value}
        number = len(counts)
        each = self.prices.bytes(kind)
        if each is None:
            offset = cells["bytes"].offset
            total, longest = (self._words(at, number, offset + more) for more in (0, 8))
        else:
            total, longest = counts * each, np.full(number, each, dtype=np.int64)
        return [
            pa.array(total),
            pa.array(longest),
            *self._total(cells.get("total"), kind, at, number),
            self._extreme(cells.get("least"), kind, at, number),
            self._extreme(cells.get("greatest"), kind, at, number),
        ]

    def _total(self, cell: Cell | None, kind: Kind, at: int, number: int) -> list[pa.Array]:
        over = np.zeros(number, dtype=np.bool_)
        if kind not in WHOLE and kind not in BINARY:
            return [pa.nulls(number), pa.array(over)]
        if cell is None:
            form = np.float64 if kind in BINARY else np.int64
            return [pa.array(np.zeros(number, form)), pa.array(over)]
        low = self._words(at, number, cell.offset)
        if kind in BINARY:
            return [pa.array(_canonical(low.view(np.float64))), pa.array(over)]
        high = self._words(at, number, cell.offset + 8)
        if kind is Kind.INT:
            over, low = high != high.astype(np.int32), (high << 32) + low
        else:
            over = high != low >> 63
        return [pa.array(low), pa.array(over)]

    def _extreme(self, cell: Cell | None, kind: Kind, at: int, number: int) -> pa.Array:
        if cell is None:
            return _no_values(kind, number)
        words = self._words(at, number, cell.offset)
        if kind is Kind.STRING:
            return self._texts(at, words >> 32, cell.offset, 0)
        return _array(words, kind)

    def _texts(self, at: int, sizes: Numbers, offset: int, is_key: int) -> pa.Array:
        offsets = np.zeros(len(sizes) + 1, dtype=np.int32)
        np.cumsum(sizes, out=offsets[1:])
        size = int(offsets[-1])
        out = self.instance.call("alloc", size + 16)
        self.instance.call("spell", at, len(sizes), offset, is_key, out)
        text = self.room.view(out, size, np.uint8).tobytes()
        self.instance.call("free", out, size + 16)
        return pa.StringArray.from_buffers(len(sizes), pa.py_buffer(offsets), pa.py_buffer(text))


def ordered(table: pa.Table, key_parts: int) -> Iterator[pa.RecordBatch]:
    """The groups of a table, keys ascending."""
    if not key_parts or table.num_rows < 2:
        yield from table.combine_chunks().to_batches(OUTPUT_ROWS)
        return
    keys = [plain(table.column(part)) for part in range(key_parts)]
    if any(pa.types.is_string(key.type) for key in keys):
        names = [f"k{part}" for part in range(key_parts)]
        order = pc.sort_indices(
            pa.Table.from_arrays(keys, names), [(name, "ascending") for name in names]
        ).to_numpy()
    else:
        numbers = [key.to_numpy() for key in keys]
        if all(bool((numbers[0][1:] >= numbers[0][:-1]).all()) for _ in numbers[:1]) and (
            key_parts == 1
        ):
            yield from table.combine_chunks().to_batches(OUTPUT_ROWS)
            return
        order = np.argsort(numbers[0]) if key_parts == 1 else np.lexsort(numbers[::-1])
    whole = table.combine_chunks() if _is_small(table) else table
    for start in range(0, len(order), OUTPUT_ROWS):
        taken = whole.take(pa.array(order[start : start + OUTPUT_ROWS])).combine_chunks()
        yield from taken.to_batches()


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A key part as what it is compared by: whole numbers or strings."""
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_boolean(column.type):
        return pc.cast(column, pa.int8())
    form = pa.int64() if column.type.bit_width == 64 else pa.int32()
    return pa.chunked_array([chunk.view(form) for chunk in column.chunks], form)


def _is_small(table: pa.Table) -> bool:
    return bool(table.nbytes < _LONGEST_TEXT)


def _array(words: Numbers, kind: Kind) -> pa.Array:
    if kind in BINARY:
        values = _canonical(words.view(np.float64))
        return pa.array(values.astype(np.float32) if kind is Kind.FLOAT else values)
    if kind is Kind.BOOL:
        return pa.array((words & 1).astype(np.bool_))
    form = np.int32 if kind in NARROW else np.int64
    return pa.array(words.astype(form)).view(ARROW[kind])


def _canonical(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    values[np.isnan(values)] = np.nan
    return values


def _no_values(kind: Kind, number: int) -> pa.Array:
    """What nobody asked for: zeros, or empty strings."""
    if kind is Kind.STRING:
        offsets = np.zeros(number + 1, dtype=np.int32)
        return pa.StringArray.from_buffers(number, pa.py_buffer(offsets), pa.py_buffer(b""))
    return _array(np.zeros(number, dtype=np.int64), kind)


def no_rows(schema: pa.Schema, values: Sequence[Kind]) -> pa.RecordBatch:
    """The one group of a grouping without key that has taken no row."""
    row: dict[str, object] = {"count": 0}
    for i, kind in enumerate(values):
        row |= {f"bytes{i}": 0, f"longest{i}": 0, f"over{i}": False}
        row[f"total{i}"] = 0.0 if kind in BINARY else 0 if kind in WHOLE else None
    arrays = [pa.array([row.get(name)], schema.field(name).type) for name in schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
