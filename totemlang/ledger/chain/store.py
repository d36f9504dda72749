"""The chain's SQLite file: its tables, and transactions that many processes may do at once.

Blocks are what counts; state, private hashes and history follow from them and may be made anew.
A process keeps one connection a thread; after a fork the child opens its own.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from totemlang.diagnostics import LedgerUnreachable, UsageError

PATIENCE = 60.0
"""Seconds to wait for other processes before the ledger counts as unreachable."""

MAX_ROW_BYTES = 65 * 2**20
"""Bytes of a row, of which a block's are the largest: a stranger's file may hold larger ones, and
they are not read.
"""

LONGEST_PAUSE = 0.008
"""Seconds between two looks whether the ledger is free."""

_APPLICATION = 0x544F4348  # "TOCH", where `file` and SQLite look for whose file it is
_VERSION = 1

DERIVED = (
    """CREATE TABLE {}state (
    space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE {}private_hashes (
    collection TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE {}touched (
    space TEXT NOT NULL, key TEXT NOT NULL, entry INTEGER NOT NULL,
    PRIMARY KEY (space, key, entry)
) STRICT, WITHOUT ROWID""",
)
"""The tables that follow from the blocks; `{}` is the schema they stand in."""

_APPENDED = (
    """CREATE TABLE genesis (
    one INTEGER PRIMARY KEY CHECK (one = 1), document BLOB NOT NULL
) STRICT""",
    """CREATE TABLE certificates (
    fingerprint BLOB PRIMARY KEY, der BLOB NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE blocks (
    number INTEGER PRIMARY KEY, header BLOB NOT NULL, signature BLOB NOT NULL
) STRICT""",
    """CREATE TABLE entries (
    entry INTEGER PRIMARY KEY,
    block INTEGER NOT NULL,
    id BLOB NOT NULL UNIQUE,
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    record BLOB NOT NULL,
    writes BLOB NOT NULL
) STRICT""",
)

_NEVER = tuple(
    f"""CREATE TRIGGER {table}_{when} BEFORE {deed} ON {table}
BEGIN SELECT RAISE(ABORT, 'the chain is only ever appended to'); END"""
    for table in ("genesis", "certificates", "blocks", "entries")
    for when, deed in (("stay", "UPDATE"), ("remain", "DELETE"))
)

_PRIVATE = """CREATE TABLE private_values (
    collection TEXT NOT NULL, hash BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (collection, hash)
) STRICT, WITHOUT ROWID"""

_SCHEMA = (*_APPENDED, *(table.format("") for table in DERIVED), _PRIVATE, *_NEVER)


class Store:
    """The file at a path. Every method raises LedgerUnreachable where it cannot be used."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before it is used."""
        self.path = path
        self._own = threading.local()

    def create(
        self,
        fill: Callable[[sqlite3.Connection], None],
        judge: Callable[[Path], None] | None = None,
    ) -> None:
        """Make the file with what `fill` puts in, all or nothing, for its owner alone (0600).

        `judge` may look at the file before it has its name, and raise.

        Raises:
            UsageError: where something stands at the path already.
        """
        part = self.path.with_name(f".{self.path.name}.{os.urandom(6).hex()}")
        with self._speaking():
            try:
                os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                _fill(part, fill)
                if judge is not None:
                    judge(part)
                os.link(part, self.path)  # never over another file
                _sync_folder(self.path.parent)
            except FileExistsError:
                raise UsageError(f"{self.path} exists already") from None
            finally:
                for rest in ("", "-wal", "-shm"):
                    part.with_name(part.name + rest).unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The ledger for this process alone: all that is done is on the disk after, or nothing."""
        with self._speaking(), _transaction(self._connection(), "BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The ledger as it stands at one moment."""
        with self._speaking(), _transaction(self._connection(), "BEGIN") as connection:
            yield connection

    @contextmanager
    def replaying(self) -> Iterator[sqlite3.Connection]:
        """The ledger at one moment, with empty derived tables in the schema `replay` beside it."""
        with self._speaking():
            connection = self._open()
            try:
                connection.execute("ATTACH '' AS replay")  # on disk where it grows, and gone after
                connection.execute("PRAGMA replay.journal_mode = OFF")
                connection.execute("BEGIN")
                for table in DERIVED:
                    connection.execute(table.format("replay."))
                yield connection
            finally:
                connection.close()

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        if getattr(self._own, "process", None) == os.getpid():
            self._own.connection.close()
        self._own.process = None

    def _connection(self) -> sqlite3.Connection:
        if getattr(self._own, "process", None) != os.getpid():
            # A parent's connection must not be closed in its child: it is kept, and not used.
            self._own.inherited = getattr(self._own, "connection", None)
            self._own.connection = self._open()
            self._own.process = os.getpid()
        connection: sqlite3.Connection = self._own.connection
        return connection

    def _open(self) -> sqlite3.Connection:
        if not self.path.is_file():
            raise LedgerUnreachable(f"there is no ledger at {self.path}")
        connection = _connect(self.path)
        try:
            _require_ledger(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn what SQLite or the system says into an error that names the ledger."""
        try:
            yield
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self.close()
            raise LedgerUnreachable(f"the ledger at {self.path}: {error}") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise LedgerUnreachable(f"the ledger at {self.path}: {reason}") from error


def _fill(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    connection = _connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            connection.execute(statement)
        fill(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
    _begin(connection, begin)
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _begin(connection: sqlite3.Connection, begin: str) -> None:
    """Begin, in our turn: SQLite itself looks again too seldom where many wait to write."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        _retrying(lambda: connection.execute(begin))
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")


def _connect(path: Path) -> sqlite3.Connection:
    """A connection in which nothing happens but what is asked: no implicit transactions."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
        cached_statements=256,
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_ROW_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")  # the file may be a stranger's
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered survives a power cut
    return connection


def _require_ledger(connection: sqlite3.Connection, path: Path) -> None:
    def mark(name: str) -> int:
        return int(_retrying(lambda: connection.execute(f"PRAGMA {name}").fetchone()[0]))

    if mark("application_id") != _APPLICATION:
        raise LedgerUnreachable(f"{path} is not a ledger of TOTEM")
    if mark("user_version") != _VERSION:
        raise LedgerUnreachable(f"{path} is a ledger of another form; this is for {_VERSION}")
    found = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL LIMIT 100")
    if {row[0] for row in found} != set(_SCHEMA):
        raise LedgerUnreachable(f"the tables of {path} are not those of a ledger: it was altered")


def _retrying(attempt: Callable[[], Any]) -> Any:
    """Do what may find the file busy; SQLite itself does not wait where a log is being restored."""
    until, pause = time.monotonic() + PATIENCE, 0.0005
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, LONGEST_PAUSE)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
