"""Which windows the exact sums of a grouping have: chosen from the first rows, changed if bad."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np
import numpy.typing as npt
from attrs import define, field

from totemlang.native.grouping.layout import Layout, State
from totemlang.native.grouping.place import Room
from totemlang.native.grouping.windows import (
    FOREIGN_PLACE,
    OUTSIDE,
    best_place,
    sampled,
    share_held,
    window_bytes,
)

Values = Callable[[int], npt.NDArray[np.generic]]
"""Gives the values of a column."""

_MOST_CHANGES = 4
_DEFAULT_PLACE = 1_014
"""The window of values up to 2^30, where there is nothing to choose by."""

_BETTER = 0.1


@define(eq=False)
class Agreed:
    """The windows that groupings of a plan have chosen first: sums in the same are folded fast."""

    _first: list[int | None] = field(factory=list)
    _lock: Lock = field(factory=Lock)

    def places(self, found: list[int | None]) -> list[int | None]:
        """What was chosen first, where somebody found something: one does so now."""
        with self._lock:
            known = self._first or [None] * len(found)
            pairs = zip(known, found, strict=True)
            self._first = [theirs if theirs is not None else ours for theirs, ours in pairs]
            return list(self._first)


@define(eq=False)
class Windows:
    """The windows in `room`, one for each total of floats."""

    layout: Layout
    state: State
    room: Room
    places: list[int] = field(factory=list, init=False)
    _changes: int = field(default=0, init=False)
    _columns: list[int] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        """Find their columns."""
        keys = len(self.layout.signature.keys)
        self._columns = [keys + cell.value for cell in self.layout.cells if cell.window >= 0]

    @property
    def chosen(self) -> bool:
        """Whether there is nothing to choose (any more)."""
        return len(self.places) == len(self._columns)

    def choose(self, values: Values, agreed: Agreed) -> None:
        """Choose windows for these values: those of others unless they are much worse."""
        columns = [_doubles(values, column) for column in self._columns]
        theirs = agreed.places([None] * len(columns))
        found = [
            known if known is not None and share_held(doubles, known) == 1 else best_place(doubles)
            for known, doubles in zip(theirs, columns, strict=True)
        ]
        for window, known in enumerate(agreed.places(found)):
            ours = found[window]
            if known is not None and known != ours:
                best = 0.0 if ours is None else share_held(columns[window], ours)
                if share_held(columns[window], known) >= best - _BETTER:
                    found[window] = known
        self._set([_DEFAULT_PLACE if place is None else place for place in found])

    def are_bad(self, rows: int) -> bool:
        """Whether of so many rows very many did not fit; forgets them."""
        bad = False
        for window in range(len(self._columns)):
            tally = self.room.view(self._at(window) + OUTSIDE, 1, np.int64)
            bad |= bool(tally[0] * 4 > rows)
            tally[0] = 0
        return bad and self._changes < _MOST_CHANGES

    def reconsider(self, values: Values, widen: Callable[[], None]) -> None:
        """Change to better windows, if there are; `widen` empties the old ones before."""
        found = list(self.places)
        for number, column in enumerate(self._columns):
            doubles = _doubles(values, column)
            place = best_place(doubles)
            now = share_held(doubles, found[number])
            if place is not None and share_held(doubles, place) > now + _BETTER:
                found[number] = place
        self._changes += 1
        if found != self.places:
            widen()
            self._set(found)

    def meet(self, places: tuple[int, ...]) -> None:
        """Get ready for groups with these windows."""
        if not self.chosen:
            self._set(list(places))
        for window, place in enumerate(places):
            self.room.view(self._at(window) + FOREIGN_PLACE, 1, np.int32)[0] = place

    def _set(self, places: list[int]) -> None:
        self.places = places
        for window, place in enumerate(places):
            held = window_bytes(place)
            self.room.view(self._at(window), len(held), np.uint8)[:] = np.frombuffer(held, np.uint8)

    def _at(self, window: int) -> int:
        return self.state.windows + 64 * window


def _doubles(values: Values, column: int) -> npt.NDArray[np.float64]:
    """A sample of a column's values."""
    found: npt.NDArray[np.float64] = sampled(values(column)).astype(np.float64)
    return found
