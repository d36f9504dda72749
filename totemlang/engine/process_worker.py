"""A worker process: performs tasks for the job at the other end of its socket, until that is gone.

It keeps nothing that matters: it may be killed at any moment, and another does its work again.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import time
import traceback
from collections.abc import Sequence
from contextlib import closing
from typing import IO

from attrs import define, evolve, field

from totemlang.diagnostics import BadData, OutOfTotem
from totemlang.engine.manager import Attempt
from totemlang.engine.messages import (
    Failed,
    Grant,
    Lost,
    More,
    Need,
    Perform,
    Performed,
    Ready,
    Told,
    receive,
    send,
)
from totemlang.engine.progress import INTERVAL
from totemlang.engine.row_files import FileTaker, read_input
from totemlang.engine.stages import Done, Performer
from totemlang.engine.tasks import Task
from totemlang.engine.updater import Updater
from totemlang.engine.work import Work


@define
class SocketLine:
    """An updater's way to the manager in another process (see `updater.Line`)."""

    socket: socket.socket
    is_open: bool = field(default=False, init=False)

    def check(self) -> None:
        """Who does not want the work any more ends this process."""

    def more(self, used: int, most: int) -> int:
        """Ask for more; the answer comes later."""
        send(self.socket, More(used, most))
        self.is_open = True
        return 0

    def arrived(self, *, wait: bool) -> int:
        """What has come in answer to `more`."""
        if not wait and not select.select([self.socket], [], [], 0)[0]:
            return 0
        self.is_open = False
        return self._granted()

    def need(self, used: int, least: int, most: int) -> int | None:
        """Wait for totem. Where the budget does not suffice, this process is ended."""
        send(self.socket, Need(used, least, most))
        return self._granted()

    def _granted(self) -> int:
        message, _ = receive(self.socket)
        assert isinstance(message, Grant)
        return message.totem


@define
class ProcessWorker:
    """The worker of a process, which its job is told of over a socket."""

    socket: socket.socket
    work: Work
    updater: Updater = field(init=False)
    performer: Performer = field(init=False)
    _told: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        """Make the machine."""
        self.updater = Updater(SocketLine(self.socket), 0)
        self.performer = self.work.performer(self.updater)

    def serve(self) -> None:
        """Perform what is asked for, one task after the other."""
        send(self.socket, Ready())
        while True:
            message, files = receive(self.socket)
            assert isinstance(message, Perform)
            opened = [os.fdopen(file, "r+b") for file in files]
            try:
                self._perform(message, opened)
            except BadData as error:
                send(self.socket, Failed(True, str(error)))
            except (Lost, OutOfTotem):
                raise
            except Exception:
                send(self.socket, Failed(False, traceback.format_exc(limit=-8)[-4_000:]))
            finally:
                for file in opened:
                    file.close()

    def _perform(self, message: Perform, files: Sequence[IO[bytes]]) -> None:
        given = message.rows or read_input(message.form, files[1])
        attempt = message.attempt
        taker = FileTaker(files[0])
        self.updater.begin()
        stage, task = attempt.stage, Task(attempt.partition, given)
        is_partial = False
        if self.work.is_combined(stage):
            with closing(self.work.portable(stage)) as own:
                done = self.performer.perform(stage, task, own, self._tell)
                is_partial, batches = own.leave()
                for batch in batches:
                    taker.add(batch)
        else:
            done = self.performer.perform(stage, task, taker, self._tell)
        taker.finish()
        done = evolve(done, totals=self.performer.since())
        self._finish(attempt, done, is_partial, taker.rows)

    def _finish(self, attempt: Attempt, done: Done, is_partial: bool, rows: int) -> None:
        used = self.updater.end()
        send(self.socket, Performed(done, used, self.updater.used, is_partial, rows))

    def _tell(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._told >= INTERVAL:
            self._told = now
            send(self.socket, Told(rows, self.updater.used))


def main(descriptor: int) -> None:
    """Serve the job at the other end of a socket until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who stops the job ends its workers
    with socket.socket(fileno=descriptor) as at:
        try:
            _, (file,) = receive(at)
            with os.fdopen(file, "rb") as opened:
                opened.seek(0)
                work: Work = pickle.load(opened)
            ProcessWorker(at, work).serve()
        except (Lost, OutOfTotem):
            return
