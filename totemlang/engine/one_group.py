"""All rows as one group with an empty key, even if there are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from attrs import define, field

from totemlang.engine.combine import Combiner
from totemlang.engine.ordering import Grouped, group
from totemlang.engine.pieces import Aggregated, Pieces
from totemlang.engine.runs import MOST_HELD, first_batches, joined
from totemlang.engine.spool import Scratch, Spool
from totemlang.vm.tier import Emission


@define
class OneGroup:
    """The grouping of a reduce without key; see `shuffle.Grouping`.

    Rows that may be combined are, from `worth` rows on, about `at_once` at a time.
    """

    combiner: Combiner
    schema: pa.Schema
    combine: bool
    limit: int
    scratch: Scratch
    worth: int
    at_once: int
    rows: int = field(default=0, init=False)
    _spool: Spool = field(init=False)
    _held: list[pa.RecordBatch] = field(factory=list, init=False)
    _held_bytes: int = field(default=0, init=False)
    _partial: pa.RecordBatch | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Make the spool for rows that are not combined."""
        self._spool = Spool(self.schema, self.limit, self.scratch)

    def receive(self, emission: Emission) -> None:
        """Take in what a stage emitted."""
        for batch in emission.batches():
            self.add(batch)

    def absorb(self, other: OneGroup, *, same_thread: bool) -> None:
        """Take in all that another grouping has gathered."""
        self.take(*other.leave())

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        if not self.combine:
            self._spool.add(batch)
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > min(self.limit, MOST_HELD):
            self._combine_held()

    def take(self, is_partial: bool, batches: Iterable[pa.RecordBatch]) -> None:
        """Take in what another grouping has left."""
        for batch in batches:
            if not is_partial:
                self.add(batch)
            elif batch.num_rows:
                self.rows += Aggregated(batch).rows
                self._fold(batch)

    def groups(self) -> Iterator[Pieces]:
        """The one group."""
        if self.combine and (self._partial is not None or self.rows >= self.worth):
            self._combine_held()
        if self._partial is not None:
            yield Aggregated(self.combiner.aggregates(group(self._partial, 0)))
            return
        batches = [*self._held, *self._spool.batches(self.rows)] if self.rows else []
        rows = joined(batches, self.schema)
        yield Grouped(rows, np.array([0, rows.num_rows], dtype=np.int64))

    def leave(self) -> tuple[bool, Iterator[pa.RecordBatch]]:
        """What was taken in as batches to `take`, and whether they are combined."""
        if self.combine and (self._partial is not None or self.rows >= self.worth):
            self._combine_held()
        if self._partial is not None:
            return True, iter([self._partial])
        return False, iter([*self._held, *(self._spool.batches(self.rows) if self.rows else [])])

    def close(self) -> None:
        """Free what is held."""
        self._held = []
        self._spool.close()

    def _combine_held(self) -> None:
        while self._held:
            some = first_batches(self._held, self.at_once)
            del self._held[: len(some)]
            self._fold(self.combiner.combine(group(joined(some, self.schema), 0)))
        self._held_bytes = 0

    def _fold(self, combined: pa.RecordBatch) -> None:
        if self._partial is not None:
            both = joined([self._partial, combined], self.combiner.schema)
            combined = self.combiner.fold(group(both, 0))
        self._partial = combined
