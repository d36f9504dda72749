"""How many different values a column has, counted exactly in bounded memory.

Whole numbers a fixed step apart, as keys and times are, get a mark each, and so do numbers of few
decimals. Of others those met lately are sorted out before the rest is put in order. Each of these
ways leaves its values to the next where they are not of its kind.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

DISTINCT_VALUES = 2_000_000
DISTINCT_BYTES = 256 * 2**20

_MERGE_AT_LEAST = 65_536

_MOST_MARKS = 1 << 24
_MOST_SPAN = 1 << 60
_MOST_LAYOUTS = 64

_MOST_DIGITS = 4
_MOST_WHOLE = float(1 << 50)

_LEAST_BITS, _MOST_BITS = 14, 20
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@define
class DistinctCount:
    """Counts different values exactly, up to a cap of values and of bytes held."""

    most_values: int = DISTINCT_VALUES
    most_bytes: int = DISTINCT_BYTES
    _seen: pa.Array | None = field(default=None, init=False)
    _new: list[pa.Array] = field(factory=list, init=False)
    _new_count: int = field(default=0, init=False)
    _marks: Marks | None = field(default=None, init=False)
    _decimals: Decimals | None = field(default=None, init=False)
    _recent: Recent | None = field(default=None, init=False)
    _is_marked: bool = field(default=True, init=False)
    """Whether numbers are still counted by marks."""
    is_over: bool = field(default=False, init=False)
    _final: int | None = field(default=None, init=False)

    def add(self, values: pa.Array) -> None:
        """Take in the values of an array without missing ones. Of numbers, −0.0 equals 0.0."""
        if self.is_over or not len(values):
            return
        if pa.types.is_integer(values.type) and self._is_marked:
            self._add_whole(values)
        elif pa.types.is_floating(values.type):
            self._add_binary(values)
        else:
            self._keep(pc.unique(values))

    def _add_whole(self, values: pa.Array) -> None:
        numbers = values.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
        if self._marks is None:
            self._marks = Marks()
        if self._marks.add(numbers):
            return
        self._is_marked = False
        if len(self._marks.values):
            self._keep(pa.array(self._marks.values).cast(values.type))
        self._marks = None
        if not self.is_over:
            self._keep(pc.unique(values))

    def _add_binary(self, values: pa.Array) -> None:
        numbers = values.to_numpy(zero_copy_only=False)
        if self._is_marked:
            if self._decimals is None:
                self._decimals = Decimals(numbers.dtype)
            if self._decimals.add(numbers):
                return
            self._is_marked = False
            held = self._decimals.values
            self._decimals = None
            self._add_others(held)
        self._add_others(numbers + 0.0)  # −0.0 and 0.0 are equal

    def _add_others(self, numbers: Any) -> None:
        if self._recent is None:
            self._recent = Recent()
        numbers = self._recent.unknown(numbers)
        if len(numbers) and not self.is_over:
            found = pc.unique(pa.array(numbers))
            self._recent.learn(found.to_numpy())
            self._keep(found)

    def _keep(self, found: pa.Array) -> None:
        self._new.append(found)
        self._new_count += len(found)
        if self._new_count >= max(_MERGE_AT_LEAST, len(self._seen or ())):
            self._merge()

    @property
    def count(self) -> int | None:
        """Number of different values, None if there are more than the cap."""
        if self._final is not None:
            return self._final
        self._merge()
        marks = self._marks if self._decimals is None else self._decimals.marks
        if marks is not None and not self.is_over:
            found = marks.count
            return found if found <= self.most_values else None
        if self.is_over:
            return None
        return len(self._seen) if self._seen is not None else 0

    def finish(self) -> None:
        """Nothing more is added: the values need not be held."""
        self._final = self.count
        self._seen, self._new, self.is_over = None, [], self._final is None
        self._marks = self._decimals = self._recent = None

    def _merge(self) -> None:
        if not self._new or self.is_over:
            return
        parts = self._new if self._seen is None else [self._seen, *self._new]
        self._seen = pc.unique(pa.chunked_array(parts))
        self._new, self._new_count = [], 0
        if len(self._seen) > self.most_values or self._seen.nbytes > self.most_bytes:
            self._seen, self.is_over = None, True


@define
class Marks:
    """Which numbers occur of `first`, `first + step`, …: a mark each, not too many."""

    first: int = field(default=0, init=False)
    step: int = field(default=1, init=False)
    _marks: Any = field(factory=lambda: np.zeros(0, dtype=bool), init=False)
    _layouts: int = field(default=0, init=False)

    def add(self, numbers: Any) -> bool:
        """Mark int64 numbers, at least one. False, and nothing is marked: that takes too much."""
        low, high = int(numbers.min()), int(numbers.max())
        places = self._places(numbers, low, high)
        if places is None:
            if not self._lay_out(numbers, low, high):
                return False
            places = self._places(numbers, low, high)
            assert places is not None
        self._marks[places] = True
        return True

    @property
    def count(self) -> int:
        """How many occur."""
        return int(np.count_nonzero(self._marks))

    @property
    def values(self) -> Any:
        """Those that occur, ascending, as int64."""
        return np.flatnonzero(self._marks) * self.step + self.first

    def _places(self, numbers: Any, low: int, high: int) -> Any:
        last = self.first + (len(self._marks) - 1) * self.step
        if low < self.first or high > last:
            return None
        places = numbers - self.first if self.first else numbers
        if self.step == 1:
            return places
        found = places.view(np.uint64) // np.uint64(self.step)
        if (found * np.uint64(self.step) != places.view(np.uint64)).any():
            return None
        return found.view(np.int64)

    def _lay_out(self, numbers: Any, low: int, high: int) -> bool:
        """Find a step and a range for the numbers too, with room towards where they go."""
        self._layouts += 1
        known = self.values
        least = min(low, int(known[0])) if len(known) else low
        most = max(high, int(known[-1])) if len(known) else high
        if self._layouts > _MOST_LAYOUTS or most - least >= _MOST_SPAN:
            return False
        step = int(np.gcd.reduce(numbers - least))
        if len(known):
            step = gcd(step, int(known[0]) - least, self.step if len(known) > 1 else 0)
        step = step or 1
        size = (most - least) // step + 1
        if size > _MOST_MARKS:
            return False
        room = min(_MOST_MARKS, 2 * size) - size if len(known) else 0
        first, limits = least, np.iinfo(np.int64)
        if room and least < int(known[0]):
            first = least - min(room, (least - int(limits.min)) // step) * step
            room = 0
        room = min(room, (int(limits.max) - most) // step)
        marks = np.zeros((most - first) // step + 1 + room, dtype=bool)
        marks[(known - first) // step] = True
        self.first, self.step, self._marks = first, step, marks
        return True


@define
class Decimals:
    """Binary numbers written with few decimals: the whole numbers that they are parts of."""

    dtype: Any
    marks: Marks = field(factory=Marks, init=False)
    _digits: int = field(default=0, init=False)

    def add(self, numbers: Any) -> bool:
        """Mark numbers, at least one. False, and nothing is marked: they are none of few digits."""
        for digits in range(self._digits, _MOST_DIGITS + 1):
            whole = self._whole(numbers, digits)
            if whole is None:
                continue
            if digits > self._digits:
                held, finer = self.marks.values, Marks()
                if len(held) and not finer.add(held * 10 ** (digits - self._digits)):
                    return False
                self.marks, self._digits = finer, digits
            return self.marks.add(whole)
        return False

    @property
    def values(self) -> Any:
        """The numbers that occur."""
        return (self.marks.values / 10.0**self._digits).astype(self.dtype)

    def _whole(self, numbers: Any, digits: int) -> Any:
        scale = 10.0**digits
        with np.errstate(over="ignore"):
            whole = np.rint(numbers.astype(np.float64, copy=False) * scale)
        if not (whole.min() >= -_MOST_WHOLE and whole.max() <= _MOST_WHOLE):
            return None
        exact = (whole / scale).astype(self.dtype, copy=False) == numbers
        return whole.astype(np.int64) if exact.all() else None


@define
class Recent:
    """Numbers met lately, each at one place of a table: what stands there is known."""

    _bits: int = field(default=_LEAST_BITS, init=False)
    _known: int = field(default=0, init=False)
    _table: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        """No number is known."""
        self._table = self._empty()

    def unknown(self, numbers: Any) -> Any:
        """The numbers that are not known to have been learned, in any number of repeats."""
        words = _words(numbers)
        missing = self._table[self._places(words)] != words
        return numbers[missing] if missing.any() else numbers[:0]

    def learn(self, numbers: Any) -> None:
        """Note numbers, all different."""
        self._known += len(numbers)
        words = _words(numbers)
        if self._known > 1 << (self._bits - 2) and self._bits < _MOST_BITS:
            held = self._table[self._places(self._table) == np.arange(len(self._table))]
            self._bits = min(_MOST_BITS, max(self._bits + 2, self._known.bit_length() + 2))
            self._table = self._empty()
            words = np.concatenate((held, words))
        self._table[self._places(words)] = words

    def _empty(self) -> Any:
        """Nothing at any place: a word that belongs to another."""
        table = np.zeros(1 << self._bits, dtype=np.uint64)
        table[0] = 1
        return table

    def _places(self, words: Any) -> Any:
        return ((words * _SPREAD) >> np.uint64(64 - self._bits)).view(np.int64)


def _words(numbers: Any) -> Any:
    unsigned = np.uint64 if numbers.dtype.itemsize == 8 else np.uint32
    return numbers.view(unsigned).astype(np.uint64, copy=False)
