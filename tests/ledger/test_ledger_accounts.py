"""What an account does with totem: grants, reserves, charges, and what comes back."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from totemlang.diagnostics import LedgerUnreachable, OutOfTotem, Refused, UsageError
from totemlang.engine.account import Account
from totemlang.ledger import LARGEST, Balance, EmbeddedAccount, EmbeddedLedger


@pytest.fixture
def ledger(tmp_path: Path) -> EmbeddedLedger:
    """A ledger with alice, who was granted 1000."""
    ledger = EmbeddedLedger.create(tmp_path / "ledger.db")
    ledger.create_account("alice")
    ledger.grant("alice", 1000)
    return ledger


def test_it_is_what_the_engine_asks_for(ledger: EmbeddedLedger) -> None:
    account: Account = ledger.account("alice")
    account.reserve("job", 198)
    assert account.deduct("job", "map by_customer", 90) == 108
    assert account.settle("job") == 108
    assert ledger.balance("alice") == Balance("alice", granted=1000, spent=90)


def test_a_reserve_is_no_longer_available(ledger: EmbeddedLedger) -> None:
    ledger.account("alice").reserve("job", 600)
    assert ledger.balance("alice").available == 400
    with pytest.raises(Refused, match=r"LDG001 .* 401, account alice has 400 available \(600"):
        ledger.account("alice").reserve("other", 401)
    ledger.account("alice").reserve("other", 400)
    assert ledger.balance("alice").available == 0


def test_the_same_job_reserves_once(ledger: EmbeddedLedger) -> None:
    account = ledger.account("alice")
    account.reserve("job", 10)
    with pytest.raises(UsageError, match="has a reserve already"):
        account.reserve("job", 10)
    account.settle("job")
    with pytest.raises(UsageError, match="has a reserve already"):
        account.reserve("job", 10)


def test_large_amounts_can_be_read(ledger: EmbeddedLedger) -> None:
    with pytest.raises(Refused, match="the budget is 143,339,214"):
        ledger.account("alice").reserve("job", 143_339_214)
    assert "the budget of 2,500,000 was" in str(OutOfTotem("map f", 2_500_000))


def test_out_of_totem_takes_the_whole_reserve_and_ends_the_job(ledger: EmbeddedLedger) -> None:
    account = ledger.account("alice")
    account.reserve("job", 198)
    account.deduct("job", "map f", 90)
    with pytest.raises(OutOfTotem, match="the budget of 198 was used up in reduce f"):
        account.deduct("job", "reduce f", 109)
    assert ledger.balance("alice") == Balance("alice", granted=1000, spent=198)
    stages = [(r.event, r.stage, r.totem) for r in ledger.history("alice", last=3)]
    assert stages == [
        ("deduct", "map f", 90),
        ("deduct", "reduce f", 108),
        ("out_of_totem", "", 198),
    ]
    assert ledger.open_jobs("alice") == ()


def test_a_charge_of_exactly_the_reserve_is_no_exhaustion(ledger: EmbeddedLedger) -> None:
    account = ledger.account("alice")
    account.reserve("job", 198)
    assert account.deduct("job", "map f", 198) == 0
    assert account.deduct("job", "reduce f", 0) == 0
    assert account.settle("job") == 0


def test_a_cancelled_job_costs_nothing(ledger: EmbeddedLedger) -> None:
    account = ledger.account("alice")
    account.reserve("job", 198)
    account.deduct("job", "map f", 90)
    assert account.cancel("job") == 198
    assert ledger.balance("alice") == Balance("alice", granted=1000)


@pytest.mark.parametrize("end", ["settle", "exhaust", "cancel"])
def test_a_job_ends_once(ledger: EmbeddedLedger, end: str) -> None:
    account = ledger.account("alice")
    account.reserve("job", 10)
    if end == "exhaust":
        with pytest.raises(OutOfTotem):
            account.deduct("job", "f", 11)
    else:
        getattr(account, end)("job")
    before = ledger.verify()
    for again in (
        lambda: account.deduct("job", "f", 1),
        lambda: account.settle("job"),
        lambda: account.cancel("job"),
    ):
        with pytest.raises(Refused, match=r"LDG002 .* has ended job job already"):
            again()
    assert ledger.verify() == before


def test_accounts_keep_to_their_own_jobs(ledger: EmbeddedLedger) -> None:
    ledger.create_account("bob")
    ledger.account("alice").reserve("job", 10)
    with pytest.raises(UsageError, match="account bob has no job job"):
        ledger.account("bob").cancel("job")
    with pytest.raises(UsageError, match="there is no account carol"):
        ledger.account("carol")


@pytest.mark.parametrize("amount", [-1, 2**63, True, 1.0])
def test_an_amount_is_a_whole_number_that_fits(ledger: EmbeddedLedger, amount: int) -> None:
    with pytest.raises(UsageError, match="whole number from 0 to 9223372036854775807"):
        ledger.grant("alice", amount)


def test_a_grant_past_the_largest_is_refused_not_saturated(ledger: EmbeddedLedger) -> None:
    with pytest.raises(UsageError, match="would pass"):
        ledger.grant("alice", LARGEST - 999)
    assert ledger.grant("alice", LARGEST - 1000).available == LARGEST
    ledger.account("alice").reserve("all", LARGEST)
    assert ledger.balance("alice").available == 0
    ledger.account("alice").deduct("all", "f", LARGEST)
    ledger.account("alice").settle("all")
    assert ledger.verify().balances == (Balance("alice", LARGEST, 0, LARGEST),)


@pytest.mark.parametrize("name", ["", "a b", "-a", "é", "a" * 65, "a\n"])
def test_names_of_accounts_are_plain(ledger: EmbeddedLedger, name: str) -> None:
    with pytest.raises(UsageError, match="name of an account"):
        ledger.create_account(name)


def test_an_account_is_created_once(ledger: EmbeddedLedger) -> None:
    with pytest.raises(UsageError, match="exists already"):
        ledger.create_account("alice")


def test_creating_the_ledger_again_keeps_what_is_in_it(ledger: EmbeddedLedger) -> None:
    assert EmbeddedLedger.create(ledger.path).balance("alice").granted == 1000


def test_history_tells_every_event_in_order(ledger: EmbeddedLedger) -> None:
    account = ledger.account("alice")
    account.reserve("job", 198)
    account.deduct("job", "map f", 90)
    account.settle("job")
    told = [(r.number, r.event, r.job, r.stage, r.totem) for r in ledger.history("alice")]
    assert told == [
        (1, "create", "", "", 0),
        (2, "grant", "", "", 1000),
        (3, "reserve", "job", "", 198),
        (4, "deduct", "job", "map f", 90),
        (5, "settle", "job", "", 90),
        (6, "refund", "job", "", 108),
    ]
    assert [r.number for r in ledger.history("alice", last=2)] == [5, 6]


def test_one_file_is_left_when_nobody_is_at_work(ledger: EmbeddedLedger) -> None:
    assert [path.name for path in ledger.path.parent.iterdir()] == ["ledger.db"]


def test_the_reserve_of_a_living_process_is_left_alone(ledger: EmbeddedLedger) -> None:
    ledger.account("alice").reserve("job", 10)
    later = EmbeddedLedger(ledger.path, lambda: datetime.now(UTC) + timedelta(days=99))
    assert later.recover() == ()
    assert ledger.balance("alice").reserved == 10


def test_a_reserve_interrupted_after_its_commit_comes_back(
    ledger: EmbeddedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(sqlite3.Connection):
        def close(self) -> None:
            super().close()
            raise KeyboardInterrupt

    connect = sqlite3.connect
    once = iter([Interrupted])
    monkeypatch.setattr(
        "sqlite3.connect",
        lambda *a, **k: connect(*a, **k, factory=next(once, sqlite3.Connection)),
    )
    account = EmbeddedAccount(ledger.path, "alice", ledger.clock)
    with pytest.raises(KeyboardInterrupt):
        account.reserve("job", 10)
    assert ledger.balance("alice") == Balance("alice", granted=1000)
    assert [record.event for record in ledger.history("alice", last=3)] == [
        "reserve",
        "cancel",
        "refund",
    ]


def test_a_process_of_another_machine_has_a_day(
    ledger: EmbeddedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr("totemlang.ledger.owner._machine", lambda: "elsewhere")
    there = EmbeddedLedger(ledger.path, lambda: moment).account("alice")
    there.reserve("job", 10)
    monkeypatch.undo()
    moment += timedelta(hours=20)
    there.deduct("job", "map f", 4)

    def at(hours: int) -> EmbeddedLedger:
        return EmbeddedLedger(ledger.path, lambda: moment + timedelta(hours=hours))

    assert at(23).recover("alice") == ()
    assert [job.job for job in at(25).recover("alice")] == ["job"]
    assert ledger.balance("alice") == Balance("alice", granted=1000, spent=4)
    with pytest.raises(Refused, match=r"has ended job job already \(recover\)"):
        there.deduct("job", "reduce f", 1)


def test_there_is_no_ledger_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreachable, match="there is no ledger at"):
        EmbeddedLedger(tmp_path / "none.db").balances()
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(LedgerUnreachable, match="cannot be used"):
        EmbeddedLedger.create(tmp_path / "no" / "folder.db")
    with pytest.raises(LedgerUnreachable):
        EmbeddedLedger.create(tmp_path)
