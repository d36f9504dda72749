"""A member's identity: key and certificate, in a folder of his own; the key never leaves it."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from totemlang.diagnostics import UsageError
from totemlang.ledger.identity.certificates import (
    MAX_CERTIFICATE,
    BadCertificate,
    MemberCertificate,
    checked_name,
    from_pem,
    read_member,
)
from totemlang.ledger.identity.keys import load_key, new_key, replace, save_key, sign

KEY_FILE = "key.pem"
CERTIFICATE_FILE = "certificate.pem"


@frozen
class Identity:
    """Who signs: a certificate and the key that belongs to it."""

    certificate: MemberCertificate
    key: ec.EllipticCurvePrivateKey = field(repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Hold that the key is the certificate's."""
        if self.key.public_key() != self.certificate.key:
            raise UsageError("the key does not belong to the certificate")

    @property
    def member(self) -> str:
        """`name@organisation`."""
        return self.certificate.member

    def sign(self, text: bytes) -> bytes:
        """His signature of a text."""
        return sign(self.key, text)

    @classmethod
    def of(cls, certificate: str | bytes, key: ec.EllipticCurvePrivateKey) -> Identity:
        """From a certificate in PEM. Raises UsageError where it is none, or another's."""
        try:
            return cls(read_member(from_pem(certificate)), key)
        except BadCertificate as error:
            raise UsageError(f"the certificate cannot be used: {error}") from None

    @classmethod
    def load(cls, folder: Path, passphrase: str | None = None) -> Identity:
        """From a member's folder. Raises UsageError."""
        path = folder / CERTIFICATE_FILE
        try:
            with path.open("rb") as file:
                text = file.read(2 * MAX_CERTIFICATE + 1)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
        return cls.of(text, load_key(folder / KEY_FILE, passphrase))


def new_member(folder: Path, name: str, organisation: str, passphrase: str | None = None) -> bytes:
    """Make a key in a new folder (0700) and give the request that the authority signs, in PEM.

    Raises:
        UsageError: for a name that none may bear, or a folder that holds a key already.
    """
    key = new_key()
    request = request_certificate(key, name, organisation)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    save_key(key, folder / KEY_FILE, passphrase)
    return request


def save_certificate(folder: Path, certificate: str | bytes) -> MemberCertificate:
    """Keep a certificate beside its key, in the place of an older one.

    Raises:
        UsageError: where it is none, or cannot be written.
    """
    try:
        member = read_member(from_pem(certificate))
        replace(folder / CERTIFICATE_FILE, member.pem.encode(), 0o644)
    except BadCertificate as error:
        raise UsageError(f"the certificate cannot be used: {error}") from None
    except OSError as error:
        raise UsageError(f"{folder / CERTIFICATE_FILE}: {error.strerror}") from None
    return member


def request_certificate(key: ec.EllipticCurvePrivateKey, name: str, organisation: str) -> bytes:
    """A signing request in PEM, which proves that whoever asks has the key. Raises UsageError."""
    try:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, checked_name(organisation)),
                x509.NameAttribute(NameOID.COMMON_NAME, checked_name(name)),
            ]
        )
    except BadCertificate as error:
        raise UsageError(str(error)) from None
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
