"""A transaction judged and executed: the same code appends it, and replays it at verification."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from totemlang.ledger.canonical import NotCanonical, canonical, digest
from totemlang.ledger.chain import moments
from totemlang.ledger.chain.authorities import RENEW, SPACE, renew, renewing, trusted
from totemlang.ledger.chain.call import CallStub
from totemlang.ledger.chain.faults import Fault, Rejected
from totemlang.ledger.chain.revocation import REVOKE, is_revoked, revoke
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.world import Readable, Writes
from totemlang.ledger.contract.refusals import Refusal
from totemlang.ledger.identity import Trust, Untrusted
from totemlang.ledger.stub import Caller, Stub, StubMisuse

Contract = Callable[[Stub, str, Mapping[str, object]], object]
"""A contract: it calls the function of a name, and raises Refusal for what it does not do."""

CONTRACT_SPACE = "contract"
"""Where the contract's state stands."""

OWN: Mapping[str, Callable[[Trust, Stub, Mapping[str, object]], object]] = MappingProxyType(
    {REVOKE: revoke, RENEW: renew}
)
"""The chain's own functions, which are no contract's."""

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
    """What holds for every transaction of a ledger: its hash, its contract, and who is believed.

    `trust` is that of genesis; the state may have renewed certificates beside it.
    """

    ledger: str
    trust: Trust
    contract: Contract = field(repr=False)

    def member(
        self, world: Readable, der: bytes, at: datetime, call: Transaction | None = None
    ) -> Caller:
        """Whom a certificate names, at a time and in a state.

        `call` is his own, or the first of the block that he seals, which may renew an authority.

        Raises:
            Rejected: where it names nobody.
        """
        trust = renewing(trusted(world, self.trust), call)
        try:
            return trust.caller(der, at, lambda line, serial: is_revoked(world, line, serial))
        except Untrusted as error:
            raise Rejected(Fault.CERTIFICATE, str(error)) from None

    def admit(self, world: Readable, transaction: Transaction, time: datetime) -> Caller:
        """Hold what the state and the block's time bear on. Raises Rejected."""
        if abs(transaction.time - time) > moments.TOLERANCE:
            raise Rejected(Fault.STALE)
        return self.member(world, transaction.der, time, transaction)

    def execute(
        self,
        world: Readable,
        transaction: Transaction,
        caller: Caller,
        time: datetime,
        transient: Mapping[str, bytes],
    ) -> Executed:
        """Let the contract do its part, in a state that stays as it is until the end.

        Raises:
            Rejected: where values come beside a call that writes publicly.
            StubMisuse: where the contract does what no contract may; nothing takes effect.
        """
        own = OWN.get(transaction.function)
        stub = CallStub(
            world, CONTRACT_SPACE if own is None else SPACE, caller, time, transaction.id, transient
        )
        result: object = None
        refusal: Refusal | None = None
        try:
            if own is None:
                result = self.contract(stub, transaction.function, transaction.arguments)
            else:
                result = own(trusted(world, self.trust), stub, transaction.arguments)
        except Refusal as error:
            refusal = error
        except NotCanonical as error:
            raise StubMisuse(f"the contract writes what no ledger holds: {error}") from error
        writes, private, event, reads = stub.end()
        if refusal is not None:
            writes, private, event = Writes(writes.space), {}, None
        if transaction.transient and writes.public:  # without these values nobody could repeat it
            raise Rejected(Fault.FORM, f"{transaction.function} takes no values beside the call")
        if stub.has_read_private and not writes.is_empty:
            raise StubMisuse("writes of a call that reads private values cannot be replayed")
        _check_private(writes, transaction, private, transient)
        written = writes.encode()
        record: dict[str, Any] = {
            "reads": reads,
            "writes": hashlib.sha256(written).hexdigest(),
        }
        if refusal is not None:
            record["refusal"] = _refused(refusal)
        elif not stub.has_read_private:  # a hash of what is private, without salt, could be guessed
            record["result"] = digest(result)
        if event is not None:
            record["event"] = [event[0], base64.b64encode(event[1]).decode()]
        values = {(key[0], hashlib.sha256(v).digest()): v for key, v in private.items()}
        return Executed(canonical(record), writes, written, values, result, refusal)


def _check_private(
    writes: Writes,
    transaction: Transaction,
    private: Mapping[tuple[str, str], bytes],
    transient: Mapping[str, bytes],
) -> None:
    """Hold that private values are those that came with the call, which states their hashes."""
    if private and not set(private.values()) <= set(transient.values()):
        raise StubMisuse("a private value that did not come with the call")
    if not are_stated(writes, transaction):
        raise StubMisuse("a private value whose hash no argument states")


def are_stated(writes: Writes, transaction: Transaction) -> bool:
    """Whether a call's arguments state the hashes of all private values that it writes."""
    stated = {value for value in transaction.arguments.values() if isinstance(value, str)}
    return all(found.hex() in stated for found in writes.private.values())


def _refused(refusal: Refusal) -> dict[str, Any]:
    found = {"code": refusal.code, "message": refusal.message[:1000]}
    whole = found | ({"findings": list(refusal.findings)} if refusal.findings else {})
    return whole if len(canonical(whole)) <= MAX_REFUSAL else found
