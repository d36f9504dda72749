"""A totem updater: the purse of one worker, filled from a lease of the manager.

It hands totem out before work is done and asks for more before it runs dry. Where it must wait it
returns all that it holds and asks for the exact next charge. There is no message per operation.
"""

from __future__ import annotations

from typing import Protocol

from attrs import define, field

from totemlang.diagnostics import OutOfTotem


class AttemptEnded(Exception):
    """The attempt is not wanted any more: the job ends, or another did its work."""


class Line(Protocol):
    """An updater's way to the manager, for the attempt that is being made."""

    @property
    def is_open(self) -> bool:
        """Whether an answer to `more` is still to come."""

    def check(self) -> None:
        """Raise `AttemptEnded` where the attempt is not wanted any more, as far as is known."""

    def more(self, used: int, most: int) -> int:
        """Tell what was used since this was last told, and ask for more; gives what came now."""

    def arrived(self, *, wait: bool) -> int:
        """What has come in answer to `more` since then; `wait`: until there is an answer."""

    def need(self, used: int, least: int, most: int) -> int | None:
        """Return all but what was used, and wait for `least` to `most`; None: out of totem."""


@define
class Updater:
    """A purse for one attempt after the other. `budget` is the whole job's."""

    line: Line
    budget: int
    used: int = field(default=0, init=False)
    """Drawn by the present attempt, less what was given back."""
    held: int = field(default=0, init=False)
    """Leased and not drawn."""
    _told: int = field(default=0, init=False)
    _low: int = field(default=1, init=False)

    def begin(self) -> None:
        """A new attempt begins, and holds nothing."""
        self.used = self.held = self._told = 0
        self._low = 1

    def end(self) -> int:
        """The attempt ends: what it used and has not told. It holds nothing any more."""
        if self.line.is_open:
            self.line.arrived(wait=True)
        untold = self._untold()
        self.held = 0
        return untold

    def draw(self, least: int, most: int, stage: str = "") -> int:
        """Take from `least` to `most`; see `vm.meter.Purse`. Raises `AttemptEnded` too."""
        self.line.check()
        if self.line.is_open:
            self._receive(self.line.arrived(wait=False))
        if self.held < max(least, self._low) and not self.line.is_open:
            self._receive(self.line.more(self._untold(), max(most, least)))
        if self.held < least and self.line.is_open:
            self._receive(self.line.arrived(wait=True))
        if self.held < least:
            self.held = 0
            granted = self.line.need(self._untold(), least, most)
            if granted is None:
                raise OutOfTotem(stage, self.budget)
            self._receive(granted)
        taken = min(self.held, most)
        self.held -= taken
        self.used += taken
        return taken

    def give_back(self, totem: int) -> None:
        """Return what was drawn and is not needed."""
        if not 0 <= totem <= self.used:
            raise ValueError("only what was drawn can be given back")
        self.used -= totem
        self.held += totem

    def charge(self, totem: int, stage: str = "") -> None:
        """Draw exactly `totem`; see `vm.meter.Purse`."""
        self.draw(totem, totem, stage)

    def _receive(self, totem: int) -> None:
        if totem:
            self.held += totem
            self._low = totem // 2

    def _untold(self) -> int:
        untold, self._told = self.used - self._told, self.used
        return untold
