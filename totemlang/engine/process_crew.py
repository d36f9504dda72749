"""Worker processes as their job sees them: how one is begun and ended, and what it is at."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

from attrs import define, field

from totemlang.engine.manager import Attempt
from totemlang.engine.messages import Begin, Form, Inbox, send
from totemlang.engine.tasks import Task

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[2]); "
    "from totemlang.engine.process_worker import main; main(int(sys.argv[1]))"
)


@define(eq=False)
class Order:
    """A task that is out or to be given out, with the file of its rows and that of what it emits.

    `lost` counts workers who have died on it.
    """

    task: Task
    form: Form
    rows: IO[bytes] | None
    lost: int = 0
    emitted: IO[bytes] | None = None

    def close(self) -> None:
        """Free the files."""
        for file in (self.rows, self.emitted):
            if file is not None:
                file.close()


@define(eq=False)
class WorkerProcess:
    """A process, and what it is at."""

    process: subprocess.Popen[bytes]
    socket: socket.socket
    inbox: Inbox = field(factory=Inbox)
    is_ready: bool = False
    attempt: Attempt | None = None
    order: Order | None = None

    def end(self) -> None:
        """End the process, whatever it is at."""
        self.process.kill()
        self.process.wait()
        self.socket.close()


def begun(job: IO[bytes]) -> WorkerProcess:
    """A new process that reads from a file what there is to do, and will say when it is ready."""
    ours, theirs = socket.socketpair()
    root = str(Path(__file__).resolve().parents[2])
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, str(theirs.fileno()), root],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    worker = WorkerProcess(process, ours)
    send(ours, Begin(), [job.fileno()])
    return worker
