"""What a job and its worker processes say to each other: short messages over a socket of theirs.

Rows never travel in messages: they lie in nameless files, whose descriptors go with a message.
"""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

from attrs import define, field, frozen

from totemlang.engine.manager import Attempt
from totemlang.engine.stages import Done
from totemlang.engine.tasks import FileRows

MOST_BYTES = 1 << 23
"""A message has fewer bytes than this; the longest is what each line of a program has used."""

_HEAD = struct.Struct(">IB")
_MOST_FILES = 2


class Form(Enum):
    """What is in a file of rows."""

    ROWS = "rows"
    GROUPS = "groups"
    AGGREGATES = "aggregates"


@frozen
class Begin:
    """To a new worker: the job is in the file."""


@frozen
class Ready:
    """From a new worker: its machine is made."""


@frozen
class Perform:
    """To a worker: perform a task, and put what it emits into the first file.

    `rows` are to be read from the data set; without, they are in the second file, as `form` says.
    """

    attempt: Attempt
    rows: FileRows | None
    form: Form


@frozen
class Grant:
    """To a worker: so much totem more."""

    totem: int


@frozen
class More:
    """To the manager: used since last told; more is welcome, and nothing waits for it."""

    used: int
    most: int


@frozen
class Need:
    """To the manager: used since last told, all else is returned; the worker waits."""

    used: int
    least: int
    most: int


@frozen
class Told:
    """From a worker: rows done of its task, and totem used on it so far."""

    rows: int
    totem: int


@frozen
class Performed:
    """From a worker: its task is done, and the file has what it emitted.

    `used` since last told, `total` on the task; `is_partial`: rows were combined.
    """

    done: Done
    used: int
    total: int
    is_partial: bool
    emitted: int


@frozen
class Failed:
    """From a worker: its task cannot be done. `is_data`: the data is at fault."""

    is_data: bool
    text: str


Message = Begin | Ready | Perform | Grant | More | Need | Told | Performed | Failed


class Lost(Exception):
    """Nobody is at the other end any more."""


def send(to: socket.socket, message: Message, files: Sequence[int] = ()) -> None:
    """Send a message with descriptors of files.

    Raises:
        Lost: where nobody takes it.
    """
    text = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    if len(text) >= MOST_BYTES:
        raise ValueError("a message is too long")
    head = _HEAD.pack(len(text), len(files))
    try:
        if files:
            socket.send_fds(to, [head], list(files))
            to.sendall(text)
        else:
            to.sendall(head + text)
    except OSError as error:
        raise Lost from error


def receive(at: socket.socket) -> tuple[Message, list[int]]:
    """Wait for a message; gives it with the descriptors that came along.

    Raises:
        Lost: where there will be none.
    """
    try:
        head, files, _, _ = socket.recv_fds(at, _HEAD.size, _MOST_FILES)
        while 0 < len(head) < _HEAD.size:
            head += _some(at, _HEAD.size - len(head))
        if not head:
            raise Lost
        size, _ = _HEAD.unpack(head)
        text = b""
        while len(text) < size:
            text += _some(at, size - len(text))
    except OSError as error:
        raise Lost from error
    return _loaded(text), files


def _some(at: socket.socket, size: int) -> bytes:
    found = at.recv(size)
    if not found:
        raise Lost
    return found


def _loaded(text: bytes) -> Any:
    return pickle.loads(text)


@define
class Inbox:
    """Messages without files as they come in, piece by piece, from a worker that may die."""

    _held: bytearray = field(factory=bytearray, init=False)

    def read(self, at: socket.socket) -> Iterator[Message]:
        """The messages that are whole by now, of what can be read without waiting.

        Raises:
            Lost: where the worker is gone, after the messages that it left.
        """
        try:
            found = at.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            found = b""
        self._held += found
        while len(self._held) >= _HEAD.size:
            size, _ = _HEAD.unpack_from(self._held)
            if size >= MOST_BYTES:
                raise Lost
            if len(self._held) < _HEAD.size + size:
                break
            text = bytes(self._held[_HEAD.size : _HEAD.size + size])
            del self._held[: _HEAD.size + size]
            yield _loaded(text)
        if not found:
            raise Lost
