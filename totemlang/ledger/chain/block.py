"""Blocks: a header that names the one before, and the Merkle root of its transactions (RFC 6962).

The member who appends a block seals it with his signature. Whoever edits, drops or reorders older
blocks would have to sign the later ones in the names of all who sealed them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from totemlang.ledger.canonical import canonical, parse_canonical
from totemlang.ledger.chain import moments

NOTHING = "0" * 64
"""What the genesis block names as the one before."""

MAX_BLOCK = 1000
"""Transactions of a block."""

MAX_BLOCK_BYTES = 64 * 2**20
"""Bytes of a block's transactions, records and writes: it is held in memory at once."""

MAX_NUMBER = 2**53
"""Blocks and transactions of a ledger are fewer."""


@frozen
class Header:
    """What is hashed and sealed of a block.

    `first` counts the transactions of all earlier blocks, `count` those of this one; `sealer` is
    the fingerprint of the certificate of who sealed it.
    """

    number: int
    previous: str
    root: str
    time: datetime
    sealer: str
    first: int
    count: int

    def encode(self) -> bytes:
        """As it is hashed and signed."""
        return canonical(
            {
                "kind": "block",
                "number": self.number,
                "previous": self.previous,
                "root": self.root,
                "time": moments.write(self.time),
                "sealer": self.sealer,
                "first": self.first,
                "count": self.count,
            }
        )

    @property
    def hash(self) -> str:
        """SHA-256, in hex."""
        return hashlib.sha256(self.encode()).hexdigest()

    @classmethod
    def decode(cls, text: bytes) -> Header:
        """Read it back. Raises ValueError where it is none."""
        parts = parse_canonical(text, 4096)
        if not isinstance(parts, dict) or parts.pop("kind", None) != "block":
            raise ValueError("no header of a block")
        try:
            found = cls(**{**parts, "time": moments.read(parts.get("time"))})
        except TypeError:
            raise ValueError("no header of a block") from None
        whole = (found.number, found.first, found.count)
        if not all(type(number) is int and 0 <= number < MAX_NUMBER for number in whole):
            raise ValueError("no header of a block")
        if not all(isinstance(text, str) for text in (found.previous, found.root, found.sealer)):
            raise ValueError("no header of a block")
        return found


def leaf(*parts: bytes) -> bytes:
    """The leaf of an entry: the hash of its parts' hashes, apart from every inner node's."""
    return hashlib.sha256(b"\0" + b"".join(hashlib.sha256(p).digest() for p in parts)).digest()


def merkle_root(leaves: Sequence[bytes]) -> str:
    """The root over leaves in their order, in hex; no list of leaves has another's root."""
    return (_root(leaves) if leaves else hashlib.sha256(b"").digest()).hex()


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:half]) + _root(leaves[half:])).digest()
