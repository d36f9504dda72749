"""Receipts that a provider has signed: evidence that anybody checks with nothing but the founders'
authorities, without ledger and without network.

What is signed names ledger, job and part beside the engine's receipt, so a receipt is evidence of
one part of one job alone. A metered part commits to its hash on the ledger.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from totemlang.diagnostics import TotemError
from totemlang.engine.receipt import Receipt
from totemlang.ledger.canonical import NotCanonical, canonical, digest, parse
from totemlang.ledger.chain import moments
from totemlang.ledger.client import Job
from totemlang.ledger.identity import Identity, Trust, Untrusted, from_pem, is_signed, read_member
from totemlang.ledger.stub import Caller

VERSION = 1
MAX_RECEIPT = 256 * 2**10
"""Bytes of a signed receipt in JSON."""

_STATEMENT = {"totem_statement", "ledger", "job", "part", "time", "receipt"}


class BadReceipt(TotemError):
    """A receipt that is no evidence: malformed, altered, of nobody who counts, of another job."""

    status = "bad_receipt"
    exit_code = 1


@frozen
class SignedReceipt:
    """A statement about a part of a job, and its provider's signature.

    `statement` holds `totem_statement` (1), `ledger`, `job`, `part`, `time` and `receipt` (as the
    engine's `Receipt.to_json` gives it).
    """

    statement: Mapping[str, Any]
    certificate: str = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def hash(self) -> str:
        """SHA-256, in hex, of the statement: what a metered part commits to on the ledger."""
        return digest(self.statement)

    @property
    def receipt(self) -> Mapping[str, Any]:
        """The engine's receipt."""
        found: Mapping[str, Any] = self.statement["receipt"]
        return found

    def to_json(self) -> dict[str, Any]:
        """As it is handed over."""
        return {
            "statement": dict(self.statement),
            "certificate": self.certificate,
            "signature": base64.b64encode(self.signature).decode(),
        }

    @classmethod
    def from_json(cls, document: object) -> SignedReceipt:
        """Read it back; it is not verified. Raises BadReceipt where it is none."""
        try:
            if not isinstance(document, Mapping) or len(document) != 3:
                raise ValueError
            statement, certificate = document["statement"], document["certificate"]
            if not isinstance(statement, Mapping) or set(statement) != _STATEMENT:
                raise ValueError
            if not isinstance(certificate, str) or not isinstance(statement["receipt"], Mapping):
                raise ValueError
            if len(canonical(document)) > MAX_RECEIPT:
                raise ValueError
            signature = base64.b64decode(document["signature"], validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise BadReceipt("this is no signed receipt") from None
        return cls(dict(statement), certificate, signature)

    @classmethod
    def parse(cls, text: bytes) -> SignedReceipt:
        """Read it from a file. Raises BadReceipt."""
        try:
            return cls.from_json(parse(text, MAX_RECEIPT))
        except NotCanonical as error:
            raise BadReceipt(f"this is no signed receipt: {error}") from None


@frozen
class Signer:
    """Whom a verified receipt is of, and when he signed it."""

    caller: Caller
    time: datetime

    @property
    def member(self) -> str:
        """`name@organisation`."""
        return self.caller.member


def sign_receipt(
    identity: Identity, ledger: str, job: str, part: int, receipt: Receipt, time: datetime
) -> SignedReceipt:
    """A provider's signed receipt of a part that has ended."""
    statement = {
        "totem_statement": VERSION,
        "ledger": ledger,
        "job": job,
        "part": part,
        "time": moments.write(time),
        "receipt": receipt.to_json(),
    }
    signature = identity.sign(canonical(statement))
    return SignedReceipt(statement, identity.certificate.pem, signature)


def verify_receipt(signed: SignedReceipt, trust: Trust, *, ledger: str | None = None) -> Signer:
    """Hold a receipt to the consortium's authorities, offline.

    `trust` is whom the member believes (`Genesis.trust`); `ledger` the id that the receipt must
    name. What was revoked since is on the ledger alone.

    Raises:
        BadReceipt: where the signature is not that of a provider whose certificate counted when
            he signed.
    """
    statement = signed.statement
    try:
        time = moments.read(statement["time"])
        member = read_member(from_pem(signed.certificate))
        caller = trust.caller(member.der, time, lambda authority, serial: False)
    except Untrusted as error:
        raise BadReceipt(f"the signer does not count: {error}") from None
    except ValueError as error:
        raise BadReceipt(f"the receipt is malformed: {error}") from None
    if not is_signed(member.key, signed.signature, canonical(statement)):
        raise BadReceipt("the receipt is not what its provider signed")
    if statement["totem_statement"] != VERSION or "provider" not in caller.roles:
        raise BadReceipt("the receipt is not a provider's of this version")
    if ledger not in (None, statement["ledger"]):
        raise BadReceipt("the receipt is of another ledger")
    return Signer(caller, time)


def hold_to_job(signed: SignedReceipt, signer: Signer, job: Job, part: int, code: str) -> None:
    """Hold a verified receipt to what the ledger has of its job.

    `code` is the hash of what the part's provider runs: see `JudgedPart.code`.

    Raises:
        BadReceipt: naming what is another.
    """
    known, told, statement = job.parts[part], signed.receipt, signed.statement
    own = {name: used.metadata_hash for name, used in known.data.items()}
    said = told.get("metadata")
    said = said if isinstance(said, Mapping) else {}
    quoted = known.quote.to_json()
    wanted: list[tuple[str, object, object]] = [
        ("job", (statement["job"], statement["part"]), (job.job, part)),
        ("provider", signer.caller.organisation, known.organisation),
        ("program", told.get("bytecode"), code),
        ("rules", told.get("rules"), job.rules),
        ("price table", told.get("prices"), job.prices),
        ("parameters", told.get("parameters"), job.parameters),
        ("metadata", {name: said.get(name) for name in own}, own),
        ("billing", told.get("billing"), known.billing),
        ("quote", told.get("quote"), quoted),
        ("charge", told.get("totem"), known.used),
    ]
    if told.get("status") != "out_of_totem":  # of which nothing is told but the budget
        reported = list(zip(job.stages, known.by_stage, strict=False))
        wanted.append(("list of stages", _stages(told), reported))
    if known.result is not None:
        wanted.append(("result", told.get("result"), known.result))
    if known.receipt is not None:
        wanted.append(("hash", signed.hash, known.receipt))
    for what, found, expected in wanted:
        if found != expected:
            raise BadReceipt(f"the receipt has another {what} than the ledger")


def _stages(receipt: Mapping[str, Any]) -> object:
    try:
        return [(each["stage"], each["totem"]) for each in receipt["by_stage"]]
    except (KeyError, TypeError):
        return None
