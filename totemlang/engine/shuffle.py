"""From the rows that one stage emits to the groups that the next takes.

A grouping keeps within its share of memory while rows arrive, and combines early what the stage
only adds up; neither shows in the groups, their order or what is charged for them. What a worker
has gathered in a grouping of its own leaves it as batches, which another one takes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import pyarrow as pa
from attrs import define, field

from totemlang.bytecode.module import Stage
from totemlang.data.kinds import ARROW
from totemlang.engine.combine import Combiner
from totemlang.engine.one_group import OneGroup
from totemlang.engine.ordering import BringTogether, group
from totemlang.engine.pieces import Aggregated, Pieces, Shared
from totemlang.engine.runs import MOST_HELD, SortedRuns, first_batches, joined
from totemlang.engine.spool import Scratch
from totemlang.tables.prices import PriceTable
from totemlang.vm.tier import Emission

WORTH_COMBINING = 4
"""Rows of a key, on the average of those that come first, from which on they are combined."""

LONG_GROUPS = 1_024
"""Rows of a key, on the average, from which on combining is faster than handing arrays over."""

COMBINED_ROWS = 1 << 19
"""About so many rows are combined at a time: it takes some ten times their memory."""


class Grouping(Protocol):
    """Takes rows in any number of batches, then gives groups, or is absorbed by another, once."""

    @property
    def rows(self) -> int:
        """Rows taken so far."""

    def receive(self, emission: Emission) -> None:
        """Take in what a stage emitted: key parts, then values."""

    def absorb(self, other: Any, *, same_thread: bool) -> None:
        """Take in all that another grouping for the same stage has gathered.

        `same_thread`: no other thread works while this grouping is in use.
        """

    def groups(self) -> Iterator[Pieces | Shared]:
        """All groups, keys ascending, the rows of each in the order they were added."""

    def close(self) -> None:
        """Free what is held."""


def grouping_for(
    stage: Stage,
    *,
    combine: bool,
    limit: int,
    scratch: Scratch,
    prices: PriceTable,
    bring: BringTogether = group,
) -> KeyedGroups | OneGroup:
    """The grouping that a reduce needs.

    Args:
        stage: the reduce.
        combine: whether it asks only sums, counts and extremes of all its arrays.
        limit: bytes of rows to hold before combining or writing to scratch files.
        scratch: where those are made.
        prices: the bytes of kinds, for the sizes that aggregates carry.
        bring: brings rows together by key.
    """
    kinds = tuple(parameter.type.kind for parameter in stage.parameters)
    combiner = Combiner(kinds[: stage.key_parts], kinds[stage.key_parts :], prices)
    schema = pa.schema([pa.field(f"c{i}", ARROW[kind]) for i, kind in enumerate(kinds)])
    if stage.key_parts:
        return KeyedGroups(combiner, schema, combine, limit, scratch, bring)
    return OneGroup(combiner, schema, combine, limit, scratch, LONG_GROUPS, COMBINED_ROWS)


@define
class KeyedGroups:
    """Groups by key. `schema` is that of rows.

    Rows are combined if the first of them show `worth_combining` rows a key or more; with fewer
    it would only cost time, and all rows are sorted instead.
    """

    combiner: Combiner
    schema: pa.Schema
    combine: bool
    limit: int
    scratch: Scratch
    bring: BringTogether = group
    worth_combining: int = WORTH_COMBINING
    rows: int = field(default=0, init=False)
    _raw: SortedRuns = field(init=False)
    _partial: SortedRuns = field(init=False)
    _held: list[pa.RecordBatch] = field(factory=list, init=False)
    _held_bytes: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Make the sorters of rows and of partial rows."""
        parts = len(self.combiner.keys)
        self._raw = SortedRuns(self.schema, parts, self.limit, self.scratch, bring=self.bring)
        self._partial = SortedRuns(
            self.combiner.schema, parts, self.limit, self.scratch, self.combiner.fold
        )

    def receive(self, emission: Emission) -> None:
        """Take in what a stage emitted."""
        for batch in emission.batches():
            self.add(batch)

    def absorb(self, other: KeyedGroups, *, same_thread: bool) -> None:
        """Take in all that another grouping has gathered."""
        self.take(*other.leave())

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        if not self.combine:
            self._raw.add(batch)
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > min(self.limit, MOST_HELD):
            self._combine_held()

    def take(self, is_partial: bool, batches: Iterable[pa.RecordBatch]) -> None:
        """Take in what another grouping has left."""
        for batch in batches:
            if is_partial:
                self.rows += Aggregated(batch).rows
                self._partial.add(batch)
            else:
                self.add(batch)

    def groups(self) -> Iterator[Pieces]:
        """All groups, keys ascending."""
        if self._partial.rows or self._is_worth(LONG_GROUPS):
            self._combine_held()
        if self._partial.rows:
            for rows in self._raw.groups():  # some rows came combined and others did not
                self._partial.add(self.combiner.combine(rows))
            for rows in self._partial.groups():
                yield Aggregated(self.combiner.aggregates(rows))
            return
        self._give_up_combining()  # so few rows that they were not combined: they fit
        yield from self._raw.groups()

    def leave(self) -> tuple[bool, Iterator[pa.RecordBatch]]:
        """What was taken in as batches to `take`, and whether they are combined."""
        if self.combine:
            self._combine_held()
        if self._partial.rows:
            return True, (self.combiner.fold(rows) for rows in self._partial.groups())
        return False, (rows.batch for rows in self._raw.groups())

    def close(self) -> None:
        """Free what is held."""
        self._held = []
        self._raw.close()
        self._partial.close()

    def _is_worth(self, rows_of_key: int) -> bool:
        """Whether the first rows held have on the average so many rows of a key."""
        if not self._held:
            return False
        rows = joined(first_batches(self._held, COMBINED_ROWS), self.schema)
        keys = group(rows, len(self.combiner.keys)).groups
        return keys * rows_of_key <= int(rows.num_rows)

    def _give_up_combining(self) -> None:
        self.combine = False
        for batch in self._held:
            self._raw.add(batch)
        self._held, self._held_bytes = [], 0

    def _combine_held(self) -> None:
        if not self._partial.rows and not self._is_worth(self.worth_combining):
            self._give_up_combining()
            return
        while self._held:
            some = first_batches(self._held, COMBINED_ROWS)
            del self._held[: len(some)]
            rows = joined(some, self.schema)
            self._partial.add(self.combiner.combine(group(rows, len(self.combiner.keys))))
        self._held_bytes = 0
