"""How far a stage is: rows and totem of tasks that are done and of those being done."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field


@define
class Watch:
    """Adds up what tasks tell; `report` is called with rows, totem, and whether to tell it now.

    Tasks being done may tell from other threads; only the job's own thread reports.
    """

    report: Callable[[int, int, bool], None]
    rows: int = field(default=0, init=False)
    totem: int = field(default=0, init=False)
    _live: dict[int, tuple[int, int]] = field(factory=dict, init=False)

    def at(self, task: int, rows: int, totem: int) -> None:
        """A task being done has done so many rows and used so much totem."""
        self._live[task] = (rows, totem)

    def lost(self, task: int) -> None:
        """What was done of a task is lost."""
        self._live.pop(task, None)

    def done(self, task: int, rows: int, totem: int) -> None:
        """A task is done."""
        self._live.pop(task, None)
        self.rows += rows
        self.totem += totem

    def show(self, *, now: bool = False) -> None:
        """Report how far it is."""
        live = list(self._live.values())
        rows, totem = (sum(part) for part in zip(*live, strict=True)) if live else (0, 0)
        self.report(self.rows + rows, self.totem + totem, now)
