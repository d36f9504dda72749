"""Early combining in the native tier: a grouping that takes rows where a machine emits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from attrs import define, field

from totemlang.data.kinds import KIND_OF
from totemlang.engine.ordering import Grouped, group
from totemlang.engine.pieces import Aggregated, Pieces
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.layout import Asked
from totemlang.native.grouping.place import Place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.rows import brought_together
from totemlang.native.machine import NativeMachine
from totemlang.native.streaming import Stream
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.aggregate import asked_of
from totemlang.vm.machine import Failures
from totemlang.vm.tier import Emission, StageMachine

_WORTH_BRINGING = 20_000
"""Rows which are sorted faster than a table of their keys is made."""

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

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return 0 if self._grouping is None else self._grouping.rows

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
        """Take in what another has gathered; in the same thread it is simply taken over."""
        theirs, other._grouping = other._grouping, None
        if theirs is None:
            return
        if self._grouping is None and same_thread:
            self._grouping = theirs
        else:
            self._own().merge(theirs)

    def groups(self) -> Iterator[Pieces]:
        """All groups, keys ascending."""
        for batch in self._own().aggregates():
            yield Aggregated(batch)

    def close(self) -> None:
        """Free what is held."""
        if self._grouping is not None:
            self._grouping.close()
            self._grouping = None

    def _own(self) -> NativeGrouping:
        if self._grouping is None:
            place = None
            if isinstance(self.machine, NativeMachine):
                instance = self.machine.instance
                place = Place(instance.store, instance.memory)
            self._grouping = NativeGrouping(self.plan, place)
        return self._grouping
