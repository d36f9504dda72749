"""`totem organisation`: who belongs to the consortium, and how another is admitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.authority import ROLES
from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.shown import listed, state, when
from totemlang.cli.group import Command, Group
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import Admission, Ledger

_roles_option = click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="What its members may be: all roles that they are to have. Repeatable.",
)


@click.group(cls=Group)
def organisation() -> None:
    """See the organisations of a consortium, and admit more of them.

    An operator proposes one, an operator of another organisation approves it.
    """


@organisation.command(
    "list",
    cls=Command,
    examples=(("totem organisation list --as ada", "members, and what is proposed"),),
)
@as_member
@speaks
def list_(shell: Shell, ledger: Ledger) -> None:
    """List the organisations with the roles that their members may have, and proposals."""
    from totemlang.ledger.client import every

    known = ledger.consortium_show().organisations
    proposed = list(every(ledger.organisation_list))
    if shell.as_json:
        shell.document(
            {
                "organisations": {name: list(roles) for name, roles in known.items()},
                "proposals": [each.to_json() for each in proposed],
            }
        )
        return
    rows = [(name, ", ".join(roles)) for name, roles in known.items()]
    shell.show(listed(("organisation", "roles"), rows, "ll"))
    if proposed:
        cells = [
            (
                each.organisation,
                ", ".join(each.roles),
                state(each.state),
                ", ".join(each.approved_by),
                when(each.deadline),
            )
            for each in proposed
        ]
        head = ("proposed", "roles", "state", "approved by", "until")
        shell.show("", listed(head, cells, "lllll"))


@organisation.command(
    cls=Command,
    examples=(
        ("totem organisation propose east --role provider --as gro", "a new one"),
        (
            "totem organisation propose lab --role consumer --role operator --as gro",
            "more roles for one",
        ),
    ),
)
@click.argument("name")
@_roles_option
@as_member
@speaks
def propose(shell: Shell, name: str, roles: tuple[str, ...], ledger: Ledger) -> None:
    """Propose an organisation, or more roles for one; that approves it, too."""
    _tell(shell, ledger.organisation_propose(name, roles))


@organisation.command(
    cls=Command,
    examples=(("totem organisation approve east --role provider --as lise", "as proposed"),),
)
@click.argument("name")
@_roles_option
@as_member
@speaks
def approve(shell: Shell, name: str, roles: tuple[str, ...], ledger: Ledger) -> None:
    """Approve a proposal for one's own organisation, naming the roles that it is about."""
    _tell(shell, ledger.organisation_approve(name, roles))


@organisation.command(
    cls=Command, examples=(("totem organisation withdraw east --as gro", "not any more"),)
)
@click.argument("name")
@as_member
@speaks
def withdraw(shell: Shell, name: str, ledger: Ledger) -> None:
    """Take back what one's organisation has proposed."""
    _tell(shell, ledger.organisation_withdraw(name))


@organisation.command(
    cls=Command, examples=(("totem organisation expire east --as ada", "anybody may"),)
)
@click.argument("name")
@as_member
@speaks
def expire(shell: Shell, name: str, ledger: Ledger) -> None:
    """Note that nobody has approved a proposal in time."""
    _tell(shell, ledger.organisation_expire(name))


def _tell(shell: Shell, found: Admission) -> None:
    if shell.as_json:
        shell.document(found.to_json())
        return
    by = ", ".join(found.approved_by)
    roles = ", ".join(found.roles)
    shell.show(f"{found.organisation} as {roles}: {found.state}, approved by {by}")
    if found.state == "proposed":
        shell.say(f"an operator of another organisation approves it until {when(found.deadline)}")
