"""Groups as Arrow columns: read from where they lie in memory, brought into the order of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from totemlang.data.kinds import ARROW
from totemlang.data.text_pieces import MOST_TEXT, pieces
from totemlang.native.grouping.layout import BINARY, NARROW, WHOLE, Cell, Layout
from totemlang.native.grouping.place import Instance, Room
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable
from totemlang.vm.tier import aggregate_schema

OUTPUT_ROWS = 1 << 16
"""Groups of a batch that is given out."""

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

    def read(self, groups: Iterable[tuple[int, int]]) -> Iterator[pa.RecordBatch]:
        """The groups at these places, those of no rows left out, keys ascending."""
        places = self._places(groups)
        words = self.room.view(0, self.room.size // 8, np.int64)
        order = self._order(places, words)
        if order is not None:
            places = places[order]
        for start, stop in pieces(self._text_sizes(places, words), MOST_TEXT, OUTPUT_ROWS):
            yield self._batch(_Stretch(self, places[start:stop], words))

    def keys(self, groups: Iterable[tuple[int, int]]) -> tuple[list[pa.Array], Numbers]:
        """The keys of groups, ascending, and for each the number of its group."""
        places = self._places(groups)
        words = self.room.view(0, self.room.size // 8, np.int64)
        order = self._order(places, words)
        if order is None:
            order = np.arange(len(places))
        stretch = _Stretch(self, places[order], words)
        parts = range(len(self.layout.signature.keys))
        return [self._key(part, stretch) for part in parts], order

    def codes(self, places: Numbers) -> list[Numbers | pa.Array]:
        """What groups at these words are ordered by: strings, and whole numbers for the rest."""
        words = self.room.view(0, self.room.size // 8, np.int64)
        stretch = _Stretch(self, places, words)
        return [
            (self._key if kind is Kind.STRING else self._key_words)(part, stretch)
            for part, kind in enumerate(self.layout.signature.keys)
        ]

    def _places(self, groups: Iterable[tuple[int, int]]) -> Numbers:
        """Where each group lies, in words."""
        size = self.layout.size // 8
        found = [np.empty(0, dtype=np.int64)]
        for at, number in groups:
            if number:
                self.instance.call("end", at, number)
                counts = self.room.words(at + self.layout.count, number, self.layout.size)
                found.append(at // 8 + size * np.flatnonzero(counts))
        return np.concatenate(found)

    def _order(self, places: Numbers, words: Numbers) -> Numbers | None:
        """The order of the keys; None where they stand in it."""
        kinds = self.layout.signature.keys
        if not kinds or len(places) < 2:
            return None
        if Kind.STRING not in kinds:
            stretch = _Stretch(self, places, words)
            return order_of([self._key_words(part, stretch) for part in range(len(kinds))])
        columns: list[list[pa.Array]] = [[] for _ in kinds]
        for start, stop in pieces(self._text_sizes(places, words), MOST_TEXT):
            stretch = _Stretch(self, places[start:stop], words)
            for part, kind in enumerate(kinds):
                is_text = kind is Kind.STRING
                key = self._key(part, stretch) if is_text else self._key_words(part, stretch)
                columns[part].append(key if is_text else pa.array(key))
        return order_of_texts([pa.chunked_array(column) for column in columns])

    def _text_sizes(self, places: Numbers, words: Numbers) -> Numbers:
        """The bytes of each group's strings."""
        offsets = [8 * k for k in self.layout.long_words]
        offsets += [cell.offset for cell in self.layout.text_extremes]
        stretch = _Stretch(self, places, words)
        sizes = np.zeros(len(places), dtype=np.int64)
        for offset in offsets:
            sizes += stretch.words(offset) >> 32
        return sizes

    def _batch(self, stretch: _Stretch) -> pa.RecordBatch:
        counts = stretch.words(self.layout.count)
        columns = [self._key(part, stretch) for part in range(len(self.layout.signature.keys))]
        columns.append(pa.array(counts))
        for value, asked in enumerate(self.layout.signature.values):
            columns += self._value(value, asked.kind, stretch, counts)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _key_words(self, part: int, stretch: _Stretch) -> Numbers:
        """A part of the keys, no string, as whole numbers in their order."""
        first = next(k for k, word in enumerate(self.layout.words) if part in word.parts)
        words, parts = stretch.words(8 * first), self.layout.words[first].parts
        if len(parts) == 1:
            return words
        return words >> 32 if part == parts[0] else words.astype(np.int32).astype(np.int64)

    def _key(self, part: int, stretch: _Stretch) -> pa.Array:
        kind = self.layout.signature.keys[part]
        if kind is not Kind.STRING:
            return _array(self._key_words(part, stretch), kind)
        first = next(k for k, word in enumerate(self.layout.words) if part in word.parts)
        return stretch.texts(stretch.words(8 * first + 16) >> 32, 8 * first, 1)

    def _value(self, value: int, kind: Kind, stretch: _Stretch, counts: Numbers) -> list[pa.Array]:
        cells = {cell.what: cell for cell in self.layout.cells if cell.value == value}
        each = self.prices.bytes(kind)
        if each is None:
            offset = cells["bytes"].offset
            total, longest = stretch.words(offset), stretch.words(offset + 8)
        else:
            total, longest = counts * each, np.full(len(counts), each, dtype=np.int64)
        return [
            pa.array(total),
            pa.array(longest),
            *_total(cells.get("total"), kind, stretch),
            _extreme(cells.get("least"), kind, stretch),
            _extreme(cells.get("greatest"), kind, stretch),
        ]


@frozen(eq=False)
class _Stretch:
    """Groups one after the other: where each lies in `memory`, in words."""

    reader: Reader
    places: Numbers
    memory: Numbers
    is_unbroken: bool = field(init=False)
    """Whether they lie one behind the other."""

    @is_unbroken.default
    def _look(self) -> bool:
        size = self.reader.layout.size // 8
        return len(self.places) > 0 and bool((np.diff(self.places) == size).all())

    def words(self, offset: int) -> Numbers:
        """The word at an offset of each group."""
        if self.is_unbroken:
            first, last = (int(self.places[end]) + offset // 8 for end in (0, -1))
            return self.memory[first : last + 1 : self.reader.layout.size // 8].copy()
        return np.take(self.memory, self.places + offset // 8)

    def texts(self, sizes: Numbers, offset: int, is_key: int) -> pa.Array:
        """The string that each group has at an offset."""
        call, room, number = self.reader.instance.call, self.reader.room, len(sizes)
        offsets = np.zeros(number + 1, dtype=np.int32)
        np.cumsum(sizes, out=offsets[1:])
        size = int(offsets[-1])
        at = call("alloc", 4 * number)
        out = call("alloc", size + 16)
        room.view(at, number, np.uint32)[:] = self.places * 8
        call("spell", at, number, offset, is_key, out)
        text = room.view(out, size, np.uint8).tobytes()
        call("free", out, size + 16)
        call("free", at, 4 * number)
        return pa.StringArray.from_buffers(number, pa.py_buffer(offsets), pa.py_buffer(text))


def order_of(keys: Sequence[Numbers]) -> Numbers | None:
    """The order of rows by whole numbers; None where they stand in it. No two rows are equal."""
    if len(keys) == 1:
        if bool((keys[0][1:] > keys[0][:-1]).all()):
            return None
        return np.argsort(keys[0])
    return np.lexsort(tuple(reversed(keys)))


def order_of_texts(keys: Sequence[pa.ChunkedArray]) -> Numbers:
    """The order of rows by strings and whole numbers."""
    names = [f"k{part}" for part in range(len(keys))]
    table = pa.Table.from_arrays(list(keys), names)
    order: Numbers = pc.sort_indices(table, [(name, "ascending") for name in names]).to_numpy()
    return order


def ordered(table: pa.Table, key_parts: int) -> Iterator[pa.RecordBatch]:
    """The rows of a table, keys ascending."""
    keys = [plain(table.column(part)) for part in range(key_parts)]
    if any(pa.types.is_string(key.type) for key in keys):
        order: Numbers | None = order_of_texts(keys)
    else:
        order = order_of([key.to_numpy().astype(np.int64) for key in keys])
    if table.nbytes <= MOST_TEXT:
        found = table if order is None else table.take(pa.array(order))
        yield from found.combine_chunks().to_batches(OUTPUT_ROWS)
    else:
        yield from _in_pieces(table, np.arange(len(table)) if order is None else order)


def _in_pieces(table: pa.Table, order: Numbers) -> Iterator[pa.RecordBatch]:
    """Rows of which one array of strings might not hold all, in an order."""
    wide = table.cast(pa.schema([_widened(field) for field in table.schema]))
    (batch,) = wide.combine_chunks().to_batches()
    sizes = np.zeros(len(order), dtype=np.int64)
    for column in batch.columns:
        if pa.types.is_large_string(column.type):
            sizes += pc.binary_length(column).to_numpy(zero_copy_only=False)
    for start, stop in pieces(sizes[order], MOST_TEXT, OUTPUT_ROWS):
        yield batch.take(pa.array(order[start:stop])).cast(table.schema)


def _widened(field: pa.Field) -> pa.Field:
    return field.with_type(pa.large_string()) if pa.types.is_string(field.type) else field


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A key part as what it is compared by: whole numbers or strings."""
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_boolean(column.type):
        return pc.cast(column, pa.int8())
    form = pa.int64() if column.type.bit_width == 64 else pa.int32()
    return pa.chunked_array([chunk.view(form) for chunk in column.chunks], form)


def _total(cell: Cell | None, kind: Kind, stretch: _Stretch) -> list[pa.Array]:
    over = np.zeros(len(stretch.places), dtype=np.bool_)
    if kind not in WHOLE and kind not in BINARY:
        return [pa.nulls(len(over)), pa.array(over)]
    if cell is None:
        form = np.float64 if kind in BINARY else np.int64
        return [pa.array(np.zeros(len(over), form)), pa.array(over)]
    low = stretch.words(cell.offset)
    if kind in BINARY:
        return [pa.array(_canonical(low.view(np.float64))), pa.array(over)]
    high = stretch.words(cell.offset + 8)
    if kind is Kind.INT:
        over, low = high != high.astype(np.int32), (high << 32) + low
    else:
        over = high != low >> 63
    return [pa.array(low), pa.array(over)]


def _extreme(cell: Cell | None, kind: Kind, stretch: _Stretch) -> pa.Array:
    if cell is None:
        return _no_values(kind, len(stretch.places))
    words = stretch.words(cell.offset)
    return (
        stretch.texts(words >> 32, cell.offset, 0) if kind is Kind.STRING else _array(words, kind)
    )


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
