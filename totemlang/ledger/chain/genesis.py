"""The first block's document: which consortium this is, and who names its members."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen

from totemlang.ledger.canonical import NotCanonical, canonical, parse_canonical
from totemlang.ledger.chain import moments
from totemlang.ledger.identity import Authority, BadCertificate, Trust
from totemlang.ledger.identity.trust import MAX_AUTHORITIES

MAX_GENESIS = 2**20
"""Bytes of the document."""


@frozen
class Genesis:
    """A consortium at its beginning.

    `founding` is what the founders agreed on, any JSON object: the organisations with the roles
    of their members, the hashes of the first rules and prices.
    """

    consortium: str
    authorities: tuple[Authority, ...]
    founding: dict[str, Any]
    time: datetime

    @property
    def trust(self) -> Trust:
        """Whose certificates count."""
        return Trust(self.authorities)

    def encode(self) -> bytes:
        """As it is hashed. Raises ValueError for what no ledger can begin with."""
        if not 0 < len(self.consortium) <= 200 or not 0 < len(self.authorities) <= MAX_AUTHORITIES:
            raise ValueError("a consortium has a name and an authority")
        text = canonical(
            {
                "kind": "genesis",
                "consortium": self.consortium,
                "authorities": [authority.to_json() for authority in self.authorities],
                "founding": self.founding,
                "time": moments.write(self.time),
            }
        )
        if len(text) > MAX_GENESIS:
            raise ValueError("the founding is too large")
        return text

    @classmethod
    def decode(cls, text: bytes) -> Genesis:
        """Read it back. Raises ValueError where it is none."""
        try:
            parts = parse_canonical(text, MAX_GENESIS)
        except NotCanonical as error:
            raise ValueError(f"the genesis is no canonical JSON: {error}") from None
        wanted = {"kind", "consortium", "authorities", "founding", "time"}
        if not isinstance(parts, dict) or set(parts) != wanted or parts["kind"] != "genesis":
            raise ValueError("no genesis")
        authorities, founding = parts["authorities"], parts["founding"]
        if not isinstance(authorities, list) or not isinstance(founding, dict):
            raise ValueError("no genesis")
        if not isinstance(parts["consortium"], str) or not 0 < len(authorities) <= MAX_AUTHORITIES:
            raise ValueError("no genesis")
        try:
            read = tuple(Authority.from_json(document) for document in authorities)
        except BadCertificate as error:
            raise ValueError(f"an authority of the genesis: {error}") from None
        return cls(parts["consortium"], read, founding, moments.read(parts["time"]))
