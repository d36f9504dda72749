"""A process killed at any statement leaves a whole ledger, and a reserve that comes back."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from totemlang.diagnostics import OutOfTotem
from totemlang.ledger import Balance, EmbeddedLedger

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

FORK = multiprocessing.get_context("fork") if hasattr(os, "fork") else None


class Deadly(sqlite3.Connection):
    """A connection that kills its process at a statement: just before it, or just after."""

    countdown = 0
    after = False

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        Deadly.countdown -= 1
        if Deadly.countdown == 0 and not Deadly.after:
            os.kill(os.getpid(), signal.SIGKILL)
        cursor = super().execute(*arguments)
        if Deadly.countdown == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return cursor


def _run_job(path: Path, countdown: int, after: bool, ending: str) -> None:
    Deadly.countdown, Deadly.after = countdown, after
    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **k, factory=Deadly)  # type: ignore[assignment]
    account = EmbeddedLedger(path).account("alice")
    account.reserve("job", 100)
    account.deduct("job", "map f", 30)
    if ending == "exhaust":
        with contextlib.suppress(OutOfTotem):
            account.deduct("job", "reduce g", 71)
    elif ending == "cancel":
        account.cancel("job")
    else:
        account.deduct("job", "reduce g", 50)
        account.settle("job")


def _killed(path: Path, countdown: int, after: bool, ending: str) -> bool:
    assert FORK is not None
    child = FORK.Process(target=_run_job, args=(path, countdown, after, ending))
    child.start()
    child.join(60)
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


@pytest.mark.parametrize("ending", ["settle", "exhaust", "cancel"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_every_statement(tmp_path: Path, ending: str, after: bool) -> None:
    blank = EmbeddedLedger.create(tmp_path / "blank.db")
    blank.create_account("alice")
    blank.grant("alice", 100)
    spent = {}
    countdown = 1
    while True:
        path = tmp_path / f"{countdown}.db"
        path.write_bytes(blank.path.read_bytes())
        killed = _killed(path, countdown, after, ending)
        ledger = EmbeddedLedger(path)
        ledger.verify()
        left = ledger.balance("alice")
        assert left.reserved == sum(job.rest for job in ledger.open_jobs("alice"))
        ledger.recover("alice")
        balance = ledger.balance("alice")
        assert balance == Balance("alice", granted=100, reserved=0, spent=left.spent)
        ledger.verify()
        ledger.account("alice").reserve("next", balance.available)
        spent[countdown] = left.spent
        if not killed:
            break
        countdown += 1
    assert countdown > 20, "the job was killed at fewer statements than it has"
    wanted = {"settle": {0, 30, 80}, "exhaust": {0, 30, 100}, "cancel": {0, 30}}[ending]
    assert set(spent.values()) == wanted, "what was charged is one of the steps, never between"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_while_the_ledger_is_made(tmp_path: Path, after: bool) -> None:
    def create(path: Path, countdown: int) -> None:
        Deadly.countdown, Deadly.after = countdown, after
        connect = sqlite3.connect
        sqlite3.connect = lambda *a, **k: connect(*a, **k, factory=Deadly)  # type: ignore[assignment]
        EmbeddedLedger.create(path).create_account("alice")

    assert FORK is not None
    countdown = 1
    code: int | None = -signal.SIGKILL
    while code:
        path = tmp_path / f"{countdown}.db"
        child = FORK.Process(target=create, args=(path, countdown))
        child.start()
        child.join(60)
        code = child.exitcode
        ledger = EmbeddedLedger.create(path)
        if not ledger.balances():
            ledger.create_account("alice")
        assert ledger.verify().records == 1
        countdown += 1
    assert countdown > 15


def test_the_reserve_of_a_killed_process_is_stale_at_once_and_only_that(tmp_path: Path) -> None:
    ledger = EmbeddedLedger.create(tmp_path / "ledger.db")
    ledger.create_account("alice")
    ledger.grant("alice", 100)

    def die() -> None:
        account = ledger.account("alice")
        account.reserve("dead", 60)
        account.deduct("dead", "map f", 10)
        os.kill(os.getpid(), signal.SIGKILL)

    ledger.account("alice").reserve("alive", 40)
    assert FORK is not None
    child = FORK.Process(target=die)
    child.start()
    child.join(60)
    assert ledger.balance("alice").available == 0
    recovered = ledger.recover("alice")
    assert [(job.job, job.used, job.returned) for job in recovered] == [("dead", 10, 50)]
    assert ledger.recover("alice") == ()
    assert ledger.balance("alice") == Balance("alice", granted=100, reserved=40, spent=10)
    ledger.verify()
