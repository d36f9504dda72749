"""One event written: account, job and record change together, by the rules of the books."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from attrs import frozen

from totemlang.ledger.books import Balance, Job, apply
from totemlang.ledger.owner import Owner
from totemlang.ledger.records import FIRST, Event, Record

LEASE = timedelta(days=1)
"""How long a reserve is honoured without a sign of life from a process nothing else is known of."""

RECORD_COLUMNS = "number, time, event, account, job, stage, totem, previous, hash"
JOB_COLUMNS = "job, account, budget, used, returned, status"


@frozen
class Journal:
    """Events on an open transaction of the ledger, at the time that `clock` tells (UTC)."""

    connection: sqlite3.Connection
    clock: Callable[[], datetime]

    def balance(self, account: str) -> Balance | None:
        """The account of that name, if there is one."""
        row = self.connection.execute(
            "SELECT account, granted, reserved, spent FROM accounts WHERE account = ?", (account,)
        ).fetchone()
        return Balance(*row) if row else None

    def job(self, job: str) -> Job | None:
        """The job of that name, if there is one."""
        row = self.connection.execute(
            f"SELECT {JOB_COLUMNS} FROM jobs WHERE job = ?", (job,)
        ).fetchone()
        return Job(*row) if row else None

    def write(
        self, event: Event, account: str, job: str = "", totem: int = 0, stage: str = ""
    ) -> tuple[Balance, Job | None]:
        """Let an event happen; gives account and job after it.

        Raises:
            BrokenRule: where the books do not allow it; the transaction must not be committed.
        """
        before = self.job(job) if job else None
        balance, after = apply(event, totem, self.balance(account), before, (account, job))
        self._keep_balance(balance)
        if after is not None:
            self._keep_job(after, is_new=before is None)
        self._append(event, account, job, totem, stage)
        return balance, after

    def end(self, event: Event, job: Job) -> Job:
        """End a job and return what is left of its reserve.

        Raises:
            BrokenRule: where it has ended already.
        """
        _, ended = self.write(event, job.account, job.job, job.used)
        if ended is not None and ended.rest:
            _, ended = self.write(Event.REFUND, job.account, job.job, ended.rest)
        return ended or job

    def own(self, job: str, owner: Owner) -> None:
        """Note which process a job's reserve belongs to."""
        self.connection.execute(
            "UPDATE jobs SET machine = ?, process = ?, born = ? WHERE job = ?",
            (owner.machine, owner.process, owner.born, job),
        )

    def is_stale(self, job: str) -> bool:
        """Whether nobody will end this job: its process is gone, or unknown and silent too long."""
        machine, process, born, lease = self.connection.execute(
            "SELECT machine, process, born, lease FROM jobs WHERE job = ?", (job,)
        ).fetchone()
        owner = Owner(machine, process, born)
        return owner.is_gone() or (not owner.is_here() and lease < _seconds(self.clock()))

    def _keep_balance(self, balance: Balance) -> None:
        self.connection.execute(
            "INSERT INTO accounts VALUES (?, ?, ?, ?) ON CONFLICT (account) DO UPDATE "
            "SET granted = excluded.granted, reserved = excluded.reserved, spent = excluded.spent",
            (balance.account, balance.granted, balance.reserved, balance.spent),
        )

    def _keep_job(self, job: Job, *, is_new: bool) -> None:
        lease = _seconds(self.clock() + LEASE)
        if is_new:
            self.connection.execute(
                f"INSERT INTO jobs ({JOB_COLUMNS}, machine, process, born, lease) "
                "VALUES (?, ?, ?, ?, ?, ?, '', 1, '', ?)",
                (job.job, job.account, job.budget, job.used, job.returned, job.status, lease),
            )
        else:
            self.connection.execute(
                "UPDATE jobs SET used = ?, returned = ?, status = ?, lease = ? WHERE job = ?",
                (job.used, job.returned, job.status, lease, job.job),
            )

    def _append(self, event: Event, account: str, job: str, totem: int, stage: str) -> None:
        last = self.connection.execute(
            "SELECT number, hash FROM records ORDER BY number DESC LIMIT 1"
        ).fetchone()
        number, previous = last or (0, FIRST)
        now = self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        record = Record(number + 1, now, event.value, account, job, stage, totem, previous).sealed()
        self.connection.execute(
            f"INSERT INTO records ({RECORD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.number,
                record.time,
                record.event,
                record.account,
                record.job,
                record.stage,
                record.totem,
                record.previous,
                record.hash,
            ),
        )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
