"""Who pays for a run: `--ledger`, as whom, and to whom it is paid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.folders import IDENTITY, load_identity
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.engine.account import Account


def payment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--ledger`, `--identity` and `--payee`."""
    for option in (
        click.option(
            "--payee",
            metavar="NAME@ORGANISATION",
            help="To whom it is paid; else the machine of one's organisation.",
        ),
        click.option(
            "--identity",
            "--as",
            "identity",
            type=click.Path(path_type=Path),
            envvar=IDENTITY,
            metavar="FOLDER",
            help=f"Whose account pays; else {IDENTITY}, or `me` beside the ledger.",
        ),
        click.option(
            "--ledger",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="The ledger that pays: its file, or the folder it is in.",
        ),
    ):
        command = option(command)
    return command


def chosen_payer(path: Path | None, identity: Path | None, payee: str | None) -> Account | None:
    """The account that a run is paid from, None where no ledger is named.

    Raises:
        UsageError: where it is open who pays.
        LedgerUnreachable: where there is no ledger.
    """
    if path is None:
        if payee is not None:
            raise UsageError("--payee is a member of a ledger: give --ledger PATH")
        return None
    from totemlang.ledger.client import Ledger
    from totemlang.ledger.founding import own_identity
    from totemlang.ledger.run_account import account_for_runs

    Ledger.open(path).close()  # that there is a ledger comes first, then who pays
    folder = identity or own_identity(path)
    if folder is None:
        raise UsageError(
            f"who pays? give --identity FOLDER or set {IDENTITY} "
            "(`totem ledger init DIR` makes a ledger of one's own, with an identity beside it)"
        )
    return account_for_runs(Ledger.open(path, load_identity(folder)), payee)
