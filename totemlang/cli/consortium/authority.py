"""`totem ca`: the authority that says who is a member, and in which roles."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.certificates import TEN_YEARS, YEAR, certificate_option, days_option
from totemlang.cli.consortium.folders import (
    authority_option,
    new_passphrase,
    passphrase_of,
    passphrase_option,
)
from totemlang.cli.group import Command, Lazy, LazyGroup
from totemlang.cli.options import named, read_bytes
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.identity import CertificateAuthority, MemberCertificate

ROLES = ("provider", "consumer", "operator", "auditor")


_HERE = "totemlang.cli.consortium.authority"


@click.group(
    cls=LazyGroup,
    lazy={
        "init": Lazy(f"{_HERE}:init", "Make an authority."),
        "sign": Lazy(f"{_HERE}:sign", "Sign a new member's request."),
        "renew": Lazy(f"{_HERE}:renew", "Sign a member's request to renew."),
        "revoke": Lazy(f"{_HERE}:revoke", "Revoke certificates for ever."),
        "list": Lazy(f"{_HERE}:list_", "List what was signed and revoked."),
        "crl": Lazy(f"{_HERE}_news:crl", "Give the list of revocations, also to the ledger."),
        "extend": Lazy(f"{_HERE}_news:extend", "Renew the authority's own certificate."),
    },
)
def ca() -> None:
    """Run a certificate authority: a folder with its key, what it signed, what it revoked.

    The consortium's authority signs what says who somebody is (name@organisation) and in which
    roles. The ledger takes calls from nobody else.
    """


@click.command(
    cls=Command,
    name="init",
    examples=(
        ("totem ca init valley --ca ca", "the consortium's authority, in the new folder ca"),
        ("totem ca init valley --ca ca --passphrase", "with a key that asks for a passphrase"),
    ),
)
@click.argument("name")
@authority_option
@passphrase_option
@days_option(TEN_YEARS)
@speaks
def init(shell: Shell, name: str, folder: Path, passphrase: bool, days: int) -> None:
    """Make an authority called NAME in a new folder."""
    from totemlang.ledger.identity import CertificateAuthority

    made = CertificateAuthority.create(
        folder, name, passphrase=new_passphrase() if passphrase else None, days=days
    )
    found = made.certificate
    if shell.as_json:
        shell.document(
            {
                "authority": found.name,
                "folder": str(folder),
                "fingerprint": found.fingerprint,
                "ends": day(found.ends),
            }
        )
        return
    shell.show(f"{name} is an authority until {day(found.ends)}; its key stays in {folder}")
    shell.say(f"members need its certificate: {folder / 'authority.pem'}")


@click.command(
    cls=Command,
    name="sign",
    examples=(
        ("totem ca sign ada.request --role consumer -o ada.pem", "a researcher"),
        ("totem ca sign gro.request --role operator --role auditor -o gro.pem", "two roles"),
    ),
)
@click.argument("request", type=click.Path(path_type=Path))
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="What the member may be. Repeatable.",
)
@certificate_option
@days_option(YEAR)
@authority_option
@speaks
def sign(
    shell: Shell,
    request: Path,
    roles: tuple[str, ...],
    output: Path | None,
    days: int,
    folder: Path,
) -> None:
    """Sign a new member's REQUEST. Whoever signs has seen that it is from whom it names."""
    if output is not None:
        require_writable(output)
    authority = load_authority(folder)
    with named(request):
        text = authority.enrol(read_bytes(request), roles, days=days)
    _hand_over(shell, text, output)


@click.command(
    cls=Command,
    name="renew",
    examples=(("totem ca renew ada.request -o ada.pem", "roles as before, for another year"),),
)
@click.argument("request", type=click.Path(path_type=Path))
@certificate_option
@days_option(YEAR)
@authority_option
@speaks
def renew(shell: Shell, request: Path, output: Path | None, days: int, folder: Path) -> None:
    """Sign a REQUEST of `totem enrol renew`, made with the key of a certificate that still counts.

    The new certificate has the roles of the old one. After its end, or a revocation, the member
    enrols again.
    """
    from totemlang.ledger.identity.renewal import renewed_by

    if output is not None:
        require_writable(output)
    authority = load_authority(folder)
    asked = read_bytes(request)
    with named(request):
        text = authority.renew(asked, renewed_by(authority, asked).pem, days=days)
    _hand_over(shell, text, output)


@click.command(
    cls=Command,
    name="revoke",
    examples=(
        ("totem ca revoke ada@lab", "every certificate that ada has"),
        ("totem ca revoke ada.pem", "one of them; then totem ca crl --send"),
    ),
)
@click.argument("whom", metavar="MEMBER|CERT.pem|SERIAL")
@authority_option
@speaks
def revoke(shell: Shell, whom: str, folder: Path) -> None:
    """Revoke certificates for ever, by member, file or serial number.

    The ledger keeps taking calls under them until it has the new list: `totem ca crl --send`.
    """
    authority = load_authority(folder)
    revoked = authority.revoked()
    chosen = [found for found in _chosen(authority, whom) if found.serial not in revoked]
    for found in chosen:
        authority.revoke(found.pem)
    if shell.as_json:
        shell.document({"revoked": [_document(found, revoked=True) for found in chosen]})
        return
    for found in chosen:
        shell.show(f"revoked {found.member}, serial {found.serial}")
    if not chosen:
        shell.show(f"nothing to revoke: every certificate of {whom} is revoked already")
    shell.say("the ledger must be told: totem ca crl --send")


@click.command(cls=Command, name="list", examples=(("totem ca list", "all certificates"),))
@authority_option
@speaks
def list_(shell: Shell, folder: Path) -> None:
    """List every certificate that was signed, and which of them are revoked."""
    authority = load_authority(folder)
    revoked = authority.revoked()
    found = sorted(authority.issued(), key=lambda each: (each.organisation, each.name, each.begins))
    if shell.as_json:
        shell.document(
            {
                "authority": authority.certificate.name,
                "certificates": [_document(each, revoked=each.serial in revoked) for each in found],
            }
        )
        return
    from totemlang.cli.table import plain_table

    rows = [
        (
            each.member,
            ", ".join(sorted(each.roles)),
            day(each.begins),
            day(each.ends),
            "revoked" if each.serial in revoked else "",
            each.serial,
        )
        for each in found
    ]
    shell.show(plain_table(("member", "roles", "from", "until", "state", "serial"), rows, "llllll"))
    shell.show(f"{authority.certificate.name}: {len(found)} signed, {len(revoked)} revoked")


def load_authority(folder: Path) -> CertificateAuthority:
    """The authority of a folder; a protected key asks for its passphrase. Raises UsageError."""
    from totemlang.ledger.identity import CertificateAuthority

    return CertificateAuthority.load(folder, passphrase_of(folder / "authority.key"))


def _chosen(authority: CertificateAuthority, whom: str) -> list[MemberCertificate]:
    issued = list(authority.issued())
    if Path(whom).is_file():
        from totemlang.ledger.identity import BadCertificate, from_pem, read_member

        try:
            serial = read_member(from_pem(read_bytes(Path(whom)))).serial
        except BadCertificate as error:
            raise UsageError(f"{whom}: {error}") from None
        found = [each for each in issued if each.serial == serial]
    else:
        found = [each for each in issued if whom in (each.member, each.serial)]
    if not found:
        raise UsageError(f"{whom}: the authority has signed no such certificate: totem ca list")
    return found


def _hand_over(shell: Shell, text: str, output: Path | None) -> None:
    from totemlang.ledger.identity import from_pem, read_member

    made = read_member(from_pem(text))
    if output is not None:
        write_file(output, text.encode())
    if shell.as_json:
        shell.document(_document(made, revoked=False) | {"certificate": text})
        return
    if output is None:
        click.echo(text, nl=False)
    roles = ", ".join(sorted(made.roles))
    shell.say(f"{made.member} is {roles} until {day(made.ends)}")
    if output is not None:
        shell.say(f"wrote {output}: for {made.member}, who types totem enrol install {output}")


def _document(found: MemberCertificate, *, revoked: bool) -> dict[str, Any]:
    return {
        "member": found.member,
        "roles": sorted(found.roles),
        "serial": found.serial,
        "fingerprint": found.fingerprint,
        "begins": found.begins.isoformat(),
        "ends": found.ends.isoformat(),
        "revoked": revoked,
    }


def day(moment: datetime) -> str:
    """A day, as certificates are spoken of."""
    return f"{moment:%Y-%m-%d}"
