"""The consortium of five on the embedded ledger: every call signed, sealed and on the disk."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from attrs import define, field
from consortium import (
    BEGIN,
    COURT,
    GRID,
    HOLDING,
    LAB,
    LAB_OPERATOR,
    NORTH,
    OTHER,
    SOUTH,
    Consortium,
)

from totemlang.ledger.canonical import parse
from totemlang.ledger.chain import Chain
from totemlang.ledger.contract import CONTRACT, execute
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    new_key,
    request_certificate,
)
from totemlang.ledger.stub import Caller


@define
class Embedded(Consortium):
    """The same words, said to a chain."""

    path: Path = Path()
    authority: Any = None
    identities: dict[str, Identity] = field(factory=dict)
    chains: dict[str, Chain] = field(factory=dict)

    def call(
        self,
        caller: Caller,
        function: str,
        transient: Mapping[str, bytes] | None = None,
        **arguments: Any,
    ) -> dict[str, Any]:
        """One call, as the member with a certificate of the authority."""
        self.clock += timedelta(seconds=1)
        chain = self.chain(caller)
        if CONTRACT[function].is_query:
            answer: dict[str, Any] = chain.query(function, arguments)
            return answer
        found: dict[str, Any] = chain.call(function, arguments, transient or {}).result
        return found

    def identity(self, caller: Caller) -> Identity:
        """A member's key and certificate; he enrols when he is first heard of."""
        if caller.member not in self.identities:
            key = new_key()
            request = request_certificate(key, caller.name, caller.organisation)
            text = self.authority.enrol(request, caller.roles, days=3000, now=BEGIN)
            self.identities[caller.member] = Identity.of(text, key)
        return self.identities[caller.member]

    def chain(self, caller: Caller) -> Chain:
        """The ledger, open as a member; the first one begins it."""
        if caller.member not in self.chains:
            identity = self.identity(caller)
            if not self.path.exists():
                authorities = [Authority(self.authority.certificate)]
                Chain.create(
                    self.path, execute, identity, "valley", authorities, clock=self.now
                ).close()
            self.chains[caller.member] = Chain.open(self.path, execute, identity, clock=self.now)
        return self.chains[caller.member]

    def now(self) -> datetime:
        """What time it is."""
        return self.clock

    def at(self, path: Path) -> Embedded:
        """The same members and clock, with a copy of the ledger in another file."""
        for chain in self.chains.values():
            chain.close()
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.path, path)
        return Embedded(
            clock=self.clock, path=path, authority=self.authority, identities=self.identities
        )

    def total(self) -> int:
        """All balances and all escrow, from the raw state."""
        with self.chain(GRID).store.reading() as connection:
            rows = connection.execute("SELECT key, value FROM state WHERE space = 'contract'")
            self.world.state = {key: value for key, value in rows if key.startswith(HOLDING)}
        return Consortium.total(self)

    def records(self, prefix: str) -> list[dict[str, Any]]:
        """Records of the raw state."""
        with self.chain(GRID).store.reading() as connection:
            rows = connection.execute(
                "SELECT value FROM state WHERE space = 'contract' AND key >= ? AND key < ?",
                (prefix, prefix + "\U0010ffff"),
            ).fetchall()
        return [parse(value) for (value,) in rows]


EVERYBODY = (GRID, LAB, LAB_OPERATOR, OTHER, NORTH, SOUTH, COURT)


@cache
def _founded() -> Embedded:
    """One founded ledger, which every test gets a copy of."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    authority = CertificateAuthority.create(folder / "ca", "valley", now=BEGIN)
    world = Embedded(path=folder / "ledger.db", authority=authority)
    world.found()
    for caller in EVERYBODY:
        world.identity(caller)
    return world


def embedded(folder: Path) -> Embedded:
    """A consortium that has just been founded, with accounts for those who pay and are paid."""
    return _founded().at(folder / "ledger.db")
