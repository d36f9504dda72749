"""The blocks walked from the first to the last: each held to its rules, the state made anew.

`Replay` trusts nothing that is stored. Of a block it may hold the hashes alone (after a checkpoint
that is trusted, or to rebuild the state), or everything: times, seals, certificates, signatures,
and the outcome that the contract gives now.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from attrs import define, evolve, field

from totemlang.ledger.canonical import parse_canonical
from totemlang.ledger.chain import moments
from totemlang.ledger.chain.block import MAX_BLOCK, NOTHING, Header, leaf, merkle_root
from totemlang.ledger.chain.execution import Rules, are_stated
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding, Rejected
from totemlang.ledger.chain.gathered import GatheredWorld
from totemlang.ledger.chain.judging import Judge, Row
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.world import NotHeld, Writes
from totemlang.ledger.stub import Caller

NEVER = 2**63
"""Where full checks begin when there are to be none."""

IsWhole = Callable[[int, str], bool]
"""Whether somebody has found a block (number, hash) whole in itself already."""


def nobody(number: int, hash_: str) -> bool:
    """Nobody has looked at a block before."""
    return False


@define
class Replay:
    """A walk over the blocks that `connection` shows, with the state that `world` makes anew.

    `entries` counts transactions; `taken` those whose outcome stands as recorded, because it hung
    on private values that are not at hand.
    """

    connection: sqlite3.Connection = field(repr=False)
    rules: Rules = field(repr=False)
    world: GatheredWorld = field(repr=False)
    is_whole: IsWhole = field(default=nobody, repr=False)
    last: Header | None = None
    entries: int = 0
    taken: int = 0
    _judge: Judge = field(init=False, repr=False)
    _hash: str = field(default=NOTHING, init=False)

    @_judge.default
    def _make_judge(self) -> Judge:
        return Judge(self.connection, self.rules.ledger)

    def blocks(self, full_from: int = 0) -> Iterator[Header]:
        """Walk the blocks, each held to its rules when it is given; all of them from `full_from`.

        After the last the state is all in its tables.

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
        self.world.flush()

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
        if header.previous != self._hash:
            _wrong(Fault.LINK, Fault.LINK.meaning, number)
        own = hashlib.sha256(text).hexdigest()
        known = full and number > 0 and self.is_whole(number, own)
        if full:
            self._seal(header, text, signature, known)
        if self.last is None:
            self._genesis(header, own)
        else:
            self._entries(header, full, known)
        self.last, self._hash = header, own
        return header

    def _seal(self, header: Header, text: bytes, signature: bytes, known: bool) -> None:
        if self.last is not None and header.time < self.last.time:
            _wrong(Fault.TIME, "the block's time is before the last one's", header.number)
        try:
            der = self._judge.certificate(header.sealer)
            self._sealer(header, der)
            sealed = known or self._judge.is_sealed(header, text, signature)
        except Rejected as error:
            _wrong(Fault.SEAL, f"the sealer's certificate: {error.message}", header.number)
        if not sealed:
            _wrong(Fault.SEAL, "the seal is not its member's signature", header.number)

    def _sealer(self, header: Header, der: bytes) -> None:
        """Hold that a certificate may seal a block. Raises Rejected."""
        try:
            self.rules.member(self.world, der, header.time)
        except Rejected:  # the block may begin with what makes it count
            first = self._judge.rows(evolve(header, count=min(header.count, 1)))
            call = self._judge.sent(first[0]) if first else None
            self.rules.member(self.world, der, header.time, call)

    def _genesis(self, header: Header, own: str) -> None:
        found = self.connection.execute("SELECT document FROM main.genesis").fetchone()
        root = None if found is None else merkle_root([leaf(found[0])])
        if own != self.rules.ledger or header.root != root or header.count:
            _wrong(Fault.GENESIS, Fault.GENESIS.meaning, 0)

    def _entries(self, header: Header, full: bool, known: bool) -> None:
        if not 0 < header.count <= MAX_BLOCK:
            _wrong(Fault.BLOCK, "a block of no or too many transactions", header.number)
        try:
            rows = self._judge.rows(header)
        except Rejected as error:
            _wrong(Fault.BLOCK, error.message, header.number)
        # What is wrong with a transaction says more than that the root differs: it comes first.
        judged = full and not known
        sent = [self._sent(header, at, row) if judged else None for at, row in enumerate(rows)]
        if not self._judge.has_root(header, rows):
            _wrong(Fault.ROOT, Fault.ROOT.meaning, header.number)
        for position, row in enumerate(rows):
            if row[0] != header.first + position or row[1] != header.number:
                _wrong(Fault.ORDER, "a transaction out of order", header.number, position)
            if known:
                sent[position] = self._judge.sent_before(row)
            self._replay(header, position, row, sent[position])
        self.entries += header.count

    def _sent(self, header: Header, position: int, row: Row) -> Transaction:
        try:
            return self._judge.sent(row)
        except Rejected as error:
            _wrong(Fault.ENTRY, f"{error.code}: {error.message}", header.number, position)

    def _replay(self, header: Header, position: int, row: Row, sent: Transaction | None) -> None:
        writes: Writes | None
        if sent is None:
            writes, _ = self._stated(row)
        else:
            try:
                caller = self.rules.admit(self.world, sent, header.time)
            except Rejected as error:
                _wrong(Fault.ENTRY, f"{error.code}: {error.message}", header.number, position)
            writes = self._outcome(sent, caller, header.time, row)
        if writes is None:
            _wrong(Fault.OUTCOME, Fault.OUTCOME.meaning, header.number, position)
        self.world.apply(writes, row[0])

    def _stated(self, row: Row) -> tuple[Writes | None, dict[str, Any]]:
        """The writes and the record of an entry as they stand, none where they do not agree."""
        try:
            writes, stated = Writes.decode(row[6]), parse_canonical(row[5])
            if stated["writes"] == hashlib.sha256(row[6]).hexdigest():
                return writes, stated
        except (ValueError, KeyError, TypeError):
            pass
        return None, {}

    def _outcome(
        self, sent: Transaction, caller: Caller, time: datetime, row: Row
    ) -> Writes | None:
        """What a transaction writes, none where the ledger has recorded another outcome."""
        values: Mapping[str, bytes] = Missing() if sent.transient else {}
        writes = self._stated(row)[0] if sent.transient else None
        if writes is not None and len(sent.transient) == len(writes.private) == 1:
            held = self._held(writes)
            values = values if held is None else {sent.transient[0]: held}
        try:
            executed = self.rules.execute(self.world, sent, caller, time, values)
        except NotHeld:
            return self._taken(sent, row)
        except (sqlite3.Error, MemoryError):
            raise
        except Exception:  # whatever a call does to the contract, no such call was ever recorded
            return None
        agrees = executed.record == row[5] and executed.written == row[6]
        return executed.writes if agrees else None

    def _taken(self, sent: Transaction, row: Row) -> Writes | None:
        """An outcome that hangs on private values which are not at hand stands as recorded.

        It can have written nothing but hashes that the member has stated.
        """
        self.taken += 1
        writes, stated = self._stated(row)
        if writes is None or writes.public or ("refusal" in stated and writes.private):
            return None
        if writes.private and not (sent.transient and are_stated(writes, sent)):
            return None
        return writes

    def _held(self, writes: Writes) -> bytes | None:
        """The one private value of these writes, where it is at hand."""
        [((collection, _), digest)] = writes.private.items()
        found = self.connection.execute(
            "SELECT value FROM main.private_values WHERE collection = ? AND hash = ?",
            (collection, digest),
        ).fetchone()
        whole = found is not None and hashlib.sha256(found[0]).digest() == digest
        return bytes(found[0]) if whole else None


class Missing(Mapping[str, bytes]):
    """Values that came with a call and are not at hand any more: whoever looks learns that."""

    def __getitem__(self, name: str) -> bytes:
        """See `Mapping`."""
        raise NotHeld("the values that came with the call are gone")

    def __iter__(self) -> Iterator[str]:
        """See `Mapping`."""
        raise NotHeld("the values that came with the call are gone")

    def __len__(self) -> int:
        """See `Mapping`."""
        raise NotHeld("the values that came with the call are gone")


def soon(header: Header | None, now: datetime) -> None:
    """Hold that the last block is not of the future. Raises BrokenLedger."""
    if header is not None and header.time - now > moments.TOLERANCE:
        _wrong(Fault.TIME, "the last block is of the future", header.number)


def _wrong(fault: Fault, message: str, block: int, position: int | None = None) -> NoReturn:
    raise BrokenLedger(Finding(fault, message, block, position))
