"""Rows brought into key order in bounded memory: sorted runs on disk, then merged.

Rows are held until the limit, then sorted and written as a run. Reading merges the runs a stretch
of keys at a time, so that each group comes whole, keys ascending, its rows in the order in which
they were added. Without a run everything happens in memory. The result is the same either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
from attrs import define, field

from totemlang.diagnostics import TotemError
from totemlang.engine.ordering import BringTogether, Grouped, first_from, group, key_at
from totemlang.engine.spool import Scratch, SpoolFile

MOST_RUNS = 24
"""So many runs of one level become one of the next: bounds open files and stretches held."""

_STRETCHES = 4 * MOST_RUNS

MOST_HELD = 1 << 30
"""Bytes that are held whatever the limit: of all text in a column Arrow holds less than 2 GiB."""


@define
class SortedRuns:
    """A sorter by the first `key_parts` columns (at least one); `limit` in bytes of buffers.

    `compact`, where given, makes the rows of each group fewer without changing what they mean; it
    is tried before anything is written. `bring` brings rows together.
    """

    schema: pa.Schema
    key_parts: int
    limit: int
    scratch: Scratch
    compact: Callable[[Grouped], pa.RecordBatch] | None = None
    bring: BringTogether = group
    rows: int = field(default=0, init=False)
    _held: list[pa.RecordBatch] = field(factory=list, init=False)
    _held_bytes: int = field(default=0, init=False)
    _runs: list[tuple[int, SpoolFile]] = field(factory=list, init=False)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes * 2 > self._most:  # bringing them together takes as much again
            self._spill()

    @property
    def _most(self) -> int:
        return min(self.limit, 2 * MOST_HELD)

    @property
    def is_spilled(self) -> bool:
        """Whether any run was written."""
        return bool(self._runs)

    def groups(self) -> Iterator[Grouped]:
        """All rows: stretches of whole groups, keys ascending. To be read once."""
        last = self._take_held()
        if not self._runs:
            if last.num_rows:
                yield self.bring(last, self.key_parts)
            return
        yield from self._merged(
            [run for _, run in self._runs], self.bring(last, self.key_parts).batch
        )

    def close(self) -> None:
        """Free what is held."""
        self._held = []
        for _, run in self._runs:
            run.close()
        self._runs = []

    def _take_held(self) -> pa.RecordBatch:
        held, self._held, self._held_bytes = self._held, [], 0
        return joined(held, self.schema)

    def _spill(self) -> None:
        ordered = self._compacted(self.bring(self._take_held(), self.key_parts))
        if ordered.nbytes * 2 < self._most:
            self._held, self._held_bytes = [ordered], ordered.nbytes
            return
        run = SpoolFile.write(self.scratch, self.schema, self._stretches(ordered))
        self._runs.append((0, run))
        level = 0
        while len(self._runs) >= MOST_RUNS and all(
            of == level for of, _ in self._runs[-MOST_RUNS:]
        ):
            parts = [run for _, run in self._runs[-MOST_RUNS:]]
            batches = (
                piece
                for grouped in self._merged(parts, joined([], self.schema))
                for piece in self._stretches(self._compacted(grouped))
            )
            run = SpoolFile.write(self.scratch, self.schema, batches)
            for part in parts:
                part.close()
            level += 1
            self._runs[-MOST_RUNS:] = [(level, run)]

    def _compacted(self, rows: Grouped) -> pa.RecordBatch:
        return rows.batch if self.compact is None else self.compact(rows)

    def _stretches(self, ordered: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Pieces so small that one of each run fits the limit together."""
        if not ordered.num_rows:
            return
        rows = max(1, ordered.num_rows * self._most // _STRETCHES // max(1, ordered.nbytes))
        for start in range(0, ordered.num_rows, rows):
            yield ordered.slice(start, rows)

    def _merged(self, runs: list[SpoolFile], last: pa.RecordBatch) -> Iterator[Grouped]:
        """The groups of several runs and of a last batch in key order, which come after them."""
        heads = [_Head(run.batches(), self.key_parts) for run in runs]
        heads.append(_Head(self._stretches(last), self.key_parts))
        while any(head.parts for head in heads):
            bound = min((head.last_key for head in heads if head.more), default=None)
            stretch = joined(
                [part for head in heads for part in head.take_below(bound)], self.schema
            )
            if stretch.num_rows:
                yield self.bring(stretch, self.key_parts)
            for head in heads:
                if head.more and head.last_key == bound:
                    head.load()


@define(eq=False)
class _Head:
    """What is loaded of a run and was not taken yet.

    While there is `more` of the run, at least one row stays in `parts`; `last_key` is the key of
    the last row loaded.
    """

    batches: Iterator[pa.RecordBatch]
    key_parts: int
    parts: list[pa.RecordBatch] = field(factory=list, init=False)
    more: bool = field(default=True, init=False)
    last_key: tuple[object, ...] = field(default=(), init=False)

    def __attrs_post_init__(self) -> None:
        """Load the first stretch."""
        self.load()

    def load(self) -> None:
        """Load the next stretch behind what is left; `more` turns False at the end."""
        following = next(self.batches, None)
        if following is None:
            self.more = False
        else:
            self.parts.append(following)
            self.last_key = key_at(following, following.num_rows - 1, self.key_parts)

    def take_below(self, bound: tuple[object, ...] | None) -> list[pa.RecordBatch]:
        """Take the rows with keys below `bound` (None: all that are left)."""
        taken: list[pa.RecordBatch] = []
        while self.parts:
            part = self.parts[0]
            cut = part.num_rows if bound is None else first_from(part, bound)
            if cut < part.num_rows:
                if cut:
                    taken.append(part.slice(0, cut))
                    self.parts[0] = part.slice(cut)
                break
            taken.append(self.parts.pop(0))
        return taken


def joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Batches of one schema as one.

    Raises:
        TotemError: where there is more text in a column than Arrow can hold.
    """
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)
    try:
        return pa.concat_batches(batches)
    except pa.ArrowInvalid:
        raise TotemError(
            "the rows of a group hold more than 2 GiB of text; nothing was charged"
        ) from None


def first_batches(batches: list[pa.RecordBatch], rows: int) -> list[pa.RecordBatch]:
    """The first batches that have at least so many rows together (or all)."""
    found = 0
    for number, batch in enumerate(batches):
        found += batch.num_rows
        if found >= rows:
            return batches[: number + 1]
    return list(batches)
