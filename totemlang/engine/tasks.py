"""Stages cut into tasks: which rows or groups a worker takes at a time.

Results, totem and failures are put together in the order of tasks, so the cuts show nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import pyarrow as pa
from attrs import frozen

from totemlang.data.bind import BoundData
from totemlang.engine.pieces import Pieces, cut
from totemlang.engine.spool import Spool

TASK_ROWS = 262_144
"""About so many rows of a file are a task."""

LOOSE_ROWS = 262_144
"""So many rows are a task where they are handed over in memory."""

GROUPED_ROWS = 65_536
"""About so many rows of groups are a task."""

LOOSE_GROUPS = 32_768
"""So many groups known by aggregates are a task."""


@frozen
class FileRows:
    """Rows of the data set from one to another (exclusive), to be read by who takes them."""

    start: int
    stop: int


@frozen(eq=False)
class LooseRows:
    """Rows in memory."""

    batches: tuple[pa.RecordBatch, ...]


Input = FileRows | LooseRows | Pieces


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
        yield from rows_tasks(data.batches(LOOSE_ROWS, may_code=in_memory), data.rows, partitions)
        return
    if partitions is None:
        edges = _merged(data.edges)
    else:
        edges = [data.rows * part // partitions for part in range(partitions + 1)]
    for number, (start, stop) in enumerate(pairwise(edges)):
        yield Task(number, FileRows(start, stop))


def spool_tasks(spool: Spool, partitions: int | None) -> Iterator[Task]:
    """The rows that a stage emitted as tasks of the next, at least one."""
    yield from rows_tasks(spool.batches(LOOSE_ROWS), spool.rows, partitions)


def rows_tasks(
    batches: Iterable[pa.RecordBatch], rows: int, partitions: int | None
) -> Iterator[Task]:
    """Rows that come in batches, `rows` in all, as tasks, at least one; with `partitions` so many.

    A part of a batch goes to one task and the rest to the next.
    """
    number, part = 0, _part(0, rows, partitions)
    taken: list[pa.RecordBatch] = []
    for whole in batches:
        batch = whole
        while batch.num_rows >= part:
            taken.append(batch.slice(0, part))
            batch = batch.slice(part)
            yield Task(number, LooseRows(tuple(taken)))
            number += 1
            taken, part = [], _part(number, rows, partitions)
        if batch.num_rows:
            taken.append(batch)
            part -= batch.num_rows
    if taken or not number:
        yield Task(number, LooseRows(tuple(taken)))


def _part(number: int, rows: int, partitions: int | None) -> int:
    if partitions is None:
        return LOOSE_ROWS
    if number >= partitions:
        return rows + 1  # never: all parts are out
    return rows * (number + 1) // partitions - rows * number // partitions


def groups_tasks(stretches: Iterable[Pieces], partitions: int | None) -> Iterator[Task]:
    """Groups as tasks: ranges of keys that ascend; with `partitions` so many of each stretch."""
    number = 0
    for stretch in stretches:
        most_groups, most_rows = LOOSE_GROUPS, GROUPED_ROWS
        if partitions is not None:
            most_groups = max(1, -(-stretch.groups // partitions))
            most_rows = max(1, stretch.rows)
        for piece in cut(stretch, most_groups, most_rows):
            yield Task(number, piece)
            number += 1


def _merged(edges: tuple[int, ...]) -> list[int]:
    """The edges that leave tasks of a good size between them; the first and the last always."""
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] >= TASK_ROWS:
            kept.append(edge)
    if kept[-1] != edges[-1] or len(kept) == 1:
        kept.append(edges[-1])
    return kept
