"""A state that many writes make, of a block or a history: they gather and go down in order.

Accounts are written again and again, histories once: what gathers is written sorted by key, which
a file takes many times faster than write by write. Memory is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from totemlang.ledger.chain.world import World, Writes

MAX_GATHERED = 48 * 2**20
"""Bytes of values and keys that gather before they are written, and that are kept to be read."""

_EACH = 200  # bytes that a key takes in memory, over what is in it


@define
class GatheredWorld:
    """The state of `below`, with writes that have not come down to it; `flush` brings them."""

    below: World
    _written: dict[tuple[str, str], bytes | None] = field(factory=dict, init=False)
    _read: dict[tuple[str, str], bytes | None] = field(factory=dict, init=False)
    _touched: list[tuple[str, str, int]] = field(factory=list, init=False)
    _size: int = field(default=0, init=False)
    _read_size: int = field(default=0, init=False)

    def get(self, space: str, key: str) -> bytes | None:
        """See `World`."""
        at = (space, key)
        if at in self._written:
            return self._written[at]
        if at in self._read:
            return self._read[at]
        found = self.below.get(space, key)
        self._read_size += len(found or b"") + _EACH
        if self._read_size > MAX_GATHERED:
            self._read.clear()
            self._read_size = 0
        self._read[at] = found
        return found

    def range(self, space: str, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        """See `World`."""
        self.flush()
        return self.below.range(space, start, end)

    def private_hash(self, collection: str, key: str) -> bytes | None:
        """See `World`."""
        return self.below.private_hash(collection, key)

    def private_value(self, collection: str, key: str) -> bytes | None:
        """See `World`."""
        return self.below.private_value(collection, key)

    def apply(self, writes: Writes, entry: int) -> None:
        """Let the writes of an entry take effect, and note what it touched."""
        space = writes.space
        for key, value in writes.public.items():
            self._written[space, key] = value
            self._touched.append((space, key, entry))
            self._size += len(value or b"") + _EACH
        if writes.private:
            self.below.apply(Writes(space, {}, writes.private), entry)
        if self._size > MAX_GATHERED:
            self.flush()

    def flush(self) -> None:
        """Bring down what has gathered."""
        if not self._touched:
            return
        many, schema = self.below.connection.executemany, self.below.schema
        rows = sorted(self._written.items())
        gone = [at for at, value in rows if value is None]
        kept = ((*at, value) for at, value in rows if value is not None)
        many(f"DELETE FROM {schema}.state WHERE space = ? AND key = ?", gone)
        many(f"INSERT OR REPLACE INTO {schema}.state VALUES (?, ?, ?)", kept)
        self._touched.sort()
        many(f"INSERT INTO {schema}.touched VALUES (?, ?, ?)", self._touched)
        self._read.clear()
        self._written.clear()
        self._touched.clear()
        self._size = self._read_size = 0
