"""Workers that are processes: for tiers whose machines take turns within one, and against crashes.

One of them may be killed at any moment: it is replaced, its task is done again from the beginning,
and what it had used comes back to the manager. A task on which several have died ends the job.
"""

from __future__ import annotations

import pickle
import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from attrs import define, field

from totemlang.diagnostics import BadData, OutOfTotem, TotemError
from totemlang.engine.manager import (
    Attempt,
    Decision,
    Exhausted,
    Granted,
    Stopped,
    TotemManager,
)
from totemlang.engine.messages import (
    Failed,
    Grant,
    Lost,
    Message,
    More,
    Need,
    Perform,
    Performed,
    Ready,
    Told,
    send,
)
from totemlang.engine.one_group import OneGroup
from totemlang.engine.process_crew import Order, WorkerProcess, begun
from totemlang.engine.progress import INTERVAL
from totemlang.engine.row_files import emitted, write_input
from totemlang.engine.shuffle import KeyedGroups
from totemlang.engine.spool import Spool
from totemlang.engine.stages import Done
from totemlang.engine.tasks import FileRows, Task
from totemlang.engine.watch import Watch
from totemlang.engine.work import Gathering, Work

MOST_TRIES = 4
"""So many workers may die on one task before the job ends."""

MOST_FALSE_STARTS = 32
"""So many workers of a job may die before they are ready."""

LEAST_ROWS = 1_000_000
"""Rows which the worker at home is done with before processes have begun."""


@define
class ProcessWorkers:
    """`count` processes, begun when they are first needed; see `workers.Workers`."""

    work: Work
    manager: TotemManager
    count: int
    in_memory: bool = field(default=False, init=False)
    least_rows: int = field(default=LEAST_ROWS, init=False)
    crew: list[WorkerProcess] = field(factory=list, init=False)
    _job: IO[bytes] | None = field(default=None, init=False)
    false_starts: int = field(default=0, init=False)

    def run(
        self,
        stage: int,
        tasks: Iterable[Task],
        into: Gathering,
        watch: Watch,
        done: Callable[[Done], None],
    ) -> None:
        """Perform all tasks of a stage; see `Workers`."""
        _Shift(self, stage, iter(tasks), watch).run(into, done)

    def close(self) -> None:
        """End all processes."""
        for worker in self.crew:
            worker.end()
        self.crew = []
        if self._job is not None:
            self._job.close()
            self._job = None

    def fill(self) -> None:
        """See that there are as many workers as there should be."""
        while len(self.crew) < self.count:
            try:
                self.crew.append(self._begun())
            except Lost:
                self.false_start()

    def false_start(self) -> None:
        """A process has died before it was ready. Raises `TotemError` where that goes on and on."""
        self.false_starts += 1
        if self.false_starts >= MOST_FALSE_STARTS:
            raise TotemError("worker processes end before they begin; nothing was charged")

    def _begun(self) -> WorkerProcess:
        if self._job is None:
            self._job = self.work.scratch.file()
            pickle.dump(self.work.to_send(), self._job, pickle.HIGHEST_PROTOCOL)
            self._job.flush()
        return begun(self._job)


@define
class _Shift:
    """A stage being performed by processes."""

    workers: ProcessWorkers
    stage: int
    tasks: Iterator[Task]
    watch: Watch
    again: deque[Order] = field(factory=deque, init=False)
    done: dict[int, tuple[Performed, Order]] = field(factory=dict, init=False)
    following: int = field(default=0, init=False)
    given_out: int = field(default=0, init=False)
    is_all_out: bool = field(default=False, init=False)

    @property
    def manager(self) -> TotemManager:
        return self.workers.manager

    def run(self, into: Gathering, done: Callable[[Done], None]) -> None:
        while True:
            self.workers.fill()
            for worker in list(self.workers.crew):
                if worker.is_ready and worker.order is None:
                    self.give(worker)
            while self.following in self.done:
                performed, order = self.done.pop(self.following)
                assert order.emitted is not None
                assert isinstance(into, Spool | KeyedGroups | OneGroup)
                into.take(performed.is_partial, emitted(order.emitted))
                order.close()
                done(performed.done)
                self.following += 1
            if self.is_all_out and not self.again and self.following == self.given_out:
                return
            self.listen()
            self.watch.show()

    # --- giving out

    def give(self, worker: WorkerProcess) -> None:
        """Give a worker the next task, if there is one to give."""
        order = self.next_order()
        if order is None:
            return
        work, task = self.workers.work, order.task
        order.emitted = work.scratch.file()
        attempt = Attempt(work.job, self.stage, task.number, order.lost)
        worker.order, worker.attempt = order, attempt
        self.manager.begin(attempt)
        rows = task.input if isinstance(task.input, FileRows) else None
        files = [order.emitted.fileno()]
        if order.rows is not None:
            files.append(order.rows.fileno())
        try:
            send(worker.socket, Perform(attempt, rows, order.form), files)
        except Lost:
            self.bury(worker)

    def next_order(self) -> Order | None:
        if self.again:
            return self.again.popleft()
        if self.is_all_out or self.given_out - self.following >= 2 * self.workers.count + 2:
            return None
        task = next(self.tasks, None)
        if task is None:
            self.is_all_out = True
            return None
        self.given_out += 1
        return Order(task, *write_input(task.input, self.workers.work.scratch))

    # --- listening

    def listen(self) -> None:
        """Wait a little for messages, and answer them."""
        by_socket = {worker.socket: worker for worker in self.workers.crew}
        ready, _, _ = select.select(list(by_socket), [], [], INTERVAL)
        for at in ready:
            worker = by_socket[at]
            try:
                for message in worker.inbox.read(at):
                    self.answer(worker, message)
            except Lost:
                self.bury(worker)

    def answer(self, worker: WorkerProcess, message: Message) -> None:
        attempt, order = worker.attempt, worker.order
        if isinstance(message, Ready):
            worker.is_ready = True
            return
        assert attempt is not None
        assert order is not None
        match message:
            case More(used, most):
                send(worker.socket, Grant(self.manager.more(attempt, used, most)))
            case Need(used, least, most):
                self.carry(self.manager.need(attempt, used, least, most))
            case Told(rows, totem):
                self.watch.at(order.task.number, rows, totem)
            case Performed():
                worker.attempt = worker.order = None
                is_first, decisions = self.manager.accept(attempt, message.used)
                if is_first:
                    self.done[order.task.number] = (message, order)
                    self.watch.done(order.task.number, message.done.rows, message.total)
                self.carry(decisions)
            case Failed(is_data, text):
                raise BadData(text) if is_data else RuntimeError(f"a worker failed:\n{text}")
            case _:
                raise Lost

    def carry(self, decisions: Iterable[Decision]) -> None:
        """Do what the manager has decided."""
        for decision in decisions:
            match decision:
                case Granted(attempt, totem):
                    worker = self.at(attempt)
                    try:
                        send(worker.socket, Grant(totem))
                    except Lost:
                        self.bury(worker)
                case Stopped(attempt):
                    self.bury(self.at(attempt), is_lost=False)
                case Exhausted():
                    stage = self.workers.work.verified.module.stages[self.stage]
                    raise OutOfTotem(stage.name, self.manager.budget)

    def at(self, attempt: Attempt) -> WorkerProcess:
        return next(worker for worker in self.workers.crew if worker.attempt == attempt)

    def bury(self, worker: WorkerProcess, *, is_lost: bool = True) -> None:
        """A worker is dead: its task is for another, and its totem comes back."""
        if worker not in self.workers.crew:
            return
        self.workers.crew.remove(worker)
        worker.end()
        if not worker.is_ready:
            self.workers.false_start()
        attempt, order = worker.attempt, worker.order
        if attempt is None or order is None:
            return
        self.watch.lost(order.task.number)
        if is_lost:
            order.lost += 1
            if order.lost >= MOST_TRIES:
                raise TotemError(
                    f"{MOST_TRIES} workers have died on one part of "
                    f"{self.workers.work.verified.module.stages[self.stage].name}, "
                    "perhaps for want of memory; nothing was charged"
                )
            self.again.append(order)
        self.carry(self.manager.dead(attempt))
