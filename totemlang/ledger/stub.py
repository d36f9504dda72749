"""What the contract may use of a ledger: exactly what a Hyperledger Fabric chaincode has.

A call reads the state as it was when the call began: a write is not visible to a later read of
the same call. Public and private writes never stand in one call, and a call raises at most one
event. Whatever breaks this raises `StubMisuse`, in every ledger alike, for it is an error of the
contract and not of its caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

MAX_KEY_BYTES = 512
"""Bytes of a key in UTF-8."""

MAX_VALUE_BYTES = 2 * 2**20
"""Bytes of a value, public or private."""

MAX_EVENT_BYTES = 64 * 2**10
"""Bytes of an event's payload."""


class StubMisuse(Exception):
    """The contract did what no chaincode may do; nothing of the call takes effect."""


@frozen
class Caller:
    """Who calls, as the ledger has verified it before the contract runs.

    `fingerprint` is SHA-256, in hex, of the certificate in DER; `organisation` the MSP's name (O),
    `name` the common name (CN). A member keeps organisation and name when he renews his
    certificate, so these two, not the fingerprint, own what he owns.
    """

    certificate: str = field(repr=False)
    fingerprint: str
    organisation: str
    name: str
    roles: frozenset[str] = field(converter=frozenset)

    @property
    def member(self) -> str:
        """How the state names him: `name@organisation`."""
        return f"{self.name}@{self.organisation}"


class Stub(Protocol):
    """The ledger during one call. Keys are texts of 1 to `MAX_KEY_BYTES` bytes in UTF-8.

    Any method may raise `LedgerUnreachable`.
    """

    def get(self, key: str) -> bytes | None:
        """The value of a key when the call began, None where there is none."""

    def put(self, key: str, value: bytes) -> None:
        """Set a value, which is not empty; it takes effect when the call ends well."""

    def delete(self, key: str) -> None:
        """Take a key out; one that is not there is no error."""

    def range(self, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        """Keys from `start` to before `end` when the call began, in the order of their UTF-8."""

    def private_get(self, collection: str, key: str) -> bytes | None:
        """The value of a private key, where this ledger's owner may read the collection.

        A collection bears the name of the organisation that reads it; everybody may write to it.
        """

    def private_put(self, collection: str, key: str, value: bytes) -> None:
        """Set a private value: the ledger has SHA-256 of it alone, so it must hold a salt."""

    def private_hash(self, collection: str, key: str) -> bytes | None:
        """SHA-256 of a private value (32 bytes), which every member can read."""

    def event(self, name: str, payload: bytes) -> None:
        """Tell those who listen, when the call has taken effect. Once a call."""

    def caller(self) -> Caller:
        """Who calls."""

    def time(self) -> datetime:
        """The transaction's time, aware and in UTC; never before that of an earlier block."""

    def transaction_id(self) -> str:
        """The transaction's id: 64 hex digits, never the same twice."""

    def transient(self) -> Mapping[str, bytes]:
        """Values that came with the call and are written nowhere but where the contract puts them.

        They are not there when the ledger is replayed: the contract uses them for private values
        alone, whose hash an argument states.
        """
