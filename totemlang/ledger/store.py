"""The ledger's SQLite file: its form, and transactions that several processes may do at once.

Every transaction opens the file anew and closes it: nothing is held between calls, so the ledger
may be used from any thread and after a fork, and a process that dies leaves nothing behind.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from totemlang.diagnostics import LedgerUnreachable

PATIENCE = 30.0
"""Seconds to wait for other processes before the ledger counts as unreachable."""

_APPLICATION = 0x544F544D  # "TOTM", where `file` and SQLite look for whose file it is
_VERSION = 1

_SCHEMA = (
    """CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    granted INTEGER NOT NULL CHECK (granted >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    spent INTEGER NOT NULL CHECK (spent >= 0),
    CHECK (reserved <= granted - spent)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE jobs (
    job TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts,
    budget INTEGER NOT NULL CHECK (budget >= 0),
    used INTEGER NOT NULL CHECK (used >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    status TEXT NOT NULL,
    machine TEXT NOT NULL,
    process INTEGER NOT NULL CHECK (process > 0),
    born TEXT NOT NULL,
    lease INTEGER NOT NULL,
    CHECK (returned <= budget - used)
) STRICT, WITHOUT ROWID""",
    """CREATE INDEX open_jobs ON jobs (account) WHERE status = 'open'""",
    """CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    event TEXT NOT NULL,
    account TEXT NOT NULL,
    job TEXT NOT NULL,
    stage TEXT NOT NULL,
    totem INTEGER NOT NULL CHECK (totem >= 0),
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT""",
    """CREATE INDEX records_of_account ON records (account, number)""",
    """CREATE TRIGGER records_stay BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'a record of the ledger never changes'); END""",
    """CREATE TRIGGER records_remain BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'a record of the ledger is never removed'); END""",
)


def create_file(path: Path) -> None:
    """Make an empty ledger at `path`, unless there is one.

    Raises:
        LedgerUnreachable: where the file cannot be made, or is something else.
    """
    with _speaking_of(path), closing(_connect(path, "rwc")) as connection:
        _retrying(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            if _is_blank(connection):
                for statement in _SCHEMA:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            _require_ledger(connection, path)
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise
        _retrying(lambda: connection.execute("PRAGMA journal_mode = WAL"))


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger as it stands at one moment.

    Raises:
        LedgerUnreachable: where there is none, or it is something else.
    """
    with _transaction(path, "BEGIN") as connection:
        yield connection


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger for this process alone: all that is done within takes effect, or nothing.

    Raises:
        LedgerUnreachable: where there is none, it is something else, or others hold it too long.
    """
    with _transaction(path, "BEGIN IMMEDIATE") as connection:
        yield connection


@contextmanager
def _transaction(path: Path, begin: str) -> Iterator[sqlite3.Connection]:
    with _speaking_of(path), closing(_connect(path, "rw")) as connection:
        _retrying(lambda: connection.execute(begin))
        try:
            _require_ledger(connection, path)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in which nothing happens but what is asked: no implicit transactions."""
    if mode == "rw" and not path.is_file():
        raise LedgerUnreachable(f"there is no ledger at {path}")
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None
    )
    connection.execute("PRAGMA trusted_schema = OFF")  # the file may be a stranger's
    connection.execute("PRAGMA synchronous = FULL")  # what was charged survives a power cut
    return connection


def _retrying(attempt: Callable[[], object]) -> None:
    """Do what may find the file busy; SQLite itself does not wait where a log is being restored."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            attempt()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _is_blank(connection: sqlite3.Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return not tables and not _mark(connection, "application_id")


def _require_ledger(connection: sqlite3.Connection, path: Path) -> None:
    if _mark(connection, "application_id") != _APPLICATION:
        raise LedgerUnreachable(f"{path} is not a ledger of TOTEM")
    version = _mark(connection, "user_version")
    if version != _VERSION:
        raise LedgerUnreachable(f"{path} is a ledger of form {version}; this is for {_VERSION}")
    found = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL LIMIT 100")
    if {row[0] for row in found} != set(_SCHEMA):
        raise LedgerUnreachable(f"the tables of {path} are not those of a ledger: it was altered")


def _mark(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextmanager
def _speaking_of(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system says into an error that names the ledger."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerUnreachable(f"the ledger at {path} cannot be used: {error}") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LedgerUnreachable(f"the ledger at {path} cannot be used: {reason}") from error
