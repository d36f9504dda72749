"""`totem request`: a purpose, a provider's answer, the access key, an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import (
    acting,
    as_member,
    identity_option,
    ledger_option,
    need_path,
    open_ledger,
)
from totemlang.cli.consortium.moments import coming
from totemlang.cli.consortium.naming import request_named
from totemlang.cli.consortium.shown import counted, facts, listed, state, when
from totemlang.cli.consortium.spelling import dataset_name
from totemlang.cli.group import Command, Group
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import AccessRequest, Ledger

GRANTED_FOR = timedelta(days=90)

_name = click.argument("name", metavar="REQUEST")


@click.group(cls=Group)
def request() -> None:
    """Ask for access to a data set, and answer: purpose, grant, access key, expiry, revocation.

    Who is granted access holds a key that the ledger has the hash of; each job proves it.
    A REQUEST is named by its beginning, or as `latest`.
    """


@request.command(
    "open",
    cls=Command,
    examples=(
        ('totem request open north/meters --purpose "peaks in winter" --as ada', "as a consumer"),
    ),
)
@click.argument("dataset", type=dataset_name, metavar="ORGANISATION/NAME")
@click.option("--purpose", required=True, metavar="TEXT", help="What for, in a line.")
@as_member
@speaks
def open_(shell: Shell, dataset: str, purpose: str, ledger: Ledger) -> None:
    """Ask for access to a data set, saying what for."""
    found = ledger.request_open(dataset, purpose)
    _tell(shell, found, f"{found.provider} is asked for {dataset}")


@request.command(
    "list",
    cls=Command,
    examples=(
        ("totem request list --as ada", "what one has asked for"),
        ("totem request list --as nora", "what one's organisation is asked for"),
    ),
)
@click.option(
    "--side",
    type=click.Choice(("consumer", "provider")),
    help="One's own, or those to one's organisation; else both.",
)
@as_member
@speaks
def list_(shell: Shell, side: str | None, ledger: Ledger) -> None:
    """List requests: one's own, and those to one's organisation."""
    from totemlang.cli.consortium.naming import requests_of

    found = requests_of(ledger, side)
    if shell.as_json:
        shell.document({"requests": [each.to_json() for each in found]})
        return
    rows = [
        (
            each.request,
            each.dataset,
            each.consumer,
            state(each.state),
            when(each.deadline),
            each.purpose,
        )
        for each in found
    ]
    if rows:
        head = ("request", "data set", "consumer", "state", "until", "purpose")
        shell.show(listed(head, rows, "llllll", whole=5))
    shell.show(counted(len(found), "request"))


@request.command(cls=Command, examples=(("totem request show latest --as ada", "the latest"),))
@_name
@as_member
@speaks
def show(shell: Shell, name: str, ledger: Ledger) -> None:
    """Show a request and where it stands."""
    found = ledger.request_show(request_named(ledger, name))
    if shell.as_json:
        shell.document(found.to_json())
        return
    shell.show(
        facts(
            (
                ("request", found.request),
                ("data set", found.dataset),
                ("consumer", found.consumer),
                ("purpose", found.purpose),
                ("asked", when(found.asked)),
                ("state", state(found.state)),
                ("reason", found.reason or ""),
                ("until", when(found.deadline)),
                ("key's hash", found.key_hash or ""),
            )
        )
    )


@request.command(
    cls=Command,
    examples=(
        ("totem request grant latest --as nora", "for 90 days"),
        ("totem request grant 3f2a --until 2027-06-30 --as nora", "until a day"),
    ),
)
@_name
@click.option(
    "--until",
    type=coming,
    metavar="DATE",
    help="Until a day or time, or for 30d or 12h from now; else for 90 days.",
)
@identity_option
@ledger_option
@speaks
def grant(
    shell: Shell, name: str, until: datetime | None, identity: Path | None, path: Path | None
) -> None:
    """Grant access, as the provider, and deliver its key to the consumer.

    All keys follow from one secret in the member's folder, `access.secret`. Members of one
    organisation who answer for each other share it.
    """
    from totemlang.ledger.client import AccessKeys

    ledger = open_ledger(path, identity)
    keys = AccessKeys.kept(ledger, acting(need_path(path), identity))
    expires = until or datetime.now(UTC) + GRANTED_FOR
    found = keys.grant(request_named(ledger, name), expires)
    _tell(shell, found, f"{found.consumer} may use {found.dataset} until {when(found.deadline)}")


@request.command(
    cls=Command, examples=(("totem request deliver 3f2a --as nora", "the same key, once more"),)
)
@_name
@identity_option
@ledger_option
@speaks
def deliver(shell: Shell, name: str, identity: Path | None, path: Path | None) -> None:
    """Deliver the key of a granted request again, as the provider."""
    from totemlang.ledger.client import AccessKeys

    ledger = open_ledger(path, identity)
    keys = AccessKeys.kept(ledger, acting(need_path(path), identity))
    found = keys.deliver(request_named(ledger, name))
    if shell.as_json:
        shell.document(found.to_json())
    else:
        shell.show(f"the key is delivered to {found.collection}")


@request.command(
    cls=Command,
    examples=(("totem request key latest --as ada", "has it come, and is it the right one?"),),
)
@_name
@as_member
@speaks
def key(shell: Shell, name: str, ledger: Ledger) -> None:
    """Hold the access key that was delivered to the hash on the ledger; it is not shown."""
    from totemlang.diagnostics import BadData
    from totemlang.ledger.client import access_key
    from totemlang.ledger.contract.requests import access_key_hash

    found = ledger.request_show(request_named(ledger, name))
    if access_key_hash(found.request, access_key(ledger, found.request)) != found.key_hash:
        raise BadData("what was delivered is not the key that was granted: ask the provider")
    if shell.as_json:
        shell.document({"request": found.request, "key_hash": found.key_hash})
    else:
        shell.show(f"the access key for {found.dataset} is here; jobs prove it by themselves")


@request.command(
    cls=Command, examples=(("totem request refuse 3f2a --reason purpose --as nora", "no"),)
)
@_name
@click.option(
    "--reason",
    type=click.Choice(("purpose", "consumer", "policy", "other")),
    default="other",
    show_default=True,
    help="Why, in a word that the ledger keeps.",
)
@as_member
@speaks
def refuse(shell: Shell, name: str, reason: str, ledger: Ledger) -> None:
    """Refuse access, as the provider."""
    found = ledger.request_refuse(request_named(ledger, name), reason)
    _tell(shell, found, f"{found.consumer} has no access to {found.dataset}: {reason}")


@request.command(cls=Command, examples=(("totem request withdraw latest --as ada", "no more"),))
@_name
@as_member
@speaks
def withdraw(shell: Shell, name: str, ledger: Ledger) -> None:
    """Take one's request back, or give up the access that it brought."""
    found = ledger.request_withdraw(request_named(ledger, name))
    _tell(shell, found, f"the request for {found.dataset} is withdrawn")


@request.command(cls=Command, examples=(("totem request revoke 3f2a --as nora", "at once"),))
@_name
@as_member
@speaks
def revoke(shell: Shell, name: str, ledger: Ledger) -> None:
    """End an access at once, as its provider or as an operator. Accepted jobs go on."""
    found = ledger.request_revoke(request_named(ledger, name))
    _tell(shell, found, f"{found.consumer} has no access to {found.dataset} any more")


@request.command(cls=Command, examples=(("totem request expire 3f2a --as ada", "anybody may"),))
@_name
@as_member
@speaks
def expire(shell: Shell, name: str, ledger: Ledger) -> None:
    """Note that a request's deadline has passed."""
    found = ledger.request_expire(request_named(ledger, name))
    _tell(shell, found, f"the request for {found.dataset} has expired")


def _tell(shell: Shell, found: AccessRequest, what: str) -> None:
    if shell.as_json:
        shell.document(found.to_json())
        return
    shell.show(what)
    shell.show(f"request {found.request}, {found.state}")
