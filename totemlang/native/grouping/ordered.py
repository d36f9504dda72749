"""Groups of several workers' groupings by hash in stretches of keys, reduced at the same time.

After the workers have met (see meeting.py), a stretch of keys is a piece of what each of them has.
Who wants one copies it to his own memory, in the order of keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import define, field

from totemlang.native.grouping.copies import Numbers, texts_bytes, with_texts
from totemlang.native.grouping.gathered import Gathered
from totemlang.native.grouping.hosts import Hosts
from totemlang.native.grouping.key_order import first_from, joined, key_at, order, taken_from
from totemlang.native.grouping.lying import Lying
from totemlang.native.grouping.meeting import Run, meet
from totemlang.native.grouping.place import Place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.tables import Way
from totemlang.native.grouping.together import Window

_SAMPLES = 16
"""Keys looked at for each piece that runs are cut into."""


@define(eq=False)
class Ordered:
    """Groupings of one plan that take no more rows, some of them divided into partitions."""

    plan: GroupingPlan
    _runs: list[Run]
    _hosts: Hosts
    _blocks: dict[int, list[tuple[int, int]]] = field(factory=dict, init=False)
    """What stands in each host for the stretch that it was given last."""

    @classmethod
    def of(cls, all_: Sequence[Gathered]) -> Ordered | None:
        """Put them together; None where that is not worth it, or some went to a scratch file."""
        found = [each for each in all_ if each.tables.way is not Way.NONE]
        if any(each.runs is not None for each in found):
            return None
        if all(each.tables.way is not Way.PARTED for each in found):
            return None
        windows = tuple(found[0].windows.places)
        hosts = Hosts.among(found, lambda made: made.windows.meet(windows))
        return cls(found[0].plan, meet(found), hosts)

    @property
    def whole(self) -> Window:
        """All groups."""
        return tuple((0, len(run.places)) for run in self._runs)

    def groups(self, window: Window) -> int:
        """How many there are."""
        return sum(stop - first for first, stop in window)

    def cut(self, window: Window, groups: int) -> Iterator[Window]:
        """The same in stretches of about so many groups."""
        total = self.groups(window)
        number = -(-total // groups)
        if len(self._runs) == 1:
            yield from self._cut_evenly(window, max(1, number))
            return
        keys: list[Any] = []
        step = max(1, total // (number * _SAMPLES)) if number > 1 else 1
        for run, (first, stop) in zip(self._runs, window, strict=True) if number > 1 else ():
            keys += [key_at(run.codes, row) for row in range(first, stop, step)]
        keys.sort()
        begin = [first for first, _ in window]
        for bound in [keys[len(keys) * part // number] for part in range(1, number)]:
            end = [
                first_from(run.codes, bound, low, stop)
                for run, low, (_, stop) in zip(self._runs, begin, window, strict=True)
            ]
            yield tuple(zip(begin, end, strict=True))
            begin = end
        yield tuple((low, stop) for low, (_, stop) in zip(begin, window, strict=True))

    def _cut_evenly(self, window: Window, number: int) -> Iterator[Window]:
        """The same where there is one run."""
        ((first, stop),) = window
        edges = [first + (stop - first) * part // number for part in range(number + 1)]
        for low, high in pairwise(edges):
            yield ((low, high),)

    def host(self, place: Place | None) -> Gathered:
        """What lives in the store of a machine, or something new for who asks."""
        return self._hosts.host(place)

    def stretch(self, host: Gathered, window: Window) -> Lying:
        """The groups of a window, copied to a host in the order of their keys."""
        for at, size in self._blocks.pop(id(host), ()):
            host.instance.call("free", at, size)
        pieces = [
            (run, run.places[first:stop], taken_from(run.codes, slice(first, stop)))
            for run, (first, stop) in zip(self._runs, window, strict=True)
            if first < stop
        ]
        number, size = self.groups(window), self.plan.layout.size
        blocks = self._blocks.setdefault(id(host), [])
        at = _block(host, blocks, max(1, number) * size)
        if not number:
            return host.lying(at, 0)
        if len(pieces) == 1:
            ((run, places, _),) = pieces
            rows = self._rows(host, blocks, run, places)
            host.room.view(at, number, f"V{size}")[:] = rows
            return host.lying(at, number)
        goes_to = np.empty(number, np.int64)
        codes = joined([codes for *_, codes in pieces])
        goes_to[order(codes, stand_in_runs=True)] = np.arange(number)
        first = 0
        for run, places, _ in pieces:
            rows = self._rows(host, blocks, run, places)
            out = host.room.view(at, number, f"V{size}")
            out[goes_to[first : first + len(places)]] = rows
            first += len(places)
        return host.lying(at, number)

    def close(self) -> None:
        """Free what was made for hosts; the others are others'."""
        self._hosts.close()

    def _rows(
        self, host: Gathered, blocks: list[tuple[int, int]], run: Run, places: Numbers
    ) -> npt.NDArray[Any]:
        """Groups of a run, what they refer to in the host's memory."""
        layout = self.plan.layout
        every = np.ndarray(
            ((len(run.memory) - layout.size) // 8 + 1,), f"V{layout.size}", run.memory, 0, (8,)
        )
        held = every[places]
        if run.gathered is host:
            return held
        words = held.view(np.int64).reshape(-1, layout.size // 8)
        room = texts_bytes(layout, words)
        if not room:
            return held
        base = _block(host, blocks, room)
        words, texts = with_texts(layout, run.memory, words, base)
        host.room.view(base, len(texts), np.uint8)[:] = texts
        return words.reshape(-1).view(f"V{layout.size}")


def _block(host: Gathered, blocks: list[tuple[int, int]], size: int) -> int:
    at = host.instance.call("alloc", size)
    blocks.append((at, size))
    return at
