"""Early combining in the native tier: a grouping that takes rows where a machine emits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from attrs import define, field, frozen

from totemlang.data.kinds import KIND_OF
from totemlang.engine.ordering import Grouped, group
from totemlang.engine.pieces import Aggregated, Pieces, Shared
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.layout import Asked
from totemlang.native.grouping.ordered import Ordered
from totemlang.native.grouping.place import Place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.rows import brought_together
from totemlang.native.grouping.together import Together, Window
from totemlang.native.machine import NativeMachine
from totemlang.native.streaming import Stream
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.aggregate import asked_of
from totemlang.vm.machine import Failures
from totemlang.vm.tier import Emission, StageMachine

_WORTH_BRINGING = 20_000
"""Rows which are sorted faster than a table of their keys is made."""

_AT_ONCE = 1 << 16
"""Groups of several workers that are put together and reduced at once: they stay in the cache."""

_TOTALS = frozenset({"sum", "exact_sum", "sum_time"})


def native_plan(
    verified: VerifiedModule, stage: int, limit: int, folder: str | None
) -> GroupingPlan:
    """What all groupings for a reduce have in common; each keeps `limit` bytes in memory."""
    definition = verified.module.stages[stage]
    parts = definition.key_parts
    kinds = [parameter.type.kind for parameter in definition.parameters]
    values = [
        Asked(kind, bool(asked & _TOTALS), "min_of" in asked, "max_of" in asked)
        for kind, asked in zip(kinds[parts:], asked_of(verified, stage)[parts:], strict=True)
    ]
    return GroupingPlan(tuple(kinds[:parts]), tuple(values), verified.prices, limit, folder)


def bring_together(batch: pa.RecordBatch, key_parts: int) -> Grouped:
    """The rows sorted by their first columns, as `ordering.group` does."""
    if not key_parts or batch.num_rows < _WORTH_BRINGING:
        return group(batch, key_parts)
    kinds = [KIND_OF[column.type] for column in batch.columns[:key_parts]]
    return Grouped(*brought_together(batch, kinds))


@define
class NativeGroups:
    """Groups of which a reduce asks sums, counts and extremes alone; see `shuffle.Grouping`.

    With a native `machine` it takes rows out of that machine's memory, and belongs to its thread.
    """

    plan: GroupingPlan
    machine: StageMachine | None = None
    _grouping: NativeGrouping | None = field(default=None, init=False)
    _stream: Stream | None = field(default=None, init=False)
    _others: list[NativeGrouping] = field(factory=list, init=False)
    """Groupings of other workers, which are put together when groups are wanted."""
    _together: Together | Ordered | None = field(default=None, init=False)

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return sum(each.rows for each in self._all)

    def receive(self, emission: Emission) -> None:
        """Take in what a stage emitted."""
        self._own().add(emission)

    def map(self, machine: StageMachine, stage: int, batch: pa.RecordBatch) -> Failures:
        """Let a machine map a batch and take in what it emits, best without a copy of it."""
        grouping = self._own()
        if machine is not self.machine or not isinstance(machine, NativeMachine):
            emission = machine.map(stage, batch)
            grouping.add(emission)
            return emission.failures
        if self._stream is None:
            self._stream = Stream(machine, stage, grouping)
        return self._stream.map(batch)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        self._own().add_batch(batch)

    def take(self, is_partial: bool, batches: Iterable[pa.RecordBatch]) -> None:
        """Take in rows of others."""
        assert not is_partial
        for batch in batches:
            self.add(batch)

    def absorb(self, other: NativeGroups, *, same_thread: bool) -> None:
        """Take over what another has gathered: neither takes rows any more."""
        self._others += other._all
        other._grouping, other._stream, other._others = None, None, []

    def groups(self) -> Iterator[Pieces | Shared]:
        """All groups, keys ascending."""
        gathered = [each.gathered for each in self._all]
        self._together = Together.of(gathered) or Ordered.of(gathered)
        if self._together is not None:
            yield SharedGroups(self._together, self._together.whole)
            return
        first, *others = self._all or [self._own()]
        for other in others:
            first.merge(other)
        for batch in first.aggregates():
            yield Aggregated(batch)

    def close(self) -> None:
        """Free what is held."""
        if self._together is not None:
            self._together.close()
        for each in self._all:
            each.close()
        self._grouping, self._others = None, []

    @property
    def _all(self) -> list[NativeGrouping]:
        return self._others if self._grouping is None else [self._grouping, *self._others]

    def _own(self) -> NativeGrouping:
        if self._grouping is None:
            self._grouping = NativeGrouping(self.plan, _place_of(self.machine))
        return self._grouping


@frozen(eq=False)
class SharedGroups:
    """Groups of several workers in a stretch of keys; see `pieces.Shared`."""

    together: Together | Ordered
    window: Window

    @property
    def groups(self) -> int:
        """Number of groups, at most."""
        return self.together.groups(self.window)

    def cut(self, groups: int) -> Iterator[SharedGroups]:
        """The same, at most so many groups at a time."""
        for window in self.together.cut(self.window, groups):
            yield SharedGroups(self.together, window)

    def reduced(
        self, machine: StageMachine, stage: int, groups: int
    ) -> Iterator[tuple[Emission, int]]:
        """What a machine makes of them; see `Shared`."""
        host = self.together.host(_place_of(machine))
        for part in self.cut(min(groups, _AT_ONCE)):
            found = self.together.stretch(host, part.window)
            if not found.groups:
                continue
            if isinstance(machine, NativeMachine) and found.can_be_given:
                yield machine.reduce_lying(stage, found), found.rows
                continue
            for batch in found.batches():
                rows = Aggregated(batch).rows
                yield machine.reduce_aggregates(stage, batch), rows


def _place_of(machine: StageMachine | None) -> Place | None:
    """Where a grouping lives that takes rows of a machine."""
    if not isinstance(machine, NativeMachine):
        return None
    return Place(machine.instance.store, machine.instance.memory)
