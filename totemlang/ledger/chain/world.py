"""The state that the blocks make, and the writes of a call, as text and as what they do to it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Protocol

from attrs import field, frozen

from totemlang.diagnostics import LedgerUnreachable
from totemlang.ledger.canonical import canonical_own, parse_own

MAX_WRITTEN = 8 * 2**20
"""Bytes of all values that a call writes."""


class NotHeld(LedgerUnreachable):
    """A private value is not in this file, though its hash is on the ledger."""


@frozen
class Writes:
    """What a call writes: public keys with values (None: taken out), private ones with hashes.

    `space` keeps the chain's own keys apart from the contract's.
    """

    space: str
    public: Mapping[str, bytes | None] = field(factory=dict)
    private: Mapping[tuple[str, str], bytes] = field(factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written."""
        return not self.public and not self.private

    def encode(self) -> bytes:
        """As it stands on the ledger: canonical, sorted by key."""
        # Keys are texts and values bytes: what is written needs no judging.
        return canonical_own(
            {
                "space": self.space,
                "public": [[key, _text(value)] for key, value in sorted(self.public.items())],
                "private": [[*key, value.hex()] for key, value in sorted(self.private.items())],
            }
        )

    @classmethod
    def decode(cls, text: bytes) -> Writes:
        """Read it back. Raises ValueError where it is not in its one form."""
        if len(text) > 4 * MAX_WRITTEN:
            raise ValueError("writes that are too large")
        parts = parse_own(text)  # that it is canonical is told by writing it again
        try:
            public = {key: _bytes(value) for key, value in parts["public"]}
            private = {(c, key): bytes.fromhex(value) for c, key, value in parts["private"]}
            keys = [parts["space"], *public, *(name for both in private for name in both)]
            if not all(isinstance(key, str) for key in keys):
                raise ValueError("writes under a key that is no text")
            found = cls(parts["space"], public, private)
            if found.encode() != text:
                raise ValueError("writes that are not in their one form")
        except (KeyError, TypeError, AttributeError, binascii.Error):
            raise ValueError("writes that are none") from None
        return found


class Readable(Protocol):
    """The state as a call reads it."""

    def get(self, space: str, key: str) -> bytes | None:
        """The value of a key."""

    def range(self, space: str, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        """Keys from `start` to before `end`, in the order of their UTF-8."""

    def private_hash(self, collection: str, key: str) -> bytes | None:
        """SHA-256 of a private value."""

    def private_value(self, collection: str, key: str) -> bytes | None:
        """A private value. Raises NotHeld where this file has its hash alone."""


@frozen
class World:
    """The state in one of the file's schemas: `main`, or `replay` where it is made anew."""

    connection: sqlite3.Connection = field(repr=False)
    schema: str = "main"

    def get(self, space: str, key: str) -> bytes | None:
        """The value of a key."""
        found = self.connection.execute(
            f"SELECT value FROM {self.schema}.state WHERE space = ? AND key = ?", (space, key)
        ).fetchone()
        return None if found is None else bytes(found[0])

    def range(self, space: str, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        """Keys from `start` to before `end`, in the order of their UTF-8, read one by one."""
        yield from self.connection.execute(
            f"SELECT key, value FROM {self.schema}.state"
            " WHERE space = ? AND key >= ? AND key < ? ORDER BY key",
            (space, start, end),
        )

    def private_hash(self, collection: str, key: str) -> bytes | None:
        """SHA-256 of a private value."""
        found = self.connection.execute(
            f"SELECT hash FROM {self.schema}.private_hashes WHERE collection = ? AND key = ?",
            (collection, key),
        ).fetchone()
        return None if found is None else bytes(found[0])

    def private_value(self, collection: str, key: str) -> bytes | None:
        """A private value. Raises NotHeld where this file has its hash alone."""
        digest = self.private_hash(collection, key)
        if digest is None:
            return None
        found = self.connection.execute(
            "SELECT value FROM main.private_values WHERE collection = ? AND hash = ?",
            (collection, digest),
        ).fetchone()
        if found is None or hashlib.sha256(found[0]).digest() != digest:
            raise NotHeld("the private value is not held here")
        return bytes(found[0])

    def apply(self, writes: Writes, entry: int) -> None:
        """Let the writes of an entry take effect, and note what it touched."""
        run, schema, space = self.connection.execute, self.schema, writes.space
        for key, value in writes.public.items():
            if value is None:
                run(f"DELETE FROM {schema}.state WHERE space = ? AND key = ?", (space, key))
            else:
                run(f"INSERT OR REPLACE INTO {schema}.state VALUES (?, ?, ?)", (space, key, value))
            run(f"INSERT INTO {schema}.touched VALUES (?, ?, ?)", (space, key, entry))
        for (collection, key), digest in writes.private.items():
            row = (collection, key, digest)
            run(f"INSERT OR REPLACE INTO {schema}.private_hashes VALUES (?, ?, ?)", row)


def _text(value: bytes | None) -> object:
    """A value in JSON: a text where it is one, or base64."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _bytes(value: object) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict):
        return base64.b64decode(value["base64"], validate=True)
    raise ValueError("a written value that is none")
