"""Workers that are threads of this process, for tiers whose machines run at the same time.

Native code runs in such threads alone, even where one is enough: an interrupt is raised in the main
thread, wherever that may be, and must not be within a call from native code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from threading import Condition, Thread

from attrs import define, field

from totemlang.engine.desk import Desk
from totemlang.engine.manager import TotemManager
from totemlang.engine.progress import INTERVAL
from totemlang.engine.stages import Done
from totemlang.engine.tasks import Task
from totemlang.engine.updater import AttemptEnded
from totemlang.engine.watch import Watch
from totemlang.engine.work import Gathering, Work
from totemlang.engine.workers import Hand


@define
class ThreadWorkers:
    """`count` threads, or as many as there are tasks; see `workers.Workers`.

    Tasks go to whichever is free.
    """

    work: Work
    manager: TotemManager
    count: int
    in_memory: bool = field(default=True, init=False)
    least_rows: int = field(default=0, init=False)
    _desk: Desk = field(init=False)
    _hands: dict[int, Hand] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        """Open the desk."""
        self._desk = Desk(self.manager)

    def run(
        self,
        stage: int,
        tasks: Iterable[Task],
        into: Gathering,
        watch: Watch,
        done: Callable[[Done], None],
    ) -> None:
        """Perform all tasks of a stage; see `Workers`."""
        tasks = iter(tasks)
        first = list(islice(tasks, self.count))
        count = max(1, len(first))
        shift = _Shift(self.work, stage, chain(first, tasks), watch, 2 * self.count + 2)
        threads = []
        try:
            for number in range(count):
                thread = Thread(target=self._worker, args=(number, shift), daemon=True)
                thread.start()
                threads.append(thread)
            for found, output in shift.in_order(count):
                if output is not None:
                    with closing(output):
                        into.absorb(output, same_thread=False)
                done(found)
        finally:
            if not shift.is_finished:
                shift.end()
                self._desk.close()
            for thread in threads:
                thread.join()
        for output in shift.gathered:
            with closing(output):
                into.absorb(output, same_thread=self.count == 1)

    def close(self) -> None:
        """End all waiting; threads have ended with their stage."""
        self._desk.close()
        self._hands = {}

    def _worker(self, number: int, shift: _Shift) -> None:
        try:
            if number not in self._hands:
                self._hands[number] = Hand(self.work, self._desk)
            shift.work_off(self._hands[number], self.count)
        except AttemptEnded:
            pass
        except BaseException as error:
            shift.fail(error)
        finally:
            shift.leave()


@define
class _Shift:
    """A stage being performed by several threads. At most `most_ahead` tasks are out at a time."""

    work: Work
    stage: int
    tasks: Iterator[Task]
    watch: Watch
    most_ahead: int
    gathered: list[Gathering] = field(factory=list, init=False)
    """What threads have combined, to be put together at the end."""
    is_ended: bool = field(default=False, init=False)
    is_finished: bool = field(default=False, init=False)
    """All tasks are done, and everything was taken."""
    _error: BaseException | None = field(default=None, init=False)
    _changed: Condition = field(factory=Condition, init=False)
    _done: dict[int, tuple[Done, Gathering | None]] = field(factory=dict, init=False)
    _taken: int = field(default=0, init=False)
    _left: int = field(default=0, init=False)
    _following: int = field(default=0, init=False)

    def in_order(self, threads: int) -> Iterator[tuple[Done, Gathering | None]]:
        """What is done, in the order of tasks, until all threads have left. Shows progress."""
        while True:
            with self._changed:
                if self._error is not None:
                    raise self._error
                found = self._done.pop(self._following, None)
                if found is None:
                    if self._left == threads:
                        self.is_finished = True
                        return
                    self._changed.wait(INTERVAL)
                else:
                    self._following += 1
                    self._changed.notify_all()
            self.watch.show()
            if found is not None:
                yield found

    def work_off(self, hand: Hand, threads: int) -> None:
        """Perform tasks until there are none."""
        combined = self.work.is_combined(self.stage)
        own = None
        if combined:
            own = self.work.own_gathering(self.stage, threads, hand.performer.machine)
        if own is not None:
            with self._changed:
                self.gathered.append(own)
        while (task := self._next()) is not None:
            output = own or self.work.own_gathering(self.stage, 4 * threads)
            found = hand.do(self.stage, task, output, self.watch, self.check)
            with self._changed:
                self._done[task.number] = (found, output if own is None else None)
                self._changed.notify_all()

    def _next(self) -> Task | None:
        with self._changed:
            while not self.is_ended and self._taken - self._following >= self.most_ahead:
                self._changed.wait()
            if self.is_ended:
                raise AttemptEnded
            task = next(self.tasks, None)
            self._taken += task is not None
            return task

    def fail(self, error: BaseException) -> None:
        """A thread has failed: the stage ends."""
        with self._changed:
            if self._error is None:
                self._error = error
            self.is_ended = True
            self._changed.notify_all()

    def check(self) -> None:
        """Raise `AttemptEnded` where the stage has ended."""
        if self.is_ended:
            raise AttemptEnded

    def leave(self) -> None:
        """A thread leaves."""
        with self._changed:
            self._left += 1
            self._changed.notify_all()

    def end(self) -> None:
        """No more tasks are begun, and those that are being performed end soon."""
        with self._changed:
            self.is_ended = True
            self._changed.notify_all()
