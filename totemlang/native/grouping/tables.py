"""The tables of one grouping in its memory, and which way groups are found in them at the time.

By value of the key where that is possible and the values lie close together, else by hash; beyond
many groups in 256 tables by the first bits of the hash, rows waiting in a buffer before each, so
that a table comes into the cache once for many rows. Which way it is shows in nothing but time.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import numpy as np
import numpy.typing as npt
from attrs import define, field, frozen

from totemlang.native.grouping.layout import TABLE_BYTES, TABLES, Layout, State
from totemlang.native.grouping.place import Instance, Room

MOST_BUFFERS = 1 << 26
"""Bytes of all buffers."""

_LEAST_BUFFERED_ROWS = 16
_ALWAYS = 1 << 20
_PAGE, _LINE = 4_096, 64
_MASKS = np.array([255 * (i < n) for n in range(17) for i in range(16)], dtype=np.uint8)
_WORDS = TABLE_BYTES // 4


class Way(Enum):
    """How groups are found."""

    NONE = "no group yet"
    DIRECT = "direct"
    HASHED = "hashed"
    PARTED = "parted"


@frozen
class Range:
    """Values that a key part takes: so many from the lowest on."""

    low: int
    size: int

    def joined(self, other: Range) -> Range:
        """The range of both."""
        low = min(self.low, other.low)
        return Range(low, max(self.low + self.size, other.low + other.size) - low)

    def rounded(self) -> Range:
        """One that holds it, by less than an eighth longer, its ends round numbers.

        Workers who see different rows of the same keys have the same then.
        """
        unit = 1 << max(0, self.size.bit_length() - 5)
        low = max(-(2**63), self.low // unit * unit)
        end = min(2**63, -(-(self.low + self.size) // unit) * unit)
        return Range(low, end - low)

    def widened(self, other: Range) -> Range:
        """The range of both, longer than need be where it grew, for it may go on growing."""
        both = self.joined(other)
        low = both.low - self.size if both.low < self.low else both.low
        end = both.low + both.size
        if end > self.low + self.size:
            end += self.size
        return Range(low, end - low)


def room_of(ranges: list[Range]) -> int:
    """How many keys there are in ranges."""
    number = 1
    for part in ranges:
        number *= part.size
    return number


@define(eq=False)
class Tables:
    """Tables in `room`. Calls that take no columns go to `instance`.

    `most` bytes may be taken, more or less: what comes next then has to wait (see `bound`).
    """

    layout: Layout
    state: State
    room: Room
    instance: Instance
    most: int
    seeds: npt.NDArray[np.uint64]
    way: Way = field(default=Way.NONE, init=False)
    ranges: list[Range] = field(factory=list, init=False)
    _direct: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin without a group."""
        self.clear()

    @property
    def used(self) -> int:
        """Bytes of memory handed out."""
        return int(self.room.view(8, 1, np.int64)[0])

    @property
    def direct(self) -> int:
        """Where the groups are that are found by value."""
        return self._direct

    def bound(self, most: int) -> None:
        """Take no new keys beyond so many bytes handed out; some more are always taken."""
        self.room.view(24, 1, np.int64)[0] = max(most, self.used + _ALWAYS)

    def clear(self) -> None:
        """Forget all groups; their memory is free for new ones. Windows are kept."""
        self.room.reach(self.state.end)
        head = self.room.view(0, self.state.seeds, np.uint8)
        head[:] = 0
        self.room.view(0, 1, np.int64)[0] = self.state.end
        self.room.view(self.state.seeds, len(self.seeds), np.uint64)[:] = self.seeds
        self.room.view(self.state.direct, 2, np.int32)[:] = 0
        self.room.view(self.state.masks, len(_MASKS), np.uint8)[:] = _MASKS
        self._descriptors()[:] = 0
        self.way, self.ranges, self._direct = Way.NONE, [], 0
        self.bound(self.most)

    def address_directly(self, ranges: list[Range]) -> None:
        """Find groups by value within these ranges (which hold those known) from now on."""
        old, old_ranges = self._direct, self.ranges
        size = self.layout.size
        number = room_of(ranges)
        new = self.instance.call("alloc", number * size)
        groups = self.room.view(new, number * size, np.uint8).reshape(number, size)
        groups[:] = 0
        if self.way is Way.DIRECT:
            before = room_of(old_ranges)
            held = self.room.view(old, before * size, np.uint8).reshape(before, size)
            if before and ranges[1:] == old_ranges[1:]:  # they stay one behind the other
                first = int(_moved(np.zeros(1, np.int64), old_ranges, ranges)[0])
                groups[first : first + before] = held
            else:
                counts = self.room.words(old + self.layout.count, before, size)
                present = np.flatnonzero(counts)
                groups[_moved(present, old_ranges, ranges)] = held[present]
            self.instance.call("free", old, before * size)
        self.way, self.ranges, self._direct = Way.DIRECT, ranges, new
        self.room.view(self.state.direct, 1, np.int32)[0] = np.uint32(new).astype(np.int32)
        bounds = self.room.view(self.state.ranges, 2 * len(ranges), np.int64)
        bounds[0::2] = [part.low for part in ranges]
        bounds[1::2] = [part.size for part in ranges]

    def hash(self) -> None:
        """Find groups by hash from now on."""
        before, ranges, old = self.way, self.ranges, self._direct
        self.way, self.ranges, self._direct = Way.HASHED, [], 0
        if before is Way.DIRECT:
            number = room_of(ranges)
            self.instance.call("rehome", old, number)
            self.instance.call("free", old, number * self.layout.size)

    def part(self) -> None:
        """Divide the groups into partitions."""
        if self.way is Way.DIRECT:
            self.hash()
        groups, number, room, slots = self._descriptors()[0, :4].tolist()
        self._descriptors()[:] = 0
        self.room.view(self.state.direct + 4, 1, np.int32)[0] = 1
        self.way = Way.PARTED
        self._make_buffers()
        self.bound(self.most)
        if room:
            self.instance.call("rehome", groups, number)
            self.instance.call("free", groups, room * self.layout.size)
            self.instance.call("free", slots, room * 32)

    def drain(self) -> None:
        """Take in the rows that wait in buffers."""
        if self.way is not Way.PARTED or not self.layout.record:
            return
        descriptors = self._descriptors()
        for table in np.flatnonzero(descriptors[:, 5] != descriptors[:, 6]).tolist():
            self.instance.call("drain", self.state.tables + TABLE_BYTES * table)

    def groups(self) -> Iterator[tuple[int, int]]:
        """Where groups lie and how many, a table after the other; some may have no rows."""
        if self.way is Way.DIRECT:
            yield self._direct, room_of(self.ranges)
        elif self.way is not Way.NONE:
            self.drain()
            count = TABLES if self.way is Way.PARTED else 1
            yield from map(tuple, self._descriptors()[:count, :2].tolist())

    def _make_buffers(self) -> None:
        record = self.layout.record
        if not record:
            return
        # Not a multiple of pages apart, or the ends of all buffers would be one set of the cache.
        size = min(MOST_BUFFERS, self.most // 4) // TABLES
        apart = (max(0, size - 2 * _PAGE) & -_PAGE) + _LINE
        apart = max(apart, _LEAST_BUFFERED_ROWS * record + 7 & -8)
        rows = apart // record
        start = self.instance.call("alloc", TABLES * apart)
        starts = start + np.arange(TABLES, dtype=np.uint32) * np.uint32(apart)
        descriptors = self._descriptors()
        descriptors[:, 5] = descriptors[:, 6] = starts
        descriptors[:, 7] = starts + np.uint32(rows * record)

    def _descriptors(self) -> npt.NDArray[np.uint32]:
        held = self.room.view(self.state.tables, TABLES * _WORDS, np.uint32)
        return held.reshape(TABLES, _WORDS)


def _moved(
    places: npt.NDArray[np.int64], before: list[Range], after: list[Range]
) -> npt.NDArray[np.int64]:
    """Where groups of the ranges before lie in those after."""
    moved, stride = np.zeros(len(places), dtype=np.int64), 1
    for old, new in zip(reversed(before), reversed(after), strict=True):
        moved += (places % old.size + (old.low - new.low)) * stride
        places = places // old.size
        stride *= new.size
    return moved
