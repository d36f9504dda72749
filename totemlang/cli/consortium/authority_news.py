"""What an authority tells the ledger: what it has revoked, and its own renewed certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from totemlang.cli.consortium.authority import day, load_authority
from totemlang.cli.consortium.certificates import TEN_YEARS, days_option
from totemlang.cli.consortium.folders import (
    authority_option,
    identity_option,
    ledger_option,
    open_ledger,
)
from totemlang.cli.group import Command
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.shell import Shell, speaks


@click.command(
    cls=Command,
    name="crl",
    examples=(
        ("totem ca crl -o revoked.pem", "the signed list, for whoever runs the ledger"),
        ("totem ca crl --send --as gro --ledger ledger.db", "to the ledger, as the member gro"),
    ),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="LIST.pem",
    help="Where to write the list; else standard output.",
)
@click.option("--send", is_flag=True, help="Send it to the ledger, which holds to it at once.")
@identity_option
@ledger_option
@authority_option
@speaks
def crl(
    shell: Shell,
    output: Path | None,
    send: bool,
    identity: Path | None,
    path: Path | None,
    folder: Path,
) -> None:
    """Give the authority's list of revocations. Any member may send it: the authority signed it."""
    authority = load_authority(folder)
    text = authority.revocation_list()
    told: dict[str, Any] = {"revoked": len(authority.revoked())}
    if output is not None:
        require_writable(output)
        write_file(output, text)
        shell.say(f"wrote {output}")
    if send:
        told["new"] = open_ledger(path, identity).chain_revoke(text.decode()).revoked
    if shell.as_json:
        shell.document(told | {"list": text.decode()})
    elif send:
        shell.show(f"the ledger knows of {told['new']} more, {told['revoked']} revoked in all")
    elif output is None:
        click.echo(text, nl=False)


@click.command(
    cls=Command,
    name="extend",
    examples=(
        ("totem ca extend --send --as gro --ledger ledger.db", "for ten years, on the ledger"),
    ),
)
@days_option(TEN_YEARS)
@click.option("--send", is_flag=True, help="Send it to the ledger.")
@identity_option
@ledger_option
@authority_option
@speaks
def extend(
    shell: Shell, days: int, send: bool, identity: Path | None, path: Path | None, folder: Path
) -> None:
    """Renew the authority's own certificate: same name, same key, a later end.

    Members' certificates stay what they are. The old one is kept beside the new.
    """
    made = load_authority(folder).renew_own(days=days).certificate
    if send:
        open_ledger(path, identity).chain_renew(made.pem)
    if shell.as_json:
        ends = made.ends.isoformat()
        shell.document({"authority": made.name, "fingerprint": made.fingerprint, "ends": ends})
        return
    shell.show(f"{made.name} is an authority until {day(made.ends)}")
    if not send:
        shell.say("the ledger must be told: totem ledger call chain_renew, or --send here")
