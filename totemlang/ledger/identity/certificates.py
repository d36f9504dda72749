"""Certificates as values: what a member's and an authority's may say, and nothing else.

Certificates come with transactions, so from anybody: they are bounded, parsed once, and held to
one profile. Whether the authority that signed one is trusted is not decided here (see `trust`).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from attrs import field, frozen
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

from totemlang.ledger.identity.attributes import ATTRIBUTES, decode_roles, unit
from totemlang.ledger.identity.keys import is_p256

MAX_CERTIFICATE = 8 * 2**10
"""Bytes of a certificate in DER; in PEM twice as many."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KNOWN = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ATTRIBUTES,
}


class BadCertificate(ValueError):
    """A certificate, request or revocation list that the consortium does not take; says why."""


UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for a certificate that it cannot read."""


@frozen
class MemberCertificate:
    """What a member's certificate says. `fingerprint` is SHA-256 of `der`, in hex.

    `pem` is its one form in PEM. Who signed it is not said here, for only `trust` may believe it.
    """

    der: bytes = field(repr=False)
    pem: str = field(repr=False)
    fingerprint: str
    serial: str
    name: str
    organisation: str
    roles: frozenset[str]
    begins: datetime
    ends: datetime
    key: ec.EllipticCurvePublicKey = field(repr=False, eq=False)
    certificate: x509.Certificate = field(repr=False, eq=False)

    @property
    def member(self) -> str:
        """`name@organisation`, which stays when the certificate is renewed."""
        return f"{self.name}@{self.organisation}"


@frozen
class AuthorityCertificate:
    """What an authority's own certificate says; it signs itself."""

    der: bytes = field(repr=False)
    fingerprint: str
    name: str
    begins: datetime
    ends: datetime
    key: ec.EllipticCurvePublicKey = field(repr=False, eq=False)
    certificate: x509.Certificate = field(repr=False, eq=False)

    @property
    def pem(self) -> str:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def signed(self, certificate: MemberCertificate) -> bool:
        """Whether this authority signed a certificate: by name and by signature."""
        try:
            certificate.certificate.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True


def from_pem(text: str | bytes) -> bytes:
    """The DER of the one certificate in a PEM text. Raises BadCertificate."""
    data = text.encode() if isinstance(text, str) else text
    if len(data) > 2 * MAX_CERTIFICATE or data.count(b"-----BEGIN") != 1:
        raise BadCertificate("no single certificate in PEM")
    try:
        return x509.load_pem_x509_certificate(data).public_bytes(serialization.Encoding.DER)
    except UNREADABLE:
        raise BadCertificate("no certificate in PEM") from None


@lru_cache(1024)
def read_member(der: bytes) -> MemberCertificate:
    """Read a member's certificate. Raises BadCertificate where it is outside the profile."""
    certificate, key, name, organisation = _open(der)
    try:
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        attributes = extensions.get_extension_for_oid(ATTRIBUTES).value
        units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        if any(e.critical and e.oid not in _KNOWN for e in extensions):
            raise BadCertificate("a critical extension that is not known here")
    except x509.ExtensionNotFound:
        raise BadCertificate("an extension is missing that members' certificates have") from None
    except UNREADABLE as error:
        raise error if isinstance(error, BadCertificate) else _unreadable() from None
    if constraints.value.ca or not usage.digital_signature or usage.key_cert_sign or usage.crl_sign:
        raise BadCertificate("not a certificate for signing transactions")
    if not isinstance(attributes, x509.UnrecognizedExtension):
        raise BadCertificate("no attributes")
    try:
        roles = decode_roles(attributes.value)
    except ValueError as error:
        raise BadCertificate(str(error)) from None
    if [u.value for u in units] != [unit(roles)]:
        raise BadCertificate("the unit (OU) does not agree with the roles")
    return MemberCertificate(
        der=der,
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        serial=f"{certificate.serial_number:x}",
        name=name,
        organisation=organisation,
        roles=roles,
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        key=key,
        certificate=certificate,
    )


@lru_cache(64)
def read_authority(der: bytes) -> AuthorityCertificate:
    """Read an authority's own certificate. Raises BadCertificate where it is no such one."""
    certificate, key, name, _ = _open(der)
    try:
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        certificate.verify_directly_issued_by(certificate)
    except x509.ExtensionNotFound:
        raise BadCertificate("an extension is missing that authorities have") from None
    except (InvalidSignature, *UNREADABLE):
        raise BadCertificate("an authority that did not sign itself") from None
    if not constraints.value.ca or not usage.key_cert_sign or not usage.crl_sign:
        raise BadCertificate("not a certificate of an authority")
    return AuthorityCertificate(
        der=der,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        name=name,
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        key=key,
        certificate=certificate,
    )


def checked_name(text: object) -> str:
    """A name of a member or organisation, which stands in keys of the state.

    Raises:
        BadCertificate: for anything but 1 to 64 plain letters, digits and `._-`.
    """
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise BadCertificate("a name is 1 to 64 plain letters, digits and . _ -")
    return text


def one_name(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """The one CN or O of a subject. Raises BadCertificate."""
    found = subject.get_attributes_for_oid(oid)
    if len(found) != 1:
        raise BadCertificate("a subject has one name (CN) and one organisation (O)")
    return checked_name(found[0].value)


def _open(der: bytes) -> tuple[x509.Certificate, ec.EllipticCurvePublicKey, str, str]:
    if len(der) > MAX_CERTIFICATE:
        raise BadCertificate("too large for a certificate")
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
            raise BadCertificate("not signed with ECDSA and SHA-256")
        if certificate.public_bytes(serialization.Encoding.DER) != der:
            raise BadCertificate("bytes after the certificate")
        subject = certificate.subject
        name, organisation = (
            one_name(subject, oid) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        )
    except UNREADABLE as error:
        raise error if isinstance(error, BadCertificate) else _unreadable() from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not is_p256(key):
        raise BadCertificate("not a key on P-256")
    return certificate, key, name, organisation


def _unreadable() -> BadCertificate:
    return BadCertificate("not a readable certificate")
