"""Workers: who performs the tasks of a stage. Here are the interface and the worker at home."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Protocol

from attrs import define, field

from totemlang.engine.desk import Desk, DeskLine
from totemlang.engine.manager import Attempt, TotemManager
from totemlang.engine.stages import Done, Performer, Taker
from totemlang.engine.tasks import Task
from totemlang.engine.updater import Updater
from totemlang.engine.watch import Watch
from totemlang.engine.work import Gathering, Work


class Workers(Protocol):
    """Perform the tasks of one stage after the other, all paid from one manager's budget."""

    @property
    def in_memory(self) -> bool:
        """Whether tasks may bring rows without their being copied."""

    @property
    def least_rows(self) -> int:
        """Rows of a stage from which on they are worth beginning."""

    def run(
        self,
        stage: int,
        tasks: Iterable[Task],
        into: Gathering,
        watch: Watch,
        done: Callable[[Done], None],
    ) -> None:
        """Perform all tasks of a stage; `done` is called in the order of tasks, then with totals.

        What the stage emits is in `into` afterwards: in the order of tasks, unless it is
        combined there.

        Raises:
            OutOfTotem: where the budget does not suffice.
            BadData: where the data has changed since it was bound.
        """

    def close(self) -> None:
        """End all that is being done, and free what is held."""


@define
class Hand:
    """A machine with its updater, for one thread of this process."""

    work: Work
    desk: Desk
    line: DeskLine = field(init=False)
    updater: Updater = field(init=False)
    performer: Performer = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Make the machine."""
        self.line = DeskLine(self.desk)
        self.updater = Updater(self.line, self.desk.manager.budget)
        self.performer = self.work.performer(self.updater)

    def do(
        self, stage: int, task: Task, taker: Taker, watch: Watch, between: Callable[[], None]
    ) -> Done:
        """Perform a task, from its lease to its acceptance; `between` is called now and then."""
        attempt = Attempt(self.work.job, stage, task.number, 0)
        self.desk.begin(attempt)
        self.line.attempt = attempt
        self.updater.begin()

        def tell(rows: int) -> None:
            watch.at(task.number, rows, self.updater.used)
            between()

        found = self.performer.perform(stage, task, taker, tell)
        self.desk.accept(attempt, self.updater.end())
        watch.done(task.number, found.rows, self.updater.used)
        return found


@define
class OneWorker:
    """The worker at home: tasks are performed one after the other by whoever asks for them."""

    work: Work
    manager: TotemManager
    in_memory: bool = field(default=True, init=False)
    least_rows: int = field(default=0, init=False)
    _hand: Hand | None = field(default=None, init=False)

    def run(
        self,
        stage: int,
        tasks: Iterable[Task],
        into: Gathering,
        watch: Watch,
        done: Callable[[Done], None],
    ) -> None:
        """Perform all tasks of a stage; see `Workers`."""
        if self._hand is None:
            self._hand = Hand(self.work, Desk(self.manager))
        with closing(self.work.own_gathering(stage, 1, self._hand.performer.machine)) as own:
            taker = own if self.work.is_combined_natively(stage) else into
            for task in tasks:
                done(self._hand.do(stage, task, taker, watch, watch.show))
            done(Done(totals=self._hand.performer.since()))
            if taker is own:
                into.absorb(own, same_thread=True)

    def close(self) -> None:
        """There is nothing to end."""
        self._hand = None
