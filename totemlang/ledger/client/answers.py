"""What the contract answers about members, accounts, tables, data sets and requests.

Amounts are totem, whole numbers below 2^63; times are aware, in UTC; hashes are SHA-256 in hex.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from totemlang.ledger.client.reading import Answer, optional, renamed


@frozen
class Consortium(Answer):
    """The consortium: the roles that each organisation may hold, its first tables."""

    name: str
    organisations: Mapping[str, tuple[str, ...]]
    founded: datetime
    founder: str
    rules: str
    prices: str


@frozen
class Admission(Answer):
    """A proposal to admit an organisation, or to give one more roles."""

    organisation: str
    roles: tuple[str, ...]
    proposer: str
    approved_by: tuple[str, ...]
    state: str
    changed: datetime
    deadline: datetime | None


@frozen
class Admissions(Answer):
    """A page of proposals."""

    organisations: tuple[Admission, ...]
    next: str | None

    @property
    def items(self) -> tuple[Admission, ...]:
        """What is on the page."""
        return self.organisations


@frozen
class Balance(Answer):
    """An account: `balance` can be spent, `reserved` is in escrow; the others only grow."""

    member: str
    balance: int
    reserved: int
    granted: int
    spent: int
    earned: int
    entries: int


@frozen
class Movement(Answer):
    """One movement of an account, with what it held afterwards."""

    number: int
    time: datetime
    event: str
    totem: int
    balance: int
    reserved: int
    transaction: str
    job: str | None = optional()
    who: str | None = optional()
    note: str | None = optional()


@frozen
class Movements(Answer):
    """A page of an account's history."""

    member: str
    entries: tuple[Movement, ...]
    next: str | None

    @property
    def items(self) -> tuple[Movement, ...]:
        """What is on the page."""
        return self.entries


@frozen
class Supply(Answer):
    """All totem that was ever granted."""

    granted: int


@frozen
class TableVersion(Answer):
    """A version of rules or prices; `since` is when it came or comes into force."""

    kind: str
    hash: str
    state: str
    changed: datetime
    proposer: str
    approved_by: tuple[str, ...]
    starts: datetime
    since: datetime | None = renamed("from")
    text: str | None = optional()


@frozen
class Force(Answer):
    """From when a version is in force."""

    hash: str
    since: datetime = renamed("from")


@frozen
class TableVersions(Answer):
    """Every version that is or comes into force, and the hash of the one that is now."""

    kind: str
    versions: tuple[Force, ...]
    in_force: str


@frozen
class Dataset(Answer):
    """A data set of the catalogue; `metadata` and `policy` (JSON texts) where it was shown."""

    dataset: str
    organisation: str
    provider: str
    about: str
    billing: str
    metadata_hash: str
    version: str
    versions: int
    state: str
    changed: datetime
    metadata: str | None = optional()
    policy: str | None = optional()


@frozen
class Catalogue(Answer):
    """A page of the catalogue."""

    datasets: tuple[Dataset, ...]
    next: str | None

    @property
    def items(self) -> tuple[Dataset, ...]:
        """What is on the page."""
        return self.datasets


@frozen
class AccessRequest(Answer):
    """A request for access to a data set; `deadline` of a granted one is when it expires."""

    request: str
    dataset: str
    provider: str
    consumer: str
    purpose: str
    asked: datetime
    key_hash: str | None
    state: str
    changed: datetime
    deadline: datetime | None
    reason: str | None = optional()


@frozen
class AccessRequests(Answer):
    """A page of requests."""

    requests: tuple[AccessRequest, ...]
    next: str | None

    @property
    def items(self) -> tuple[AccessRequest, ...]:
        """What is on the page."""
        return self.requests


@frozen
class Delivery(Answer):
    """Where a private value was put, and the hash that the ledger has of it."""

    collection: str
    key: str
    hash: str


@frozen
class PrivateValue(Answer):
    """A private value, without its salt."""

    value: Any


@frozen
class Revoked(Answer):
    """How many certificates a list revokes that were not revoked before."""

    revoked: int


@frozen
class Renewed(Answer):
    """An authority whose certificate was renewed, and until when that counts (ISO 8601)."""

    authority: str
    until: str
