"""A ledger in memory for tests of the contract: strict about what a chaincode may do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from attrs import define, field

from totemlang.ledger.stub import (
    MAX_EVENT_BYTES,
    MAX_KEY_BYTES,
    MAX_VALUE_BYTES,
    Caller,
    StubMisuse,
)


@define
class MemoryWorld:
    """The state between calls, and the events that calls raised."""

    state: dict[str, bytes] = field(factory=dict)
    private: dict[tuple[str, str], bytes] = field(factory=dict)
    events: list[tuple[str, bytes]] = field(factory=list)
    calls: int = 0

    def begin(
        self, caller: Caller, time: datetime, transient: Mapping[str, bytes] | None = None
    ) -> MemoryStub:
        """A stub for one call. Nothing takes effect before `commit`."""
        self.calls += 1
        return MemoryStub(self, caller, time, dict(transient or {}), self.calls)


@define
class MemoryStub:
    """One call; `written` and `written_private` are its writes, None a deletion."""

    world: MemoryWorld
    who: Caller
    when: datetime
    sent: dict[str, bytes]
    number: int
    written: dict[str, bytes | None] = field(factory=dict)
    written_private: dict[tuple[str, str], bytes] = field(factory=dict)
    raised: list[tuple[str, bytes]] = field(factory=list)
    read: set[str] = field(factory=set)

    def commit(self) -> None:
        """Let the writes take effect."""
        for key, value in self.written.items():
            if value is None:
                self.world.state.pop(key, None)
            else:
                self.world.state[key] = value
        self.world.private.update(self.written_private)
        self.world.events.extend(self.raised)

    def get(self, key: str) -> bytes | None:
        self.read.add(_key(key))
        return self.world.state.get(key)

    def put(self, key: str, value: bytes) -> None:
        if self.written_private:
            raise StubMisuse("a public write after a private one")
        if type(value) is not bytes or not 0 < len(value) <= MAX_VALUE_BYTES:
            raise StubMisuse("a value that is none")
        self.written[_key(key)] = value

    def delete(self, key: str) -> None:
        if self.written_private:
            raise StubMisuse("a public write after a private one")
        self.written[_key(key)] = None

    def range(self, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        keys = sorted(self.world.state, key=str.encode)
        chosen = [k for k in keys if start.encode() <= k.encode() < end.encode()]
        return iter([(key, self.world.state[key]) for key in chosen])

    def private_get(self, collection: str, key: str) -> bytes | None:
        return self.world.private.get((collection, _key(key)))

    def private_put(self, collection: str, key: str, value: bytes) -> None:
        if self.written:
            raise StubMisuse("a private write after a public one")
        if type(value) is not bytes or not 0 < len(value) <= MAX_VALUE_BYTES:
            raise StubMisuse("a value that is none")
        self.written_private[collection, _key(key)] = value

    def private_hash(self, collection: str, key: str) -> bytes | None:
        value = self.world.private.get((collection, _key(key)))
        return None if value is None else hashlib.sha256(value).digest()

    def event(self, name: str, payload: bytes) -> None:
        if self.raised:
            raise StubMisuse("a second event")
        if len(payload) > MAX_EVENT_BYTES:
            raise StubMisuse("an event too large")
        self.raised.append((name, payload))

    def caller(self) -> Caller:
        return self.who

    def time(self) -> datetime:
        assert self.when.tzinfo is UTC
        return self.when

    def transaction_id(self) -> str:
        return hashlib.sha256(str(self.number).encode()).hexdigest()

    def transient(self) -> Mapping[str, bytes]:
        return self.sent


def _key(key: str) -> str:
    if not isinstance(key, str) or not 0 < len(key.encode()) <= MAX_KEY_BYTES:
        raise StubMisuse("a key that is none")
    return key
