"""The consortium's certificate authority: a folder with its key, what it issued, what it revoked.

authority.pem     its own certificate, the first of which genesis holds
authority.key     its key (0600)
revoked.pem       its latest list of revoked certificates
issued/SERIAL.pem every certificate it has signed
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from totemlang.diagnostics import UsageError
from totemlang.ledger.identity.attributes import encode_roles, unit
from totemlang.ledger.identity.certificates import (
    AuthorityCertificate,
    BadCertificate,
    MemberCertificate,
    checked_name,
    from_pem,
    read_authority,
    read_member,
)
from totemlang.ledger.identity.issuing import (
    AUTHORITY_DAYS,
    EARLY,
    MEMBER_DAYS,
    authority_certificate,
    blank,
    read_request,
    subject_of,
    usage,
)
from totemlang.ledger.identity.keys import (
    is_signed,
    load_key,
    new_key,
    replace,
    save_key,
    write_new,
)
from totemlang.ledger.identity.revocation import MAX_LIST, MAX_REVOKED, read_list


@frozen
class CertificateAuthority:
    """An authority whose key is at hand. Several processes may use its folder at once."""

    folder: Path
    certificate: AuthorityCertificate
    _key: ec.EllipticCurvePrivateKey = field(repr=False, eq=False)

    @classmethod
    def create(
        cls,
        folder: Path,
        name: str,
        *,
        passphrase: str | None = None,
        days: int = AUTHORITY_DAYS,
        now: datetime | None = None,
    ) -> CertificateAuthority:
        """Make an authority called `name` in a new folder, with an empty list of revocations.

        Raises:
            UsageError: where there is one already, or the folder cannot be written.
        """
        key = new_key()
        try:
            subject = subject_of(checked_name(name), checked_name(name), "authority")
        except BadCertificate as error:
            raise UsageError(str(error)) from None
        begins = (now or datetime.now(UTC)) - EARLY
        text = authority_certificate(key, subject, begins, days)
        try:
            (folder / "issued").mkdir(mode=0o700, parents=True, exist_ok=True)
            save_key(key, folder / "authority.key", passphrase)
            made = cls(folder, read_authority(from_pem(text)), key)
            made._write_list(1, (), begins)
            write_new(folder / "authority.pem", text, 0o644)
        except OSError as error:
            raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
        return made

    @classmethod
    def load(cls, folder: Path, passphrase: str | None = None) -> CertificateAuthority:
        """Open an authority's folder. Raises UsageError."""
        try:
            certificate = read_authority(from_pem((folder / "authority.pem").read_bytes()))
        except OSError as error:
            raise UsageError(f"{folder} is no authority's folder: {error.strerror}") from None
        except BadCertificate as error:
            raise UsageError(f"{folder / 'authority.pem'}: {error}") from None
        key = load_key(folder / "authority.key", passphrase)
        if key.public_key() != certificate.key:
            raise UsageError(f"the key in {folder} does not belong to its certificate")
        return cls(folder, certificate, key)

    def renew_own(
        self, *, days: int = AUTHORITY_DAYS, now: datetime | None = None
    ) -> CertificateAuthority:
        """The same authority with a new certificate: same name, same key, a later end.

        The new certificate then goes to the ledger; members' certificates stay what they are.
        The old one is kept beside it.

        Raises:
            UsageError: where it would not count longer, or the folder cannot be written.
        """
        old = self.certificate
        begins = (now or datetime.now(UTC)) - EARLY
        text = authority_certificate(self._key, old.certificate.subject, begins, days)
        renewed = read_authority(from_pem(text))
        if renewed.ends <= old.ends:
            raise UsageError("the certificate would not count longer than the one it has")
        kept = self.folder / f"authority-{old.certificate.serial_number:x}.pem"
        try:
            with self._alone():
                if not kept.exists():
                    write_new(kept, old.pem.encode(), 0o644)
                replace(self.folder / "authority.pem", text, 0o644)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be written: {error.strerror}") from None
        return CertificateAuthority(self.folder, renewed, self._key)

    def enrol(
        self,
        request: bytes,
        roles: Iterable[str],
        *,
        days: int = MEMBER_DAYS,
        now: datetime | None = None,
    ) -> str:
        """Sign a member's request: a certificate in PEM that names his roles.

        Who runs the authority has seen that the request is from whom it names.

        Raises:
            UsageError: for a malformed request, one that its key did not sign, unknown roles.
        """
        name, organisation, key = read_request(request)
        return self._issue(name, organisation, key, frozenset(roles), days, now)

    def renew(
        self,
        request: bytes,
        certificate: str,
        *,
        proof: bytes | None = None,
        days: int = MEMBER_DAYS,
        now: datetime | None = None,
    ) -> str:
        """A new certificate for the member of an old one that still counts, with the same roles.

        The request is made with the old key, or `proof` is the old key's signature of it.

        Raises:
            UsageError: where the old one is not this authority's, is out of time or revoked, or
                the request is another's.
        """
        old = self._own(certificate)
        name, organisation, key = read_request(request)
        moment = now or datetime.now(UTC)
        if not old.begins <= moment <= old.ends:
            raise UsageError("the certificate is out of time: the member enrols again")
        if old.serial in self.revoked():
            raise UsageError("the certificate is revoked: the member enrols again")
        if (name, organisation) != (old.name, old.organisation):
            raise UsageError("the request is another member's")
        if key != old.key and (proof is None or not is_signed(old.key, proof, request)):
            raise UsageError("the request has another key, and the old one has not signed it")
        return self._issue(name, organisation, key, old.roles, days, now)

    def revoke(self, certificate: str, *, now: datetime | None = None) -> bytes:
        """Revoke a certificate for ever: the new list, in PEM, which then goes to the ledger.

        Raises:
            UsageError: where it is not this authority's, or the list is full.
        """
        serial = self._own(certificate).serial
        with self._alone():
            number, serials = self._list()
            if len(serials) >= MAX_REVOKED:
                raise UsageError(f"more than {MAX_REVOKED:,} revoked: make a new authority")
            self._write_list(number + 1, serials | {serial}, now or datetime.now(UTC))
            return self.revocation_list()

    def revocation_list(self) -> bytes:
        """The latest list, in PEM. Raises UsageError."""
        try:
            with (self.folder / "revoked.pem").open("rb") as file:
                return file.read(MAX_LIST + 1)
        except OSError as error:
            raise UsageError(f"the list of revocations: {error.strerror}") from None

    def revoked(self) -> frozenset[str]:
        """Serial numbers of what is revoked, in hex."""
        return self._list()[1]

    def issued(self) -> Iterator[MemberCertificate]:
        """Every certificate that this authority has signed, by serial number."""
        for path in sorted((self.folder / "issued").glob("*.pem")):
            yield self._own(path.read_text())

    def _own(self, certificate: str) -> MemberCertificate:
        try:
            member = read_member(from_pem(certificate))
        except BadCertificate as error:
            raise UsageError(f"the certificate: {error}") from None
        if not self.certificate.signed(member):
            raise UsageError("this authority did not sign the certificate")
        return member

    def _issue(
        self,
        name: str,
        organisation: str,
        key: ec.EllipticCurvePublicKey,
        roles: frozenset[str],
        days: int,
        now: datetime | None,
    ) -> str:
        begins = (now or datetime.now(UTC)) - EARLY
        try:
            attributes = encode_roles(name, roles)
        except ValueError as error:
            raise UsageError(str(error)) from None
        builder = blank(
            subject_of(name, organisation, unit(roles)),
            self.certificate.certificate.subject,
            key,
            self._key,
            begins,
            days,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(usage(authority=False), True)
        builder = builder.add_extension(attributes, False)
        made = builder.sign(self._key, hashes.SHA256())
        text = made.public_bytes(serialization.Encoding.PEM)
        member = read_member(from_pem(text))
        try:
            write_new(self.folder / "issued" / f"{member.serial}.pem", text, 0o644)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be written: {error.strerror}") from None
        return text.decode()

    def _list(self) -> tuple[int, frozenset[str]]:
        try:
            found = read_list(self.revocation_list(), self.certificate)
        except BadCertificate as error:
            raise UsageError(f"the list of revocations: {error}") from None
        return found.number, found.serials

    def _write_list(self, number: int, serials: Iterable[str], now: datetime) -> None:
        builder = x509.CertificateRevocationListBuilder()
        builder = builder.issuer_name(self.certificate.certificate.subject)
        builder = builder.last_update(now).next_update(now + timedelta(days=AUTHORITY_DAYS))
        builder = builder.add_extension(x509.CRLNumber(number), False)
        for serial in sorted(serials):
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
            builder = builder.add_revoked_certificate(entry.revocation_date(now).build())
        text = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        try:
            replace(self.folder / "revoked.pem", text, 0o644)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be written: {error.strerror}") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
