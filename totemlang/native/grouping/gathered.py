"""What a grouping has gathered: its groups, where they live, how they leave and meet others.

Groups of several groupings of one plan are merged into one, which then gives them. What went to
scratch files shows nowhere: sums are exact and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from totemlang.native.grouping.copies import Leaving, one_by_one, taken, together
from totemlang.native.grouping.lying import Lying
from totemlang.native.grouping.output import Reader, no_rows
from totemlang.native.grouping.place import Instance, Place, Room
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.spill import Finished, Runs
from totemlang.native.grouping.sums import Windows
from totemlang.native.grouping.tables import Tables, Way, room_of

MOST_HELD = 3 << 27
"""Bytes that a grouping keeps in memory whatever its limit: its memory ends at 4 GiB or before."""

_AT_ONCE = 1 << 20
"""Bytes of groups that are copied at once, about."""


class Gathered:
    """The groups of one grouping in `room`, with their windows; `staging` is where others come in.

    What comes from there is taken by calls to `copied`; `resident` takes what lies in the memory
    of the machine; calls that need no source go to `instance`. `rows` are those taken so far,
    merged ones included.
    """

    def __init__(self, plan: GroupingPlan, place: Place) -> None:
        """Begin without a group."""
        self.plan = plan
        self.place = place
        self.rows = 0
        self.room = Room.new(place.store)
        self._copying: tuple[Instance, Room] | None = None
        self.resident: tuple[Instance, Room] | None = None
        if place.memory is not None:
            emitted = Room(place.store, place.memory)
            self.resident = (
                Instance.new(place.store, plan.signature, self.room.memory, emitted.memory),
                emitted,
            )
        self.limit = min(plan.limit, MOST_HELD)
        self.most_direct = min(plan.most_direct, self.limit // (2 * plan.layout.size))
        self.instance = self.copied if self.resident is None else self.resident[0]
        self.tables = Tables(
            plan.layout, plan.state, self.room, self.instance, self.limit, plan.seeds
        )
        self.windows = Windows(plan.layout, plan.state, self.room)
        self.runs: Runs | None = None

    @property
    def copied(self) -> Instance:
        """What takes from `staging`."""
        return self._copy()[0]

    @property
    def staging(self) -> Room:
        """Where groups and rows come in that lie elsewhere."""
        return self._copy()[1]

    def merge(self, other: Gathered) -> None:
        """Take in the groups of another grouping of the same plan, which has none afterwards.

        Both may live in different stores; neither may be in use.
        """
        if other.plan is not self.plan:
            raise ValueError("groupings of different plans cannot be merged")
        self.rows += other.rows
        other.rows = 0
        if other.runs is not None:
            other.spill()
            self._runs().take_over(other.runs)
            other.runs = None
        else:
            if not self._meet_directly(other) and self.tables.way is Way.DIRECT:
                self.tables.hash()
            if other.tables.way is Way.PARTED and self.tables.way is not Way.PARTED:
                self.tables.part()
            for at, number in other.tables.groups():
                for part in other._shown(at, number):
                    self.absorb(part if self.tables.way is Way.DIRECT else self._present(part))
        other.close()

    def aggregates(self) -> Iterator[pa.RecordBatch]:
        """All groups, keys ascending (see `aggregate_schema`), at most 65,536 in a batch."""
        keys = len(self.plan.keys)
        reader = Reader(self.plan.layout, self.room, self.instance, self.plan.prices)
        if self.runs is None:
            if not keys and self.tables.way is Way.NONE:
                yield no_rows(reader.schema, [value.kind for value in self.plan.values])
                return
            yield from reader.read(self.tables.groups())
            return
        self.spill()
        finished = Finished(reader.schema, keys, self.plan.folder)
        try:
            for partition in self.runs.partitions:
                self.tables.clear()
                for part in self.runs.partition(partition):
                    self.absorb(part, most=None)
                finished.add(reader.read(self.tables.groups()))
            self.tables.clear()
            yield from finished.all()
        finally:
            finished.close()

    def lying(self, at: int, number: int) -> Lying:
        """Groups that lie there, keys ascending, for the machine that it lives with."""
        return Lying(self.plan, self.room, self.instance, at, number)

    def join(self, at: int, part: Leaving) -> None:
        """Take in groups that left elsewhere, of the same keys as those from `at` on here."""
        number, texts_at = self._stage(part)
        self.copied.call("join", at, 64, number, texts_at)

    def absorb(self, part: Leaving, most: int | None = 0) -> None:
        """Take in groups that left elsewhere; with `most` None whatever memory they take."""
        if not len(part.groups):
            return
        if self.tables.way is Way.NONE:
            self.tables.hash()
        number, texts_at = self._stage(part)
        directly = self.tables.way is Way.DIRECT
        self.copied.call("absorb_directly" if directly else "absorb", 64, number, texts_at)
        if most is not None and self.plan.keys and self.tables.used > self.limit:
            self.spill()

    def _stage(self, part: Leaving) -> tuple[int, int]:
        """Lay down groups that left elsewhere: how many there are, where what they refer to is."""
        self.windows.meet(part.places)
        texts_at = 64 + (len(part.groups) + 63 & -64)
        self.staging.reach(texts_at + len(part.texts) + 64)
        self.staging.view(64, len(part.groups), np.uint8)[:] = part.groups
        self.staging.view(texts_at, len(part.texts), np.uint8)[:] = part.texts
        return len(part.groups) // self.plan.layout.size, texts_at

    def spill(self) -> None:
        """Write all groups to the scratch file."""
        if self.tables.way is Way.NONE:
            return
        if self.tables.way is not Way.PARTED:
            self.tables.part()
        self._runs().write(self._leaving())
        self.tables.clear()
        self.tables.part()

    def widen_sums(self) -> None:
        """Leave nothing in the windows of any group."""
        for at, number in self.tables.groups():
            self.instance.call("widen", at, number)

    def close(self) -> None:
        """Free what is held."""
        if self.runs is not None:
            self.runs.close()
            self.runs = None
        self.room.give_back()
        if self._copying is not None:
            self.staging.give_back()
        self.tables.clear()
        self.windows = Windows(self.plan.layout, self.plan.state, self.room)

    def _copy(self) -> tuple[Instance, Room]:
        """Made where it is asked for: where all rows come from the machine nobody does."""
        if self._copying is None:
            store, staging = self.place.store, Room.new(self.place.store)
            made = Instance.new(store, self.plan.signature, self.room.memory, staging.memory)
            self._copying = made, staging
        return self._copying

    def _meet_directly(self, other: Gathered) -> bool:
        """Whether groups of both are found by value, and can be in the ranges of both."""
        if not self.plan.keys or other.tables.way is not Way.DIRECT:
            return False
        ranges = other.tables.ranges
        if self.tables.way is Way.DIRECT:
            pairs = zip(self.tables.ranges, ranges, strict=True)
            ranges = [ours.joined(theirs) for ours, theirs in pairs]
        elif self.tables.way is not Way.NONE:
            return False
        if room_of(ranges) > self.most_direct:
            return False
        if self.tables.way is Way.NONE or ranges != self.tables.ranges:
            self.tables.address_directly(ranges)
        return True

    def _shown(self, at: int, number: int) -> Iterator[Leaving]:
        """Groups to be taken in before anything changes here: as they lie, if that is all."""
        layout, places = self.plan.layout, tuple(self.windows.places)
        memory = self.room.view(0, self.room.size, np.uint8)
        step = max(1, _AT_ONCE // layout.size)
        for first in range(0, number, step):
            shown = (at + first * layout.size, min(step, number - first))
            yield taken(layout, memory, [shown], places)

    def _present(self, part: Leaving) -> Leaving:
        """Without the groups of no rows."""
        size = self.plan.layout.size
        groups = part.groups.reshape(-1, size)
        counts = groups[:, self.plan.layout.count : self.plan.layout.count + 8]
        present = counts.any(axis=1)
        if present.all():
            return part
        return Leaving(groups[present].reshape(-1), part.texts, part.places)

    def _runs(self) -> Runs:
        if self.runs is None:
            self.runs = Runs(self.plan.layout, self.plan.folder)
        return self.runs

    def _leaving(self) -> Iterator[Leaving]:
        """The groups of each table."""
        layout, places = self.plan.layout, tuple(self.windows.places)
        found = list(self.tables.groups())
        memory = self.room.view(0, self.room.size, np.uint8)
        for stretches in together(found, layout.size, _AT_ONCE):
            yield from one_by_one(layout, memory, stretches, places)
