"""Groups of which a stage asks sums, counts and extremes alone, made as rows are emitted.

A `NativeGrouping` takes rows from the memory of a machine where they lie, or from Arrow batches.
It belongs to one thread. How rows came to groupings and batches shows nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import wasmtime

from totemlang.data.text_pieces import MOST_TEXT
from totemlang.native.emission import NativeEmission
from totemlang.native.grouping.gathered import Gathered
from totemlang.native.grouping.incoming import Columns, cuts, lay_down, text_ends
from totemlang.native.grouping.place import Instance, Loop, Place, Room, own_place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.tables import Range, Way, room_of
from totemlang.schema.types import Kind
from totemlang.vm.tier import Emission

SLICE = 1 << 18
"""Rows, at most, between two looks at memory used and at windows."""

_LEAST_SLICE, _TEXT_SLICE = 1 << 12, 1 << 14

_MOST_WIDENINGS = 12
_FEW = 1 << 16
_SPARSE = 32
"""Of more than a few keys in a range one in so many must occur in a slice."""


class NativeGrouping:
    """Takes rows, then gives groups once. `rows` are those taken so far, merged ones included."""

    def __init__(self, plan: GroupingPlan, place: Place | None = None) -> None:
        """Begin without a row, in a place of its own or in that of a machine."""
        self.plan = plan
        self.gathered = Gathered(plan, place or own_place())
        self._tables = self.gathered.tables
        self._widenings = 0
        self._hashed = "hashed"
        self._texts = [at for at, kind in enumerate(plan.keys) if kind is Kind.STRING]
        self._texts += sorted({len(plan.keys) + cell.value for cell in plan.layout.text_extremes})
        most = _TEXT_SLICE if plan.layout.text_extremes else SLICE
        self._slice = min(most, max(_LEAST_SLICE, self.gathered.limit // (4 * plan.layout.size)))

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return self.gathered.rows

    def add(self, emission: Emission) -> None:
        """Take in what a stage emitted: key parts, then values."""
        if (
            self.gathered.resident is not None
            and isinstance(emission, NativeEmission)
            and emission.instance.memory is self.gathered.place.memory
        ):
            instance, room = self.gathered.resident
            self._take(emission.columns, emission.rows, instance, room)
        else:
            for batch in emission.batches():
                self.add_batch(batch)

    @property
    def columns(self) -> int:
        """Columns that come in."""
        return len(self.plan.layout.columns)

    @property
    def arguments(self) -> int:
        """Where a loop looks for the places of the columns."""
        return self.plan.state.arguments

    @property
    def follows(self) -> bool:
        """Whether a loop can take rows while a machine emits others.

        Not where strings are kept whose room is looked after row by row.
        """
        return self.gathered.resident is not None and not self.plan.layout.text_extremes

    def loop(self) -> Loop:
        """The loop that takes rows as things stand, in the machine's memory."""
        assert self.gathered.resident is not None
        instance, _ = self.gathered.resident
        way, name = self._tables.way, "whole"
        if self.plan.keys:
            name = {Way.DIRECT: "direct", Way.PARTED: "parted"}.get(way, self._hashed)
        return Loop(
            name,
            instance.function(name),
            self.gathered.room.memory,
            name.startswith("hashed"),
            self.plan.most_hashed,
            takes=way is not Way.NONE and self.gathered.windows.chosen,
        )

    def function(self, name: str) -> wasmtime.Func:
        """A function that takes what lies in the machine's memory, or was made of it."""
        assert self.gathered.resident is not None
        return self.gathered.resident[0].function(name)

    def look_after(self, places: Sequence[int], rows: int, taken: int, streamed: int) -> None:
        """Do what a loop cannot that has taken `streamed` rows.

        The last rows of the columns at `places` are `rows`, of which it has taken `taken`.
        """
        assert self.gathered.resident is not None
        instance, room = self.gathered.resident
        self.gathered.rows += streamed
        if taken < rows:
            self._take(places, rows, instance, room, taken)
        elif rows:
            columns = Columns(room, places, self.plan.layout.columns, 0, rows)
            self._hashed = self._by_hash(columns)
            self._look(columns, streamed)

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """Take in a batch of rows: key parts, then values."""
        for start, stop in cuts(batch, self._slice):
            piece = batch.slice(start, stop - start)
            places = lay_down(piece, self.plan.layout.columns, self.gathered.staging)
            self._take(places, piece.num_rows, self.gathered.copied, self.gathered.staging)

    def merge(self, other: NativeGrouping) -> None:
        """Take in the groups of another grouping of the same plan, which has none afterwards."""
        self.gathered.merge(other.gathered)

    def aggregates(self) -> Iterator[pa.RecordBatch]:
        """All groups, keys ascending (see `aggregate_schema`), at most 65,536 in a batch."""
        return self.gathered.aggregates()

    def close(self) -> None:
        """Free what is held."""
        self.gathered.close()

    # --- rows

    def _take(
        self, places: Sequence[int], rows: int, instance: Instance, room: Room, first: int = 0
    ) -> None:
        """Take rows from the first on, in columns at these places."""
        arguments = self.gathered.room.view(self.plan.state.arguments, len(places), np.uint32)
        arguments[:] = places
        row, keys = first, self.plan.keys
        self.gathered.rows += rows - first
        texts = text_ends(room, [places[column] for column in self._texts], rows)
        while row < rows:
            stop = min(rows, row + self._slice)
            if texts is not None:
                before = texts[row - 1] if row else 0
                fitting = int(np.searchsorted(texts, before + MOST_TEXT, side="right"))
                stop = min(stop, max(row + 1, fitting))
            columns = Columns(room, places, self.plan.layout.columns, row, stop)
            if not self.gathered.windows.chosen:
                self.gathered.windows.choose(columns.values, self.plan.agreed)
            if self._tables.way is Way.NONE:
                self._begin(columns)
            if self._tables.way is Way.DIRECT:
                row = instance.call("direct" if keys else "whole", row, stop)
                if row < stop:
                    self._widen(Columns(room, places, self.plan.layout.columns, row, stop))
            elif self._tables.way is Way.HASHED:
                self._hashed = self._by_hash(columns)
                row = instance.call(self._hashed, row, stop, self.plan.most_hashed)
                if row < stop:
                    self._make_room()
            else:
                row = instance.call("parted", row, stop)
                if row < stop:
                    self.gathered.spill()
            if row == stop:
                self._look(columns, stop - columns.first)

    def _look(self, columns: Columns, rows: int) -> None:
        """Look at windows and memory after so many rows were taken, the last of them these."""
        if self.gathered.windows.are_bad(rows) and self.gathered.runs is None:
            self.gathered.windows.reconsider(columns.values, self.gathered.widen_sums)
        if self.plan.keys and self._tables.used > self.gathered.limit:
            self.gathered.spill()

    def _by_hash(self, columns: Columns) -> str:
        """The loop for keys as long as these."""
        return "hashed_long" if columns.are_long(len(self.plan.keys)) else "hashed"

    def _make_room(self) -> None:
        if self._tables.used > self.gathered.limit:
            self.gathered.spill()
        else:
            self._tables.part()

    def _begin(self, columns: Columns) -> None:
        ranges = self._ranges(columns)
        if ranges is not None and self._is_dense(ranges, columns):
            roomy = [part.rounded() for part in ranges]
            fits = room_of(roomy) <= self.gathered.most_direct
            self._tables.address_directly(roomy if fits else ranges)
        else:
            self._tables.hash()

    def _is_dense(self, ranges: list[Range], columns: Columns) -> bool:
        """Whether so many of the keys in the ranges occur that they are worth their memory."""
        number = room_of(ranges)
        if number > self.gathered.most_direct:
            return False
        if number <= _FEW or len(ranges) > 1:
            return number <= _FEW
        occurs = np.zeros(number, dtype=bool)
        occurs[columns.values(0).astype(np.int64) - ranges[0].low] = True
        return int(np.count_nonzero(occurs)) * _SPARSE >= number

    def _widen(self, columns: Columns) -> None:
        """Make room for keys outside of the ranges, or find groups by hash from now on."""
        found = self._ranges(columns)
        assert found is not None
        pairs = list(zip(self._tables.ranges, found, strict=True))
        self._widenings += 1
        for ranges in ([a.widened(b) for a, b in pairs], [a.joined(b) for a, b in pairs]):
            if room_of(ranges) <= self.gathered.most_direct and self._widenings <= _MOST_WIDENINGS:
                self._tables.address_directly(ranges)
                return
        self._tables.hash()

    def _ranges(self, columns: Columns) -> list[Range] | None:
        """The ranges of the keys; None if there is a string."""
        if not self.plan.layout.is_direct:
            return None
        found = []
        for part in range(len(self.plan.keys)):
            values = columns.values(part)
            low = int(values.min())
            found.append(Range(low, int(values.max()) - low + 1))
        return found
