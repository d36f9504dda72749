"""What every worker of a job knows of it: the program, its values, its data, how it is run."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from totemlang.bytecode.module import Value
from totemlang.data.bind import BoundData
from totemlang.data.lookup import LookupTable
from totemlang.engine.one_group import OneGroup
from totemlang.engine.result_table import emitted_schema
from totemlang.engine.shuffle import Grouping, KeyedGroups, grouping_for
from totemlang.engine.spool import Scratch, Spool
from totemlang.engine.stages import Performer, is_reduce
from totemlang.engine.tiers import Tier
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.aggregate import aggregate_only
from totemlang.vm.meter import Purse
from totemlang.vm.tier import StageMachine

if TYPE_CHECKING:
    from totemlang.native.grouping.plan import GroupingPlan

Portable = Spool | KeyedGroups | OneGroup
"""Takes the rows that a stage emits, and can leave them as batches."""

Gathering = Spool | Grouping
"""Takes the rows that a stage emits."""

LEAST_HELD = 1 << 20
"""Bytes that each holder of rows keeps in memory whatever the limit, about those of a batch."""


@frozen(eq=False)
class Work:
    """A job to be done.

    `share` is how many bytes of rows a holder may keep in memory; of `batch_rows` and
    `stream_rows` see `Performer`.
    """

    job: str
    verified: VerifiedModule
    globals: Sequence[Value]
    lookups: Sequence[LookupTable]
    data: BoundData | None
    tier: Tier
    share: int
    scratch: Scratch
    batch_rows: int
    stream_rows: int
    workers: int
    _plans: dict[int, GroupingPlan] = field(factory=dict, init=False)

    def to_send(self) -> Work:
        """The same for another process: without rows in memory, and what is made of the module."""
        data = None if self.data is None else self.data.unkept()
        return evolve(self, data=data, tier=Tier(self.tier.name))

    def performer(self, purse: Purse) -> Performer:
        """A machine of the job's tier, paid from a purse."""
        machine = self.tier.machine(self.verified, self.globals, self.lookups, purse)
        return Performer(self.verified, machine, self.data, self.batch_rows, self.stream_rows)

    def is_combined(self, stage: int) -> bool:
        """Whether what a stage emits is combined early by keys: its order does not matter."""
        stages = self.verified.module.stages
        if stage + 1 >= len(stages) or not is_reduce(stages[stage + 1]):
            return False
        parts = stages[stage + 1].key_parts
        return all(aggregate_only(self.verified, stage + 1)[parts:])

    def is_combined_natively(self, stage: int) -> bool:
        """Whether that is done in the memory of a native machine."""
        return self.tier.is_native and self.is_combined(stage)

    def gathering(self, stage: int, machine: StageMachine | None = None) -> Gathering:
        """What takes all rows that a stage emits, in order: best those of a machine."""
        if not self.is_combined_natively(stage):
            return self.portable(stage)
        from totemlang.engine.native_groups import NativeGroups

        return NativeGroups(self._plan(stage), machine)

    def portable(self, stage: int, holders: int = 1) -> Portable:
        """The same in a form of which batches can be sent elsewhere.

        It keeps the share of one of so many holders in memory.
        """
        stages = self.verified.module.stages
        share = self._share_of(holders)
        if stage + 1 < len(stages) and is_reduce(stages[stage + 1]):
            return grouping_for(
                stages[stage + 1],
                combine=self.is_combined(stage),
                limit=share,
                scratch=self.scratch,
                prices=self.verified.prices,
                bring=self.tier.bring_together,
            )
        return self._spool(stage, share)

    def own_gathering(
        self, stage: int, holders: int, machine: StageMachine | None = None
    ) -> Gathering:
        """What one of several holders takes rows of a stage with, to be absorbed later."""
        if self.is_combined_natively(stage):
            return self.gathering(stage, machine)
        if self.is_combined(stage):
            return self.portable(stage, 2 * holders)
        return self._spool(stage, self._share_of(2 * holders))

    def _share_of(self, holders: int) -> int:
        """The bytes that one of so many may hold."""
        return max(LEAST_HELD, self.share // holders)

    def _spool(self, stage: int, share: int) -> Spool:
        schema = emitted_schema(self.verified.module.stages[stage].emitted.columns)
        return Spool(schema, share, self.scratch)

    def _plan(self, stage: int) -> GroupingPlan:
        """One for all groupings of a stage: they are merged."""
        from totemlang.engine.native_groups import native_plan

        with _PLANNING:
            if stage not in self._plans:
                limit, folder = self._share_of(self.workers), self.scratch.folder
                self._plans[stage] = native_plan(self.verified, stage + 1, limit, folder)
            return self._plans[stage]


_PLANNING = Lock()
