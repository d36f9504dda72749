"""The stages of a job in order: each one's rows are taken by what the next one needs.

A stage ends before the next begins. `Chain` knows of data, memory and order; what a finished stage
means for bill and status is told to it as `finished`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing

import pyarrow as pa
from attrs import define

from totemlang.bytecode.module import Stage
from totemlang.data.bind import BoundData
from totemlang.diagnostics import Forbidden
from totemlang.engine.result_table import emitted_schema, result_table
from totemlang.engine.shuffle import Grouping, grouping_for
from totemlang.engine.spool import Scratch, Spool
from totemlang.engine.stages import StageRun, is_reduce
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.aggregate import aggregate_only
from totemlang.vm.machine import Machine


@define
class Chain:
    """A job's stages. `share` bytes of rows are held by each holder before it goes to disk.

    A map takes `batch_rows` rows at a time.

    `begun` is called with a stage's number; `tell` with its rows done and the rows it gets, and
    whether that must be told now; `finished` with its number and how it ran.
    """

    verified: VerifiedModule
    machine: Machine
    share: int
    scratch: Scratch
    batch_rows: int
    begun: Callable[[int], None]
    tell: Callable[[int, int, bool], None]
    finished: Callable[[int, StageRun], None]
    most_rows: int | None = None
    most_bytes: int | None = None

    def run(self, data: BoundData) -> pa.Table:
        """Run all stages over bound data; gives what the last one emits.

        Raises:
            OutOfTotem, OperationFailed: as `finished` and the machine do.
            BadData: where the data has changed since it was bound.
            Forbidden: where the result is larger than the policy allows.
        """
        stages = self.verified.module.stages
        with ExitStack() as held:
            source: BoundData | Spool | Grouping = data
            for number, stage in enumerate(stages):
                taker = held.enter_context(closing(self._taker(number)))
                self._run_stage(number, stage, source, taker)
                if not isinstance(source, BoundData):
                    source.close()
                source = taker
            assert isinstance(source, Spool)
            return result_table(source.table(), stages[-1].emitted.columns)

    def _run_stage(
        self,
        number: int,
        stage: Stage,
        source: BoundData | Spool | Grouping,
        taker: Spool | Grouping,
    ) -> None:
        total = source.rows
        self.begun(number)
        self.tell(0, total, True)
        run = StageRun(
            self.machine, number, stage, taker, lambda rows: self._done(rows, total, taker, number)
        )
        if is_reduce(stage):
            assert not isinstance(source, BoundData | Spool)
            run.run_reduce(source.groups())
        else:
            assert isinstance(source, BoundData | Spool)
            run.run_map(source.batches(min(self.batch_rows, run.most_records)))
        self.finished(number, run)
        self.tell(total, total, True)

    def _taker(self, number: int) -> Spool | Grouping:
        """What takes the rows that stage `number` emits."""
        stages = self.verified.module.stages
        if number + 1 < len(stages) and is_reduce(stages[number + 1]):
            following = stages[number + 1]
            arrays = aggregate_only(self.verified, number + 1)[following.key_parts :]
            return grouping_for(
                following,
                combine=all(arrays),
                limit=self.share,
                scratch=self.scratch,
                prices=self.verified.prices,
            )
        return Spool(emitted_schema(stages[number].emitted.columns), self.share, self.scratch)

    def _done(self, rows: int, total: int, taker: Spool | Grouping, number: int) -> None:
        self.tell(rows, total, False)
        if number + 1 < len(self.verified.module.stages) or not isinstance(taker, Spool):
            return
        if self.most_rows is not None and taker.rows > self.most_rows:
            raise Forbidden(f"the result has more than {self.most_rows:,} rows")
        if self.most_bytes is not None and taker.bytes > self.most_bytes:
            raise Forbidden(f"the result has more than {self.most_bytes:,} bytes")
