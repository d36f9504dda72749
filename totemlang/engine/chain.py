"""The stages of a job in order: each one's rows are taken by what the next one needs.

A stage ends before the next begins. `Chain` knows of data, memory and order; what a finished stage
means for bill and status is told to it as `finished`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import chain, islice

import pyarrow as pa
from attrs import define, field

from totemlang.bytecode.module import Stage
from totemlang.data.bind import BoundData
from totemlang.engine.result_size import check_result
from totemlang.engine.spool import Spool
from totemlang.engine.stages import Done, followed_by, is_reduce
from totemlang.engine.tasks import Task, data_tasks, groups_tasks, spool_tasks
from totemlang.engine.watch import Watch
from totemlang.engine.work import Gathering, Work
from totemlang.engine.workers import Workers
from totemlang.schema.policy import Policy
from totemlang.vm.machine import Failures
from totemlang.vm.totals import Totals


@define
class StageRun:
    """What a stage has come to: totem used, and what for; failures in the order of records."""

    used: int = 0
    failures: Failures = field(factory=Failures)
    totals: Totals = field(factory=Totals)

    def add(self, done: Done) -> None:
        """The next task is done."""
        self.failures = followed_by(self.failures, done.failures)
        self.totals = self.totals.plus(done.totals)


@define
class Chain:
    """A job's stages. Where a stage is small for processes, the worker at `home` performs it.

    `begun` is called with a stage's number; `tell` with its rows done, the rows it gets, the totem
    it has used, and whether that must be told now; `finished` with its number and how it ran.
    """

    work: Work
    home: Workers
    crew: Workers
    partitions: int | None
    policy: Policy
    begun: Callable[[int], None]
    tell: Callable[[int, int, int, bool], None]
    finished: Callable[[int, StageRun], None]

    def run(self, data: BoundData) -> pa.Table:
        """Run all stages over bound data; gives what the last one emits, in pieces.

        Raises:
            OutOfTotem, OperationFailed: as `finished` and the workers do.
            BadData: where the data has changed since it was bound.
            Forbidden: where the result is larger than the policy allows.
        """
        stages = self.work.verified.module.stages
        with ExitStack() as held:
            source: BoundData | Gathering = data
            for number, stage in enumerate(stages):
                into = held.enter_context(closing(self._gathering(number)))
                self._run_stage(number, stage, source, into)
                if not isinstance(source, BoundData):
                    source.close()
                source = into
            assert isinstance(source, Spool)
            columns = stages[-1].emitted.columns
            check_result(source, columns, self.policy, self.work.verified.prices)
            return source.table()

    def _run_stage(
        self, number: int, stage: Stage, source: BoundData | Gathering, into: Gathering
    ) -> None:
        total = source.rows
        self.begun(number)
        self.tell(0, total, 0, True)
        run = StageRun()
        watch = Watch(lambda rows, totem, now: self.tell(rows, total, totem, now))
        tasks = self._tasks(stage, source)
        first = list(islice(tasks, 2))
        is_worth = self.partitions is not None or total >= self.crew.least_rows
        is_shared = self.crew.in_memory or (len(first) > 1 and is_worth)
        workers = self.crew if is_shared else self.home
        workers.run(number, chain(first, tasks), into, watch, run.add)
        run.used = watch.totem
        self.finished(number, run)
        self.tell(total, total, 0, True)

    def _gathering(self, number: int) -> Gathering:
        if self.crew.in_memory:
            return self.work.gathering(number)
        return self.work.portable(number)

    def _tasks(self, stage: Stage, source: BoundData | Gathering) -> Iterator[Task]:
        if isinstance(source, BoundData):
            return data_tasks(source, self.partitions, in_memory=self.crew.in_memory)
        if isinstance(source, Spool):
            return spool_tasks(source, self.partitions)
        assert is_reduce(stage)
        return groups_tasks(source.groups(), self.partitions)
