"""The blocks walked from the first to the last: each held to its rules, the state made anew.

`Replay` trusts nothing that is stored. Of a block it may hold the hashes alone (after a checkpoint
that is trusted, or to rebuild the state), or everything: times, seals, certificates, signatures,
and the outcome that the contract gives now.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn

from attrs import define, field

from totemlang.ledger.canonical import NotCanonical, parse_canonical
from totemlang.ledger.chain import moments, transaction
from totemlang.ledger.chain.block import MAX_BLOCK, NOTHING, Header, leaf, merkle_root
from totemlang.ledger.chain.execution import Rules
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding, Rejected
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.world import NotHeld, World, Writes
from totemlang.ledger.identity import is_signed, read_member
from totemlang.ledger.stub import Caller, StubMisuse

NEVER = 2**63
"""Where full checks begin when there are to be none."""

Row = tuple[int, int, bytes, bytes, bytes, bytes, bytes]


@define
class Replay:
    """A walk over the blocks that `connection` shows, with its state in one of the schemas.

    `entries` counts transactions; `taken` those whose outcome stands as recorded, because it hung
    on private values that are not on the ledger.
    """

    connection: sqlite3.Connection = field(repr=False)
    rules: Rules = field(repr=False)
    world: World = field(repr=False)
    last: Header | None = None
    entries: int = 0
    taken: int = 0

    def blocks(self, full_from: int = 0) -> Iterator[Header]:
        """Walk the blocks, each held to its rules when it is given; all of them from `full_from`.

        Raises:
            BrokenLedger: at the first thing that is wrong.
        """
        found = self.connection.execute(
            "SELECT number, header, signature FROM main.blocks ORDER BY number"
        )
        for number, text, signature in found:
            yield self._block(number, text, signature, number >= full_from)
        if self.last is None:
            _wrong(Fault.ORDER, "there is no block", 0)
        stray = self.connection.execute(
            "SELECT block FROM main.entries WHERE entry NOT BETWEEN 0 AND ?", (self.entries - 1,)
        ).fetchone()
        if stray is not None:
            _wrong(Fault.ORDER, "a transaction stands outside the blocks", stray[0])

    def _block(self, number: int, text: bytes, signature: bytes, full: bool) -> Header:
        expected = 0 if self.last is None else self.last.number + 1
        if number != expected:
            _wrong(Fault.ORDER, f"block {expected} is missing", expected)
        try:
            header = Header.decode(text)
        except ValueError as error:
            _wrong(Fault.BLOCK, str(error), number)
        if header.number != number or header.first != self.entries:
            _wrong(Fault.ORDER, "the block stands in another's place", number)
        if header.previous != (NOTHING if self.last is None else self.last.hash):
            _wrong(Fault.LINK, Fault.LINK.meaning, number)
        if full:
            self._seal(header, text, signature)
        if self.last is None:
            self._genesis(header)
        else:
            self._entries(header, full)
        self.last = header
        return header

    def _seal(self, header: Header, text: bytes, signature: bytes) -> None:
        if self.last is not None and header.time < self.last.time:
            _wrong(Fault.TIME, "the block's time is before the last one's", header.number)
        der = self._certificate(header.sealer)
        try:
            if der is None:
                raise Rejected(Fault.CERTIFICATE, "there is no such certificate")
            self.rules.member(self.world, der, header.time)
        except Rejected as error:
            _wrong(Fault.SEAL, f"the sealer's certificate: {error.message}", header.number)
        if not is_signed(read_member(der).key, signature, text):
            _wrong(Fault.SEAL, "the seal is not its member's signature", header.number)

    def _genesis(self, header: Header) -> None:
        found = self.connection.execute("SELECT document FROM main.genesis").fetchone()
        root = None if found is None else merkle_root([leaf(found[0])])
        if header.hash != self.rules.ledger or header.root != root or header.count:
            _wrong(Fault.GENESIS, Fault.GENESIS.meaning, 0)

    def _entries(self, header: Header, full: bool) -> None:
        if not 0 < header.count <= MAX_BLOCK:
            _wrong(Fault.BLOCK, "a block of no or too many transactions", header.number)
        rows: list[Row] = self.connection.execute(
            "SELECT entry, block, id, body, signature, record, writes FROM main.entries"
            " WHERE entry >= ? AND entry < ? ORDER BY entry",
            (header.first, header.first + header.count),
        ).fetchall()
        # What is wrong with a transaction says more than that the root differs: it comes first.
        sent = [self._judged(header, at, row) if full else None for at, row in enumerate(rows)]
        leaves = [leaf(*row[3:]) for row in rows]
        if len(rows) != header.count or merkle_root(leaves) != header.root:
            _wrong(Fault.ROOT, Fault.ROOT.meaning, header.number)
        for position, row in enumerate(rows):
            self._replay(header, position, row, sent[position])
        self.entries += header.count

    def _judged(self, header: Header, position: int, row: Row) -> Transaction:
        try:
            sent = self._read(row)
            self.rules.judge(sent)
        except Rejected as error:
            _wrong(Fault.ENTRY, f"{error.code}: {error.message}", header.number, position)
        return sent

    def _replay(self, header: Header, position: int, row: Row, sent: Transaction | None) -> None:
        entry, block, identifier, _, _, record, text = row
        try:
            writes = Writes.decode(text)
            stated: dict[str, Any] = parse_canonical(record)
            agreed = stated["writes"] == hashlib.sha256(text).hexdigest()
        except (ValueError, KeyError, TypeError):
            agreed = False
        if not agreed:
            _wrong(Fault.OUTCOME, "the record of its outcome is malformed", header.number, position)
        if entry != header.first + position or block != header.number:
            _wrong(Fault.ORDER, "a transaction out of order", header.number, position)
        if sent is not None:
            try:
                if bytes.fromhex(sent.id) != identifier:
                    raise Rejected(Fault.FORM, "its id is another's")
                caller = self.rules.admit(self.world, sent, header.time)
            except Rejected as error:
                _wrong(Fault.ENTRY, f"{error.code}: {error.message}", header.number, position)
            if not self._agrees(sent, caller, header.time, record, stated, writes):
                _wrong(Fault.OUTCOME, Fault.OUTCOME.meaning, header.number, position)
        self.world.apply(writes, entry)

    def _agrees(
        self,
        sent: Transaction,
        caller: Caller,
        time: datetime,
        record: bytes,
        stated: dict[str, Any],
        writes: Writes,
    ) -> bool:
        if sent.transient:
            # What came with the call is gone; it can have written hashes of private values alone.
            self.taken += 1
            return not writes.public and not ("refusal" in stated and writes.private)
        try:
            executed = self.rules.execute(self.world, sent, caller, time, {})
        except NotHeld:
            self.taken += 1
            return True
        except StubMisuse:
            return False
        return executed.record == record  # which has the hash of what it writes

    def _read(self, row: Row) -> Transaction:
        try:
            fingerprint = parse_canonical(row[3], transaction.MAX_TRANSACTION)["certificate"]
        except (NotCanonical, KeyError, TypeError):
            raise Rejected(Fault.FORM) from None
        der = self._certificate(fingerprint)
        if der is None:
            raise Rejected(Fault.CERTIFICATE, "there is no such certificate")
        return transaction.read(row[3], row[4], der)

    def _certificate(self, fingerprint: object) -> bytes | None:
        """A certificate that is what its fingerprint says."""
        try:
            wanted = bytes.fromhex(fingerprint) if isinstance(fingerprint, str) else b""
        except ValueError:
            return None
        found = self.connection.execute(
            "SELECT der FROM main.certificates WHERE fingerprint = ?", (wanted,)
        ).fetchone()
        if found is None or hashlib.sha256(found[0]).digest() != wanted:
            return None
        return bytes(found[0])


def soon(header: Header | None, now: datetime) -> None:
    """Hold that the last block is not of the future. Raises BrokenLedger."""
    if header is not None and header.time - now > moments.TOLERANCE:
        _wrong(Fault.TIME, "the last block is of the future", header.number)


def _wrong(fault: Fault, message: str, block: int, position: int | None = None) -> NoReturn:
    raise BrokenLedger(Finding(fault, message, block, position))
