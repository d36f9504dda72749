"""Which workers a job gets."""

from __future__ import annotations

from totemlang.engine.manager import TotemManager
from totemlang.engine.work import Work
from totemlang.engine.worker_threads import ThreadWorkers
from totemlang.engine.workers import OneWorker, Workers


def workers_for(work: Work, manager: TotemManager, count: int, home: OneWorker) -> Workers:
    """`count` workers for a job, who begin when they are needed; one is the worker at home."""
    if count == 1:
        return home
    return ThreadWorkers(work, manager, count)
