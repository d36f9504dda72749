"""A consortium of three and a contract of a few lines, for tests of the chain beneath any contract.

The contract keeps counters, whose sum nobody can change but by `grant`, and private notes.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from attrs import define, field

from totemlang.ledger.chain import Chain
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    new_key,
    request_certificate,
)
from totemlang.ledger.stub import Stub

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def tiny(stub: Stub, function: str, arguments: Mapping[str, Any]) -> object:
    """The contract."""
    known: dict[str, Callable[..., object]] = {
        "grant": grant,
        "pay": pay,
        "note": note,
        "read_note": read_note,
        "own_write": own_write,
        "mixed": mixed,
        "many_events": many_events,
        "count": count,
        "clock": clock,
        "drop": drop,
    }
    if function not in known:
        raise Refusal(Reason.FUNCTION)
    return known[function](stub, **arguments)


def _held(stub: Stub, name: str) -> int:
    return int(stub.get(f"held/{name}") or b"0")


def grant(stub: Stub, name: str, totem: int) -> object:
    """Give somebody totem."""
    stub.put(f"held/{name}", str(_held(stub, name) + totem).encode())
    stub.event("granted", name.encode())
    return {"held": _held(stub, name)}


def pay(stub: Stub, name: str, to: str, totem: int) -> object:
    """Pay from one to another."""
    held = _held(stub, name)
    if held < totem:
        raise Refusal(Reason.BALANCE)
    stub.put(f"held/{name}", str(held - totem).encode())
    stub.put(f"held/{to}", str(_held(stub, to) + totem).encode())
    return {"left": held - totem}


def note(stub: Stub, key: str, stated: str) -> object:
    """Keep a private value whose hash is stated."""
    value = stub.transient()["value"]
    if hashlib.sha256(value).hexdigest() != stated:
        raise Refusal(Reason.PRIVATE)
    stub.private_put(stub.caller().organisation, key, value)
    return {"kept": stated}


def read_note(stub: Stub, key: str, collection: str = "", write: bool = False) -> object:
    """How long a private value is; with `write` it would stand where nobody can check it."""
    found = stub.private_get(collection or stub.caller().organisation, key)
    if write:
        stub.put(f"length/{key}", str(len(found or b"")).encode())
    return {"length": len(found or b"")}


def own_write(stub: Stub, key: str) -> object:
    """Read what the call has just written."""
    before = stub.get(key)
    stub.put(key, b"new")
    seen = [value.decode() for _, value in stub.range("", "\U0010ffff")]
    same = stub.get(key) == before
    stub.delete(key)
    stub.put(key, b"newer")
    return {"same": same, "seen": seen, "after": stub.get(key) == before}


def mixed(stub: Stub, private_first: bool) -> object:
    """Write publicly and privately in one call, which no chaincode may."""
    if private_first:
        stub.private_put("DSO", "k", b"v")
        stub.put("k", b"v")
    else:
        stub.put("k", b"v")
        stub.private_put("DSO", "k", b"v")
    return None


def many_events(stub: Stub) -> object:
    """Raise two events."""
    stub.put("k", b"v")
    stub.event("one", b"")
    stub.event("two", b"")
    return None


def count(stub: Stub, prefix: str) -> object:
    """Keys under a prefix, in their order."""
    return [key for key, _ in stub.range(prefix, prefix + "\U0010ffff")]


def clock(stub: Stub, key: str) -> object:
    """Write down the transaction's time."""
    stub.put(key, stub.time().isoformat().encode())
    return {"id": stub.transaction_id(), "who": stub.caller().member}


def drop(stub: Stub, key: str) -> object:
    """Take a key out."""
    stub.delete(key)
    return None


@define
class Clock:
    """A clock that tests turn."""

    now: datetime = START

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now

    def forward(self, **parts: float) -> None:
        """Turn it on, or back."""
        self.now += timedelta(**parts)


@define
class Consortium:
    """An authority, a ledger, and its members' identities by name."""

    path: Path
    authority: CertificateAuthority
    members: dict[str, Identity] = field(factory=dict)
    clock: Clock = field(factory=Clock)

    def enrol(self, name: str, organisation: str, role: str) -> Identity:
        """A new member."""
        key = new_key()
        request = request_certificate(key, name, organisation)
        certificate = self.authority.enrol(request, [role], now=self.clock())
        self.members[name] = Identity.of(certificate, key)
        return self.members[name]

    def chain(self, name: str | None = "ada", contract: Any = tiny) -> Chain:
        """The ledger, opened as a member."""
        identity = None if name is None else self.members[name]
        return Chain.open(self.path, contract, identity, clock=self.clock)


@cache
def _founded() -> tuple[Path, dict[str, Identity]]:
    """One founded ledger, which every test gets a copy of: making it waits for the disk."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    consortium = founding(folder)
    return folder, consortium.members


def founding(folder: Path) -> Consortium:
    """Ada of the DSO, Bob of the hub and Eve of the agency, with a ledger that Ada founds."""
    authority = CertificateAuthority.create(folder / "ca", "hub", now=START)
    consortium = Consortium(folder / "ledger.db", authority)
    consortium.enrol("ada", "DSO", "provider")
    consortium.enrol("bob", "Hub", "consumer")
    consortium.enrol("eve", "Agency", "auditor")
    Chain.create(
        consortium.path,
        tiny,
        consortium.members["ada"],
        "energy hub",
        [Authority(authority.certificate)],
        {"rules": "00"},
        clock=consortium.clock,
    ).close()
    return consortium


def found(folder: Path) -> Consortium:
    """A ledger that Ada has just founded, with its authority and three members."""
    founded, members = _founded()
    shutil.copytree(founded, folder, dirs_exist_ok=True)
    authority = CertificateAuthority.load(folder / "ca")
    return Consortium(folder / "ledger.db", authority, dict(members))


def busy(folder: Path) -> Consortium:
    """The same after seven blocks by two members, with a refusal and a private note in them."""
    consortium = found(folder)
    ada, bob = consortium.chain("ada"), consortium.chain("bob")
    for chain, name in ((ada, "x"), (bob, "y"), (ada, "z")):
        consortium.clock.forward(seconds=1)
        chain.call("grant", {"name": name, "totem": 100})
    secret = b"salt and secret"
    stated = hashlib.sha256(secret).hexdigest()
    ada.call("note", {"key": "n", "stated": stated}, {"value": secret})
    calls = [bob.prepare("pay", {"name": "x", "to": "y", "totem": t}) for t in (60, 60, 40)]
    bob.submit_all([(call, {}) for call in calls])
    ada.call("read_note", {"key": "n"})
    bob.call("drop", {"key": "held/x"})
    return consortium
