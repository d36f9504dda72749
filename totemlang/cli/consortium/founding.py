"""`totem ledger init` and `found`: a ledger of one's own, or of several organisations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import (
    LEDGER,
    identity_option,
    ledger_option,
    load_identity,
    need_path,
    new_passphrase,
    passphrase_option,
)
from totemlang.cli.consortium.shown import amount
from totemlang.cli.group import Command
from totemlang.cli.options import read_bytes, read_text
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger
    from totemlang.ledger.identity import Authority

ROLES = ("provider", "consumer", "operator", "auditor")


@click.command(
    cls=Command,
    examples=(
        ("totem ledger init mine", "in the new folder mine, with five million totem"),
        ("totem ledger init mine --grant 0 --passphrase", "with none, and protected keys"),
        (
            "totemc run FILE --data DATA --ledger mine",
            "a run that is paid for from it",
        ),
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="Your name as a member; else that on this machine.")
@click.option(
    "--organisation", metavar="NAME", default="home", show_default=True, help="Your organisation."
)
@click.option(
    "--grant",
    "number",
    type=amount,
    default="5000000",
    metavar="TOTEM",
    show_default=True,
    help="What the account begins with.",
)
@passphrase_option
@speaks
def init(
    shell: Shell, folder: Path, name: str | None, organisation: str, number: int, passphrase: bool
) -> None:
    """Begin a ledger of one's own in a new FOLDER: you are its authority, operator and all else.

    Commands with `--ledger FOLDER` act as you then, without --as.
    """
    from totemlang.ledger.founding import found_alone

    made = found_alone(
        folder,
        name=name,
        organisation=organisation,
        totem=number,
        passphrase=new_passphrase() if passphrase else None,
    )
    if shell.as_json:
        shell.document(
            {
                "ledger": made.ledger,
                "folder": str(made.folder),
                "member": made.member,
                "identity": str(made.identity),
                "authority": str(made.authority),
                "account": made.balance.to_json(),
            }
        )
        return
    shell.show(f"{made.member} has a ledger in {made.folder}: {made.balance.balance:,} totem")
    shell.say(f"use it with --ledger {made.folder}, or: export {LEDGER}={made.folder}")


@click.command(
    cls=Command,
    examples=(
        (
            "totem ledger found valley --organisation grid=operator --organisation north=provider "
            "--organisation lab=consumer --as gro",
            "members are named by the authority in the folder ca",
        ),
        (
            "totem ledger found valley --organisation … --authority ca/authority.pem "
            "--authority north=north-ca/authority.pem",
            "an organisation with an authority of its own",
        ),
    ),
)
@click.argument("name")
@click.option(
    "--organisation",
    "organisations",
    multiple=True,
    required=True,
    metavar="NAME=ROLE,ROLE",
    help="An organisation and the roles that its members may have. Repeatable.",
)
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    metavar="[ORGANISATION=]CERT.pem",
    help="Whose certificates count, for all members or for one organisation's; "
    "else ca/authority.pem. Repeatable.",
)
@click.option(
    "--rules",
    "rules_path",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Rules in force from the start; else those of the package.",
)
@click.option(
    "--prices",
    "prices_path",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Prices in force from the start; else those of the package.",
)
@identity_option
@ledger_option
@speaks
def found(
    shell: Shell,
    name: str,
    organisations: tuple[str, ...],
    authorities: tuple[str, ...],
    rules_path: Path | None,
    prices_path: Path | None,
    identity: Path | None,
    path: Path | None,
) -> None:
    """Begin the ledger of a consortium called NAME, as an operator of one of its organisations.

    The rules and prices in force from the start are those of the package, or of the files given.
    """
    from totemlang.ledger import founding

    roles = dict(_organisation(text) for text in organisations)
    who, target = load_identity(identity), need_path(path)
    trusted = [_authority(text) for text in authorities or ("ca/authority.pem",)]
    with founding.found(
        target,
        who,
        name,
        trusted,
        roles,
        rules=None if rules_path is None else read_text(rules_path),
        prices=None if prices_path is None else read_text(prices_path),
    ) as ledger:
        _tell(shell, ledger, target)


def _tell(shell: Shell, ledger: Ledger, path: Path) -> None:
    known = ledger.consortium_show()
    if shell.as_json:
        shell.document({"ledger": ledger.id, "file": str(path), "consortium": known.to_json()})
        return
    names = ", ".join(known.organisations)
    shell.show(f"{known.name} is founded by {known.founder} in {path}: {names}")
    shell.say(f"members keep the id of the ledger: {ledger.id}")


def _organisation(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, roles = text.partition("=")
    chosen = tuple(role.strip() for role in roles.split(","))
    if not equals or not set(chosen) <= set(ROLES):
        raise UsageError(f"--organisation {text}: write NAME=ROLE,ROLE ({', '.join(ROLES)})")
    return name, chosen


def _authority(text: str) -> Authority:
    from totemlang.ledger.identity import Authority, BadCertificate, from_pem, read_authority

    organisation, equals, path = text.rpartition("=")
    try:
        certificate = read_authority(from_pem(read_bytes(Path(path))))
    except BadCertificate as error:
        raise UsageError(f"{path}: {error}") from None
    return Authority(certificate, frozenset({organisation} if equals else ()))
