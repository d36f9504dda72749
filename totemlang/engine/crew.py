"""Which workers a job gets."""

from __future__ import annotations

import socket
from collections.abc import Callable

from totemlang.engine.manager import TotemManager
from totemlang.engine.work import Work
from totemlang.engine.worker_processes import ProcessWorkers
from totemlang.engine.worker_threads import ThreadWorkers
from totemlang.engine.workers import OneWorker, Workers

Crew = Callable[[Work, TotemManager, int, Workers], Workers]
"""Makes so many workers for a job; the one at home is there already."""


def home_for(work: Work, manager: TotemManager) -> Workers:
    """The one worker that a job has at least."""
    return ThreadWorkers(work, manager, 1) if work.tier.is_native else OneWorker(work, manager)


def workers_for(work: Work, manager: TotemManager, count: int, home: Workers) -> Workers:
    """`count` workers for a job, who begin when they are needed; one is the worker at home.

    Where descriptors of files cannot be sent, as on Windows, there are no processes.
    """
    if count == 1:
        return home
    if work.tier.is_native or not hasattr(socket, "send_fds"):
        return ThreadWorkers(work, manager, count)
    return ProcessWorkers(work, manager, count)
