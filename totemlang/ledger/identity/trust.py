"""Who is believed: the consortium's authorities, at a time, less what they have revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from totemlang.ledger.identity.certificates import (
    AuthorityCertificate,
    BadCertificate,
    MemberCertificate,
    checked_name,
    from_pem,
    read_authority,
    read_member,
)
from totemlang.ledger.stub import Caller

MAX_AUTHORITIES = 64
"""Authorities of a consortium."""

Revoked = Callable[[str, str], bool]
"""Whether an authority (its line) has revoked a serial number (hex)."""


class Untrusted(ValueError):
    """A certificate that does not count: unknown authority, out of time, or revoked."""


@frozen
class Authority:
    """An authority and the organisations whose members it may name; none listed: all of them.

    The consortium's own authority names all; an organisation with its own is listed under it.
    `line` is the fingerprint of its first certificate, which it keeps when that is renewed: what
    it has revoked stays revoked.
    """

    certificate: AuthorityCertificate
    organisations: frozenset[str] = frozenset()
    line: str = field()

    @line.default
    def _first(self) -> str:
        return self.certificate.fingerprint

    def names(self, organisation: str) -> bool:
        """Whether it may name members of an organisation."""
        return not self.organisations or organisation in self.organisations

    def to_json(self) -> dict[str, Any]:
        """As genesis holds it."""
        return {
            "certificate": self.certificate.pem,
            "organisations": sorted(self.organisations),
        }

    @classmethod
    def from_json(cls, document: object) -> Authority:
        """Read it back. Raises BadCertificate."""
        if not isinstance(document, dict) or set(document) != {"certificate", "organisations"}:
            raise BadCertificate("an authority has a certificate and organisations")
        text, organisations = document["certificate"], document["organisations"]
        if not isinstance(text, str) or not isinstance(organisations, list):
            raise BadCertificate("an authority has a certificate and organisations")
        names = frozenset(checked_name(name) for name in organisations)
        return cls(read_authority(from_pem(text)), names)


@define
class Trust:
    """The authorities of a consortium. What one has signed is worked out once a certificate."""

    authorities: tuple[Authority, ...]
    _signers: dict[str, tuple[Authority, ...]] = field(factory=dict, init=False, repr=False)

    def caller(self, der: bytes, at: datetime, revoked: Revoked) -> Caller:
        """Who a certificate names, if it counts at a time (aware, UTC).

        Raises:
            Untrusted: where it does not; the message says why.
        """
        try:
            member = read_member(der)
        except BadCertificate as error:
            raise Untrusted(str(error)) from None
        for authority in self.signers(member):
            within = authority.certificate
            if member.begins <= at <= member.ends and within.begins <= at <= within.ends:
                break
        else:
            raise Untrusted("the certificate is not valid at the time")
        if revoked(authority.line, member.serial):
            raise Untrusted("the certificate is revoked")
        roles: Any = member.roles  # the converter's type is one that mypy cannot bind
        return Caller(member.pem, member.fingerprint, member.organisation, member.name, roles)

    def signers(self, member: MemberCertificate) -> tuple[Authority, ...]:
        """Who signed a certificate: an authority, also as it was renewed with the same key.

        Raises:
            Untrusted: where no authority of the consortium did.
        """
        known = self._signers.get(member.fingerprint)
        if known is None:
            known = tuple(
                authority
                for authority in self.authorities
                if authority.names(member.organisation) and authority.certificate.signed(member)
            )
            if not known:
                raise Untrusted("no authority of the consortium has signed the certificate")
            self._signers[member.fingerprint] = known
        return known
