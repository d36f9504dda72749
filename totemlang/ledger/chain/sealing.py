"""A block in the making: transactions executed one after another, sealed and written together."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from totemlang.ledger.chain.block import MAX_BLOCK_BYTES, Header, leaf, merkle_root
from totemlang.ledger.chain.execution import Executed, Rules
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding, Rejected
from totemlang.ledger.chain.gathered import GatheredWorld
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.world import World
from totemlang.ledger.contract.refusals import Refusal
from totemlang.ledger.identity import Identity

Call = tuple[Transaction, Mapping[str, bytes]]
"""A signed transaction, and the transient values that come with it."""


@frozen
class Receipt:
    """Where a transaction stands, and what came of it: `result`, or a `refusal` on record."""

    id: str
    block: int
    time: datetime
    result: Any
    refusal: Refusal | None

    def checked(self) -> Receipt:
        """Itself. Raises the Refusal where there is one."""
        if self.refusal is not None:
            raise self.refusal
        return self


@define
class OpenBlock:
    """The block behind `last`, at a time, by a member who may seal it. It is used once.

    `connection` has the ledger for itself; what fails leaves nothing, for it takes all back.
    """

    rules: Rules
    connection: sqlite3.Connection
    last: Header
    time: datetime
    sealer: Identity
    _world: GatheredWorld = field(init=False)
    _size: int = field(default=0, init=False)

    @_world.default
    def _make_world(self) -> GatheredWorld:
        return GatheredWorld(World(self.connection))

    def seal(self, calls: Sequence[Call]) -> list[Receipt]:
        """Execute the calls in their order, write and seal the block: what came of each.

        Raises:
            Rejected: for the first that is not taken, or where the sealer may not seal.
        """
        certificate = self.sealer.certificate
        self.rules.member(self._world, certificate.der, self.time, calls[0][0])
        number, first = self.last.number + 1, self.last.first + self.last.count
        leaves, receipts = [], []
        for entry, call in enumerate(calls, first):
            executed, leaf_ = self._append(entry, number, call)
            leaves.append(leaf_)
            result, refusal = executed.result, executed.refusal
            receipts.append(Receipt(call[0].id, number, self.time, result, refusal))
        self._world.flush()
        root = merkle_root(leaves)
        header = Header(
            number, self.last.hash, root, self.time, certificate.fingerprint, first, len(calls)
        ).encode()
        keep(self.connection, certificate.fingerprint, certificate.der)
        row = (number, header, self.sealer.sign(header))
        self.connection.execute("INSERT INTO blocks VALUES (?, ?, ?)", row)
        return receipts

    def _append(self, entry: int, number: int, call: Call) -> tuple[Executed, bytes]:
        """Execute a call and write its entry; its leaf beside what came of it."""
        transaction, transient = call
        executed = self._execute(transaction, transient)
        row = (transaction.body, transaction.signature, executed.record, executed.written)
        self._size += sum(map(len, row))
        if self._size > MAX_BLOCK_BYTES:
            message = f"a block of more than {MAX_BLOCK_BYTES:,} bytes: send fewer at once"
            raise Rejected(Fault.SIZE, message)
        self.connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
            (entry, number, bytes.fromhex(transaction.id), *row),
        )
        keep(self.connection, transaction.fingerprint, transaction.der)
        self._world.apply(executed.writes, entry)
        return executed, leaf(*row)

    def _execute(self, transaction: Transaction, transient: Mapping[str, bytes]) -> Executed:
        known = self.connection.execute(
            "SELECT block FROM entries WHERE id = ?", (bytes.fromhex(transaction.id),)
        ).fetchone()
        if known is not None:
            raise Rejected(Fault.REPLAYED, f"the transaction stands in block {known[0]} already")
        caller = self.rules.admit(self._world, transaction, self.time)
        executed = self.rules.execute(self._world, transaction, caller, self.time, transient)
        for (collection, digest), value in executed.values.items():
            row = (collection, digest, value)
            self.connection.execute("INSERT OR IGNORE INTO private_values VALUES (?, ?, ?)", row)
        return executed


def head_of(connection: sqlite3.Connection) -> Header:
    """The last block's header. Raises BrokenLedger where it is malformed."""
    found = connection.execute(
        "SELECT number, header FROM blocks ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if found is None:
        raise BrokenLedger(Finding(Fault.ORDER, "there is no block", 0))
    number, text = found
    try:
        header = Header.decode(text)
    except ValueError as error:
        raise BrokenLedger(Finding(Fault.BLOCK, str(error), number)) from None
    if header.number != number:
        raise BrokenLedger(Finding(Fault.BLOCK, "a header of another block", number))
    return header


def keep(connection: sqlite3.Connection, fingerprint: str, der: bytes) -> None:
    """Keep a certificate that the chain names."""
    row = (bytes.fromhex(fingerprint), der)
    connection.execute("INSERT OR IGNORE INTO certificates VALUES (?, ?)", row)
