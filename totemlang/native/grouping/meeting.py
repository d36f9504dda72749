"""Groupings by hash meet: each worker takes a share of the partitions of all, in its own thread.

Afterwards no key is in two groupings, and each has brought what it took into the order of keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Barrier, BrokenBarrierError, Thread

import numpy as np
from attrs import define, field, frozen

from totemlang.native.grouping.copies import LONG, Bytes, Numbers, taken, together
from totemlang.native.grouping.gathered import Gathered
from totemlang.native.grouping.key_order import Code, numbers_of, order, taken_from
from totemlang.native.grouping.output import Reader
from totemlang.native.grouping.tables import Way

_AT_ONCE = 1 << 21
"""Bytes of groups that are taken from another grouping at once."""


@frozen(eq=False)
class Run:
    """Groups in the order of keys: the words of `memory` where they begin, and their keys.

    Keys that are compared with no others are left out.
    """

    gathered: Gathered
    memory: Bytes
    places: Numbers
    codes: list[Code]


def meet(all_: Sequence[Gathered]) -> list[Run]:
    """What each one has afterwards. Nobody else may use them meanwhile."""
    meeting = _Meeting(list(all_))
    if len(all_) == 1:
        meeting.share(0)
    else:
        _each_in_a_thread(meeting.share, len(all_), meeting.barrier)
    return [run for run in meeting.runs if run is not None]


@frozen(eq=False)
class _Source:
    """What others see of one: its memory, its partitions, the places of its windows."""

    memory: Bytes
    partitions: list[tuple[int, int]]
    windows: tuple[int, ...]


@define(eq=False)
class _Meeting:
    """Each of those gathered in its own thread: they divide the partitions among them."""

    all: list[Gathered]
    barrier: Barrier = field(init=False)
    sources: list[_Source | None] = field(init=False)
    runs: list[Run | None] = field(init=False)
    has_long: list[bool] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Nobody has anything to show yet."""
        number = len(self.all)
        self.barrier = Barrier(number)
        self.sources, self.runs = [None] * number, [None] * number
        self.has_long = [False] * number

    def share(self, number: int) -> None:
        """Show what one has, take the same partitions of the others, and put them in order."""
        mine = self.all[number]
        layout, tables = mine.plan.layout, mine.tables
        if tables.way is not Way.PARTED:
            tables.part()
        partitions = list(tables.groups())
        memory = mine.room.view(0, mine.room.size, np.uint8)
        self.sources[number] = _Source(memory, partitions, tuple(mine.windows.places))
        self.barrier.wait()
        sources = [source for source in self.sources if source is not None]
        count = len(partitions)
        first, stop = (count * part // len(sources) for part in (number, number + 1))
        for other, source in enumerate(sources):
            if other != number:
                for stretches in together(source.partitions[first:stop], layout.size, _AT_ONCE):
                    part = taken(layout, source.memory, stretches, source.windows)
                    mine.absorb(part, most=None)
        if len({source.windows for source in sources}) > 1:  # whoever reads a group has other ones
            self.barrier.wait()
            mine.widen_sums()
        own = list(tables.groups())[first:stop]
        memory = mine.room.view(0, mine.room.size, np.uint8)
        size = layout.size // 8
        places = np.concatenate(
            [at // 8 + size * np.arange(groups) for at, groups in own] or [np.empty(0, np.int64)]
        )
        words = memory[: len(memory) & -8].view(np.int64)
        self.has_long[number] = any(
            bool((words[places + k] >= LONG).any()) for k in layout.long_words
        )
        self.barrier.wait()
        codes: Sequence[Code]
        if any(self.has_long):
            codes = Reader(layout, mine.room, mine.instance, mine.plan.prices).codes(places)
        else:
            codes = numbers_of(layout, words, places)
        ordered = order(codes)
        keys = taken_from(codes, ordered) if len(sources) > 1 else []
        self.runs[number] = Run(mine, memory, places[ordered], keys)


def _each_in_a_thread(work: Callable[[int], None], count: int, barrier: Barrier) -> None:
    """Do work number 0, 1, …, at the same time. Raises what one of them raises."""
    errors: list[BaseException] = []

    def one(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            if not isinstance(error, BrokenBarrierError):
                errors.append(error)
            barrier.abort()

    threads = [Thread(target=one, args=(number,), daemon=True) for number in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:  # an interrupt: nothing may be at work on what will be closed
        barrier.abort()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        raise
    if errors:
        raise errors[0]
