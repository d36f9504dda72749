"""The budget of a run and what is gone of it: the one place that says whether totem is left.

Whoever does work draws totem before, in pieces as large as it likes, and gives back what it did not
need. What it has drawn and not given back counts as used.
"""

from __future__ import annotations

from typing import Protocol

from attrs import define, field

from totemlang.diagnostics import OutOfTotem


class Purse(Protocol):
    """Totem to draw from. A machine asks nothing else, so a worker's lease may stand behind it."""

    @property
    def used(self) -> int:
        """Totem drawn, less what was given back."""

    def draw(self, least: int, most: int, stage: str = "") -> int:
        """Take from `least` to `most` totem (0 ≤ least ≤ most) to hold; it may wait for it.

        `least` must be due at once, and all that was drawn before be spent (or `least` 0): where
        it cannot be had, the run ends.

        Raises:
            OutOfTotem: naming the stage, where less than `least` can be had.
        """

    def give_back(self, totem: int) -> None:
        """Return totem that was drawn and is not needed."""

    def charge(self, totem: int, stage: str = "") -> None:
        """Draw exactly `totem` for work that is about to be done. Raises as `draw`."""


def _natural(_: object, attribute: object, value: int) -> None:
    if value < 0:
        raise ValueError("a budget is never negative")


@define
class Meter:
    """A purse that holds a whole budget. `used` never exceeds `budget`."""

    budget: int = field(validator=_natural)
    used: int = field(default=0, init=False)

    @property
    def remaining(self) -> int:
        """Totem left."""
        return self.budget - self.used

    def draw(self, least: int, most: int, stage: str = "") -> int:
        """Take from `least` to `most`; see `Purse`. After `OutOfTotem` all counts as used."""
        left = self.budget - self.used
        if least > left:
            self.used = self.budget
            raise OutOfTotem(stage, self.budget)
        taken = min(left, most)
        self.used += taken
        return taken

    def give_back(self, totem: int) -> None:
        """Return what was drawn and is not needed."""
        if not 0 <= totem <= self.used:
            raise ValueError("only what was drawn can be given back")
        self.used -= totem

    def charge(self, totem: int, stage: str = "") -> None:
        """Draw exactly `totem`; see `Purse`."""
        self.draw(totem, totem, stage)
