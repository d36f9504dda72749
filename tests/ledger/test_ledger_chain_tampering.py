"""Whatever is edited, dropped, reordered or forged in the file, verification names the first."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tiny_consortium import Consortium, busy, founding, tiny

from totemlang.diagnostics import LedgerUnreachable
from totemlang.ledger.chain import (
    BrokenLedger,
    Chain,
    Fault,
    Finding,
    check,
    read_checkpoint,
    rebuild,
    take_checkpoint,
    verify,
)
from totemlang.ledger.chain.block import leaf, merkle_root
from totemlang.ledger.identity import Identity

Edit = Callable[[sqlite3.Connection], None]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return busy(tmp_path_factory.mktemp("master"))


@pytest.fixture
def consortium(master: Consortium, tmp_path: Path) -> Consortium:
    with closing(sqlite3.connect(master.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(master.path, tmp_path / "ledger.db")
    return Consortium(tmp_path / "ledger.db", master.authority, master.members, master.clock)


def tampered(consortium: Consortium, *edits: str | Edit) -> Finding | None:
    """What verification finds after edits by somebody who can write to the file."""
    with closing(sqlite3.connect(consortium.path)) as connection, connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for edit in edits:
            if isinstance(edit, str):
                assert connection.execute(edit).rowcount != 0
            else:
                edit(connection)
        for _, sql in triggers:
            connection.execute(sql)
    return verify(consortium.chain(None)).finding


def replace(column: str, old: str, new: str, where: str) -> Edit:
    """Replace text in a column of the entries."""

    def edit(connection: sqlite3.Connection) -> None:
        for entry, text in connection.execute(
            f"SELECT entry, {column} FROM entries WHERE {where}"
        ).fetchall():
            assert old.encode() in text
            connection.execute(
                f"UPDATE entries SET {column} = ? WHERE entry = ?",
                (text.replace(old.encode(), new.encode()), entry),
            )

    return edit


def chained_anew(connection: sqlite3.Connection) -> None:
    """Make all hashes, roots and links fit again, as one without members' keys can."""
    previous = None
    for number, text in connection.execute(
        "SELECT number, header FROM blocks ORDER BY number"
    ).fetchall():
        parts = json.loads(text)
        rows = connection.execute(
            "SELECT body, signature, record, writes FROM entries WHERE block = ? ORDER BY entry",
            (number,),
        ).fetchall()
        if number:
            parts |= {"previous": previous, "root": merkle_root([leaf(*row) for row in rows])}
        text = json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()
        connection.execute("UPDATE blocks SET header = ? WHERE number = ?", (text, number))
        previous = hashlib.sha256(text).hexdigest()


def test_untouched_it_holds(consortium: Consortium) -> None:
    assert tampered(consortium) is None


@pytest.mark.parametrize(
    ("edits", "fault", "block", "position"),
    [
        ([replace("body", '"totem":60', '"totem":50', "entry = 5")], Fault.ENTRY, 5, 1),
        ([replace("body", '"time":"2026', '"time":"2025', "entry = 2")], Fault.ENTRY, 3, 0),
        (["UPDATE entries SET body = x'00' WHERE entry = 2"], Fault.ENTRY, 3, 0),
        (["UPDATE entries SET signature = x'00' WHERE entry = 2"], Fault.ENTRY, 3, 0),
        (["UPDATE entries SET record = x'7b7d' WHERE entry = 2"], Fault.ROOT, 3, None),
        ([replace("writes", "100", "999", "entry = 2")], Fault.ROOT, 3, None),
        (["UPDATE entries SET id = x'00' WHERE entry = 2"], Fault.ENTRY, 3, 0),
        (["UPDATE entries SET block = 7 WHERE entry = 2"], Fault.ORDER, 3, 0),
        (["DELETE FROM entries WHERE entry = 2"], Fault.ROOT, 3, None),
        (["DELETE FROM entries WHERE entry = 8"], Fault.ROOT, 7, None),
        (["DELETE FROM blocks WHERE number = 3"], Fault.ORDER, 3, None),
        (["DELETE FROM blocks WHERE number = 7"], Fault.ORDER, 7, None),
        (["UPDATE blocks SET number = 9 WHERE number = 7"], Fault.ORDER, 7, None),
        (["UPDATE blocks SET header = x'00' WHERE number = 3"], Fault.BLOCK, 3, None),
        (["UPDATE blocks SET signature = x'00' WHERE number = 3"], Fault.SEAL, 3, None),
        (["UPDATE certificates SET der = x'00'"], Fault.SEAL, 0, None),
        (["DELETE FROM certificates"], Fault.SEAL, 0, None),
        (["UPDATE state SET value = x'00' WHERE key = 'held/y'"], Fault.STATE, None, None),
        (["DELETE FROM state WHERE key = 'held/y'"], Fault.STATE, None, None),
        (["INSERT INTO state VALUES ('contract', 'k', x'00')"], Fault.STATE, None, None),
        (["INSERT INTO state VALUES ('chain', 'revoked/a/b', x'31')"], Fault.STATE, None, None),
        (["DELETE FROM private_hashes"], Fault.STATE, None, None),
        (["DELETE FROM touched WHERE key = 'held/y'"], Fault.STATE, None, None),
        (["UPDATE private_values SET value = x'00'"], Fault.PRIVATE, None, None),
    ],
)
def test_an_edit_is_named(
    consortium: Consortium,
    edits: list[str | Edit],
    fault: Fault,
    block: int | None,
    position: int | None,
) -> None:
    finding = tampered(consortium, *edits)
    assert finding is not None
    assert (finding.fault, finding.block, finding.position) == (fault, block, position)


def swapped(connection: sqlite3.Connection) -> None:
    for table, column, one, other in (
        ("blocks", "number", 2, 3),
        ("entries", "entry", 1, 2),
        ("entries", "block", 2, 3),
    ):
        for old, new in ((one, -9), (other, one), (-9, other)):
            connection.execute(f"UPDATE {table} SET {column} = {new} WHERE {column} = {old}")


def test_reordered_blocks_are_named(consortium: Consortium) -> None:
    finding = tampered(consortium, swapped)
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.ORDER, 2)


def test_reordered_transactions_are_named(consortium: Consortium) -> None:
    def edit(connection: sqlite3.Connection) -> None:
        for old, new in ((4, -9), (5, 4), (-9, 5)):
            connection.execute(f"UPDATE entries SET entry = {new} WHERE entry = {old}")

    finding = tampered(consortium, edit)
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.ROOT, 5)


def dropped(number: int) -> Edit:
    """Drop a block of one transaction, and number what follows anew."""

    def edit(connection: sqlite3.Connection) -> None:
        entry = connection.execute(
            "SELECT entry FROM entries WHERE block = ?", (number,)
        ).fetchone()[0]
        connection.execute("DELETE FROM blocks WHERE number = ?", (number,))
        connection.execute("DELETE FROM entries WHERE block = ?", (number,))
        for n, text in connection.execute(
            "SELECT number, header FROM blocks WHERE number > ? ORDER BY number", (number,)
        ).fetchall():
            parts = json.loads(text)
            parts |= {"number": n - 1, "first": parts["first"] - 1}
            row = (n - 1, json.dumps(parts, sort_keys=True, separators=(",", ":")).encode(), n)
            connection.execute("UPDATE blocks SET number = ?, header = ? WHERE number = ?", row)
        for n, block in connection.execute(
            "SELECT entry, block FROM entries WHERE entry > ? ORDER BY entry", (entry,)
        ).fetchall():
            connection.execute(
                "UPDATE entries SET entry = ?, block = ? WHERE entry = ?", (n - 1, block - 1, n)
            )

    return edit


@pytest.mark.parametrize(
    ("edits", "fault", "block"),
    [
        ([replace("body", '"totem":60', '"totem":50', "entry = 5")], Fault.SEAL, 5),
        ([replace("record", '"code":"LDG121"', '"code":"LDG122"', "entry = 5")], Fault.SEAL, 5),
        ([dropped(2)], Fault.SEAL, 2),
        ([dropped(6)], Fault.SEAL, 6),
        (["DELETE FROM entries WHERE entry = 5"], Fault.SEAL, 5),
    ],
)
def test_hashes_made_anew_do_not_hide_it(
    consortium: Consortium, edits: list[str | Edit], fault: Fault, block: int
) -> None:
    finding = tampered(consortium, *edits, chained_anew)
    assert finding is not None
    assert (finding.fault, finding.block) == (fault, block)


def sealed_anew(identity: Identity, number: int, column: str, old: bytes, new: bytes) -> Edit:
    """The member who sealed the last block edits it, makes all fit and seals it anew."""

    def edit(connection: sqlite3.Connection) -> None:
        entry, body, record, writes = connection.execute(
            "SELECT entry, body, record, writes FROM entries WHERE block = ?", (number,)
        ).fetchone()
        parts = {"body": body, "writes": writes}
        forged = parts | {column: parts[column].replace(old, new)}
        assert forged != parts
        was, now = (hashlib.sha256(p["writes"]).hexdigest().encode() for p in (parts, forged))
        connection.execute(
            "UPDATE entries SET body = ?, writes = ?, record = ? WHERE entry = ?",
            (forged["body"], forged["writes"], record.replace(was, now), entry),
        )
        chained_anew(connection)
        found = connection.execute("SELECT header FROM blocks WHERE number = ?", (number,))
        seal = identity.sign(found.fetchone()[0])
        connection.execute("UPDATE blocks SET signature = ? WHERE number = ?", (seal, number))

    return edit


@pytest.mark.parametrize(
    ("column", "old", "new", "fault"),
    [
        ("writes", b'["held/m","1"]', b'["held/m","1000"]', Fault.OUTCOME),
        ("body", b'"totem":1}', b'"totem":1000}', Fault.ENTRY),
    ],
)
def test_a_member_cannot_seal_what_was_not_called_or_given(
    consortium: Consortium, column: str, old: bytes, new: bytes, fault: Fault
) -> None:
    bob = consortium.chain("bob")
    call = consortium.chain("ada").prepare("grant", {"name": "m", "totem": 1})
    number = bob.submit(call).block
    finding = tampered(consortium, sealed_anew(bob.member(), number, column, old, new))
    assert finding is not None
    assert (finding.fault, finding.block, finding.position) == (fault, number, 0)


def test_a_private_call_cannot_hide_a_public_write(consortium: Consortium) -> None:
    ada = consortium.chain("ada")
    secret = b"salt and secret"
    stated = hashlib.sha256(secret).hexdigest()
    number = ada.call("note", {"key": "m", "stated": stated}, {"value": secret}).block
    hidden = b'"public":[["held/ada","1000"]]'
    edit = sealed_anew(ada.member(), number, "writes", b'"public":[]', hidden)
    finding = tampered(consortium, edit)
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.OUTCOME, number)


def test_what_was_read_in_private_cannot_hide_a_public_write(consortium: Consortium) -> None:
    ada = consortium.chain("ada")
    number = ada.call("read_note", {"key": "n"}).block
    hidden = b'"public":[["held/ada","1000"]]'
    edit = sealed_anew(ada.member(), number, "writes", b'"public":[]', hidden)
    # Without the value nobody can repeat the call: it must not have written anything then.
    finding = tampered(consortium, edit, "DELETE FROM private_values")
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.OUTCOME, number)


@pytest.mark.parametrize("held", [True, False])
def test_a_private_value_stands_where_the_call_has_put_it(
    consortium: Consortium, held: bool
) -> None:
    ada = consortium.chain("ada")
    secret, other = b"salt and secret 2", hashlib.sha256(b"another").hexdigest()
    stated = hashlib.sha256(secret).hexdigest()
    number = ada.call("note", {"key": "m", "stated": stated}, {"value": secret}).block
    old, new = ('"m"', '"n"') if held else (stated, other)
    edit = sealed_anew(ada.member(), number, "writes", old.encode(), new.encode())
    finding = tampered(consortium, edit, *([] if held else ["DELETE FROM private_values"]))
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.OUTCOME, number)


def test_a_call_that_breaks_the_contract_is_named_not_raised(consortium: Consortium) -> None:
    ada = consortium.chain("ada")
    call = ada.prepare("grant", {"name": "x"})  # a contract that does not look raises TypeError
    with pytest.raises(TypeError):
        ada.submit(call)
    number = ada.call("grant", {"name": "x", "totem": 7}).block

    def edit(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE entries SET id = ?, body = ?, signature = ? WHERE block = ?",
            (bytes.fromhex(call.id), call.body, call.signature, number),
        )
        chained_anew(connection)
        found = connection.execute("SELECT header FROM blocks WHERE number = ?", (number,))
        seal = ada.member().sign(found.fetchone()[0])
        connection.execute("UPDATE blocks SET signature = ? WHERE number = ?", (seal, number))

    finding = tampered(consortium, edit)
    assert finding is not None
    assert (finding.fault, finding.block, finding.position) == (Fault.OUTCOME, number, 0)


def test_another_contract_gives_other_outcomes(consortium: Consortium) -> None:
    def generous(stub: Any, function: str, arguments: Any) -> object:
        return tiny(stub, function, arguments | ({"totem": 1000} if function == "grant" else {}))

    finding = verify(consortium.chain(None, generous)).finding
    assert finding is not None
    assert (finding.fault, finding.block, finding.position) == (Fault.OUTCOME, 1, 0)


def test_the_state_is_made_anew_from_the_blocks(consortium: Consortium) -> None:
    assert tampered(
        consortium,
        "UPDATE state SET value = x'00'",
        "DELETE FROM touched",
        "UPDATE private_hashes SET hash = x'00'",
    )
    chain = consortium.chain()
    assert rebuild(chain) == 9
    assert verify(chain).finding is None
    assert chain.get("held/z") == b"100"


def test_broken_blocks_rebuild_nothing(consortium: Consortium) -> None:
    tampered(consortium, replace("writes", "100", "999", "entry = 2"))
    chain = consortium.chain()
    with pytest.raises(BrokenLedger, match="LDG226"):
        rebuild(chain)
    assert chain.get("held/z") == b"100"


def test_a_purged_private_value_leaves_its_hash(consortium: Consortium) -> None:
    tampered(consortium, "DELETE FROM private_values")
    found = verify(consortium.chain(None)).checked()
    assert found.taken == 2  # the note, and the call that read it
    with pytest.raises(LedgerUnreachable, match="not held"):
        consortium.chain("ada").call("read_note", {"key": "n"})


@pytest.mark.parametrize("value", ["", "null", "5", '{"a":1}', '["x"]', '[["x","y"]]', "[[1,2]]"])
def test_malformed_state_of_the_chain_is_named_not_raised(
    consortium: Consortium, value: str
) -> None:
    text = take_checkpoint(consortium.chain("bob"))
    found = tampered(
        consortium, f"INSERT INTO state VALUES ('chain', 'renewed', X'{value.encode().hex()}')"
    )
    assert found is not None
    assert found.fault is Fault.STATE
    chain = consortium.chain()
    assert verify(chain, checkpoints=[text]).finding == Finding(
        Fault.STATE, "the renewed certificates of authorities are malformed"
    )
    for use in (chain.trust, lambda: check(chain, text), lambda: chain.call("clock", {"key": "k"})):
        with pytest.raises(BrokenLedger, match="LDG230"):
            use()
    assert rebuild(chain)
    assert verify(chain).finding is None


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE blocks SET header = zeroblob({}) WHERE number = 3",
        "UPDATE entries SET writes = zeroblob({}) WHERE entry = 2",
        "UPDATE state SET value = zeroblob({}) WHERE key = 'held/y'",
        "UPDATE private_values SET value = zeroblob({})",
        "UPDATE certificates SET der = zeroblob({})",
    ],
)
def test_a_huge_value_is_not_read(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    monkeypatch.setattr("totemlang.ledger.chain.store.MAX_ROW_BYTES", 2**20)
    found = tampered(consortium, edit.format(2**20 + 1))
    assert found == Finding(Fault.FILE, "string or blob too big")
    with consortium.chain().store.reading() as connection, pytest.raises(sqlite3.DataError):
        connection.execute("SELECT zeroblob(?)", (2**20 + 1,)).fetchone()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER bonus AFTER INSERT ON blocks BEGIN DELETE FROM state; END",
        "CREATE VIEW more AS SELECT 1",
        "DROP TRIGGER blocks_stay",
        "CREATE INDEX other ON state (value)",
        "PRAGMA application_id = 5",
    ],
)
def test_an_altered_form_is_not_opened(consortium: Consortium, statement: str) -> None:
    with closing(sqlite3.connect(consortium.path)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(LedgerUnreachable):
        consortium.chain()


@pytest.mark.parametrize("table", ["genesis", "certificates", "blocks", "entries"])
def test_blocks_are_only_ever_appended(consortium: Consortium, table: str) -> None:
    with closing(sqlite3.connect(consortium.path)) as connection:
        column = connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()[0]
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
            with pytest.raises(sqlite3.IntegrityError, match="appended"):
                connection.execute(statement)


def test_damaged_pages_are_found(consortium: Consortium) -> None:
    text = bytearray(consortium.path.read_bytes())
    outcomes = set()
    for at in range(4096 + 200, len(text), 4096):
        damaged = bytearray(text)
        damaged[at : at + 300] = b"\xa5" * 300
        consortium.path.write_bytes(damaged)
        try:
            outcomes.add(verify(consortium.chain(None)).finding is not None)
        except (LedgerUnreachable, BrokenLedger):
            outcomes.add(True)
    assert True in outcomes


def test_checkpoints_hold_the_history(consortium: Consortium) -> None:
    bob = consortium.chain("bob")
    early = take_checkpoint(bob)
    assert check(bob, early).member == "bob@Hub"
    bob.call("grant", {"name": "x", "totem": 5})
    late = take_checkpoint(bob)
    assert check(consortium.chain(None), early).number == 7
    assert verify(bob, checkpoints=[late, early]).finding is None
    assert not read_checkpoint(early, bob.genesis.trust).contradicts(
        read_checkpoint(late, bob.genesis.trust)
    )


def cut(consortium: Consortium, number: int) -> None:
    """Take the history back to a block, state and all, so that nothing in the file tells."""

    def edit(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM blocks WHERE number > ?", (number,))
        connection.execute("DELETE FROM entries WHERE block > ?", (number,))

    tampered(consortium, edit)
    rebuild(consortium.chain())
    assert verify(consortium.chain()).finding is None


def test_a_cut_history_is_caught_by_a_checkpoint(consortium: Consortium) -> None:
    held = take_checkpoint(consortium.chain("bob"))
    cut(consortium, 5)
    chain = consortium.chain()
    with pytest.raises(BrokenLedger, match=r"cut.*bob@Hub"):
        check(chain, held)
    finding = verify(chain, checkpoints=[held]).finding
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.HISTORY, 7)


def test_a_split_history_is_caught_by_a_checkpoint(consortium: Consortium) -> None:
    held = take_checkpoint(consortium.chain("bob"))
    cut(consortium, 5)
    chain = consortium.chain("ada")
    for _ in range(3):
        chain.call("grant", {"name": "x", "totem": 5})
    assert verify(chain).finding is None
    with pytest.raises(BrokenLedger, match="rewritten or split"):
        check(chain, held)
    finding = verify(chain, checkpoints=[take_checkpoint(chain), held]).finding
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.HISTORY, 7)
    cut(consortium, 7)
    mine = read_checkpoint(take_checkpoint(consortium.chain("ada")), chain.genesis.trust)
    assert mine.contradicts(read_checkpoint(held, chain.genesis.trust))


def test_after_a_trusted_checkpoint_hashes_still_hold(consortium: Consortium) -> None:
    trusted = take_checkpoint(consortium.chain("bob"))
    consortium.chain("ada").call("grant", {"name": "x", "totem": 5})
    assert verify(consortium.chain(None), trusted=trusted).checked().transactions == 10
    tampered(consortium, replace("body", '"totem":60', '"totem":50', "entry = 5"))
    finding = verify(consortium.chain(None), trusted=trusted).finding
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.ROOT, 5)


def forgeries(consortium: Consortium) -> Iterator[bytes]:
    text = take_checkpoint(consortium.chain("bob"))
    yield from (b"", b"{}", b"null", text[:-5], text + b"x", b"[" * 90_000)
    yield text.replace(b'"number":7', b'"number":6')
    yield text.replace(b'"number":7', b'"number":-7')
    yield text.replace(b'"number":7', b'"number":"7"')
    document = json.loads(text)
    for part, value in (("signature", "00"), ("signature", 5), ("certificate", "x")):
        yield json.dumps(document | {part: value}, sort_keys=True, separators=(",", ":")).encode()


def test_forged_checkpoints_do_not_count(consortium: Consortium) -> None:
    chain = consortium.chain()
    for text in forgeries(consortium):
        with pytest.raises(BrokenLedger, match="LDG233"):
            check(chain, text)


def test_a_checkpoint_of_another_ledger_does_not_fit(
    consortium: Consortium, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = founding(tmp_path / "other")
    with pytest.raises(BrokenLedger, match="LDG233"):
        check(consortium.chain(), take_checkpoint(other.chain()))


def test_a_swapped_genesis_is_another_ledger(consortium: Consortium, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = founding(tmp_path / "other")
    with closing(sqlite3.connect(other.path)) as connection:
        document = connection.execute("SELECT document FROM genesis").fetchone()[0]

    def edit(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE genesis SET document = ?", (document,))

    with pytest.raises(BrokenLedger, match="LDG221"):
        tampered(consortium, edit)
    with pytest.raises(BrokenLedger, match="LDG221"):
        Chain.open(consortium.path, tiny)


def test_a_member_knows_his_ledger_by_its_genesis(consortium: Consortium, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    known = consortium.chain().id
    other = founding(tmp_path / "other")
    assert verify(other.chain()).finding is None
    with pytest.raises(BrokenLedger, match="another ledger"):
        Chain.open(other.path, tiny, ledger=known)
    assert Chain.open(consortium.path, tiny, ledger=known).id == known
