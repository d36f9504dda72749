"""What every worker of a job knows of it: the program, its values, its data, how it is run."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from totemlang.bytecode.module import Value
from totemlang.data.bind import BoundData
from totemlang.data.lookup import LookupTable
from totemlang.engine.result_table import emitted_schema
from totemlang.engine.shuffle import Grouping, grouping_for
from totemlang.engine.spool import Scratch, Spool
from totemlang.engine.stages import Performer, is_reduce
from totemlang.engine.tiers import Tier
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.aggregate import aggregate_only
from totemlang.vm.meter import Purse

Gathering = Spool | Grouping
"""What takes the rows that a stage emits."""


@frozen(eq=False)
class Work:
    """A job to be done. `share` is how many bytes of rows a holder may keep in memory."""

    job: str
    verified: VerifiedModule
    globals: Sequence[Value]
    lookups: Sequence[LookupTable]
    data: BoundData | None
    tier: Tier
    share: int
    scratch: Scratch
    batch_rows: int

    def performer(self, purse: Purse) -> Performer:
        """A machine of the job's tier, paid from a purse."""
        machine = self.tier.machine(self.verified, self.globals, self.lookups, purse)
        return Performer(self.verified, machine, self.data, self.batch_rows)

    def is_combined(self, stage: int) -> bool:
        """Whether what a stage emits is combined early by keys: its order does not matter."""
        stages = self.verified.module.stages
        if stage + 1 >= len(stages) or not is_reduce(stages[stage + 1]):
            return False
        parts = stages[stage + 1].key_parts
        return all(aggregate_only(self.verified, stage + 1)[parts:])

    def gathering(self, stage: int, share: int | None = None) -> Gathering:
        """What takes all rows that a stage emits, in order."""
        stages = self.verified.module.stages
        if stage + 1 < len(stages) and is_reduce(stages[stage + 1]):
            return grouping_for(
                stages[stage + 1],
                combine=self.is_combined(stage),
                limit=self.share if share is None else share,
                scratch=self.scratch,
                prices=self.verified.prices,
            )
        return self.spool(stage, share)

    def spool(self, stage: int, share: int | None = None) -> Spool:
        """What takes rows of a stage for another to group."""
        schema = emitted_schema(self.verified.module.stages[stage].emitted.columns)
        return Spool(schema, self.share if share is None else share, self.scratch)

    def own_gathering(self, stage: int, holders: int) -> Gathering:
        """What one of several holders takes rows of a stage with, to hand them over later."""
        share = max(1, self.share // (2 * holders))
        return self.gathering(stage, share) if self.is_combined(stage) else self.spool(stage, share)
