"""Lists of revoked certificates (X.509 CRL), numbered and signed by their authority."""

from __future__ import annotations

from attrs import frozen
from cryptography import x509

from totemlang.ledger.identity.certificates import UNREADABLE, AuthorityCertificate, BadCertificate

MAX_LIST = 2**20
"""Bytes of a list in PEM."""

MAX_REVOKED = 10_000
"""Certificates of a list."""


@frozen
class RevocationList:
    """Serial numbers (hex) that an authority has revoked; `number` grows with every list."""

    authority: str
    number: int
    serials: frozenset[str]


def read_list(text: bytes, authority: AuthorityCertificate) -> RevocationList:
    """Read a list in PEM that an authority has signed.

    Raises:
        BadCertificate: where it is none, another signed it, or it is too large.
    """
    if len(text) > MAX_LIST:
        raise BadCertificate("the revocation list is too large")
    try:
        found = x509.load_pem_x509_crl(text)
        if not found.is_signature_valid(authority.key):
            raise BadCertificate("the authority did not sign the revocation list")
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        if len(found) > MAX_REVOKED:
            raise BadCertificate(f"more than {MAX_REVOKED:,} revoked certificates")
        serials = frozenset(f"{entry.serial_number:x}" for entry in found)
    except x509.ExtensionNotFound:
        raise BadCertificate("the revocation list has no number") from None
    except UNREADABLE as error:
        if isinstance(error, BadCertificate):
            raise
        raise BadCertificate("no readable revocation list") from None
    if found.issuer != authority.certificate.subject or not 0 < number < 2**63:
        raise BadCertificate("the revocation list is not the authority's")
    return RevocationList(authority.fingerprint, number, serials)
