"""What a batch brings to a stage: its columns in memory, and the price of reading it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from attrs import define, field

from totemlang.bytecode.module import Stage
from totemlang.native.aggregate_records import AGGREGATE, HEADER
from totemlang.native.columns import (
    Input,
    column_bytes,
    frame_words,
    offsets_of,
    packed,
    source_of,
    strings_total,
)
from totemlang.native.values import SHIFT, WIDTH
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable
from totemlang.vm.tier import Starts

Entry = Callable[[int], Sequence[int]]
"""An entry of the frame, given the address of the block that holds the batch."""

Fill = Callable[[Any, int], None]
"""Writes records to where they lie, given the address of the block too."""

Used = frozenset[int]
"""The parameters that a stage looks at."""

_BRIEF = 1 << 14
"""Bytes that are written without letting another thread run meanwhile."""


@define
class Read:
    """Records to be brought to memory: their number and the price of reading them.

    `later` are computed once it is known where the block stands, `filled` written right there:
    where they begin, what they are and how many, and what fills them.
    """

    records: int
    used: Used
    price: int = 0
    entries: list[Entry] = field(factory=list)
    later: list[tuple[int, Callable[[int], Any]]] = field(factory=list)
    filled: list[tuple[int, Any, Fill]] = field(factory=list)
    given: Callable[[int], None] | None = None
    """Writes what does not come from Arrow, given the address of the block."""

    def bring(self, block: Input, frame: int) -> None:
        """Bring the batch to memory, and say in the frame where it is. Raises `Trapped`."""
        address = block.bring()
        for at, make in self.later:
            data = np.ascontiguousarray(make(address))
            if data.nbytes <= _BRIEF:
                block.instance.write(address + at, data.tobytes())
            else:
                block.instance.copy_in(address + at, data.ctypes.data, data.nbytes)
        for at, form, fill in self.filled if self.records else ():
            opened = block.instance.open(address + at, form.itemsize * self.records)
            fill(np.frombuffer(opened, form), address)
        if self.given is not None:
            self.given(address)
        block.instance.write(frame, frame_words([entry(address) for entry in self.entries]))


def read_groups(
    block: Input,
    stage: Stage,
    used: Used,
    prices: PriceTable,
    batch: pa.RecordBatch,
    starts: Starts,
) -> Read:
    """Sorted rows for a reduce: group `i` is rows `starts[i]` to `starts[i + 1]`."""
    if starts[0] != 0 or starts[-1] != batch.num_rows:
        batch = batch.slice(int(starts[0]), int(starts[-1] - starts[0]))
        starts = starts - starts[0]
    block.begin()
    read = Read(len(starts) - 1, used)
    firsts = pa.array(starts[:-1])
    sizes = np.diff(starts)
    total = 0
    for at, parameter in enumerate(stage.parameters):
        column, kind = batch.column(at), parameter.type.kind
        if at < stage.key_parts:
            total += _scalars(block, read, column.take(firsts), kind, False, prices)
            continue
        each = prices.bytes(kind)
        total += strings_total(column) if each is None else each * batch.num_rows
        if at not in used:
            read.entries.append(nowhere)
            continue
        held = column_bytes(column, kind, False)
        data = block.place(held.values)
        if kind is Kind.STRING:
            text = block.place(held.text)
            data = block.reserve(8 * batch.num_rows)
            offsets, first = offsets_of(column), held.first
            read.later.append((data, _packing(offsets, text, first)))
        headers = block.reserve(HEADER.itemsize * read.records)
        read.later.append((headers, _headers(data, starts, sizes, SHIFT[kind])))
        read.entries.append(entry_of(headers))
    read.price = prices.weight("read") * total
    return read


def read_aggregates(
    block: Input, stage: Stage, used: Used, prices: PriceTable, groups: pa.RecordBatch
) -> Read:
    """What is left of the groups of a reduce that asks no more of them."""
    block.begin()
    read = Read(groups.num_rows, used)
    total = 0
    counts = groups.column("count").to_numpy(zero_copy_only=False)
    for at, parameter in enumerate(stage.parameters):
        kind = parameter.type.kind
        if at < stage.key_parts:
            total += _scalars(block, read, groups.column(f"k{at}"), kind, False, prices)
            continue
        value = at - stage.key_parts
        size = groups.column(f"bytes{value}").to_numpy(zero_copy_only=False)
        each = prices.bytes(kind)
        total += (each or 1) * exact_total(counts if each is not None else size)
        if at not in used:
            read.entries.append(nowhere)
            continue
        records = block.reserve(AGGREGATE.itemsize * read.records)
        read.filled.append((records, AGGREGATE, _records(block, groups, value, kind, counts)))
        headers = block.reserve(HEADER.itemsize * read.records)
        read.filled.append((headers, HEADER, _aggregate_headers(records, counts)))
        read.entries.append(entry_of(headers))
    read.price = prices.weight("read") * total
    return read


def exact_total(sizes: Any) -> int:
    """The sum in halves: many large groups together may have more than 64 bits hold."""
    return (int((sizes >> 32).sum()) << 32) + int((sizes & 0xFFFFFFFF).sum())


def _scalars(
    block: Input, read: Read, column: pa.Array, kind: Kind, optional: bool, prices: PriceTable
) -> int:
    """Place a column of one value a record; gives its bytes in the estimator table's measure."""
    each, is_used = prices.bytes(kind), len(read.entries) in read.used
    if each is not None and not is_used:
        read.entries.append(nowhere)
        return each * len(column)
    known = block.known[len(read.entries)] if each is None else None
    held = column_bytes(column, kind, optional, known)
    if not is_used:
        read.entries.append(nowhere)
        return held.total
    values, present = block.place(held.values), block.place(held.present)
    text, first = block.place(held.text), held.first
    if held.table is not None:
        table = block.reserve(8 * (len(held.table.offsets) - 1))
        read.later.append((table, _packing(held.table.offsets, text, first)))
        read.entries.append(lambda at: (at + values, at + present, at + table, 1))
        return held.total
    read.entries.append(
        lambda address: (address + values, address + present, (address + text - first) % 2**32)
    )
    return held.total if each is None else each * len(column)


def nowhere(_: int) -> tuple[int, int, int]:
    """The entry of a parameter that nobody looks at."""
    return 0, 0, 0


def entry_of(headers: int) -> Entry:
    """The entry of a parameter whose headers stand there in the block."""
    return lambda address: (address + headers, 0, 0)


def _packing(offsets: Any, text: int, first: int) -> Callable[[int], Any]:
    return lambda address: packed(offsets, address + text, first)


def _headers(data: int, starts: Starts, sizes: Any, shift: int) -> Callable[[int], Any]:
    def make(address: int) -> Any:
        held = np.zeros(len(sizes), HEADER)
        held["data"] = address + data + (starts[:-1] << shift)
        held["length"] = sizes
        return held

    return make


def _aggregate_headers(records: int, counts: Any) -> Fill:
    def fill(held: Any, address: int) -> None:
        first = address + records
        stop = first + len(counts) * AGGREGATE.itemsize
        held["data"] = held["none"] = 0
        held["length"] = np.minimum(counts, 2**31 - 1)
        held["aggregate"] = np.arange(first, stop, AGGREGATE.itemsize, dtype=np.int64)

    return fill


def _records(block: Input, groups: pa.RecordBatch, value: int, kind: Kind, counts: Any) -> Fill:
    least, greatest = (groups.column(f"{name}{value}") for name in ("least", "greatest"))
    texts: Sequence[int] = ()
    if kind is Kind.STRING:
        texts = [block.place(column_bytes(each, kind, False).text) for each in (least, greatest)]

    def fill(held: Any, address: int) -> None:
        held["count"] = counts
        for name in ("bytes", "longest"):
            held[name] = groups.column(f"{name}{value}").to_numpy(zero_copy_only=False)
        total = groups.column(f"total{value}")
        if kind in (Kind.FLOAT, Kind.DOUBLE):
            held["total"] = _without_nulls(total, 0.0).view(np.int64)
        elif kind in (Kind.INT, Kind.LONG, Kind.DURATION):
            held["total"] = _without_nulls(total, 0)
        else:
            held["total"] = 0
        held["over"] = _without_nulls(groups.column(f"over{value}"), False)
        for place, (name, column) in enumerate((("least", least), ("greatest", greatest))):
            if kind is Kind.STRING:
                offsets = offsets_of(column)
                held[name] = packed(offsets, address + texts[place], int(offsets[0]))
            else:
                held[name] = _low_bytes(column, kind)

    return fill


def _without_nulls(column: pa.Array, instead: float) -> Any:
    filled = column.fill_null(instead) if column.null_count else column
    return filled.to_numpy(zero_copy_only=False)


def _low_bytes(column: pa.Array, kind: Kind) -> Any:
    """Values as whole numbers of 64 bits that hold them in their low bytes."""
    source = column_bytes(column, kind, False).values
    if not source.size:
        return np.zeros(len(column), np.int64)
    unsigned = {1: np.uint8, 4: np.uint32, 8: np.int64}[WIDTH[kind]]
    return source_of(source, unsigned).astype(np.int64)
