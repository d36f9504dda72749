"""The embedded ledger: accounts of totem in one SQLite file, every event a chained record.

Who grants totem, looks and audits uses the `EmbeddedLedger`; an engine reports to one of its
accounts. Several processes may use one file at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from attrs import field, frozen

from totemlang.diagnostics import UsageError
from totemlang.ledger.account import EmbeddedAccount, speaking_of_rules
from totemlang.ledger.audit import Audit, audit
from totemlang.ledger.books import Balance, Job
from totemlang.ledger.journal import JOB_COLUMNS, RECORD_COLUMNS, Journal
from totemlang.ledger.records import Event, Record
from totemlang.ledger.store import create_file, reading, writing

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


def _now() -> datetime:
    return datetime.now(UTC)


@frozen
class EmbeddedLedger:
    """The ledger in the file at `path`.

    Every method may raise `LedgerUnreachable`: where there is no such file, where it is something
    else or damaged, or where other processes keep it for too long.
    """

    path: Path = field(converter=Path)
    clock: Callable[[], datetime] = _now

    @classmethod
    def create(cls, path: str | Path, clock: Callable[[], datetime] = _now) -> EmbeddedLedger:
        """The ledger at `path`, made empty if there is no file."""
        create_file(Path(path))
        return cls(Path(path), clock)

    def create_account(self, name: str) -> None:
        """Open an account of 0 totem.

        Raises:
            UsageError: if it exists already, or the name is none.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                "the name of an account has 1 to 64 letters, digits or _ . @ - "
                "and begins with a letter or digit"
            )
        with self._journal() as journal:
            journal.write(Event.CREATE, name)

    def grant(self, name: str, totem: int) -> Balance:
        """Add totem to an account; gives the balance.

        Raises:
            UsageError: if there is no such account, or it cannot hold that much.
        """
        with self._journal() as journal:
            return journal.write(Event.GRANT, name, totem=totem)[0]

    def account(self, name: str) -> EmbeddedAccount:
        """The account as an engine sees it.

        Raises:
            UsageError: if there is none of that name.
        """
        self.balance(name)
        return EmbeddedAccount(self.path, name, self.clock)

    def balance(self, name: str) -> Balance:
        """What an account holds.

        Raises:
            UsageError: if there is none of that name.
        """
        with reading(self.path) as connection:
            balance = Journal(connection, self.clock).balance(name)
        if balance is None:
            raise UsageError(f"there is no account {name} in {self.path}")
        return balance

    def balances(self) -> tuple[Balance, ...]:
        """All accounts, by name."""
        with reading(self.path) as connection:
            found = connection.execute(
                "SELECT account, granted, reserved, spent FROM accounts ORDER BY account"
            )
            return tuple(Balance(*row) for row in found)

    def open_jobs(self, name: str) -> tuple[Job, ...]:
        """The jobs of an account that hold a reserve, by name."""
        with reading(self.path) as connection:
            found = connection.execute(
                f"SELECT {JOB_COLUMNS} FROM jobs WHERE account = ? AND status = 'open' "
                "ORDER BY job",
                (name,),
            )
            return tuple(Job(*row) for row in found)

    def history(self, name: str, last: int | None = None) -> tuple[Record, ...]:
        """The records of an account in order; only the `last` so many if given."""
        with reading(self.path) as connection:
            found = connection.execute(
                f"SELECT {RECORD_COLUMNS} FROM records WHERE account = ? "
                "ORDER BY number DESC LIMIT ?",
                (name, -1 if last is None else last),
            )
            return tuple(Record(*row) for row in found)[::-1]

    def recover(self, name: str | None = None) -> tuple[Job, ...]:
        """End the jobs that nobody will end any more, of one account or of all.

        What they were charged stays; what is left of their reserves comes back. A job is left
        alone while its process lives, or may live on another machine and was heard of lately.
        """
        with self._journal() as journal:
            found = journal.connection.execute(
                f"SELECT {JOB_COLUMNS} FROM jobs WHERE status = 'open' ORDER BY job"
            )
            jobs = [Job(*row) for row in found.fetchall()]
            stale = [
                job
                for job in jobs
                if (name is None or job.account == name) and journal.is_stale(job.job)
            ]
            return tuple(journal.end(Event.RECOVER, job) for job in stale)

    def verify(self, known_head: str = "") -> Audit:
        """Audit the whole ledger; with the head of an earlier audit, that it only grew since.

        Raises:
            BadData: naming the first bad record.
        """
        with reading(self.path) as connection:
            return audit(connection, known_head)

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        with speaking_of_rules(), writing(self.path) as connection:
            yield Journal(connection, self.clock)
