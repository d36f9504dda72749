"""Signed heads: a member says which block he has seen, and others hold him and the ledger to it.

A ledger whose history was cut, rewritten or split since then no longer has that block.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen

from totemlang.ledger.canonical import NotCanonical, canonical, parse_canonical
from totemlang.ledger.chain import moments
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding
from totemlang.ledger.identity import (
    BadCertificate,
    Identity,
    Trust,
    Untrusted,
    from_pem,
    is_signed,
    read_member,
)

MAX_CHECKPOINT = 16 * 2**10
"""Bytes of a checkpoint."""


@frozen
class Checkpoint:
    """Block `number` of a ledger had this hash at a time, as `member` has signed."""

    ledger: str
    number: int
    hash: str
    time: datetime
    member: str

    def contradicts(self, other: Checkpoint) -> bool:
        """Whether both cannot be true: one ledger, one number, two hashes. History was split."""
        same = (self.ledger, self.number) == (other.ledger, other.number)
        return same and self.hash != other.hash


def sign_head(identity: Identity, ledger: str, number: int, head: str, time: datetime) -> bytes:
    """A checkpoint as text: canonical JSON of statement, certificate and signature."""
    statement = {
        "kind": "checkpoint",
        "ledger": ledger,
        "number": number,
        "hash": head,
        "time": moments.write(time),
    }
    return canonical(
        {
            "statement": statement,
            "certificate": identity.certificate.pem,
            "signature": identity.sign(canonical(statement)).hex(),
        }
    )


def read_checkpoint(text: bytes, trust: Trust) -> Checkpoint:
    """Read a checkpoint that a member has signed while his certificate was valid.

    A revocation since does not undo what he has seen: it is the ledger that is held to it.

    Raises:
        BrokenLedger: with CHECKPOINT, where it is malformed or no member's.
    """
    try:
        document = parse_canonical(text.strip(), MAX_CHECKPOINT)
        statement: dict[str, Any] = document["statement"]
        member = read_member(from_pem(document["certificate"]))
        if statement["kind"] != "checkpoint" or type(statement["number"]) is not int:
            raise ValueError("no checkpoint")
        if statement["number"] < 0 or not all(
            type(statement[k]) is str for k in ("hash", "ledger")
        ):
            raise ValueError("no checkpoint")
        time = moments.read(statement["time"])
        trust.caller(member.der, time, lambda authority, serial: False)
        signature = bytes.fromhex(document["signature"])
    except (KeyError, TypeError, AttributeError):
        raise _bad("it is malformed") from None
    except (NotCanonical, BadCertificate, Untrusted, ValueError) as error:
        raise _bad(str(error)) from None
    if not is_signed(member.key, signature, canonical(statement)):
        raise _bad("its signature is not the member's")
    return Checkpoint(
        statement["ledger"], statement["number"], statement["hash"], time, member.member
    )


def compare(checkpoint: Checkpoint, ledger: str, stored: str | None) -> Finding | None:
    """Hold a ledger to a checkpoint: `stored` is the hash of its block of that number, if any."""
    by = f"the checkpoint that {checkpoint.member} signed"
    if checkpoint.ledger != ledger:
        return Finding(Fault.HISTORY, f"{by} is of another ledger")
    if stored is None:
        return Finding(Fault.HISTORY, f"the history was cut: {by} has it", checkpoint.number)
    if stored != checkpoint.hash:
        return Finding(
            Fault.HISTORY, f"the history was rewritten or split: {by} differs", checkpoint.number
        )
    return None


def _bad(message: str) -> BrokenLedger:
    return BrokenLedger(Finding(Fault.CHECKPOINT, f"the checkpoint does not count: {message}"))
