"""A process that dies at a statement of the database: SIGKILL, just before it or just after."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any


class Deadly(sqlite3.Connection):
    """A connection that kills its process at a statement: just before it, or just after."""

    countdown = 0
    after = False

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        return self._deadly(super().execute, *arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        return self._deadly(super().executemany, *arguments)

    def _deadly(self, statement: Any, *arguments: Any) -> sqlite3.Cursor:
        Deadly.countdown -= 1
        if Deadly.countdown == 0 and not Deadly.after:
            os.kill(os.getpid(), signal.SIGKILL)
        cursor: sqlite3.Cursor = statement(*arguments)
        if Deadly.countdown == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return cursor


def killed(deed: Callable[[], object], countdown: int, after: bool) -> bool:
    """Do it in a process that dies at a statement; whether it came to that."""
    child = os.fork()
    if child == 0:
        try:
            Deadly.countdown, Deadly.after = countdown, after
            connect = sqlite3.connect
            sqlite3.connect = lambda *a, **k: connect(  # type: ignore[assignment]
                *a, **k, factory=Deadly
            )
            deed()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status != 0
