"""`totem rules` and `totem prices`: the tables in force, and how operators change them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.moments import coming, soon
from totemlang.cli.consortium.shown import facts, lines, listed, state, when
from totemlang.cli.group import Command, Group
from totemlang.cli.options import read_text
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger, TableVersion

_ABOUT = {
    "rules": "Rules say which commands exist and what values a type may have.",
    "prices": "Prices say what an operation costs: weight × bytes of what it touches.",
}


def _commands(kind: str) -> Group:
    """The commands about one kind of table."""
    group = Group(
        kind,
        help=f"See and change the {kind} in force. {_ABOUT[kind]}\n\nA version counts once two "
        "organisations have approved it, from its date on. Accepted jobs keep the tables that "
        "they were judged by.",
    )

    @group.command(
        cls=Command,
        help=f"Show the {kind} in force, or a version by its HASH.",
        examples=(
            (f"totem {kind} show --as ada", "what is in force"),
            (f"totem {kind} show -o {kind}.csv --as ada", f"for totemc: --{kind} {kind}.csv"),
        ),
    )
    @click.argument("hash", required=False)
    @click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE.csv",
        help="Where to write the table.",
    )
    @as_member
    @speaks
    def show(shell: Shell, hash: str | None, output: Path | None, ledger: Ledger) -> None:
        if output is not None:
            require_writable(output)
        found = ledger.table_show(kind, hash)
        if output is not None:
            write_file(output, (found.text or "").encode())
            shell.say(f"wrote {output}")
        if shell.as_json:
            shell.document(found.to_json())
        elif output is None:
            shell.show(lines(found.text or ""), "")
            _tell(shell, found)

    @group.command(
        cls=Command,
        help=f"List every version of the {kind} that is or comes into force.",
        examples=((f"totem {kind} versions --as ada", "hashes, and from when each counts"),),
    )
    @as_member
    @speaks
    def versions(shell: Shell, ledger: Ledger) -> None:
        found = ledger.table_versions(kind)
        if shell.as_json:
            shell.document(found.to_json())
            return
        rows = [
            (when(each.since), each.hash, "in force" if each.hash == found.in_force else "")
            for each in found.versions
        ]
        shell.show(listed(("from", kind, ""), rows, "lll"))

    @group.command(
        cls=Command,
        help=f"Propose the {kind} of a FILE, as an operator; that approves them, too.",
        examples=(
            (f"totem {kind} propose new.csv --as gro", "from their approval on"),
            (f"totem {kind} propose new.csv --starts 2027-01-01 --as gro", "not before a day"),
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option(
        "--starts",
        type=coming,
        metavar="DATE",
        help="Not before a day or time, or 30d from now; else at once.",
    )
    @as_member
    @speaks
    def propose(shell: Shell, file: Path, starts: datetime | None, ledger: Ledger) -> None:
        _answer(shell, ledger.table_propose(kind, read_text(file), starts or soon(ledger)))

    @group.command(
        cls=Command,
        help=f"Approve proposed {kind} for one's organisation, as an operator.",
        examples=((f"totem {kind} approve HASH --as lise", "by the hash that `propose` told"),),
    )
    @click.argument("hash")
    @as_member
    @speaks
    def approve(shell: Shell, hash: str, ledger: Ledger) -> None:
        _answer(shell, ledger.table_approve(kind, hash))

    @group.command(
        cls=Command,
        help=f"Take back {kind} that one's organisation has proposed and nobody else approved.",
        examples=((f"totem {kind} withdraw HASH --as gro", "as an operator"),),
    )
    @click.argument("hash")
    @as_member
    @speaks
    def withdraw(shell: Shell, hash: str, ledger: Ledger) -> None:
        _answer(shell, ledger.table_withdraw(kind, hash))

    return group


def _answer(shell: Shell, found: TableVersion) -> None:
    if shell.as_json:
        shell.document(found.to_json())
    else:
        _tell(shell, found)


def _tell(shell: Shell, found: TableVersion) -> None:
    is_past = found.since is not None and found.since <= datetime.now(UTC)
    shell.show(
        facts(
            (
                (found.kind, found.hash),
                ("state", state(found.state)),
                ("approved by", ", ".join(found.approved_by)),
                ("in force from" if is_past else "comes into force", when(found.since)),
                ("not before", "" if found.since else when(found.starts)),
            )
        )
    )


rules = _commands("rules")
prices = _commands("prices")
