"""Authorities whose certificates were renewed after the ledger began: state that all replay alike.

Genesis names the authorities for ever; what is renewed is their certificates, which end. A renewed
one has the key and name of the one before, and that key has signed it, so whoever brings it needs
no role. Members' certificates from before count under it, and what was revoked stays revoked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from totemlang.ledger.canonical import canonical, parse_own
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.world import Readable
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.identity import (
    Authority,
    AuthorityCertificate,
    BadCertificate,
    Trust,
    from_pem,
    read_authority,
)
from totemlang.ledger.stub import Stub

SPACE = "chain"
"""Where the chain keeps its own state, apart from the contract's."""

RENEW = "chain_renew"
"""The chain's own function: it takes `certificate`, an authority's renewed one in PEM."""

MAX_RENEWED = 100
"""Certificates that a ledger takes in anew."""

_RENEWED = "renewed"


def trusted(world: Readable, genesis: Trust) -> Trust:
    """Who is believed in a state: the authorities of genesis, and their renewed certificates.

    Raises:
        BrokenLedger: where the state is malformed.
    """
    known = world.get(SPACE, _RENEWED)
    return genesis if known is None else _extended(genesis.authorities, known)


def renew(trust: Trust, stub: Stub, arguments: Mapping[str, object]) -> object:
    """Take in a renewed certificate: until when it counts. Raises Refusal."""
    found = _brought(trust, arguments)
    stored = stub.get(_RENEWED)
    renewed = [] if stored is None else parse_own(stored)
    if len(renewed) >= MAX_RENEWED:
        raise Refusal(Reason.LIMIT)
    certificate = found.certificate
    stub.put(_RENEWED, canonical([*renewed, [found.line, certificate.pem]]))
    return {"authority": certificate.name, "until": certificate.ends.isoformat()}


def renewing(trust: Trust, call: Transaction | None) -> Trust:
    """Who is believed of a call, and of the block that it begins.

    A call that brings a renewed certificate is believed under that one, too: so an authority is
    renewed even where its certificate has ended, and with it everybody's.
    """
    if call is None or call.function != RENEW:
        return trust
    try:
        return Trust((*trust.authorities, _brought(trust, call.arguments)))
    except Refusal:
        return trust


def _brought(trust: Trust, arguments: Mapping[str, object]) -> Authority:
    """The authority under the certificate that a call brings. Raises Refusal."""
    text = arguments.get("certificate")
    if not isinstance(text, str) or set(arguments) != {"certificate"}:
        raise Refusal(Reason.ARGUMENT, f"{RENEW} takes certificate, an authority's in PEM")
    try:
        found = read_authority(from_pem(text))
    except (BadCertificate, UnicodeEncodeError) as error:
        raise Refusal(Reason.ARGUMENT, f"certificate: {error}") from None
    line = [known for known in trust.authorities if _is_same(known.certificate, found)]
    if not line:
        raise Refusal(Reason.ARGUMENT, "no authority of the consortium has this name and key")
    if found.ends <= max(known.certificate.ends for known in line):
        raise Refusal(Reason.EXISTS, "the ledger has a certificate that counts as long")
    return Authority(found, line[0].organisations, line[0].line)


def _is_same(known: AuthorityCertificate, found: AuthorityCertificate) -> bool:
    same_name = known.certificate.subject == found.certificate.subject
    return same_name and known.key == found.key


@lru_cache(16)
def _extended(authorities: tuple[Authority, ...], renewed: bytes) -> Trust:
    first = {authority.line: authority for authority in authorities}
    try:
        later = tuple(
            Authority(read_authority(from_pem(text)), first[line].organisations, line)
            for line, text in parse_own(renewed)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # The file's state may be a stranger's: only replay makes sure of it.
        message = "the renewed certificates of authorities are malformed"
        raise BrokenLedger(Finding(Fault.STATE, message)) from None
    return Trust(authorities + later)
