"""The stub that the contract has of this ledger during one call.

It reads the state as it was when the call began and keeps the writes apart until the call ends,
so no write can be read back; what no chaincode may do raises `StubMisuse`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from attrs import define, field

from totemlang.ledger.canonical import canonical_own
from totemlang.ledger.chain.world import MAX_WRITTEN, Readable, Writes
from totemlang.ledger.stub import (
    MAX_EVENT_BYTES,
    MAX_KEY_BYTES,
    MAX_VALUE_BYTES,
    Caller,
    StubMisuse,
)

MAX_NAME = 256
"""Bytes of an event's or a collection's name."""


@define
class CallStub:
    """One call. It is of no use once the call has ended.

    `has_read_private` tells whether the call has asked for a private value.
    """

    _world: Readable
    _space: str
    _caller: Caller
    _time: datetime
    _id: str
    _transient: Mapping[str, bytes]
    _public: dict[str, bytes | None] = field(factory=dict, init=False)
    _private: dict[tuple[str, str], bytes] = field(factory=dict, init=False)
    _written: int = field(default=0, init=False)
    _read: dict[str, str | None] = field(factory=dict, init=False)
    _event: tuple[str, bytes] | None = field(default=None, init=False)
    _ended: bool = field(default=False, init=False)
    has_read_private: bool = field(default=False, init=False)

    def get(self, key: str) -> bytes | None:
        """See `Stub`."""
        self._go_on()
        value = self._world.get(self._space, _key(key))
        self._note(key, value)
        return value

    def put(self, key: str, value: bytes) -> None:
        """See `Stub`."""
        self._write_public(key, _value(value))

    def delete(self, key: str) -> None:
        """See `Stub`."""
        self._write_public(key, None)

    def range(self, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        """See `Stub`."""
        self._go_on()
        return self._range(_bound(start), _bound(end))

    def private_get(self, collection: str, key: str) -> bytes | None:
        """See `Stub`: a collection is read by those of the organisation whose name it bears."""
        self._go_on()
        self.has_read_private = True
        if collection != self._caller.organisation:
            raise StubMisuse("a private collection is read by its own organisation alone")
        value = self._world.private_value(collection, _key(key))
        self._note(f"{collection}\0{key}", value)
        return value

    def private_put(self, collection: str, key: str, value: bytes) -> None:
        """See `Stub`."""
        self._go_on()
        if self._public:
            raise StubMisuse("a private write after a public one")
        self._private[_name(collection), _key(key)] = _value(value)
        self._count(value)

    def private_hash(self, collection: str, key: str) -> bytes | None:
        """See `Stub`."""
        self._go_on()
        value = self._world.private_hash(_name(collection), _key(key))
        self._note(f"{collection}\0{key}\0hash", value)
        return value

    def event(self, name: str, payload: bytes) -> None:
        """See `Stub`."""
        self._go_on()
        if self._event is not None:
            raise StubMisuse("a second event")
        if type(payload) is not bytes or len(payload) > MAX_EVENT_BYTES:
            raise StubMisuse("an event too large, or no bytes")
        self._event = (_name(name), payload)

    def caller(self) -> Caller:
        """See `Stub`."""
        return self._caller

    def time(self) -> datetime:
        """See `Stub`: the time of the transaction's block."""
        return self._time

    def transaction_id(self) -> str:
        """See `Stub`."""
        return self._id

    def transient(self) -> Mapping[str, bytes]:
        """See `Stub`."""
        return self._transient

    def end(self) -> tuple[Writes, Mapping[tuple[str, str], bytes], tuple[str, bytes] | None, str]:
        """End the call: writes, private values, event, and the hash of all that was read."""
        self._ended = True
        hashes = {key: hashlib.sha256(value).digest() for key, value in self._private.items()}
        # Keys and hashes need no judging: this is what `canonical` would write.
        reads = hashlib.sha256(canonical_own(self._read)).hexdigest()
        return Writes(self._space, self._public, hashes), self._private, self._event, reads

    def _range(self, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        for key, value in self._world.range(self._space, start, end):
            self._go_on()
            self._note(key, value)
            yield key, value
        self._note(f"{start}\0\0{end}", b"")  # that there was nothing more is a reading, too

    def _write_public(self, key: str, value: bytes | None) -> None:
        self._go_on()
        if self._private:
            raise StubMisuse("a public write after a private one")
        self._public[_key(key)] = value
        self._count(value or b"")

    def _count(self, value: bytes) -> None:
        self._written += len(value) + MAX_KEY_BYTES
        if self._written > MAX_WRITTEN:
            raise StubMisuse(f"more than {MAX_WRITTEN:,} bytes written in a call")

    def _note(self, key: str, value: bytes | None) -> None:
        self._read[key] = None if value is None else hashlib.sha256(value).hexdigest()

    def _go_on(self) -> None:
        if self._ended:
            raise StubMisuse("the stub of a call that has ended")


def _key(key: object) -> str:
    if not isinstance(key, str) or not key or _bytes(key) > MAX_KEY_BYTES:
        raise StubMisuse(f"a key that is no text of 1 to {MAX_KEY_BYTES} bytes")
    return key


def _bound(key: object) -> str:
    if not isinstance(key, str) or _bytes(key) > MAX_KEY_BYTES + 1:
        raise StubMisuse("a bound that is no key")
    return key


def _name(name: object) -> str:
    if not isinstance(name, str) or not name or _bytes(name) > MAX_NAME or "\0" in name:
        raise StubMisuse(f"a name that is no text of 1 to {MAX_NAME} bytes")
    return name


def _bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise StubMisuse("a key or name with a surrogate") from None


def _value(value: object) -> bytes:
    if type(value) is not bytes or not 0 < len(value) <= MAX_VALUE_BYTES:
        raise StubMisuse(f"a value that is not 1 to {MAX_VALUE_BYTES:,} bytes")
    return value
