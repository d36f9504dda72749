"""The budget of a run and what is gone of it: the one place that says whether totem is left."""

from __future__ import annotations

from attrs import define, field

from totemlang.diagnostics import OutOfTotem


def _natural(_: object, attribute: object, value: int) -> None:
    if value < 0:
        raise ValueError("a budget is never negative")


@define
class Meter:
    """Totem that may still be used. `used` never exceeds `budget`; nothing is ever given back."""

    budget: int = field(validator=_natural)
    used: int = field(default=0, init=False)

    @property
    def remaining(self) -> int:
        """Totem left."""
        return self.budget - self.used

    def charge(self, totem: int, stage: str = "") -> None:
        """Deduct `totem` ≥ 0 for work that is about to be done.

        Raises:
            OutOfTotem: where less is left; then the whole budget counts as used.
        """
        if totem > self.budget - self.used:
            self.exhaust(stage)
        self.used += totem

    def exhaust(self, stage: str = "") -> None:
        """End the run: the whole budget is used.

        Raises:
            OutOfTotem: always, naming the stage.
        """
        self.used = self.budget
        raise OutOfTotem(stage, self.budget)
