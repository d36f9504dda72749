"""Stages cut into tasks: which rows or groups a worker takes at a time.

Results, totem and failures are put together in the order of tasks, so the cuts show nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import pyarrow as pa
from attrs import frozen

from totemlang.data.bind import BoundData
from totemlang.engine.ordering import Grouped
from totemlang.engine.pieces import Aggregated, Pieces, Shared, cut
from totemlang.engine.spool import Spool

TASKS = 8
"""About so many tasks are made of a file at least, where each is worth it."""

LEAST_ROWS, MOST_ROWS = 65_536, 1 << 20
"""About so many rows of a file are a task, at least and at most."""

LOOSE_ROWS = 262_144
"""So many rows are a task where they are handed over in memory."""

GROUPED_ROWS = 65_536
"""About so many rows of groups are a task."""

LOOSE_GROUPS = 32_768
"""So many groups known by aggregates are a task."""


SHARED_GROUPS = 65_536
"""So many groups are a task that workers have gathered parts of."""


@frozen
class FileRows:
    """Rows of the data set from one to another (exclusive), to be read by who takes them."""

    start: int
    stop: int


@frozen(eq=False)
class LooseRows:
    """Rows in memory."""

    batches: tuple[pa.RecordBatch, ...]


Input = FileRows | LooseRows | Pieces | Shared


@frozen(eq=False)
class Task:
    """The next rows or groups of a stage; `number` counts from 0 in their order."""

    number: int
    input: Input


def data_tasks(data: BoundData, partitions: int | None, *, in_memory: bool) -> Iterator[Task]:
    """The rows of a data set as tasks, at least one.

    `in_memory`: whoever takes them shares this process's memory.
    """
    if data.edges is None or (in_memory and data.kept is not None):
        size = min(LOOSE_ROWS, _task_rows(data.rows))
        batches = data.batches(size, may_code=in_memory)
        yield from rows_tasks(batches, data.rows, partitions, size)
        return
    if partitions is None:
        edges = even(data.edges)
    else:
        edges = [data.rows * part // partitions for part in range(partitions + 1)]
    for number, (start, stop) in enumerate(pairwise(edges)):
        yield Task(number, FileRows(start, stop))


def spool_tasks(spool: Spool, partitions: int | None) -> Iterator[Task]:
    """The rows that a stage emitted as tasks of the next, at least one."""
    yield from rows_tasks(spool.batches(LOOSE_ROWS), spool.rows, partitions)


def rows_tasks(
    batches: Iterable[pa.RecordBatch], rows: int, partitions: int | None, size: int = LOOSE_ROWS
) -> Iterator[Task]:
    """Rows that come in batches, `rows` in all, as tasks, at least one; with `partitions` so many.

    Otherwise each is of `size` rows. A part of a batch goes to one task and the rest to the next.
    """
    number, part = 0, _part(0, rows, partitions, size)
    taken: list[pa.RecordBatch] = []
    for whole in batches:
        batch = whole
        while batch.num_rows >= part:
            taken.append(batch.slice(0, part))
            batch = batch.slice(part)
            yield Task(number, LooseRows(tuple(taken)))
            number += 1
            taken, part = [], _part(number, rows, partitions, size)
        if batch.num_rows:
            taken.append(batch)
            part -= batch.num_rows
    if taken or not number:
        yield Task(number, LooseRows(tuple(taken)))


def _part(number: int, rows: int, partitions: int | None, size: int) -> int:
    if partitions is None:
        return size
    if number >= partitions:
        return rows + 1  # never: all parts are out
    return rows * (number + 1) // partitions - rows * number // partitions


def groups_tasks(stretches: Iterable[Pieces | Shared], partitions: int | None) -> Iterator[Task]:
    """Groups as tasks: ranges of keys that ascend; with `partitions` so many of each stretch."""
    number = 0
    for stretch in stretches:
        if not isinstance(stretch, Grouped | Aggregated):
            most = SHARED_GROUPS if partitions is None else max(1, -(-stretch.groups // partitions))
            for part in stretch.cut(most):
                yield Task(number, part)
                number += 1
            continue
        most_groups, most_rows = LOOSE_GROUPS, GROUPED_ROWS
        if partitions is not None:
            most_groups = max(1, -(-stretch.groups // partitions))
            most_rows = max(1, stretch.rows)
        for piece in cut(stretch, most_groups, most_rows):
            yield Task(number, piece)
            number += 1


def even(edges: Sequence[int]) -> list[int]:
    """Edges of tasks of about one size: small pieces of a file together, large ones in parts.

    They depend on the data alone, never on who reads it.
    """
    size = _task_rows(edges[-1])
    fine = [edges[0]]
    for start, stop in pairwise(edges):
        parts = max(1, (stop - start + size // 2) // size)
        fine += [start + (stop - start) * part // parts for part in range(1, parts + 1)]
    kept = [fine[0]]
    for edge in fine[1:]:
        if edge - kept[-1] >= size // 2:
            kept.append(edge)
    if kept[-1] != edges[-1] or len(kept) == 1:
        kept.append(edges[-1])
    return kept


def _task_rows(rows: int) -> int:
    return max(LEAST_ROWS, min(MOST_ROWS, rows // TASKS))
