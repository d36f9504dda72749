"""Entering a provider's resources with a one-time code, which is good for one part, one key, once.

The consumer issues a code on the ledger and shows it to the provider, signed with the key that it
is bound to; the provider spends it there, and only then lets him in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from totemlang.diagnostics import UsageError
from totemlang.ledger.canonical import canonical
from totemlang.ledger.client import Ledger
from totemlang.ledger.contract.codes import hash_of_code
from totemlang.ledger.identity import is_signed
from totemlang.ledger.identity.keys import is_p256
from totemlang.node.delivery import Delivery
from totemlang.node.handing_over import released
from totemlang.node.keeping import Keeping

CODE_BYTES = 16
"""Random bytes of a code: 128 bits."""


@frozen
class Entry:
    """What a consumer shows: the code, his public key (DER), and the key's signature."""

    ledger: str
    job: str
    part: int
    code: str = field(repr=False)
    key: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def key_hash(self) -> str:
        """What the ledger has of the key."""
        return hashlib.sha256(self.key).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """As it is shown."""
        return {
            "ledger": self.ledger,
            "job": self.job,
            "part": self.part,
            "code": self.code,
            "key": base64.b64encode(self.key).decode(),
            "signature": base64.b64encode(self.signature).decode(),
        }

    @classmethod
    def from_json(cls, document: object) -> Entry:
        """Read it back; nothing is verified. Raises UsageError."""
        try:
            if not isinstance(document, Mapping) or len(document) != 6:
                raise ValueError
            words = [document[name] for name in ("ledger", "job", "code")]
            part = document["part"]
            if not all(isinstance(word, str) for word in words) or type(part) is not int:
                raise ValueError
            key, signature = (
                base64.b64decode(document[name], validate=True) for name in ("key", "signature")
            )
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise UsageError("this is no entry with a one-time code") from None
        ledger, job, code = words
        return cls(ledger, job, part, code, key, signature)


def issue(ledger: Ledger, job: str, part: int) -> Entry:
    """A fresh code for a part of one's own job, bound to one's own key.

    It is good for fifteen minutes from now, while the job is accepted or runs.
    """
    identity, code = ledger.me, secrets.token_hex(CODE_BYTES)
    key = identity.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key_hash = hashlib.sha256(key).hexdigest()
    ledger.code_issue(job, part, key_hash, hash_of_code(job, part, key_hash, code))
    signature = identity.sign(_shown(ledger.id, job, part, code))
    return Entry(ledger.id, job, part, code, key, signature)


def let_in(ledger: Ledger, keeping: Keeping, entry: Entry) -> Delivery:
    """Spend a code that is shown, and give what the part came to; see `ProviderNode.let_in`."""
    job = ledger.job_show(entry.job)
    found = released(keeping, job, entry.part) if entry.part < len(job.parts) else None
    if found is None:  # the code stays good
        raise UsageError("there is nothing to hand over yet")
    admit(ledger, entry)
    return found


def admit(ledger: Ledger, entry: Entry) -> None:
    """Hold an entry to its signature, then spend its code on the ledger.

    Raises:
        UsageError: where the key did not sign for this.
        Refusal: where the code is not valid for it, was used, or is too old.
    """
    try:
        key = serialization.load_der_public_key(entry.key)
    except (ValueError, TypeError):
        raise UsageError("the entry has no public key") from None
    shown = _shown(entry.ledger, entry.job, entry.part, entry.code)
    if entry.ledger != ledger.id or not is_p256(key):
        raise UsageError("the entry is for another ledger, or its key is none on P-256")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not is_signed(key, entry.signature, shown):
        raise UsageError("the entry is not signed with its key")
    ledger.code_spend(entry.job, entry.part, entry.key_hash, entry.code)


def _shown(ledger: str, job: str, part: int, code: str) -> bytes:
    return canonical(["totem entry 1", ledger, job, part, code])
