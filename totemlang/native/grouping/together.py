"""Groupings of several workers put together part by part, by several workers at the same time.

All of them find groups by value in the same ranges, so that a stretch of keys is a stretch of each
one's memory. Who wants a stretch takes it out of the others' memory into his own grouping; nobody
else may want the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import define, frozen

from totemlang.native.grouping.copies import Bytes, taken
from totemlang.native.grouping.gathered import Gathered
from totemlang.native.grouping.hosts import Hosts
from totemlang.native.grouping.lying import Lying
from totemlang.native.grouping.place import Place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.tables import Range, Way, room_of

Window = tuple[tuple[int, int], ...]
"""Groups from one place to another, in each of what they are held in."""


@frozen(eq=False)
class _Source:
    """What one has gathered as others see it: its memory, and where its groups lie."""

    gathered: Gathered
    memory: Bytes
    at: int
    windows: tuple[int, ...]


@define(eq=False)
class Together:
    """Groupings of one plan that take no more rows. Keys ascend with their places, from 0 on."""

    plan: GroupingPlan
    ranges: list[Range]
    _sources: list[_Source]
    _hosts: Hosts

    @classmethod
    def of(cls, all_: Sequence[Gathered]) -> Together | None:
        """Put them together; None where they do not find groups by value, or have too many."""
        found = [each for each in all_ if each.tables.way is not Way.NONE]
        if not found or any(each.runs is not None for each in found):
            return None
        if any(each.tables.way is not Way.DIRECT for each in found):
            return None
        ranges = found[0].tables.ranges
        for each in found[1:]:
            pairs = zip(ranges, each.tables.ranges, strict=True)
            ranges = [ours.joined(theirs) for ours, theirs in pairs]
        if len(found) > 1 and room_of(ranges) > found[0].most_direct:
            return None
        sources = []
        for each in found:
            if each.tables.ranges != ranges:
                each.tables.address_directly(ranges)
            memory = each.room.view(0, each.room.size, np.uint8)
            windows = tuple(each.windows.places)
            sources.append(_Source(each, memory, each.tables.direct, windows))
        hosts = Hosts.among(found, lambda made: made.tables.address_directly(ranges))
        return cls(found[0].plan, ranges, sources, hosts)

    @property
    def whole(self) -> Window:
        """All groups."""
        return ((0, room_of(self.ranges)),)

    def groups(self, window: Window) -> int:
        """How many there are at most."""
        ((first, stop),) = window
        return stop - first

    def cut(self, window: Window, groups: int) -> Iterator[Window]:
        """The same, at most so many groups at a time."""
        ((begin, end),) = window
        for first in range(begin, end, groups):
            yield ((first, min(end, first + groups)),)

    def host(self, place: Place | None) -> Gathered:
        """What lives in the store of a machine, or something new for who asks."""
        return self._hosts.host(place)

    def stretch(self, host: Gathered, window: Window) -> Lying:
        """The groups of a window, brought to a host; for the last time."""
        ((first, stop),) = window
        size, number = self.plan.layout.size, stop - first
        here = host.tables.direct + first * size
        for source in self._sources:
            if source.gathered is not host:
                at = source.at + first * size
                host.join(
                    here, taken(self.plan.layout, source.memory, [(at, number)], source.windows)
                )
        return host.lying(here, number)

    def close(self) -> None:
        """Free what was made for hosts; the others are others'."""
        self._hosts.close()
