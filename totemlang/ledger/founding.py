"""Founding a consortium: of several organisations, or of one person on one machine.

What is founded appears whole or not at all: it is made beside its place and then given its name.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from getpass import getuser
from pathlib import Path

from attrs import frozen

from totemlang.diagnostics import UsageError
from totemlang.ledger.chain import Chain
from totemlang.ledger.chain.ledger import Clock, machine_clock
from totemlang.ledger.client import LEDGER_FILE, Balance, Ledger
from totemlang.ledger.contract import execute
from totemlang.ledger.contract.table_texts import hash_of_table
from totemlang.ledger.identity import (
    ROLES,
    Authority,
    CertificateAuthority,
    Identity,
    new_member,
    save_certificate,
)
from totemlang.ledger.run_account import MACHINE
from totemlang.tables.resources import resource_text

AUTHORITY_FOLDER, OWN_FOLDER = "ca", "me"
"""What stands beside the ledger of one person: the authority, and his own key and certificate."""

HOME = "home"
"""The organisation of who names none."""


@frozen
class Founded:
    """A consortium of one: its folder, his member's name, the ledger's id, his account."""

    folder: Path
    member: str
    ledger: str
    balance: Balance

    @property
    def identity(self) -> Path:
        """The folder of his key and certificate."""
        return self.folder / OWN_FOLDER

    @property
    def authority(self) -> Path:
        """The folder of the authority that enrols others."""
        return self.folder / AUTHORITY_FOLDER


def found(
    path: str | Path,
    founder: Identity,
    consortium: str,
    authorities: Sequence[Authority],
    organisations: Mapping[str, Sequence[str]],
    *,
    rules: str | None = None,
    prices: str | None = None,
    clock: Clock = machine_clock,
) -> Ledger:
    """Begin the ledger of a consortium in a new file; gives it open, as its founder.

    Args:
        path: the file, or the folder in which it is `ledger.db`.
        founder: an operator of one of the organisations.
        consortium: its name.
        authorities: whose certificates count.
        organisations: the roles that each organisation's members may have.
        rules, prices: the first tables as texts (None: those of this version).
        clock: what time it is.

    Raises:
        UsageError: where there is a ledger already, or none can begin like that.
        Refusal: where the contract refuses, for instance a founder who is no operator.
        LedgerUnreachable: where the file cannot be written.
    """
    place = Path(path)
    place = place / LEDGER_FILE if place.is_dir() else place
    texts = {
        "rules": rules or resource_text("rules", "rules.csv"),
        "prices": prices or resource_text("rules", "prices.csv"),
    }
    agreed = {kind: hash_of_table(kind, text) for kind, text in texts.items()}
    roles = {name: sorted(set(held)) for name, held in organisations.items()}
    part = place.with_name(f".{place.name}.founding-{os.urandom(6).hex()}")
    try:
        founding = {"organisations": roles, **agreed}
        chain = Chain.create(part, execute, founder, consortium, authorities, founding, clock=clock)
        with Ledger(chain, founder) as ledger:
            ledger.consortium_found(consortium, roles, **texts)
        os.link(part, place)  # never over another file
    except FileExistsError:
        raise UsageError(f"{place} exists already: a ledger is founded once") from None
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}") from None
    finally:
        for rest in ("", "-wal", "-shm"):
            part.with_name(part.name + rest).unlink(missing_ok=True)
    return Ledger.open(place, founder, clock=clock)


def found_alone(
    folder: str | Path,
    *,
    name: str | None = None,
    organisation: str = HOME,
    totem: int = 0,
    passphrase: str | None = None,
    clock: Clock = machine_clock,
) -> Founded:
    """Found a consortium of one in a new folder: he is its authority, operator and all else.

    The folder then holds `ledger.db`, `ca` (the authority), `me` (his key and certificate) and
    `machine`, a second member to whom his own runs are paid.

    Args:
        folder: where it stands; it must not exist, or be empty.
        name: his name (None: the one he has on this machine).
        organisation: his organisation's.
        totem: what he grants himself at once.
        passphrase: protects his key and the authority's.
        clock: what time it is.

    Raises:
        UsageError: where the folder holds something, or names are none.
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(f"{place} holds something already: name a folder that is new")
    part = place.absolute().with_name(f".{place.absolute().name}.founding-{os.urandom(6).hex()}")
    try:
        part.mkdir(mode=0o700, parents=True)
        balance = _fill(part, name or _user(), organisation, totem, passphrase, clock)
        part.rename(place)  # over nothing but an empty folder
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    with Ledger.open(place) as ledger:
        return Founded(place, balance.member, ledger.id, balance)


def own_identity(path: str | Path) -> Path | None:
    """The key and certificate that stand beside a ledger of one person; None where none do."""
    place = Path(path)
    found = (place if place.is_dir() else place.parent) / OWN_FOLDER
    return found if found.is_dir() else None


def _fill(
    folder: Path,
    name: str,
    organisation: str,
    totem: int,
    passphrase: str | None,
    clock: Clock,
) -> Balance:
    now = clock()
    authority = CertificateAuthority.create(
        folder / AUTHORITY_FOLDER, organisation, passphrase=passphrase, now=now
    )

    def enrol(where: str, who: str, roles: Sequence[str], phrase: str | None) -> Identity:
        request = new_member(folder / where, who, organisation, phrase)
        save_certificate(folder / where, authority.enrol(request, roles, now=now))
        return Identity.load(folder / where, phrase)

    me = enrol(OWN_FOLDER, name, ROLES, passphrase)
    machine = enrol(MACHINE, MACHINE, ("provider",), None)
    file = folder / LEDGER_FILE
    trusted = [Authority(authority.certificate)]
    with found(file, me, organisation, trusted, {organisation: ROLES}, clock=clock) as ledger:
        balance = ledger.account_open()
        if totem:
            balance = ledger.account_grant(me.member, totem)
    with Ledger.open(file, machine, clock=clock) as ledger:
        ledger.account_open()
    return balance


def _user() -> str:
    """A member's name for whoever is logged in."""
    try:
        found = re.sub(r"[^A-Za-z0-9._-]", "-", getuser())[:64].lstrip("._-")
    except (OSError, KeyError):  # no user database, as in some containers
        found = ""
    return found or "me"
