"""The embedded ledger: one file, many processes, each transaction executed under one lock.

chain = Chain.open(path, contract, identity)
receipt = chain.call("account_grant", {"member": "ada@DSO", "totem": 1000})
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import field, frozen

from totemlang.diagnostics import UsageError
from totemlang.ledger.chain import moments
from totemlang.ledger.chain.authorities import trusted
from totemlang.ledger.chain.block import (
    MAX_BLOCK,
    NOTHING,
    Header,
    leaf,
    merkle_root,
)
from totemlang.ledger.chain.execution import CONTRACT_SPACE, Contract, Rules
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding, Rejected
from totemlang.ledger.chain.genesis import Genesis
from totemlang.ledger.chain.judging import check
from totemlang.ledger.chain.sealing import Call, OpenBlock, Receipt, head_of, keep
from totemlang.ledger.chain.store import Store
from totemlang.ledger.chain.transaction import Transaction, check_transient, make
from totemlang.ledger.chain.world import World
from totemlang.ledger.identity import Authority, Identity, Trust

Clock = Callable[[], datetime]
"""What time it is, aware."""


def machine_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


NO_VALUES: Mapping[str, bytes] = {}


@frozen
class Chain:
    """A ledger that is open. `identity` signs and seals; without one it is only read.

    It may be used from any thread, and after a fork.
    """

    store: Store = field(repr=False)
    genesis: Genesis = field(repr=False)
    rules: Rules = field(repr=False)
    identity: Identity | None
    clock: Clock = field(repr=False)

    @classmethod
    def create(
        cls,
        path: Path,
        contract: Contract,
        identity: Identity,
        consortium: str,
        authorities: Sequence[Authority],
        founding: Mapping[str, Any] | None = None,
        *,
        clock: Clock = machine_clock,
    ) -> Chain:
        """Begin a ledger in a new file; its founder seals the genesis block.

        Raises:
            UsageError: where the file exists, or no ledger can begin like that.
        """
        time = moments.whole(clock())
        genesis = Genesis(consortium, tuple(authorities), dict(founding or {}), time)
        certificate = identity.certificate
        try:
            document = genesis.encode()
            Genesis.decode(document)
            genesis.trust.caller(certificate.der, time, lambda authority, serial: False)
        except ValueError as error:
            raise UsageError(f"no ledger can begin like that: {error}") from None
        root = merkle_root([leaf(document)])
        header = Header(0, NOTHING, root, time, certificate.fingerprint, 0, 0).encode()

        def fill(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO genesis VALUES (1, ?)", (document,))
            keep(connection, certificate.fingerprint, certificate.der)
            row = (0, header, identity.sign(header))
            connection.execute("INSERT INTO blocks VALUES (?, ?, ?)", row)

        Store(path).create(fill)
        return cls.open(path, contract, identity, clock=clock)

    @classmethod
    def open(
        cls,
        path: Path,
        contract: Contract,
        identity: Identity | None = None,
        *,
        ledger: str | None = None,
        clock: Clock = machine_clock,
    ) -> Chain:
        """Open a ledger, as the member of an identity or to read it.

        `ledger` is the hash of its genesis block, where the member knows it: a ledger that
        another authority has begun may be whole in itself, and is still not the consortium's.

        Raises:
            LedgerUnreachable: where there is none, or the file is something else.
            BrokenLedger: where its beginning is malformed, or of another ledger.
        """
        store = Store(path)
        with store.reading() as connection:
            found = connection.execute("SELECT document FROM genesis").fetchone()
            first = connection.execute("SELECT header FROM blocks WHERE number = 0").fetchone()
        try:
            if found is None or first is None:
                raise ValueError("there is no genesis block")
            genesis, header = Genesis.decode(found[0]), Header.decode(first[0])
            if header.root != merkle_root([leaf(found[0])]):
                raise ValueError("the genesis is not the one of the first block")
        except ValueError as error:
            raise BrokenLedger(Finding(Fault.GENESIS, str(error), 0)) from None
        if ledger not in (None, header.hash):
            raise BrokenLedger(Finding(Fault.GENESIS, "the file has another ledger", 0))
        rules = Rules(header.hash, genesis.trust, contract)
        return cls(store, genesis, rules, identity, clock)

    @property
    def id(self) -> str:
        """The hash of the genesis block, which every member knows."""
        return self.rules.ledger

    def prepare(
        self, function: str, arguments: Mapping[str, object], transient: Sequence[str] = ()
    ) -> Transaction:
        """Sign a call, without sending it: whoever keeps it can ask later what came of it."""
        return make(self.member(), self.id, function, arguments, self.clock(), transient)

    def call(
        self,
        function: str,
        arguments: Mapping[str, object],
        transient: Mapping[str, bytes] = NO_VALUES,
    ) -> Receipt:
        """Sign a call and have it executed; when this returns, it is on the disk.

        Raises:
            Refusal: where the contract refuses, which the ledger then records.
            Rejected: where it is not taken at all.
            LedgerUnreachable: where it could not be written.
        """
        return self.submit(self.prepare(function, arguments, tuple(transient)), transient).checked()

    def submit(
        self, transaction: Transaction, transient: Mapping[str, bytes] = NO_VALUES
    ) -> Receipt:
        """Append a signed transaction, anybody's, as a block that this member seals."""
        return self.submit_all([(transaction, transient)])[0]

    def submit_all(self, calls: Sequence[Call]) -> list[Receipt]:
        """Append transactions in their order as one block: all are taken, or none.

        A refusal by the contract is recorded and does not undo the others.

        Raises:
            Rejected: for the first that is not taken.
            LedgerUnreachable: where it could not be written.
        """
        sealer = self.member()
        if not 0 < len(calls) <= MAX_BLOCK:
            raise UsageError(f"a block holds 1 to {MAX_BLOCK} transactions")
        for transaction, transient in calls:  # signatures first: nobody waits for them
            check(transaction, self.id)
            check_transient(transaction.transient, transient)
        with self.store.writing() as connection:
            last = head_of(connection)
            return OpenBlock(self.rules, connection, last, self._time_after(last), sealer).seal(
                calls
            )

    def query(self, function: str, arguments: Mapping[str, object]) -> Any:
        """What a call would give now, as this member; nothing is written.

        Raises:
            Refusal: where the contract refuses.
        """
        transaction = self.prepare(function, arguments)
        with self.store.reading() as connection:
            world = World(connection)
            time = self._time_after(head_of(connection))
            caller = self.rules.member(world, transaction.der, time)
            executed = self.rules.execute(world, transaction, caller, time, NO_VALUES)
        if executed.refusal is not None:
            raise executed.refusal
        return executed.result

    def get(self, key: str) -> bytes | None:
        """The value of a key of the contract's state."""
        with self.store.reading() as connection:
            return World(connection).get(CONTRACT_SPACE, key)

    def trust(self) -> Trust:
        """Who is believed now: genesis's authorities, and certificates renewed since."""
        with self.store.reading() as connection:
            return trusted(World(connection), self.genesis.trust)

    def head(self) -> Header:
        """The last block."""
        with self.store.reading() as connection:
            return head_of(connection)

    def close(self) -> None:
        """Let go of the file in this thread."""
        self.store.close()

    def _time_after(self, last: Header) -> datetime:
        """Now, but never before the last block; a clock that is far behind is an error."""
        now = moments.whole(self.clock())
        if last.time - now > moments.TOLERANCE:
            raise Rejected(Fault.CLOCK)
        return max(now, last.time)

    def member(self) -> Identity:
        """Who signs and seals. Raises UsageError where the ledger was opened to be read."""
        if self.identity is None:
            raise UsageError("the ledger was opened to be read: open it as a member")
        return self.identity
