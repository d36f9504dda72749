"""Running one task of a stage on a machine: rows or groups in, emitted rows out to a taker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, cast

import pyarrow as pa
from attrs import define, field, frozen

from totemlang.bytecode.module import Stage, StageKind
from totemlang.data.bind import BoundData
from totemlang.engine.ordering import Grouped
from totemlang.engine.pieces import Aggregated, Pieces, Shared, cut
from totemlang.engine.tasks import FileRows, LooseRows, Task
from totemlang.schema.types import Kind
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.machine import Failures
from totemlang.vm.shape import emits_repeatedly
from totemlang.vm.tier import Emission, StageMachine
from totemlang.vm.totals import Totals

GROUP_ROWS = 65_536
"""Rows of groups that a reduce takes at once, about (a group is never divided)."""

STREAM_BYTES = 1 << 23
"""About so many bytes of records go at once to a map that emits to its taker directly."""

MOST_STREAMED = 1 << 25
"""Bytes beyond which they are cut once more, for strings may be longer than they were taken for."""

SEVERAL_EMITS = 16
"""So much fewer records are taken at once where each of them may emit several rows."""


_PLAIN = pa.string()
"""The type of strings that are not coded."""


class Taker(Protocol):
    """Takes emitted rows in order: a spool, a grouping, a file."""

    def receive(self, emission: Emission) -> None:
        """Take in what a stage emitted next."""


class MapTaker(Protocol):
    """A taker that has a map emit to it directly."""

    def map(self, machine: StageMachine, stage: int, batch: pa.RecordBatch) -> Failures:
        """Map a batch and take in what it emits; which records failed. Raises as `machine.map`."""


@frozen
class Done:
    """What is told of tasks that are done: rows, failures of all their records, the first of them.

    `totals` are told now and then: of all tasks that the same machine did since it told of them.
    """

    rows: int = 0
    failures: Failures = field(factory=Failures)
    totals: Totals = field(factory=Totals)


@define
class Performer:
    """A machine that performs tasks one after the other.

    `data` is the job's data set (None: tasks bring their rows); `batch_rows` go to a map at once,
    up to `stream_rows` to one that emits to its taker directly.
    """

    verified: VerifiedModule
    machine: StageMachine
    data: BoundData | None
    batch_rows: int
    stream_rows: int
    _known: Totals = field(factory=Totals, init=False)

    def perform(
        self, stage_number: int, task: Task, taker: Taker, tell: Callable[[int], None]
    ) -> Done:
        """Perform a task; `tell` is called with the rows done of it so far. Of totals see `since`.

        The first task of a job pays for reading the lookups.

        Raises:
            OutOfTotem: where the budget does not suffice.
            BadData: where the data has changed since it was bound.
        """
        stage = self.verified.module.stages[stage_number]
        if stage_number == 0 and task.number == 0:
            self.machine.read_lookups(stage.name)
        rows, failures = 0, Failures()
        for failed, taken in self._results(stage_number, stage, task, taker):
            failures = followed_by(failures, failed)
            rows += taken
            tell(rows)
        return Done(rows, failures)

    def since(self) -> Totals:
        """What was charged for what since this was last asked: to work it out takes a while."""
        totals = self.machine.totals()
        known, self._known = self._known, totals
        return totals.minus(known)

    def _results(
        self, number: int, stage: Stage, task: Task, taker: Taker
    ) -> Iterator[tuple[Failures, int]]:
        """What failed, batch by batch, and its rows, as a taker takes what they emit."""
        given = task.input
        if not isinstance(given, FileRows | LooseRows):
            groups = GROUP_ROWS
            if emits_repeatedly(stage.code):
                groups = max(1, self.batch_rows // SEVERAL_EMITS)
            for emission, taken in self._reductions(number, given, groups):
                taker.receive(emission)
                yield emission.failures, taken
        elif hasattr(taker, "map"):  # what a protocol asks of a class takes as long as a batch
            direct = cast("MapTaker", taker)
            for whole in self._batches(given, self._streamed_rows(stage)):
                for batch in in_pieces(whole, self.batch_rows):
                    yield direct.map(self.machine, number, batch), batch.num_rows
        else:
            several = emits_repeatedly(stage.code)
            rows = max(1, self.batch_rows // SEVERAL_EMITS) if several else self.batch_rows
            for batch in self._batches(given, rows):
                emission = self.machine.map(number, batch)
                taker.receive(emission)
                yield emission.failures, batch.num_rows

    def _streamed_rows(self, stage: Stage) -> int:
        """Rows that go at once to a map whose rows nothing has to hold."""
        width = sum(each.type.kind is Kind.STRING for each in stage.parameters)
        fitting = STREAM_BYTES // (8 * max(1, width + len(stage.parameters)))
        return max(self.batch_rows, min(self.stream_rows, fitting))

    def _batches(self, given: FileRows | LooseRows, rows: int) -> Iterator[pa.RecordBatch]:
        if isinstance(given, FileRows):
            assert self.data is not None
            yield from self.data.batches(rows, (given.start, given.stop), may_code=True)
            return
        for batch in given.batches:
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)

    def _reductions(
        self, number: int, given: Pieces | Shared, groups: int
    ) -> Iterator[tuple[Emission, int]]:
        if not isinstance(given, Grouped | Aggregated):
            yield from given.reduced(self.machine, number, groups)
            return
        for piece in cut(given, groups, GROUP_ROWS):
            yield self._reduced(number, piece), piece.rows

    def _reduced(self, number: int, piece: Pieces) -> Emission:
        if isinstance(piece, Aggregated):
            return self.machine.reduce_aggregates(number, piece.batch)
        return self.machine.reduce_rows(number, piece.batch, piece.starts)


def in_pieces(batch: pa.RecordBatch, least: int) -> Iterator[pa.RecordBatch]:
    """A batch of more than `least` rows cut where its strings are long."""
    rows, size = batch.num_rows, 0
    if rows > least and _PLAIN in batch.schema.types:  # to add up bytes takes a while
        size = batch.nbytes
    if size <= MOST_STREAMED:
        yield batch
        return
    rows = max(least, rows * MOST_STREAMED // size)
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def followed_by(first: Failures, second: Failures) -> Failures:
    """Failures of records, and of others that come after them."""
    named = first if first.count else second
    return Failures(first.count + second.count, named.record, named.line, named.reason)


def is_reduce(stage: Stage) -> bool:
    """Whether a stage takes groups."""
    return stage.kind is not StageKind.MAP
