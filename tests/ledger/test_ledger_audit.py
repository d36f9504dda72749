"""An audit finds what was changed, and says where; a file that is no ledger is said to be none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve

from totemlang.diagnostics import BadData, LedgerUnreachable
from totemlang.ledger import EmbeddedLedger, Record
from totemlang.ledger.records import FIRST


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A ledger of eight records: a job settled, one open."""
    ledger = EmbeddedLedger.create(tmp_path_factory.mktemp("written") / "ledger.db")
    ledger.create_account("alice")
    ledger.grant("alice", 1000)
    account = ledger.account("alice")
    account.reserve("one", 198)
    account.deduct("one", "map f", 90)
    account.settle("one")
    account.reserve("two", 10)
    account.deduct("two", "map f", 1)
    return ledger.path.read_bytes()


@pytest.fixture
def ledger(tmp_path: Path, written: bytes) -> EmbeddedLedger:
    """That ledger, to be spoilt."""
    path = tmp_path / "ledger.db"
    path.write_bytes(written)
    return EmbeddedLedger(path)


def tamper(ledger: EmbeddedLedger, *statements: str, reseal: bool = False) -> None:
    """Change the file behind the ledger's back; `reseal` makes the chain fit again."""
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        guards = dict(found.fetchall())
        for name in guards:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        if reseal:
            head = FIRST
            rows = connection.execute("SELECT * FROM records ORDER BY number").fetchall()
            for row in rows:
                record = evolve(Record(*row), previous=head).sealed()
                head = record.hash
                connection.execute(
                    "UPDATE records SET previous = ?, hash = ? WHERE number = ?",
                    (record.previous, record.hash, record.number),
                )
        for sql in guards.values():
            connection.execute(sql)


def test_an_untouched_ledger_is_whole(ledger: EmbeddedLedger) -> None:
    audit = ledger.verify()
    assert audit.records == 8
    assert audit.head == ledger.history("alice")[-1].hash
    assert sum(b.granted for b in audit.balances) == 1000
    tamper(ledger)
    assert ledger.verify() == audit


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize(
    "change",
    [
        "totem = totem + 1",
        "time = '2020-01-01T00:00:00Z'",
        "account = 'bob'",
        "job = 'other'",
        "stage = 'map g'",
        "event = 'gift'",
        "hash = previous",
        "previous = hash",
    ],
)
def test_the_changed_record_is_named(ledger: EmbeddedLedger, number: int, change: str) -> None:
    tamper(ledger, f"UPDATE records SET {change} WHERE number = {number}")
    with pytest.raises(BadData, match=f"^record {number} of the ledger is bad"):
        ledger.verify()


@pytest.mark.parametrize("number", range(1, 8))
def test_a_removed_record_is_missed(ledger: EmbeddedLedger, number: int) -> None:
    tamper(ledger, f"DELETE FROM records WHERE number = {number}")
    with pytest.raises(BadData, match=f"record {number} is missing"):
        ledger.verify()


def test_a_removed_end_is_missed(ledger: EmbeddedLedger) -> None:
    tamper(ledger, "DELETE FROM records WHERE number = 8")
    with pytest.raises(BadData, match="balance of account alice is not what the records say"):
        ledger.verify()


def test_a_refund_left_out_is_missed(ledger: EmbeddedLedger) -> None:
    tamper(ledger, "DELETE FROM records WHERE number > 5", "DELETE FROM jobs WHERE job = 'two'")
    with pytest.raises(BadData, match="ends before the refund of job one"):
        ledger.verify()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE accounts SET granted = granted + 1",
        "UPDATE accounts SET spent = spent - 1",
        "DELETE FROM accounts",
        "INSERT INTO accounts VALUES ('eve', 5, 0, 0)",
        "UPDATE jobs SET used = used + 1 WHERE job = 'two'",
        "UPDATE jobs SET status = 'open' WHERE job = 'one'",
        "DELETE FROM jobs WHERE job = 'two'",
    ],
)
def test_a_changed_balance_or_job_is_not_explained(ledger: EmbeddedLedger, change: str) -> None:
    tamper(ledger, change)
    with pytest.raises(BadData, match="is not what the records say"):
        ledger.verify()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            "UPDATE records SET totem = 1001 WHERE number = 3",
            "record 3 .* has 1000 totem available",
        ),
        ("UPDATE records SET totem = 199 WHERE number = 4", "record 4 .* has 198 totem left"),
        ("UPDATE records SET totem = 91 WHERE number = 5", "record 5 .* was charged 90 totem"),
        ("UPDATE records SET totem = 107 WHERE number = 6", "record 6 .* has 108 totem to return"),
        ("UPDATE records SET event = 'settle' WHERE number = 6", "record 6 .* refund of job one"),
        ("UPDATE records SET job = 'one' WHERE number = 7", "record 7 .* has a reserve already"),
        ("UPDATE records SET job = 'one' WHERE number = 8", "record 8 .* has ended already"),
        ("UPDATE records SET account = 'bob' WHERE number = 8", "record 8 .* no account bob"),
        ("UPDATE records SET event = 'create' WHERE number = 2", "record 2 .* exists already"),
    ],
)
def test_a_chain_made_anew_must_still_keep_the_rules(
    ledger: EmbeddedLedger, change: str, reason: str
) -> None:
    tamper(ledger, change, reseal=True)
    with pytest.raises(BadData, match=reason):
        ledger.verify()


def test_a_ledger_written_anew_does_not_hold_an_earlier_head(ledger: EmbeddedLedger) -> None:
    head = ledger.verify().head
    ledger.grant("alice", 1)
    assert ledger.verify(head).records == 9
    tamper(ledger, "UPDATE records SET time = '2020-01-01T00:00:00Z'", reseal=True)
    ledger.verify()
    with pytest.raises(BadData, match="written anew"):
        ledger.verify(head)


def test_records_do_not_change_by_accident(ledger: EmbeddedLedger) -> None:
    with closing(sqlite3.connect(ledger.path)) as connection:
        for statement in ("UPDATE records SET totem = 1", "DELETE FROM records"):
            with pytest.raises(sqlite3.IntegrityError, match="record of the ledger"):
                connection.execute(statement)


def test_a_changed_form_is_no_ledger(ledger: EmbeddedLedger) -> None:
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute(
            "CREATE TRIGGER gift AFTER INSERT ON records "
            "BEGIN UPDATE accounts SET granted = granted + 1; END"
        )
    for attempt in (ledger.verify, ledger.balances, ledger.recover):
        with pytest.raises(LedgerUnreachable, match="was altered"):
            attempt()


def test_a_foreign_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (account TEXT)")
    before = path.read_bytes()
    for attempt in (EmbeddedLedger(path).balances, lambda: EmbeddedLedger.create(path)):
        with pytest.raises(LedgerUnreachable, match=r"notes\.db is not a ledger of TOTEM"):
            attempt()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"id,kwh\n1,2\n" * 100, b"SQLite format 3\0" + b"x" * 900]
)
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.db"
    path.write_bytes(content)
    with pytest.raises(LedgerUnreachable, match=r"data\.db"):
        EmbeddedLedger(path).balances()
    assert path.read_bytes() == content


def test_a_ledger_of_a_later_form_is_refused(ledger: EmbeddedLedger) -> None:
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(LedgerUnreachable, match="form 2; this is for 1"):
        ledger.balances()


def test_damaged_pages_are_an_error_that_names_the_file(ledger: EmbeddedLedger) -> None:
    for i in range(200):
        ledger.grant("alice", i)
    content = bytearray(ledger.path.read_bytes())
    for start in range(4096, len(content), 512):
        content[start : start + 64] = b"\xff" * 64
    ledger.path.write_bytes(bytes(content))
    for attempt in (ledger.verify, ledger.balances, lambda: ledger.grant("alice", 1)):
        with pytest.raises((BadData, LedgerUnreachable), match="ledger"):
            attempt()


def test_a_ledger_that_others_hold_too_long(
    ledger: EmbeddedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.ledger.store.PATIENCE", 0.05)
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert ledger.balance("alice").granted == 1000
        with pytest.raises(LedgerUnreachable, match="cannot be used: database is locked"):
            ledger.grant("alice", 1)
    ledger.grant("alice", 1)
