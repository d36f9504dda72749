"""Access keys: made by the provider, held by the consumer, proved with every submission (S404).

A provider keeps one secret, of which the key of every request follows: there is no list of keys
to lose, and a key that was not delivered can be delivered again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from attrs import evolve, field, frozen

from totemlang.diagnostics import UsageError
from totemlang.ledger.canonical import canonical
from totemlang.ledger.client.answers import AccessRequest, Delivery
from totemlang.ledger.client.job_answers import Access, Job, Offer, Sent
from totemlang.ledger.client.ledger import Ledger
from totemlang.ledger.client.reading import to_document
from totemlang.ledger.contract.deliveries import salted
from totemlang.ledger.contract.requests import access_key_hash, access_proof
from totemlang.ledger.contract.submission import submission_digest
from totemlang.ledger.identity.keys import write_new

SECRET_FILE = "access.secret"
"""The provider's secret, in the folder of his identity."""

SALT_BYTES = 16
_SECRET_BYTES = 32


@frozen
class AccessKeys:
    """The keys of a provider's requests on one ledger. Members of one organisation share them."""

    ledger: Ledger
    _secret: bytes = field(repr=False)

    @classmethod
    def kept(cls, ledger: Ledger, folder: str | Path) -> AccessKeys:
        """With the secret in a folder, which is made (0600) where there is none.

        Raises:
            UsageError: where it cannot be read or made, or others may read it.
        """
        path = Path(folder) / SECRET_FILE
        try:
            if not path.exists():
                with suppress(FileExistsError):  # where another process is faster, its counts
                    write_new(path, os.urandom(_SECRET_BYTES).hex().encode() + b"\n", 0o600)
            with path.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise UsageError(f"others may read {path}: protect it with chmod 600")
                text = file.read(4 * _SECRET_BYTES)
            secret = bytes.fromhex(text.decode("ascii"))
        except OSError as error:
            raise UsageError(f"{path} cannot be used: {error.strerror}") from None
        except ValueError:
            raise UsageError(f"{path} holds no secret") from None
        if len(secret) < _SECRET_BYTES:
            raise UsageError(f"{path} holds no secret")
        return cls(ledger, secret)

    def key(self, request: str) -> bytes:
        """The access key of a request, 32 bytes."""
        text = canonical(["totem access key of 1", self.ledger.id, request])
        return hmac.new(self._secret, text, hashlib.sha256).digest()

    def grant(self, request: str, expires: datetime) -> AccessRequest:
        """Grant a request until a time, and deliver its key."""
        found = self.ledger.request_grant(
            request, access_key_hash(request, self.key(request)), expires
        )
        self.deliver(request)
        return found

    def deliver(self, request: str) -> Delivery:
        """Deliver the key of a granted request, again if need be."""
        value = salted(self.key(request).hex(), os.urandom(SALT_BYTES))
        return self.ledger.key_deliver(request, hashlib.sha256(value).hexdigest(), value)

    def is_proven(self, job: Job, part: int) -> bool:
        """Whether whoever submitted a part holds the keys of all its data sets."""
        return all(
            hmac.compare_digest(
                used.proof, access_proof(self.key(used.request), used.request, job.submission)
            )
            for used in job.parts[part].data.values()
        )


def access_key(ledger: Ledger, request: str) -> bytes:
    """The access key of one's own granted request.

    Raises:
        Refusal: where nothing has been delivered, or the request is another's.
        UsageError: where what was delivered is no key.
    """
    value = ledger.key_read(request).value
    try:
        return bytes.fromhex(value)
    except (ValueError, TypeError):
        raise UsageError(f"what was delivered for request {request} is no access key") from None


def prove(
    bytecode: bytes,
    source_hash: str,
    parts: Sequence[Offer],
    keys: Mapping[str, bytes],
    parameters: str | None = None,
    sent: Mapping[str, Sent] | None = None,
) -> tuple[Offer, ...]:
    """The parts of a submission with proofs made of the access keys, by request.

    Raises:
        UsageError: where the key of a request is missing.
    """
    submission = submission_digest(
        bytecode, source_hash, parameters, to_document(sent or {}), to_document(tuple(parts))
    )

    def proven(access: Access) -> Access:
        if access.request not in keys:
            raise UsageError(f"the access key of request {access.request} is missing")
        proof = access_proof(keys[access.request], access.request, submission)
        return evolve(access, proof=proof)

    return tuple(
        evolve(part, data={name: proven(access) for name, access in part.data.items()})
        for part in parts
    )
