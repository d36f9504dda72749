"""Rows from here to there: what lies before is not read where a file can be read in pieces."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

import pyarrow as pa

from totemlang.data.table_file import TableFile
from totemlang.schema.types import Kind


def edges(files: Sequence[TableFile]) -> tuple[int, ...] | None:
    """The rows at which files that follow each other can be taken up, from 0 to their number.

    None where one of them must be read from its beginning.
    """
    sizes: list[int] = []
    for file in files:
        if file.units is None:
            return None
        sizes += file.units
    return tuple(accumulate(sizes, initial=0))


def piece_around(edges: Sequence[int], part: tuple[int, int]) -> tuple[int, int] | None:
    """The rows between two edges with all rows of a part between them; None where it has edges."""
    first = bisect_right(edges, part[0]) - 1
    if not 0 <= first < len(edges) - 1 or part[1] > edges[first + 1]:
        return None
    return edges[first], edges[first + 1]


def rows_between(
    files: Sequence[TableFile],
    columns: Sequence[str],
    rows: int,
    kinds: Mapping[str, Kind],
    start: int,
    stop: int,
    *,
    may_code: bool = False,
) -> Iterator[pa.RecordBatch]:
    """The rows from `start` to `stop` (exclusive) of files that can be read in pieces.

    Raises:
        BadData: for whatever cannot be read.
    """
    at = 0
    for file in files:
        starts = list(accumulate(file.units or (), initial=at))
        first = max(0, bisect_right(starts, start) - 1)
        chosen = range(first, min(bisect_left(starts, stop), len(starts) - 1))
        if len(chosen):
            found = file.batches(columns, rows, kinds, chosen, may_code=may_code)
            yield from _cut(found, (starts[first], starts[chosen.stop]), start, stop)
        at = starts[-1]


def _cut(
    batches: Iterator[pa.RecordBatch], rows: tuple[int, int], start: int, stop: int
) -> Iterator[pa.RecordBatch]:
    """Of batches with these rows those from `start` to `stop`.

    Where they go on until the last one they are read to their end: what is seen there counts too.
    """
    at, end = rows
    for batch in batches:
        low, high = max(start - at, 0), min(stop - at, batch.num_rows)
        if low < high:
            yield batch if high - low == batch.num_rows else batch.slice(low, high - low)
        at += batch.num_rows
        if stop <= at < end:
            return
