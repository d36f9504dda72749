"""Verification by several processes finds what one by one finds, and needs none of them."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tiny_consortium import Consortium, busy

from totemlang.ledger.chain import Fault, verification, verify, witnesses
from totemlang.ledger.chain.store import Store


@pytest.fixture
def consortium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Consortium:
    monkeypatch.setattr(verification, "FEW", 1)
    monkeypatch.setattr(witnesses, "SHARE", 2)
    return busy(tmp_path)


def altered(consortium: Consortium, statement: str) -> None:
    """An edit by somebody who can write to the file."""
    with Store(consortium.path).writing() as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount == 1
        for _, sql in triggers:
            connection.execute(sql)


@pytest.mark.parametrize("processes", [1, 3])
def test_a_whole_ledger_is_whole(consortium: Consortium, processes: int) -> None:
    found = verify(consortium.chain(None), processes=processes).checked()
    assert (found.blocks, found.transactions) == (8, 9)


@pytest.mark.parametrize(
    ("statement", "fault", "block"),
    [
        ("UPDATE entries SET signature = x'00' WHERE entry = 2", Fault.ENTRY, 3),
        ("UPDATE entries SET record = x'7b7d' WHERE entry = 2", Fault.ROOT, 3),
        ("UPDATE blocks SET signature = x'00' WHERE number = 5", Fault.SEAL, 5),
        ("DELETE FROM blocks WHERE number = 3", Fault.ORDER, 3),
        ("UPDATE state SET value = x'00' WHERE key = 'held/y'", Fault.STATE, None),
    ],
)
def test_the_first_that_is_wrong_is_named(
    consortium: Consortium, statement: str, fault: Fault, block: int | None
) -> None:
    altered(consortium, statement)
    finding = verify(consortium.chain(None), processes=3).finding
    assert finding is not None
    assert (finding.fault, finding.block) == (fault, block)
    assert finding == verify(consortium.chain(None), processes=1).finding


def test_a_witness_tells_each_block_of_his_share(consortium: Consortium) -> None:
    altered(consortium, "UPDATE entries SET signature = x'00' WHERE entry = 2")
    ledger = consortium.chain().id
    shares = [list(witnesses.look(consortium.path, ledger, 1, at, 2)) for at in range(2)]
    assert [[number for number, _ in share] for share in shares] == [[1, 2, 5, 6], [3, 4, 7]]
    assert shares[1][0] == (3, "-")
    assert all(len(found) == 64 for share in shares for number, found in share if number != 3)
    other = witnesses.look(consortium.path, "0" * 64, 1, 0, 2)
    assert {found for _, found in other} == {"-"}


def test_what_no_witness_has_said_is_not_taken_for_said() -> None:
    one = io.StringIO("0 aa\n1 bb\nnonsense")
    heard = witnesses.Heard(0, [one, None])
    assert heard.is_whole(0, "aa")
    assert heard.is_whole(0, "aa")
    assert not heard.is_whole(1, "aa")
    assert heard.is_whole(1, "bb")
    assert not heard.is_whole(2, "bb")  # he has died
    assert not heard.is_whole(witnesses.SHARE, "cc")  # he was never there


def test_witnesses_that_die_are_not_needed(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    assert verify(consortium.chain(None), processes=3).finding is None
    altered(consortium, "UPDATE entries SET signature = x'00' WHERE entry = 2")
    finding = verify(consortium.chain(None), processes=3).finding
    assert finding is not None
    assert finding.fault is Fault.ENTRY


def test_a_damaged_file_is_named_before_what_follows_from_it(consortium: Consortium) -> None:
    consortium.chain().close()
    with closing(sqlite3.connect(consortium.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [root] = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_entries_1'"
        ).fetchone()
    text = bytearray(consortium.path.read_bytes())
    at = root * 4096 - 20  # the first entry of an index, of which a replay sees nothing
    text[at : at + 20] = b"\xa5" * 20
    consortium.path.write_bytes(text)
    for processes in (1, 3):
        finding = verify(consortium.chain(None), processes=processes).finding
        assert finding is not None
        assert finding.fault is Fault.FILE
