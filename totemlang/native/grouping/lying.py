"""Groups in the order of their keys, one behind the other in the memory of a grouping.

Where the grouping lives in a machine's store, a reduce of that machine reads them without Arrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import field, frozen

from totemlang.native.grouping.giving import GIFT
from totemlang.native.grouping.layout import Layout, State
from totemlang.native.grouping.output import Reader
from totemlang.native.grouping.place import Instance, Room
from totemlang.native.grouping.plan import GroupingPlan

Numbers = npt.NDArray[np.int64]

NOWHERE = (0, 0, 0)
"""The gift of a column that nobody looks at."""


@frozen(eq=False)
class Lying:
    """`number` groups from `at` on in `room`; those of no rows among them count for nothing.

    Calls go to `instance`, whose source is the memory that they are given to.
    """

    plan: GroupingPlan
    room: Room
    instance: Instance
    at: int
    number: int
    counts: Numbers = field(init=False)
    """Rows of each group."""
    is_unbroken: bool = field(init=False)
    """Whether none is passed over."""

    def __attrs_post_init__(self) -> None:
        """Count."""
        counts = self.words(self.layout.count).copy()
        object.__setattr__(self, "is_unbroken", bool(counts.all()))
        object.__setattr__(self, "counts", counts if self.is_unbroken else counts[counts != 0])

    @property
    def layout(self) -> Layout:
        """How they lie."""
        return self.plan.layout

    @property
    def groups(self) -> int:
        """How many there are."""
        return len(self.counts)

    @property
    def rows(self) -> int:
        """Rows that they stand for."""
        return int(self.counts.sum())

    @property
    def can_be_given(self) -> bool:
        """Whether `give` knows how."""
        return not self.layout.text_extremes

    def words(self, offset: int) -> Numbers:
        """The word at an offset of each, those of no rows among them."""
        return self.room.words(self.at + offset, self.number, self.layout.size)

    def sizes(self, part: int) -> Numbers:
        """The bytes of a part of the keys, a string."""
        first = next(k for k, word in enumerate(self.layout.words) if part in word.parts)
        return self._present(8 * first + 16) >> 32

    def text_bytes(self, value: int) -> Numbers:
        """The bytes of the strings of a value in each group, as they are priced."""
        cells = self.layout.cells
        return self._present(
            next(each.offset for each in cells if each.value == value and each.what == "bytes")
        )

    def give(self, places: Sequence[tuple[int, int, int]]) -> None:
        """Write all columns to the source memory: key parts, then values; see giving.py."""
        state: State = self.plan.state
        gifts = self.room.view(state.gifts, len(places) * GIFT // 8, np.uint64).reshape(-1, 2)
        for column, (first, second, each) in enumerate(places):
            gifts[column] = first | second << 32, each
        self.instance.call("give", self.at, self.number)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same as Arrow, for the last time; see `Reader`."""
        reader = Reader(self.layout, self.room, self.instance, self.plan.prices)
        return reader.read([(self.at, self.number)])

    def _present(self, offset: int) -> Numbers:
        words = self.words(offset)
        if self.is_unbroken:
            return words
        found: Numbers = words[self.words(self.layout.count) != 0]
        return found
