"""Certificates in the making: what goes into each, and the requests that members send for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from totemlang.diagnostics import UsageError
from totemlang.ledger.identity.certificates import UNREADABLE, BadCertificate, one_name
from totemlang.ledger.identity.keys import is_p256

MAX_REQUEST = 16 * 2**10
"""Bytes of a signing request in PEM."""

AUTHORITY_DAYS = 3650
MEMBER_DAYS = 365
EARLY = timedelta(minutes=5)
"""A certificate counts from a little earlier: clocks of one consortium differ by less."""


def authority_certificate(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, begins: datetime, days: int
) -> bytes:
    """An authority's certificate, in PEM, which it signs itself. Raises UsageError."""
    builder = blank(subject, subject, key.public_key(), key, begins, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    builder = builder.add_extension(usage(authority=True), True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def read_request(text: bytes) -> tuple[str, str, ec.EllipticCurvePublicKey]:
    """Name, organisation and key of a request that its own key has signed. Raises UsageError."""
    if len(text) > MAX_REQUEST:
        raise UsageError("the request is too large")
    try:
        request = x509.load_pem_x509_csr(text)
        key = request.public_key()
        if (
            not isinstance(key, ec.EllipticCurvePublicKey)
            or not is_p256(key)
            or not request.is_signature_valid
        ):
            raise UsageError("the request is not signed with its own key on P-256")
        name = one_name(request.subject, NameOID.COMMON_NAME)
        organisation = one_name(request.subject, NameOID.ORGANIZATION_NAME)
    except BadCertificate as error:
        raise UsageError(f"the request: {error}") from None
    except (InvalidSignature, *UNREADABLE):
        raise UsageError("no readable signing request") from None
    return name, organisation, key


def subject_of(name: str, organisation: str, ou: str) -> x509.Name:
    """The subject of a certificate."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, ou),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def blank(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    begins: datetime,
    days: int,
) -> x509.CertificateBuilder:
    """What every certificate has. Raises UsageError for a time that none counts for."""
    if not 0 < days <= 2 * AUTHORITY_DAYS:
        raise UsageError(f"a certificate counts for 1 to {2 * AUTHORITY_DAYS} days")
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days) + EARLY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
        .add_extension(signed_by, False)
    )


def usage(*, authority: bool) -> x509.KeyUsage:
    """What a key may sign: certificates and revocations, or else transactions."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
