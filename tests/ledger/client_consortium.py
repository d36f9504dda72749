"""A consortium of five on the embedded ledger, each member with a client, for tests above it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from attrs import define, field
from consortium import BEGIN, ORGANISATIONS, PRICES, RULES

from totemlang.ledger.chain import Chain
from totemlang.ledger.client import Ledger
from totemlang.ledger.contract import execute
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    new_key,
    request_certificate,
)

FIVE = (
    ("gro", "grid", ("operator",)),
    ("lise", "lab", ("operator",)),
    ("nora", "north", ("provider",)),
    ("sam", "south", ("provider",)),
    ("ada", "lab", ("consumer",)),
    ("bob", "lab", ("consumer",)),
    ("carl", "court", ("auditor",)),
)


@define
class Members:
    """The ledger and its members' clients by name; the clock goes on a second with each look."""

    path: Path
    now: datetime = BEGIN
    ledgers: dict[str, Ledger] = field(factory=dict)
    begun: datetime = BEGIN

    def clock(self) -> datetime:
        """What time it is."""
        self.now += timedelta(seconds=1)
        return self.now

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def __getitem__(self, name: str) -> Ledger:
        """A member's client."""
        return self.ledgers[name]

    def source_hash(self, text: str) -> str:
        """What a submission says of its source."""
        return hashlib.sha256(text.encode()).hexdigest()


def members(folder: Path, totem: int = 10_000) -> Members:
    """Found the consortium; Ada and Bob of the lab are granted so much."""
    found = Members(folder / "ledger.db")
    authority = CertificateAuthority.create(folder / "ca", "valley", now=BEGIN)
    trusted = [Authority(authority.certificate)]
    for name, organisation, roles in FIVE:
        key = new_key()
        request = request_certificate(key, name, organisation)
        identity = Identity.of(authority.enrol(request, roles, now=BEGIN), key)
        if not found.path.exists():
            chain = Chain.create(
                found.path, execute, identity, "valley", trusted, clock=found.clock
            )
            chain.close()
        found.ledgers[name] = Ledger.open(found.path, identity, clock=found.clock)
    consortium = found["gro"].consortium_found("valley", ORGANISATIONS, RULES, PRICES)
    found.begun = consortium.founded
    for name in ("ada", "bob", "nora", "sam"):
        found[name].account_open()
    for name in ("ada", "bob"):
        found["gro"].account_grant(found[name].member, totem)
    return found
