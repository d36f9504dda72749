"""What a run tells while it runs: often enough to watch, seldom enough to cost nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import define, field, frozen

_EARLY = 0.5

INTERVAL = 0.1
"""Seconds between two reports of a stage at least; its first and last are always told."""


@frozen
class Progress:
    """A moment of a run. `of_rows` is None where it is not known; `seconds` since the run began.

    `stage_number` counts from 1; `totem` is what the job has used of `budget` so far.
    """

    stage: str
    stage_number: int
    of_stages: int
    rows: int
    of_rows: int | None
    totem: int
    budget: int
    seconds: float
    stage_seconds: float = 0.0
    """Since the stage began."""

    @property
    def rows_per_second(self) -> float | None:
        """The speed of the stage so far; None where it is too early to say."""
        if not self.rows or self.stage_seconds < _EARLY:
            return None
        return self.rows / self.stage_seconds

    @property
    def seconds_left(self) -> float | None:
        """Until the stage ends, at that speed; None where it cannot be said."""
        speed = self.rows_per_second
        if speed is None or self.of_rows is None:
            return None
        return max(0, self.of_rows - self.rows) / speed


@define
class Reporter:
    """Tells a listener of progress, about ten times a second."""

    listener: Callable[[Progress], None] | None
    budget: int
    of_stages: int
    clock: Callable[[], float] = time.monotonic
    _began: float = field(default=0.0, init=False)
    _told: float = field(default=0.0, init=False)
    _stage: tuple[str, int] = field(default=("", 0), init=False)
    _stage_began: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        """Start the clock."""
        self._began = self.clock()

    def tell(
        self,
        stage: tuple[str, int],
        rows: int,
        of_rows: int | None,
        totem: int,
        *,
        now: bool = False,
    ) -> None:
        """Report name and number of the stage and what is done of it; `now`: whatever the time."""
        if self.listener is None:
            return
        moment = self.clock()
        if stage != self._stage:
            self._stage, self._stage_began = stage, moment
        if not now and moment - self._told < INTERVAL:
            return
        self._told = moment
        name, number = stage
        self.listener(
            Progress(
                name,
                number,
                self.of_stages,
                rows,
                of_rows,
                totem,
                self.budget,
                moment - self._began,
                moment - self._stage_began,
            )
        )
