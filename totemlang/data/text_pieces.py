"""How rows are cut where their strings are long: one Arrow array holds less than 2 GiB of text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MOST_TEXT = 1 << 26
"""Bytes of strings in a piece, but for a row that has more by itself."""


def pieces(
    sizes: npt.NDArray[np.int64], most: int, rows: int = 1 << 31
) -> Iterator[tuple[int, int]]:
    """Rows in order from one to another (exclusive): at most `rows`, and `most` bytes of strings.

    `sizes` are the bytes of each row's strings.
    """
    ends = np.cumsum(sizes, dtype=np.int64)
    first, before = 0, 0
    while first < len(ends):
        fitting = int(np.searchsorted(ends, before + most, side="right"))
        stop = min(max(first + 1, fitting), first + rows)
        yield first, stop
        first, before = stop, int(ends[stop - 1])


def all_bytes(array: pa.Array) -> int | None:
    """Bytes of the strings of a plain array together, as its offsets say, or more.

    None where it has none that can be looked at.
    """
    if not pa.types.is_string(array.type):
        return None
    rows, offsets = len(array), array.buffers()[1]
    if not rows or offsets is None or offsets.size < 4 * (array.offset + rows + 1):
        return None
    edges = np.frombuffer(offsets, np.int32, rows + 1, 4 * array.offset)
    return int(edges[-1]) - int(edges[0])
