"""Revoked certificates are state of the ledger: an authority's signed lists, each newer one whole.

Whoever brings a list needs no role, for the authority has signed it. From the next transaction on
what it names neither calls nor seals, and no later list can take a revocation back.
"""

from __future__ import annotations

from collections.abc import Mapping

from totemlang.ledger.canonical import canonical, parse_own
from totemlang.ledger.chain.authorities import SPACE
from totemlang.ledger.chain.world import Readable
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.identity import BadCertificate, RevocationList, Trust, read_list
from totemlang.ledger.stub import Stub

REVOKE = "chain_revoke"
"""The chain's own function: it takes `list`, an authority's revocation list in PEM."""


def revoke(trust: Trust, stub: Stub, arguments: Mapping[str, object]) -> object:
    """Take in a list: how many certificates it revokes anew. Raises Refusal."""
    text = arguments.get("list")
    if not isinstance(text, str) or set(arguments) != {"list"}:
        raise Refusal(Reason.ARGUMENT, f"{REVOKE} takes list, a revocation list in PEM")
    line, found = _read(trust, text)
    known = stub.get(_list(line))
    older = set() if known is None else set(parse_own(known)["serials"])
    if known is not None and parse_own(known)["number"] >= found.number:
        raise Refusal(Reason.EXISTS, "the ledger has a list of this authority that is as new")
    if not older <= found.serials:
        raise Refusal(Reason.ARGUMENT, "the list leaves out what was revoked before")
    serials = sorted(found.serials)
    stub.put(_list(line), canonical({"number": found.number, "serials": serials}))
    for serial in sorted(found.serials - older):
        stub.put(_serial(line, serial), b"1")
    return {"revoked": len(found.serials - older)}


def is_revoked(world: Readable, authority: str, serial: str) -> bool:
    """Whether the state of the ledger has a certificate as revoked; `authority` is its line."""
    return world.get(SPACE, _serial(authority, serial)) is not None


def _read(trust: Trust, text: str) -> tuple[str, RevocationList]:
    for authority in trust.authorities:
        try:
            return authority.line, read_list(text.encode(), authority.certificate)
        except (BadCertificate, UnicodeEncodeError):
            continue
    raise Refusal(Reason.ARGUMENT, "no authority of the consortium has signed this list")


def _list(authority: str) -> str:
    return f"list/{authority}"


def _serial(authority: str, serial: str) -> str:
    return f"revoked/{authority}/{serial}"
