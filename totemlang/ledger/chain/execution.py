"""A transaction judged and executed: the same code appends it, and replays it at verification."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from totemlang.ledger.canonical import canonical, digest
from totemlang.ledger.chain import moments
from totemlang.ledger.chain.call import CallStub
from totemlang.ledger.chain.faults import Fault, Rejected
from totemlang.ledger.chain.revocation import REVOKE, SPACE, is_revoked, revoke
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.world import World, Writes
from totemlang.ledger.contract.refusals import Refusal
from totemlang.ledger.identity import Trust, Untrusted, is_signed, read_member
from totemlang.ledger.stub import Caller, Stub, StubMisuse

Contract = Callable[[Stub, str, Mapping[str, object]], object]
"""A contract: it calls the function of a name, and raises Refusal for what it does not do."""

CONTRACT_SPACE = "contract"
"""Where the contract's state stands."""

MAX_REFUSAL = 16 * 2**10
"""Bytes of a refusal's record; a longer one leaves out the findings."""


@frozen
class Executed:
    """What came of a transaction. `record` is what the ledger holds of that.

    `written` is how its writes stand there; `values` are the private values by collection and
    hash; `result` is None where it was refused.
    """

    record: bytes
    writes: Writes
    written: bytes = field(repr=False)
    values: Mapping[tuple[str, bytes], bytes] = field(repr=False)
    result: object
    refusal: Refusal | None


@frozen
class Rules:
    """What holds for every transaction of a ledger: its hash, who is believed, its contract."""

    ledger: str
    trust: Trust
    contract: Contract = field(repr=False)

    def judge(self, transaction: Transaction) -> None:
        """Hold what no state bears on: the right ledger, and the member's signature.

        Raises:
            Rejected: where it is not so.
        """
        if transaction.ledger != self.ledger:
            raise Rejected(Fault.LEDGER)
        try:
            member = read_member(transaction.der)
            self.trust.signer(member)
        except ValueError as error:
            raise Rejected(Fault.CERTIFICATE, str(error)) from None
        if not is_signed(member.key, transaction.signature, transaction.body):
            raise Rejected(Fault.SIGNATURE)

    def member(self, world: World, der: bytes, at: datetime) -> Caller:
        """Whom a certificate names, at a time and in a state. Raises Rejected."""
        try:
            return self.trust.caller(der, at, lambda a, serial: is_revoked(world, a, serial))
        except Untrusted as error:
            raise Rejected(Fault.CERTIFICATE, str(error)) from None

    def admit(self, world: World, transaction: Transaction, time: datetime) -> Caller:
        """Hold what the state and the block's time bear on. Raises Rejected."""
        if abs(transaction.time - time) > moments.TOLERANCE:
            raise Rejected(Fault.STALE)
        return self.member(world, transaction.der, time)

    def execute(
        self,
        world: World,
        transaction: Transaction,
        caller: Caller,
        time: datetime,
        transient: Mapping[str, bytes],
    ) -> Executed:
        """Let the contract do its part, in a state that stays as it is until the end.

        Raises:
            StubMisuse: where the contract does what no contract may; nothing takes effect.
        """
        own = transaction.function == REVOKE
        stub = CallStub(
            world, SPACE if own else CONTRACT_SPACE, caller, time, transaction.id, transient
        )
        result: object = None
        refusal: Refusal | None = None
        try:
            if own:
                result = revoke(self.trust, stub, transaction.arguments)
            else:
                result = self.contract(stub, transaction.function, transaction.arguments)
        except Refusal as error:
            refusal = error
        writes, private, event, reads = stub.end()
        if refusal is not None:
            writes, private, event = Writes(writes.space), {}, None
        if transaction.transient and writes.public:
            raise StubMisuse("public writes of a call with transient values cannot be replayed")
        written = writes.encode()
        record: dict[str, Any] = {
            "reads": reads,
            "writes": hashlib.sha256(written).hexdigest(),
        }
        if refusal is None:
            record["result"] = digest(result)
        else:
            record["refusal"] = _refused(refusal)
        if event is not None:
            record["event"] = [event[0], base64.b64encode(event[1]).decode()]
        values = {(key[0], hashlib.sha256(v).digest()): v for key, v in private.items()}
        return Executed(canonical(record), writes, written, values, result, refusal)


def _refused(refusal: Refusal) -> dict[str, Any]:
    found = {"code": refusal.code, "message": refusal.message[:1000]}
    whole = found | ({"findings": list(refusal.findings)} if refusal.findings else {})
    return whole if len(canonical(whole)) <= MAX_REFUSAL else found
