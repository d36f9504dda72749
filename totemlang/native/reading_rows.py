"""The rows that a batch brings to a map."""

from __future__ import annotations

import struct

import pyarrow as pa
from attrs import frozen

from totemlang.bytecode.module import Stage
from totemlang.native.columns import ColumnBytes, Input, KnownStrings, column_bytes
from totemlang.tables.prices import PriceTable

_NOWHERE = (0, 0, 0, 0)


@frozen
class Rows:
    """Records to be brought to memory, and the price of reading them.

    `columns` are those of the stage, None where nobody looks at one.
    """

    records: int
    price: int
    columns: tuple[ColumnBytes | None, ...]

    def bring(self, block: Input, frame: int) -> None:
        """Bring them to memory, and say in the frame where they are. Raises `Trapped`: no room."""
        block.begin()
        tables: list[tuple[int, int, KnownStrings]] = []
        placed = [
            None if column is None else _place(block, column, tables) for column in self.columns
        ]
        address = block.bring()
        for table, text, strings in tables:
            block.instance.write(address + table, strings.packed(address + text))
        words: list[int] = []
        for column, places in zip(self.columns, placed, strict=True):
            words += (
                _NOWHERE if column is None or places is None else _entry(column, places, address)
            )
        block.instance.write(frame, struct.pack(f"<{len(words)}I", *words))


def _place(
    block: Input, column: ColumnBytes, tables: list[tuple[int, int, KnownStrings]]
) -> tuple[int, int, int]:
    """Where in the block values, bits and other bytes of a column stand.

    Those are the bytes of its strings or, where they are coded, the table of them, which is noted
    to be written once it is known where the block stands.
    """
    values, present = block.place(column.values), block.place(column.present)
    other = block.place(column.text)
    if column.table is not None:
        text, other = other, block.reserve(8 * (len(column.table.offsets) - 1))
        tables.append((other, text, column.table))
    return values, present, other


def _entry(column: ColumnBytes, places: tuple[int, int, int], base: int) -> tuple[int, ...]:
    """The words of a column in the frame: see `translation.records`."""
    values, present, other = places
    first, is_coded = (column.first, 0) if column.table is None else (0, 1)
    return base + values, base + present, (base + other - first) % 2**32, is_coded


def read_rows(
    block: Input, stage: Stage, used: frozenset[int], prices: PriceTable, batch: pa.RecordBatch
) -> Rows:
    """A batch of rows for a map."""
    total = 0
    columns: list[ColumnBytes | None] = []
    for at, parameter in enumerate(stage.parameters):
        kind, each = parameter.type.kind, prices.bytes(parameter.type.kind)
        held = None
        if each is None or at in used:
            known = block.known[at] if each is None else None
            held = column_bytes(batch.column(at), kind, parameter.type.is_optional, known)
        total += each * batch.num_rows if each is not None else held.total if held else 0
        columns.append(held if at in used else None)
    return Rows(batch.num_rows, prices.weight("read") * total, tuple(columns))
