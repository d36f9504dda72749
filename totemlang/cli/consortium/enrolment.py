"""`totem enrol`: a member's own key, the request to the authority, the certificate."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.certificates import request_option
from totemlang.cli.consortium.folders import (
    load_identity,
    need_folder,
    new_passphrase,
    own_folder_option,
    passphrase_of,
    passphrase_option,
)
from totemlang.cli.group import Command, Group
from totemlang.cli.options import named, read_bytes
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.identity import MemberCertificate


@click.group(cls=Group)
def enrol() -> None:
    """Become a member: the key is made here and stays; the authority signs a request.

    A member is name@organisation. What he owns he keeps when his certificate is renewed.
    """


@enrol.command(
    cls=Command,
    name="request",
    examples=(
        ("totem enrol request ada@lab --as ada -o ada.request", "a key in the new folder ada"),
        ("totem enrol request ada@lab --as ada --passphrase", "protected by a passphrase"),
    ),
)
@click.argument("member", metavar="NAME@ORGANISATION")
@own_folder_option
@request_option
@passphrase_option
@speaks
def request(
    shell: Shell, member: str, identity: Path | None, output: Path | None, passphrase: bool
) -> None:
    """Make a key in a new folder, and the signing request for the authority."""
    from totemlang.ledger.identity import new_member

    folder = need_folder(identity)
    name, at, organisation = member.partition("@")
    if not at:
        raise UsageError(f"{member}: a member is NAME@ORGANISATION")
    if output is not None:
        require_writable(output)
    text = new_member(folder, name, organisation, new_passphrase() if passphrase else None)
    _hand_over(shell, member, text, output, f"the key of {member} is in {folder} and stays there")


@enrol.command(
    cls=Command,
    name="install",
    examples=(("totem enrol install ada.pem --as ada", "what the authority has signed"),),
)
@click.argument("certificate", type=click.Path(path_type=Path))
@own_folder_option
@speaks
def install(shell: Shell, certificate: Path, identity: Path | None) -> None:
    """Keep a CERTIFICATE beside the key that it belongs to."""
    from totemlang.ledger.identity import Identity, load_key, save_certificate
    from totemlang.ledger.identity.member import KEY_FILE

    folder, text = need_folder(identity), read_bytes(certificate)
    key = folder / KEY_FILE
    loaded = load_key(key, passphrase_of(key))
    with named(certificate):
        Identity.of(text, loaded)  # it is his, before it takes a place
    _tell(shell, save_certificate(folder, text))


@enrol.command(
    cls=Command,
    name="renew",
    examples=(("totem enrol renew --as ada -o ada.request", "then totem ca renew ada.request"),),
)
@own_folder_option
@request_option
@speaks
def renew(shell: Shell, identity: Path | None, output: Path | None) -> None:
    """Make a request with the same key, which proves that it is from the same member."""
    from totemlang.ledger.identity import request_certificate

    if output is not None:
        require_writable(output)
    who = load_identity(identity)
    found = who.certificate
    text = request_certificate(who.key, found.name, found.organisation)
    _hand_over(shell, who.member, text, output, f"{who.member} asks to be renewed")


@enrol.command(
    cls=Command, name="show", examples=(("totem enrol show --as ada", "name, roles, until when"),)
)
@own_folder_option
@speaks
def show(shell: Shell, identity: Path | None) -> None:
    """Say who one is: member, roles, until when the certificate counts."""
    _tell(shell, load_identity(identity).certificate)


def _hand_over(shell: Shell, member: str, text: bytes, output: Path | None, told: str) -> None:
    if output is not None:
        write_file(output, text)
    if shell.as_json:
        shell.document({"member": member, "request": text.decode()})
        return
    if output is None:
        click.echo(text, nl=False)
    shell.say(told)
    if output is not None:
        shell.say(f"wrote {output}: send it to the authority")


def _tell(shell: Shell, found: MemberCertificate) -> None:
    if shell.as_json:
        shell.document(_document(found))
        return
    roles = ", ".join(sorted(found.roles))
    ended = "" if found.ends > datetime.now(UTC) else ", which is past"
    shell.show(f"{found.member}: {roles} until {found.ends:%Y-%m-%d}{ended}")


def _document(found: MemberCertificate) -> dict[str, Any]:
    return {
        "member": found.member,
        "roles": sorted(found.roles),
        "serial": found.serial,
        "fingerprint": found.fingerprint,
        "begins": found.begins.isoformat(),
        "ends": found.ends.isoformat(),
    }
