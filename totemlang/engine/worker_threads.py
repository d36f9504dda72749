"""Workers that are threads of this process, for tiers whose machines run at the same time.

Native code runs in such threads alone, even where one is enough: an interrupt is raised in the main
thread, wherever that may be, and must not be within a call from native code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from threading import Condition, Lock, Thread

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
from totemlang.vm.totals import Totals


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
    _beginning: Lock = field(factory=Lock, init=False)
    """Machines are made one after the other: the first is at work while the next is made."""

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
        shift = _Shift(self.work, stage, chain(first, tasks), watch, count)
        threads = []
        try:
            for number in range(count):
                thread = Thread(target=self._worker, args=(number, shift), daemon=True)
                thread.start()
                threads.append(thread)
            for found, output in shift.in_order():
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
            if not shift.is_finished:
                shift.free()
        try:
            for totals in shift.totals:
                done(Done(totals=totals))
            for output in shift.gathered:
                with closing(output):
                    into.absorb(output, same_thread=self.count == 1)
        finally:
            shift.free()

    def close(self) -> None:
        """End all waiting; threads have ended with their stage."""
        self._desk.close()
        self._hands = {}

    def _worker(self, number: int, shift: _Shift) -> None:
        try:
            if number not in self._hands:
                with self._beginning:
                    self._hands[number] = Hand(self.work, self._desk)
            shift.work_off(self._hands[number])
        except AttemptEnded:
            pass
        except BaseException as error:
            shift.fail(error)
        finally:
            shift.leave()


@define
class _Shift:
    """A stage being performed by several threads.

    Whoever wakes up another thread may wait for it to give up the interpreter's lock: so the job's
    own thread is woken only where it has something to do.
    """

    work: Work
    stage: int
    tasks: Iterator[Task]
    watch: Watch
    threads: int
    gathered: list[Gathering] = field(factory=list, init=False)
    """What threads have combined, to be put together at the end."""
    totals: list[Totals] = field(factory=list, init=False)
    """What each thread was charged for what."""
    is_ended: bool = field(default=False, init=False)
    is_finished: bool = field(default=False, init=False)
    """All tasks are done, and everything was taken."""
    _error: BaseException | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)
    _changed: Condition = field(init=False)
    """For the job's thread: there is something to take, or the end."""
    _room: Condition = field(init=False)
    """For the others: something was taken, or the end."""
    _is_combined: bool = field(init=False)
    _done: dict[int, tuple[Done, Gathering | None]] = field(factory=dict, init=False)
    _taken: int = field(default=0, init=False)
    _left: int = field(default=0, init=False)
    _following: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """One lock for all."""
        self._changed, self._room = Condition(self._lock), Condition(self._lock)
        self._is_combined = self.work.is_combined(self.stage)

    def in_order(self) -> Iterator[tuple[Done, Gathering | None]]:
        """What is done, in the order of tasks, until all threads have left. Shows progress."""
        while True:
            with self._changed:
                if self._error is not None:
                    raise self._error
                found = self._done.pop(self._following, None)
                if found is None:
                    if self._left == self.threads:
                        self.is_finished = True
                        return
                    self._changed.wait(INTERVAL)
                else:
                    self._following += 1
                    self._room.notify_all()
            self.watch.show()
            if found is not None:
                yield found

    def work_off(self, hand: Hand) -> None:
        """Perform tasks until there are none."""
        own = None
        if self._is_combined:
            own = self.work.own_gathering(self.stage, self.threads, hand.performer.machine)
            with self._changed:
                self.gathered.append(own)
        while (task := self._next()) is not None:
            output = own or self.work.own_gathering(self.stage, 4 * self.threads)
            try:
                found = hand.do(self.stage, task, output, self.watch, self.check)
            except BaseException:
                output.close()
                raise
            with self._changed:
                self._done[task.number] = (found, output if own is None else None)
                if own is None and len(self._done) >= self.threads:
                    self._changed.notify()
        totals = hand.performer.since()
        with self._changed:
            self.totals.append(totals)

    def _next(self) -> Task | None:
        with self._room:
            while not self.is_ended and self._is_ahead:
                self._room.wait()
            if self.is_ended:
                raise AttemptEnded
            task = next(self.tasks, None)
            self._taken += task is not None
            return task

    @property
    def _is_ahead(self) -> bool:
        """Whether enough tasks are out: what they leave has to be taken first."""
        return not self._is_combined and self._taken - self._following >= 2 * self.threads + 2

    def fail(self, error: BaseException) -> None:
        """A thread has failed: the stage ends."""
        with self._changed:
            if self._error is None:
                self._error = error
            self.is_ended = True
            self._tell_all()

    def check(self) -> None:
        """Raise `AttemptEnded` where the stage has ended."""
        if self.is_ended:
            raise AttemptEnded

    def leave(self) -> None:
        """A thread leaves."""
        with self._changed:
            self._left += 1
            if self._left == self.threads:
                self._changed.notify()

    def end(self) -> None:
        """No more tasks are begun, and those that are being performed end soon."""
        with self._changed:
            self.is_ended = True
            self._tell_all()

    def free(self) -> None:
        """Free what threads have left that nobody took, once they have ended.

        What ended a stage holds on to all of it, in a circle that is found some time later.
        """
        for output in (*self.gathered, *(output for _, output in self._done.values())):
            if output is not None:
                output.close()

    def _tell_all(self) -> None:
        self._changed.notify_all()
        self._room.notify_all()
