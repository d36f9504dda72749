"""The rows that a batch brings to a map: as a whole, or a stretch at a time.

A stretch that was just brought is still near when a loop runs over it. In the frame its columns
seem to begin where the first row of the batch would stand, so rows keep their numbers: what is
subtracted comes back, modulo 2^32, when a row's address is worked out.
"""

from __future__ import annotations

import struct

import pyarrow as pa
from attrs import define, field, frozen

from totemlang.bytecode.module import Stage
from totemlang.native.columns import ColumnBytes, Input, KnownStrings, column_bytes
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable

STRETCH_BYTES = 1 << 22
"""About so many bytes are brought at a time: a processor's caches hold as much.

Fewer would be nearer, but between stretches threads wait for the interpreter's lock."""

STRETCH_ROWS = 1 << 12
"""Stretches have a multiple of so many rows; of bits of those present each begins with a word."""

_NOWHERE = (0, 0, 0, 0)


@frozen
class _Placed:
    """A column, its bytes a row, and where in the block its values and bits stand at a time.

    `other` is where the bytes of its strings stand, or the table of those that are coded.
    """

    column: ColumnBytes
    width: int
    values: int
    present: int
    other: int


@define
class Rows:
    """Records to be brought to memory, and the price of reading them.

    `at_once` of them stand there at a time. `columns` are those of the stage, None where nobody
    looks at one.
    """

    records: int
    price: int
    columns: tuple[ColumnBytes | None, ...]
    widths: tuple[int, ...]
    at_once: int = field(init=False)
    _placed: list[_Placed | None] = field(factory=list, init=False)
    _tables: list[tuple[int, int, KnownStrings]] = field(factory=list, init=False)
    """Of coded strings where their table stands and where their bytes, from the block's start."""

    def __attrs_post_init__(self) -> None:
        """All at once."""
        self.at_once = self.records

    def in_stretches(self) -> Rows:
        """The same, to be brought a stretch at a time if they can be cut anywhere."""
        looked_at = [
            (column, width)
            for column, width in zip(self.columns, self.widths, strict=True)
            if column is not None
        ]
        if looked_at and all(column.is_even for column, _ in looked_at):
            rows = STRETCH_BYTES // sum(width for _, width in looked_at)
            rows = max(STRETCH_ROWS, rows - rows % STRETCH_ROWS)
            self.at_once = min(self.records, rows)
        return self

    def bring(self, block: Input, frame: int) -> None:
        """Bring the first of them to memory, as `bring_from`. Raises `Trapped`: no memory."""
        block.begin()
        self._tables.clear()
        self._placed = [
            None if column is None else self._place(block, column, width)
            for column, width in zip(self.columns, self.widths, strict=True)
        ]
        address = block.bring()
        for table, text, strings in self._tables:
            block.instance.write(address + table, strings.packed(address + text))
        self.bring_from(0, block, frame)

    def bring_from(self, start: int, block: Input, frame: int) -> int:
        """Bring those from one on, and say in the frame where they are; gives where they stop.

        `start` is a multiple of `at_once`.
        """
        stop = min(self.records, start + self.at_once)
        words: list[int] = []
        for placed in self._placed:
            words += _NOWHERE if placed is None else _bring(placed, start, stop, block)
        block.instance.write(frame, struct.pack(f"<{len(words)}I", *words))
        return stop

    def _place(self, block: Input, column: ColumnBytes, width: int) -> _Placed:
        """Reserve room for so many rows as are brought at once, and place what they refer to."""
        other = block.place(column.text)
        if column.table is not None:
            text, other = other, block.reserve(8 * (len(column.table.offsets) - 1))
            self._tables.append((other, text, column.table))
        size = width * self.at_once if column.is_even else column.values.size
        values = block.reserve(size)
        present = 0 if column.present is None else block.reserve((self.at_once + 7) >> 3)
        return _Placed(column, width, values, present, other)


def _bring(placed: _Placed, start: int, stop: int, block: Input) -> tuple[int, int, int, int]:
    """Bring rows of a column; gives its entry in the frame."""
    column, instance, base = placed.column, block.instance, block.address
    values, width = column.values, placed.width
    size = (stop - start) * width if column.is_even else values.size
    if values.size:
        instance.copy_in(base + placed.values, values.address + start * width, size)
    if column.present is not None:
        size = (stop - start + 7) >> 3
        bits = column.present.address + (start >> 3)
        instance.copy_in(base + placed.present, bits, size)
    other, is_coded = base + placed.other, column.table is not None
    if not is_coded:
        other -= column.first
    return (
        (base + placed.values - start * width) % 2**32,
        (base + placed.present - (start >> 3)) % 2**32,
        other % 2**32,
        int(is_coded),
    )


def read_rows(
    block: Input, stage: Stage, used: frozenset[int], prices: PriceTable, batch: pa.RecordBatch
) -> Rows:
    """A batch of rows for a map."""
    total = 0
    columns: list[ColumnBytes | None] = []
    widths: list[int] = []
    for at, parameter in enumerate(stage.parameters):
        kind, each = parameter.type.kind, prices.bytes(parameter.type.kind)
        held = None
        if each is None or at in used:
            known = block.known[at] if each is None else None
            held = column_bytes(batch.column(at), kind, parameter.type.is_optional, known)
        total += each * batch.num_rows if each is not None else held.total if held else 0
        columns.append(held if at in used else None)
        widths.append(4 if kind is Kind.STRING else WIDTH[kind])
    return Rows(batch.num_rows, prices.weight("read") * total, tuple(columns), tuple(widths))
