"""The order of keys: how rows are sorted by their key parts and cut into groups.

Keys ascend part by part: false before true, numbers and times by value, strings by the bytes of
their UTF-8. Rows of equal keys keep the order they came in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

_SMALL = 2**16
_WIDE = 2**62

Positions = npt.NDArray[np.int64]


@frozen(eq=False)
class Grouped:
    """Rows in key order. Group `i` is rows `starts[i]` to `starts[i + 1]` of the batch."""

    batch: pa.RecordBatch
    starts: Positions

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.starts) - 1

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.batch.num_rows)


BringTogether = Callable[[pa.RecordBatch, int], Grouped]
"""Brings the rows of a batch together by its first columns, as `group` does."""


def group(batch: pa.RecordBatch, key_parts: int) -> Grouped:
    """The rows of a batch sorted by the first `key_parts` columns, cut where the key changes.

    Without key parts all rows are one group in their order, even if there are none.
    """
    if key_parts == 0:
        return Grouped(batch, np.array([0, batch.num_rows], dtype=np.int64))
    codes = _codes([batch.column(part) for part in range(key_parts)])
    changes = [code[1:] != code[:-1] for code in codes]
    ascending = all(bool((code[1:] >= code[:-1]).all()) for code in codes) and len(codes) == 1
    if not ascending:
        order = _argsort(codes)
        batch = batch.take(pa.array(order))
        changes = [code[order][1:] != code[order][:-1] for code in codes]
    if not batch.num_rows:
        return Grouped(batch, np.zeros(1, dtype=np.int64))
    cuts = np.flatnonzero(np.logical_or.reduce(changes)) + 1
    return Grouped(batch, np.concatenate(([0], cuts, [batch.num_rows])).astype(np.int64))


def key_at(batch: pa.RecordBatch, row: int, key_parts: int) -> tuple[object, ...]:
    """The key of a row as a tuple that compares in the order of keys."""
    return tuple(batch.column(part)[row].as_py() for part in range(key_parts))


def first_from(batch: pa.RecordBatch, key: tuple[object, ...]) -> int:
    """The first row of an ordered batch whose key is not below `key`, or its number of rows."""
    low, high = 0, batch.num_rows
    while low < high:
        middle = (low + high) // 2
        if key_at(batch, middle, len(key)) < key:
            low = middle + 1
        else:
            high = middle
    return low


def _codes(columns: Sequence[pa.Array]) -> list[Positions]:
    """One or several whole numbers a row that compare as the keys do."""
    singles = [_code(column) for column in columns]
    if len(singles) == 1 or not len(singles[0]):
        return singles
    lows = [int(code.min()) for code in singles]
    sizes = [int(code.max()) - low + 1 for code, low in zip(singles, lows, strict=True)]
    room = 1
    for size in sizes:
        room *= size
    if room >= _WIDE:
        return singles
    combined = singles[0] - lows[0]
    for code, low, size in zip(singles[1:], lows[1:], sizes[1:], strict=True):
        combined = combined * size + (code - low)
    return [combined]


def _code(column: pa.Array) -> Positions:
    kind = column.type
    if pa.types.is_string(kind):
        encoded = column.dictionary_encode()
        order = pc.sort_indices(encoded.dictionary).to_numpy(zero_copy_only=False)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        codes: Positions = rank[encoded.indices.to_numpy(zero_copy_only=False)]
        return codes
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.int8())
    elif pa.types.is_date32(kind):
        column = column.view(pa.int32())
    elif not pa.types.is_integer(kind):
        column = column.view(pa.int64())
    values: Positions = column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return values


def _argsort(codes: Sequence[Positions]) -> Positions:
    if len(codes) > 1:
        return np.lexsort(tuple(reversed(codes)))
    code = codes[0]
    low, high = int(code.min()), int(code.max())
    if high - low < _SMALL:  # NumPy sorts 16 bits by radix, many times faster
        return np.argsort((code - low).astype(np.uint16), kind="stable")
    return np.argsort(code, kind="stable")
