"""What groups of a grouping bring to a reduce: written to the machine's memory where they lie."""

from __future__ import annotations

from collections.abc import Callable

from totemlang.bytecode.module import Stage
from totemlang.native.aggregate_records import AGGREGATE, HEADER
from totemlang.native.columns import Input
from totemlang.native.grouping.lying import NOWHERE, Lying
from totemlang.native.reading import Read, Used, entry_of, exact_total, nowhere
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable

_SLACK = 16
"""Bytes behind strings that may be written too."""

_Gift = Callable[[int], tuple[int, int, int]]


def read_lying(block: Input, stage: Stage, used: Used, prices: PriceTable, groups: Lying) -> Read:
    """Groups for a reduce that asks sums, counts and extremes alone; charged as their Arrow."""
    block.begin()
    read = Read(groups.groups, used)
    gifts: list[_Gift] = []
    total = 0
    for at, parameter in enumerate(stage.parameters):
        kind, is_used = parameter.type.kind, at in used
        each = prices.bytes(kind)
        value = at - stage.key_parts
        if value >= 0:
            sizes = groups.counts if each is not None else groups.text_bytes(value)
            total += (each or 1) * exact_total(sizes)
            gift = _aggregates(block, read, each or 0) if is_used else None
        elif each is not None:
            total += each * read.records
            gift = _values(block, read, kind) if is_used else None
        else:
            sizes = groups.sizes(at)
            total += exact_total(sizes) + int((sizes == 0).sum())
            gift = _strings(block, read, int(sizes.sum())) if is_used else None
        if gift is None:
            read.entries.append(nowhere)
        gifts.append(gift or (lambda _: NOWHERE))
    read.price = prices.weight("read") * total
    read.given = lambda address: groups.give([gift(address) for gift in gifts])
    return read


def _values(block: Input, read: Read, kind: Kind) -> _Gift:
    values = block.reserve(WIDTH[kind] * read.records)
    read.entries.append(entry_of(values))
    return lambda address: (address + values, 0, 0)


def _strings(block: Input, read: Read, size: int) -> _Gift:
    offsets = block.reserve(4 * (read.records + 1))
    text = block.reserve(size + _SLACK)
    read.entries.append(lambda address: (address + offsets, 0, address + text))
    return lambda address: (address + offsets, address + text, 0)


def _aggregates(block: Input, read: Read, each: int) -> _Gift:
    headers = block.reserve(HEADER.itemsize * read.records)
    records = block.reserve(AGGREGATE.itemsize * read.records)
    read.entries.append(entry_of(headers))
    return lambda address: (address + headers, address + records, each)
