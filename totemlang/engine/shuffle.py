"""From the rows that one stage emits to the groups that the next takes.

`KeyedGroups` brings rows under their keys, `OneGroup` puts all rows into one. Both keep within
their share of memory while rows arrive, and combine early what the stage only adds up; neither
shows in the groups, their order or what is charged for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import pyarrow as pa
from attrs import define, field, frozen

from totemlang.bytecode.module import Stage, Value
from totemlang.data.kinds import ARROW
from totemlang.data.python_values import to_values
from totemlang.engine.combine import Combiner, key_tuples
from totemlang.engine.ordering import Grouped, group
from totemlang.engine.runs import SortedRuns, joined
from totemlang.engine.spool import Scratch, Spool
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable
from totemlang.vm.aggregate import Aggregate

CALL_ROWS = 65_536
"""About so many rows are turned into Python values at once (a group is never divided)."""

WORTH_COMBINING = 4
"""Rows of a key, on the average of those that come first, from which on they are combined."""

LONG_GROUPS = 1_024
"""Rows of a key, on the average, from which on combining is faster than handing arrays over."""

COMBINED_ROWS = 1 << 19
"""About so many rows are combined at a time: it takes some ten times their memory."""

ArrayValue = list[Value] | Aggregate


@frozen(eq=False)
class Groups:
    """Whole groups in order: keys, and for each the arrays of the values; `rows` in all."""

    keys: list[tuple[Value, ...]]
    arrays: list[list[ArrayValue]]
    rows: int


class Grouping(Protocol):
    """Takes rows in any number of batches, then gives groups once."""

    @property
    def rows(self) -> int:
        """Rows taken so far."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows: key parts, then values."""

    def groups(self) -> Iterator[Groups]:
        """All groups, keys ascending, the rows of each in the order they were added."""

    def close(self) -> None:
        """Free what is held."""


def grouping_for(
    stage: Stage, *, combine: bool, limit: int, scratch: Scratch, prices: PriceTable
) -> Grouping:
    """The grouping that a reduce needs.

    Args:
        stage: the reduce.
        combine: whether it asks only sums, counts and extremes of all its arrays.
        limit: bytes of rows to hold before combining or writing to scratch files.
        scratch: where those are made.
        prices: the bytes of kinds, for the sizes that aggregates carry.
    """
    kinds = tuple(parameter.type.kind for parameter in stage.parameters)
    combiner = Combiner(kinds[: stage.key_parts], kinds[stage.key_parts :], prices)
    if stage.key_parts:
        return KeyedGroups(combiner, combine, limit, scratch)
    return OneGroup(combiner, combine, limit, scratch)


@define
class KeyedGroups:
    """Groups by key.

    Rows are combined if the first of them show `worth_combining` rows a key or more; with fewer
    it would only cost time, and all rows are sorted instead.
    """

    combiner: Combiner
    combine: bool
    limit: int
    scratch: Scratch
    worth_combining: int = WORTH_COMBINING
    rows: int = field(default=0, init=False)
    _raw: SortedRuns = field(init=False)
    _partial: SortedRuns = field(init=False)
    _held: list[pa.RecordBatch] = field(factory=list, init=False)
    _held_bytes: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Make the sorters of rows and of partial rows; one of them stays empty."""
        parts = len(self.combiner.keys)
        self._raw = SortedRuns(row_schema(self.combiner), parts, self.limit, self.scratch)
        self._partial = SortedRuns(
            self.combiner.schema, parts, self.limit, self.scratch, self.combiner.fold
        )

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
        if self._held_bytes > self.limit:
            self._combine_held()

    def groups(self) -> Iterator[Groups]:
        """All groups, keys ascending."""
        if self._partial.rows or self._is_worth(LONG_GROUPS):
            self._combine_held()
        if self._partial.rows:
            for rows in self._partial.groups():
                yield self._aggregated(rows)
            return
        for batch in self._held:  # so few that they were not combined: they fit
            self._raw.add(batch)
        self._held = []
        for rows in self._raw.groups():
            yield from _taken(rows, self.combiner.keys, self.combiner.values)

    def close(self) -> None:
        """Free what is held."""
        self._held = []
        self._raw.close()
        self._partial.close()

    def _is_worth(self, rows_of_key: int) -> bool:
        """Whether the first rows held have on the average so many rows of a key."""
        if not self._held:
            return False
        rows = joined(_first(self._held, COMBINED_ROWS), self._raw.schema)
        keys = group(rows, len(self.combiner.keys)).groups
        return keys * rows_of_key <= int(rows.num_rows)

    def _combine_held(self) -> None:
        if not self._partial.rows and not self._is_worth(self.worth_combining):
            self.combine = False
            for batch in self._held:
                self._raw.add(batch)
            self._held, self._held_bytes = [], 0
            return
        while self._held:
            some = _first(self._held, COMBINED_ROWS)
            del self._held[: len(some)]
            rows = joined(some, self._raw.schema)
            self._partial.add(self.combiner.combine(group(rows, len(self.combiner.keys))))
        self._held_bytes = 0

    def _aggregated(self, rows: Grouped) -> Groups:
        counts, columns = self.combiner.aggregates(rows)
        keys = list(key_tuples(rows, self.combiner.keys))
        arrays: list[list[ArrayValue]] = [
            [column[number] for column in columns] for number in range(len(keys))
        ]
        return Groups(keys, arrays, sum(counts))


@define
class OneGroup:
    """All rows as one group with an empty key, even if there are none."""

    combiner: Combiner
    combine: bool
    limit: int
    scratch: Scratch
    rows: int = field(default=0, init=False)
    _spool: Spool = field(init=False)
    _held: list[pa.RecordBatch] = field(factory=list, init=False)
    _held_bytes: int = field(default=0, init=False)
    _partial: pa.RecordBatch | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Make the spool for rows that are not combined."""
        self._spool = Spool(row_schema(self.combiner), self.limit, self.scratch)

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
        if self._held_bytes > self.limit:
            self._combine_held()

    def groups(self) -> Iterator[Groups]:
        """The one group."""
        if self._partial is not None or (self.rows >= LONG_GROUPS and self.combine):
            self._combine_held()
        if self._partial is not None:
            _, columns = self.combiner.aggregates(group(self._partial, 0))
            yield Groups([()], [[column[0] for column in columns]], self.rows)
            return
        for batch in self._held:
            self._spool.add(batch)
        self._held = []
        arrays: list[list[Value]] = [[] for _ in self.combiner.values]
        for batch in self._spool.batches(CALL_ROWS):
            for array, column, kind in zip(
                arrays, batch.columns, self.combiner.values, strict=True
            ):
                array.extend(to_values(column, kind))
        yield Groups([()], [list(arrays)], self.rows)

    def close(self) -> None:
        """Free what is held."""
        self._held = []
        self._spool.close()

    def _combine_held(self) -> None:
        while self._held:
            some = _first(self._held, COMBINED_ROWS)
            del self._held[: len(some)]
            combined = self.combiner.combine(group(joined(some, self._spool.schema), 0))
            if self._partial is not None:
                both = joined([self._partial, combined], self.combiner.schema)
                combined = self.combiner.fold(group(both, 0))
            self._partial = combined
        self._held_bytes = 0


def row_schema(combiner: Combiner) -> pa.Schema:
    """The columns of rows before they are grouped: key parts, then values."""
    kinds = (*combiner.keys, *combiner.values)
    return pa.schema([pa.field(f"c{i}", ARROW[kind]) for i, kind in enumerate(kinds)])


def _first(batches: list[pa.RecordBatch], rows: int) -> list[pa.RecordBatch]:
    """The first batches that have at least so many rows together (or all)."""
    found = 0
    for number, batch in enumerate(batches):
        found += batch.num_rows
        if found >= rows:
            return batches[: number + 1]
    return list(batches)


def _taken(rows: Grouped, keys: Sequence[Kind], values: Sequence[Kind]) -> Iterator[Groups]:
    """The groups as Python values, about `CALL_ROWS` rows at a time."""
    starts = rows.starts.tolist()
    first = 0
    while first < rows.groups:
        last = first + 1
        while last < rows.groups and starts[last + 1] - starts[first] <= CALL_ROWS:
            last += 1
        base = starts[first]
        piece = rows.batch.slice(base, starts[last] - base)
        part = Grouped(piece, rows.starts[first : last + 1] - base)
        columns = [to_values(piece.column(len(keys) + i), kind) for i, kind in enumerate(values)]
        cuts = [start - base for start in starts[first : last + 1]]
        arrays: list[list[ArrayValue]] = [
            [column[start:stop] for column in columns] for start, stop in pairwise(cuts)
        ]
        yield Groups(list(key_tuples(part, keys)), arrays, piece.num_rows)
        first = last
