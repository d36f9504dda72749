"""The manager's desk for workers of this process: each asks for itself, and waits here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Condition
from typing import TypeVar

from attrs import define, field

from totemlang.engine.manager import Attempt, Decision, Exhausted, Granted, Stopped, TotemManager
from totemlang.engine.updater import AttemptEnded

Answer = TypeVar("Answer")


@define
class Desk:
    """A manager that threads share."""

    manager: TotemManager
    is_closed: bool = field(default=False, init=False)
    _changed: Condition = field(factory=Condition, init=False)
    _granted: dict[Attempt, int] = field(factory=dict, init=False)
    _stopped: set[Attempt] = field(factory=set, init=False)

    def tell(self, what: Callable[[TotemManager], Answer]) -> Answer:
        """Do something with the manager while nobody else does."""
        with self._changed:
            return what(self.manager)

    def begin(self, attempt: Attempt) -> None:
        """An attempt begins; see `TotemManager`."""
        with self._changed:
            self.manager.begin(attempt)

    def accept(self, attempt: Attempt, used: int) -> None:
        """An attempt is done; see `TotemManager`."""
        with self._changed:
            _, decisions = self.manager.accept(attempt, used)
            self._carry(decisions)

    def need(self, attempt: Attempt, used: int, least: int, most: int) -> int | None:
        """Wait for totem; None: the budget does not suffice.

        Raises:
            AttemptEnded: where the attempt is not wanted any more.
        """
        with self._changed:
            self._carry(self.manager.need(attempt, used, least, most))
            while attempt not in self._granted:
                if self.manager.is_exhausted:
                    return None
                if self.is_closed or attempt in self._stopped:
                    raise AttemptEnded
                self._changed.wait()
            return self._granted.pop(attempt)

    def close(self) -> None:
        """End all waiting: the job is over."""
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()

    def _carry(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Granted(attempt, totem):
                    self._granted[attempt] = totem
                case Stopped(attempt):
                    self._stopped.add(attempt)
                case Exhausted():
                    pass
        self._changed.notify_all()


@define
class DeskLine:
    """An updater's way to the desk (see `updater.Line`): answers come at once."""

    desk: Desk
    attempt: Attempt | None = None
    is_open: bool = field(default=False, init=False)

    def check(self) -> None:
        """See whether the job goes on; see `Line`."""
        if self.desk.is_closed:
            raise AttemptEnded

    def more(self, used: int, most: int) -> int:
        """Ask for more; see `Line`."""
        attempt = self._attempt
        return self.desk.tell(lambda manager: manager.more(attempt, used, most))

    def arrived(self, *, wait: bool) -> int:
        """Nothing comes later."""
        return 0

    def need(self, used: int, least: int, most: int) -> int | None:
        """Wait for totem; see `Line`."""
        return self.desk.need(self._attempt, used, least, most)

    @property
    def _attempt(self) -> Attempt:
        assert self.attempt is not None
        return self.attempt
