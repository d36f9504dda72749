"""Who acts, on which ledger: `--as`, `--ledger`, `--ca`, their variables, and passphrases."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger
    from totemlang.ledger.identity import Identity

IDENTITY, LEDGER, AUTHORITY, PASSPHRASE = (
    "TOTEM_IDENTITY",
    "TOTEM_LEDGER",
    "TOTEM_CA",
    "TOTEM_PASSPHRASE",
)
"""What the options are without being written."""


def _as(meaning: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--as",
        "identity",
        type=click.Path(path_type=Path),
        envvar=IDENTITY,
        metavar="FOLDER",
        help=meaning,
    )


identity_option = _as(
    f"Whose key and certificate sign; else {IDENTITY}, or `me` beside the ledger."
)
own_folder_option = _as(f"The member's own folder, with his key; else {IDENTITY}.")
ledger_option = click.option(
    "--ledger",
    "path",
    type=click.Path(path_type=Path),
    envvar=LEDGER,
    metavar="PATH",
    help=f"The ledger: its file, or the folder it is in; else {LEDGER}.",
)
authority_option = click.option(
    "--ca",
    "folder",
    type=click.Path(path_type=Path),
    envvar=AUTHORITY,
    default="ca",
    show_default=True,
    metavar="FOLDER",
    help=f"The authority's folder; else {AUTHORITY}.",
)
passphrase_option = click.option(
    "--passphrase",
    is_flag=True,
    help=f"Protect the key with a passphrase: asked for, or in {PASSPHRASE}.",
)


def as_member(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--as` and `--ledger`; the command gets `ledger`, open as that member."""

    @wraps(command)
    def with_ledger(
        *arguments: Any, identity: Path | None, path: Path | None, **options: Any
    ) -> Any:
        return command(*arguments, ledger=open_ledger(path, identity), **options)

    return identity_option(ledger_option(with_ledger))


def as_reader(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--ledger`; the command gets `ledger`, open to be read by anybody.

    `--as` may be written and changes nothing, so no key is asked for its passphrase.
    """

    @wraps(command)
    def with_ledger(*arguments: Any, path: Path | None, **options: Any) -> Any:
        from totemlang.ledger.client import Ledger

        return command(*arguments, ledger=Ledger.open(need_path(path)), **options)

    unneeded = click.option("--as", "identity", hidden=True, expose_value=False)
    return unneeded(ledger_option(with_ledger))


def open_ledger(path: Path | None, identity: Path | None) -> Ledger:
    """The ledger, open as a member.

    Raises:
        UsageError: where it is open who acts or on which ledger, or the folder has no identity.
        LedgerUnreachable: where there is no ledger.
    """
    from totemlang.ledger.client import Ledger

    place = need_path(path)
    return Ledger.open(place, load_identity(acting(place, identity)))


def acting(path: Path, identity: Path | None) -> Path:
    """The folder of whoever acts: the one named, else `me` beside a ledger of one's own.

    Raises:
        UsageError: where there is neither.
    """
    from totemlang.ledger.founding import own_identity

    return need_folder(identity or own_identity(path))


def need_path(path: Path | None) -> Path:
    """The ledger's path. Raises UsageError where none is given."""
    if path is None:
        raise UsageError(
            f"which ledger? give --ledger PATH or set {LEDGER} (totem ledger init makes one)"
        )
    return path


def need_folder(folder: Path | None) -> Path:
    """A member's folder. Raises UsageError where none is given."""
    if folder is None:
        raise UsageError(
            f"who acts? give --as FOLDER or set {IDENTITY} "
            "(totem enrol request makes a key; totem ledger init a ledger of one's own)"
        )
    return folder


def load_identity(folder: Path | None) -> Identity:
    """Key and certificate of whoever acts; a protected key asks for its passphrase.

    Raises:
        UsageError: where there is none, or the passphrase is wrong.
    """
    from totemlang.ledger.identity import Identity
    from totemlang.ledger.identity.member import CERTIFICATE_FILE, KEY_FILE

    found = need_folder(folder)
    if found.is_file():
        raise UsageError(f"{found} is a file: --as names the folder of a key and its certificate")
    if not (found / CERTIFICATE_FILE).exists():
        how = (
            f"send its request to the authority, then totem enrol install CERT.pem --as {found}"
            if (found / KEY_FILE).exists()
            else f"totem enrol request NAME@ORGANISATION --as {found}"
        )
        raise UsageError(f"{found} holds no member's certificate: {how}")
    return Identity.load(found, passphrase_of(found / KEY_FILE))


def passphrase_of(key: Path) -> str | None:
    """The passphrase of a key that is protected by one, None for any other.

    Raises:
        UsageError: where it is needed and nobody can be asked.
    """
    try:
        with key.open("rb") as file:
            is_protected = b"ENCRYPTED" in file.readline(200)
    except OSError:
        return None  # whoever reads the key says what is wrong with it
    if not is_protected:
        return None
    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    if not sys.stdin.isatty():
        raise UsageError(f"{key} needs a passphrase: set {PASSPHRASE}")
    return str(click.prompt(f"passphrase of {key}", hide_input=True, err=True))


def new_passphrase() -> str:
    """A passphrase for a new key, typed twice or from the environment. Raises UsageError."""
    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    if not sys.stdin.isatty():
        raise UsageError(f"nobody can be asked for a passphrase: set {PASSPHRASE}")
    text = "passphrase of the new key"
    return str(click.prompt(text, hide_input=True, confirmation_prompt=True, err=True))
