"""What a node keeps in its folder: results to be delivered, lookups that consumers sent along.

results/JOB.PART.json       signed receipt and result, whole before the ledger hears of the end
results/JOB.PART.started    that it was begun here, and by no other node of the organisation
results/JOB.PART.delivered  that it was handed over
sent/HASH.SUFFIX            a lookup by the hash of its content
locks/JOB.PART              held while a process is at work on the part
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from totemlang.diagnostics import BadData, UsageError
from totemlang.ledger.identity.keys import replace
from totemlang.node.delivery import Delivery

MAX_SENT = 64 * 2**20
"""Bytes of a lookup that is sent along."""

_SUFFIX = re.compile(r"\.[a-z]{1,8}")
_MODE = 0o600


@frozen
class Keeping:
    """A node's folder, for its owner alone. Several processes may use it at once."""

    folder: Path

    @classmethod
    def at(cls, folder: str | Path) -> Keeping:
        """The folder at a path, made where there is none. Raises UsageError."""
        found = cls(Path(folder))
        try:
            for part in ("results", "sent", "locks"):
                (found.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder} cannot be used: {error.strerror}") from None
        return found

    def keep(self, job: str, part: int, delivery: Delivery) -> None:
        """Keep what a part came to; it is on the disk when this returns."""
        text = json.dumps(delivery.to_json(), sort_keys=True).encode()
        replace(self._result(job, part), text, _MODE)

    def kept(self, job: str, part: int) -> Delivery | None:
        """What a part came to, None where it has not ended here."""
        try:
            text = self._result(job, part).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return Delivery.from_json(json.loads(text))
        except ValueError:
            raise BadData(f"the node's own file {self._result(job, part)} is damaged") from None

    def note_started(self, job: str, part: int) -> None:
        """Note that a part is begun here, before the ledger hears of it."""
        self._result(job, part).with_suffix(".started").touch(_MODE)

    def forget_started(self, job: str, part: int) -> None:
        """Note that a part was not begun here after all."""
        self._result(job, part).with_suffix(".started").unlink(missing_ok=True)

    def is_started(self, job: str, part: int) -> bool:
        """Whether a part was begun here: if it still runs, it goes on here."""
        return self._result(job, part).with_suffix(".started").exists()

    def note_delivered(self, job: str, part: int) -> None:
        """Note that it was handed over."""
        self._result(job, part).with_suffix(".delivered").touch(_MODE)

    def is_delivered(self, job: str, part: int) -> bool:
        """Whether it was handed over."""
        return self._result(job, part).with_suffix(".delivered").exists()

    def receive(self, content: bytes, suffix: str) -> str:
        """Keep a lookup that a consumer sends along; gives its hash, by which jobs name it.

        Raises:
            UsageError: for a suffix that is none, or too large a lookup.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise UsageError("a lookup has the suffix of its format, as .csv or .parquet")
        if len(content) > MAX_SENT:
            raise UsageError(f"a lookup that is sent along has at most {MAX_SENT:,} bytes")
        found = hashlib.sha256(content).hexdigest()
        replace(self.folder / "sent" / f"{found}{suffix}", content, _MODE)
        return found

    def sent(self, content: str) -> Path | None:
        """A lookup by the hash of its content, None where it was not received."""
        return min((self.folder / "sent").glob(f"{content}.*"), default=None)

    @contextmanager
    def alone(self, job: str, part: int) -> Iterator[bool]:
        """Whether this process alone is at work on a part, until the end of the block."""
        handle = os.open(self.folder / "locks" / f"{job}.{part}", os.O_RDWR | os.O_CREAT, _MODE)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(handle)

    def _result(self, job: str, part: int) -> Path:
        return self.folder / "results" / f"{job}.{part}.json"
