"""Groups of which a stage asks sums, counts and extremes alone, made as rows are emitted.

A `NativeGrouping` takes rows from the memory of a machine where they lie, or from Arrow batches.
It belongs to one thread; groupings of one plan are merged into one, which then gives the groups.
How rows came to groupings and batches, and what went to scratch files, shows nowhere: sums are
exact and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from totemlang.data.text_pieces import MOST_TEXT
from totemlang.native.emission import NativeEmission
from totemlang.native.grouping.incoming import Columns, cuts, lay_down, text_ends
from totemlang.native.grouping.output import Reader, no_rows
from totemlang.native.grouping.place import Instance, Loop, Place, Room, own_place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.spill import Finished, Leaving, Runs
from totemlang.native.grouping.sums import Windows
from totemlang.native.grouping.tables import (
    Range,
    Tables,
    Way,
    room_of,
)
from totemlang.schema.types import Kind
from totemlang.vm.tier import Emission

SLICE = 1 << 18
"""Rows, at most, between two looks at memory used and at windows."""

MOST_HELD = 3 << 27
"""Bytes that a grouping keeps in memory whatever its limit: its memory ends at 4 GiB or before."""

_SHOWN = 1 << 20
"""Bytes of groups that are brought to another grouping at once."""

_LONG = 17 << 32
"""The last word of a string from which on it refers to the string."""

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
        self.rows = 0
        self._place = place or own_place()
        store = self._place.store
        self._room = Room.new(store)
        self._staging = Room.new(store)
        self._copied = Instance.new(store, plan.signature, self._room.memory, self._staging.memory)
        self._resident: tuple[Instance, Room] | None = None
        if self._place.memory is not None:
            emitted = Room(store, self._place.memory)
            self._resident = (
                Instance.new(store, plan.signature, self._room.memory, emitted.memory),
                emitted,
            )
        self._limit = min(plan.limit, MOST_HELD)
        self._tables = Tables(
            plan.layout,
            plan.state,
            self._room,
            self._copied,
            self._limit,
            plan.seeds,
        )
        self._windows = Windows(plan.layout, plan.state, self._room)
        self._runs: Runs | None = None
        self._widenings = 0
        self._hashed = "hashed"
        self._texts = [at for at, kind in enumerate(plan.keys) if kind is Kind.STRING]
        self._texts += sorted({len(plan.keys) + cell.value for cell in plan.layout.text_extremes})
        most = _TEXT_SLICE if plan.layout.text_extremes else SLICE
        self._slice = min(most, max(_LEAST_SLICE, self._limit // (4 * plan.layout.size)))
        self._most_direct = min(plan.most_direct, self._limit // (2 * plan.layout.size))

    def add(self, emission: Emission) -> None:
        """Take in what a stage emitted: key parts, then values."""
        if (
            self._resident is not None
            and isinstance(emission, NativeEmission)
            and emission.instance.memory is self._place.memory
        ):
            instance, room = self._resident
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
        return self._resident is not None and not self.plan.layout.text_extremes

    def loop(self) -> Loop:
        """The loop that takes rows as things stand, in the machine's memory."""
        assert self._resident is not None
        instance, _ = self._resident
        way, name = self._tables.way, "whole"
        if self.plan.keys:
            name = {Way.DIRECT: "direct", Way.PARTED: "parted"}.get(way, self._hashed)
        return Loop(
            name,
            instance.function(name),
            self._room.memory,
            name.startswith("hashed"),
            self.plan.most_hashed,
            takes=way is not Way.NONE and self._windows.chosen,
        )

    def look_after(self, places: Sequence[int], rows: int, taken: int, streamed: int) -> None:
        """Do what a loop cannot that has taken `streamed` rows.

        The last rows of the columns at `places` are `rows`, of which it has taken `taken`.
        """
        assert self._resident is not None
        instance, room = self._resident
        self.rows += streamed
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
            places = lay_down(piece, self.plan.layout.columns, self._staging)
            self._take(places, piece.num_rows, self._copied, self._staging)

    def merge(self, other: NativeGrouping) -> None:
        """Take in the groups of another grouping of the same plan, which has none afterwards.

        Both may live in different stores; neither may be in use.
        """
        if other.plan is not self.plan:
            raise ValueError("groupings of different plans cannot be merged")
        self.rows += other.rows
        other.rows = 0
        if not self._meet_directly(other) and self._tables.way is Way.DIRECT:
            self._tables.hash()
        if other._runs is not None:
            other._spill()
            for partition in other._runs.partitions:
                for part in other._runs.partition(partition):
                    self._absorb(part)
        else:
            if other._tables.way is Way.PARTED and self._tables.way is not Way.PARTED:
                self._tables.part()
            for at, number in other._tables.groups():
                for part in other._shown(at, number):
                    self._absorb(part if self._tables.way is Way.DIRECT else self._present(part))
        other.close()

    def aggregates(self) -> Iterator[pa.RecordBatch]:
        """All groups, keys ascending (see `aggregate_schema`), at most 65,536 in a batch."""
        keys = len(self.plan.keys)
        reader = Reader(self.plan.layout, self._room, self._copied, self.plan.prices)
        if self._runs is None:
            if not keys and self._tables.way is Way.NONE:
                yield no_rows(reader.schema, [value.kind for value in self.plan.values])
                return
            yield from reader.read(self._tables.groups())
            return
        self._spill()
        finished = Finished(reader.schema, keys, self.plan.folder)
        try:
            for partition in self._runs.partitions:
                self._tables.clear()
                for part in self._runs.partition(partition):
                    self._absorb(part, most=None)
                finished.add(reader.read(self._tables.groups()))
            self._tables.clear()
            yield from finished.all()
        finally:
            finished.close()

    def close(self) -> None:
        """Free what is held."""
        if self._runs is not None:
            self._runs.close()
            self._runs = None
        self._room.give_back()
        self._staging.give_back()
        self._tables.clear()
        self._windows = Windows(self.plan.layout, self.plan.state, self._room)

    # --- rows

    def _take(
        self, places: Sequence[int], rows: int, instance: Instance, room: Room, first: int = 0
    ) -> None:
        """Take rows from the first on, in columns at these places."""
        arguments = self._room.view(self.plan.state.arguments, len(places), np.uint32)
        arguments[:] = places
        row, keys = first, self.plan.keys
        self.rows += rows - first
        texts = text_ends(room, [places[column] for column in self._texts], rows)
        while row < rows:
            stop = min(rows, row + self._slice)
            if texts is not None:
                before = texts[row - 1] if row else 0
                fitting = int(np.searchsorted(texts, before + MOST_TEXT, side="right"))
                stop = min(stop, max(row + 1, fitting))
            columns = Columns(room, places, self.plan.layout.columns, row, stop)
            if not self._windows.chosen:
                self._windows.choose(columns.values)
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
                    self._spill()
            if row == stop:
                self._look(columns, stop - columns.first)

    def _look(self, columns: Columns, rows: int) -> None:
        """Look at windows and memory after so many rows were taken, the last of them these."""
        if self._windows.are_bad(rows) and self._runs is None:
            self._windows.reconsider(columns.values, self._widen_sums)
        if self.plan.keys and self._tables.used > self._limit:
            self._spill()

    def _by_hash(self, columns: Columns) -> str:
        """The loop for keys as long as these."""
        return "hashed_long" if columns.are_long(len(self.plan.keys)) else "hashed"

    def _make_room(self) -> None:
        if self._tables.used > self._limit:
            self._spill()
        else:
            self._tables.part()

    def _begin(self, columns: Columns) -> None:
        ranges = self._ranges(columns)
        if ranges is not None and self._is_dense(ranges, columns):
            self._tables.address_directly(ranges)
        else:
            self._tables.hash()

    def _is_dense(self, ranges: list[Range], columns: Columns) -> bool:
        """Whether so many of the keys in the ranges occur that they are worth their memory."""
        number = room_of(ranges)
        if number > self._most_direct:
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
            if room_of(ranges) <= self._most_direct and self._widenings <= _MOST_WIDENINGS:
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

    def _widen_sums(self) -> None:
        for at, number in self._tables.groups():
            self._copied.call("widen", at, number)

    # --- groups

    def _meet_directly(self, other: NativeGrouping) -> bool:
        """Whether groups of both are found by value, and can be in the ranges of both."""
        if not self.plan.keys or other._tables.way is not Way.DIRECT:
            return False
        ranges = other._tables.ranges
        if self._tables.way is Way.DIRECT:
            pairs = zip(self._tables.ranges, ranges, strict=True)
            ranges = [ours.joined(theirs) for ours, theirs in pairs]
        elif self._tables.way is not Way.NONE:
            return False
        if room_of(ranges) > self._most_direct:
            return False
        if self._tables.way is Way.NONE or ranges != self._tables.ranges:
            self._tables.address_directly(ranges)
        return True

    def _shown(self, at: int, number: int) -> Iterator[Leaving]:
        """Groups to be taken in before anything changes here: as they lie, if that is all."""
        if self._refer(at, number):
            yield self._leaving(at, number)
            return
        size, places = self.plan.layout.size, tuple(self._windows.places)
        step = max(1, _SHOWN // size)
        for first in range(0, number, step):
            shown = min(step, number - first)
            held = self._room.view(at + first * size, shown * size, np.uint8)
            yield Leaving(held, np.empty(0, np.uint8), places)

    def _present(self, part: Leaving) -> Leaving:
        """Without the groups of no rows."""
        size = self.plan.layout.size
        groups = part.groups.reshape(-1, size)
        counts = groups[:, self.plan.layout.count : self.plan.layout.count + 8]
        present = counts.any(axis=1)
        if present.all():
            return part
        return Leaving(groups[present].reshape(-1), part.texts, part.places)

    def _refer(self, at: int, number: int) -> bool:
        """Whether one of these groups refers to something outside of its own bytes."""
        layout = self.plan.layout
        if layout.text_extremes:
            return True
        if layout.windows and self._room.words(at + layout.wide, number, layout.size).any():
            return True
        words = (self._room.words(at + 8 * k, number, layout.size) for k in layout.long_words)
        return any(bool((held >= _LONG).any()) for held in words)

    def _leaving(self, at: int, number: int) -> Leaving:
        """A copy of groups and of what they refer to."""
        size = self.plan.layout.size
        places = tuple(self._windows.places)
        if not number:
            return Leaving(np.empty(0, np.uint8), np.empty(0, np.uint8), places)
        counts = self._room.words(at + self.plan.layout.count, number, size)
        present = int(np.count_nonzero(counts))
        if present == number and not self.plan.layout.has_references:
            return Leaving(
                self._room.view(at, number * size, np.uint8).copy(), np.empty(0, np.uint8), places
            )
        texts = self._copied.call("leave", at, number, 0, 0)
        groups_at = self._copied.call("alloc", max(1, present * size))
        texts_at = self._copied.call("alloc", texts)
        self._copied.call("leave", at, number, groups_at, texts_at)
        leaving = Leaving(
            self._room.view(groups_at, present * size, np.uint8).copy(),
            self._room.view(texts_at, texts, np.uint8).copy(),
            places,
        )
        self._copied.call("free", groups_at, max(1, present * size))
        self._copied.call("free", texts_at, texts)
        return leaving

    def _absorb(self, part: Leaving, most: int | None = 0) -> None:
        size = self.plan.layout.size
        number = len(part.groups) // size
        if not number:
            return
        if self._tables.way is Way.NONE:
            self._tables.hash()
        self._windows.meet(part.places)
        texts_at = 64 + (len(part.groups) + 63 & -64)
        self._staging.reach(texts_at + len(part.texts) + 64)
        self._staging.view(64, len(part.groups), np.uint8)[:] = part.groups
        self._staging.view(texts_at, len(part.texts), np.uint8)[:] = part.texts
        directly = self._tables.way is Way.DIRECT
        self._copied.call("absorb_directly" if directly else "absorb", 64, number, texts_at)
        if most is not None and self.plan.keys and self._tables.used > self._limit:
            self._spill()

    def _spill(self) -> None:
        """Write all groups to the scratch file."""
        if self._tables.way is Way.NONE:
            return
        if self._tables.way is not Way.PARTED:
            self._tables.part()
        if self._runs is None:
            self._runs = Runs(self.plan.layout.size, self.plan.folder)
        self._runs.write(self._leaving(at, number) for at, number in self._tables.groups())
        self._tables.clear()
        self._tables.part()
