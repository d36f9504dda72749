"""Whether a ledger is whole: every hash, every rule of the books, every balance, from the start."""

from __future__ import annotations

import sqlite3

from attrs import define, field, frozen

from totemlang.diagnostics import BadData
from totemlang.ledger.books import Balance, BrokenRule, Job, apply
from totemlang.ledger.journal import JOB_COLUMNS, RECORD_COLUMNS
from totemlang.ledger.records import FIRST, Event, Record


@frozen
class Audit:
    """What an audit that found nothing wrong has seen. `head` is the hash of the last record.

    The chain shows any change to be one only to somebody who knows an earlier head: who can write
    the file can write all of it anew. So heads are worth noting elsewhere.
    """

    records: int
    head: str
    balances: tuple[Balance, ...]


@define
class _Replay:
    """The books as the records so far make them."""

    head: str = FIRST
    number: int = 0
    balances: dict[str, Balance] = field(factory=dict)
    jobs: dict[str, Job] = field(factory=dict)
    owed: str = ""
    """The job that ended with something left: its refund must come next."""

    def take(self, record: Record) -> None:
        """Check a record and let it happen.

        Raises:
            BrokenRule: if it cannot stand here.
        """
        if record.number != self.number + 1:
            raise BrokenRule(f"record {self.number + 1} is missing")
        if record.previous != self.head:
            raise BrokenRule("it does not follow the record before it")
        if record.sealed().hash != record.hash:
            raise BrokenRule("its hash is not that of what it says")
        try:
            event = Event(record.event)
        except ValueError:
            raise BrokenRule("there is no such event") from None
        if self.owed and (event is not Event.REFUND or record.job != self.owed):
            raise BrokenRule(f"the refund of job {self.owed} is missing")
        names = (record.account, record.job)
        balance, job = apply(
            event,
            record.totem,
            self.balances.get(record.account),
            self.jobs.get(record.job) if record.job else None,
            names,
        )
        self.balances[balance.account] = balance
        if job is not None:
            self.jobs[job.job] = job
        self.owed = job.job if job is not None and not job.is_open and job.rest else ""
        self.head, self.number = record.hash, record.number


def audit(connection: sqlite3.Connection, known_head: str = "") -> Audit:
    """Replay the whole ledger.

    Args:
        connection: a ledger within a transaction, so that it stands still.
        known_head: the head of an earlier audit, which must be a record of this ledger.

    Raises:
        BadData: naming the first record that cannot stand, or what the records do not explain.
    """
    replay = _Replay()
    seen = not known_head or known_head == FIRST
    try:
        for row in connection.execute(f"SELECT {RECORD_COLUMNS} FROM records ORDER BY number"):
            record = Record(*row)
            try:
                replay.take(record)
            except BrokenRule as broken:
                raise BadData(f"record {record.number} of the ledger is bad: {broken}") from None
            seen = seen or record.hash == known_head
        _compare(connection, replay)
    except sqlite3.DatabaseError as error:
        raise BadData(f"the ledger is damaged after record {replay.number}: {error}") from error
    if not seen:
        raise BadData("no record of the ledger has the hash noted earlier: it was written anew")
    balances = tuple(replay.balances[name] for name in sorted(replay.balances))
    return Audit(replay.number, replay.head, balances)


def _compare(connection: sqlite3.Connection, replay: _Replay) -> None:
    """Hold the balances and jobs as kept against those that the records make."""
    if replay.owed:
        raise BadData(f"the ledger ends before the refund of job {replay.owed}")
    kept = connection.execute("SELECT account, granted, reserved, spent FROM accounts")
    balances = {row[0]: Balance(*row) for row in kept}
    for name in sorted(balances.keys() | replay.balances.keys()):
        if balances.get(name) != replay.balances.get(name):
            raise BadData(f"the balance of account {name} is not what the records say")
    jobs = {row[0]: Job(*row) for row in connection.execute(f"SELECT {JOB_COLUMNS} FROM jobs")}
    for name in sorted(jobs.keys() | replay.jobs.keys()):
        if jobs.get(name) != replay.jobs.get(name):
            raise BadData(f"job {name} is not what the records say")
    for name, balance in replay.balances.items():
        own = [job for job in replay.jobs.values() if job.account == name]
        charged = (sum(job.rest for job in own), sum(job.used for job in own))
        if charged != (balance.reserved, balance.spent):
            raise BadData(f"account {name} does not add up over its jobs")
