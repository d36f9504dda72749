"""`totem job code`: a one-time code, with which its holder enters a provider's resources once."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import job_argument
from totemlang.cli.consortium.naming import job_named
from totemlang.cli.consortium.shown import when
from totemlang.cli.group import Command
from totemlang.cli.options import read_bytes
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger

_CODE_BYTES = 16

key_option = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PUBLIC.pem",
    help="The public key that is shown with the code, or a certificate.",
)
part_option = click.option(
    "--part", type=click.IntRange(min=0), default=0, show_default=True, help="The job's part."
)


@click.command(
    cls=Command,
    examples=(("totem job code latest --key ada.pem --as ada", "for the provider of part 0"),),
)
@job_argument
@part_option
@key_option
@as_member
@speaks
def code(shell: Shell, name: str, part: int, key_file: Path, ledger: Ledger) -> None:
    """Draw a code that is good once, for 15 minutes, at one provider, with one public key.

    The ledger has its hash alone: keep what is printed, and show it to nobody but the provider.
    """
    from totemlang.ledger.contract.codes import hash_of_code

    job, key = job_named(ledger, name), key_hash(key_file)
    drawn = secrets.token_hex(_CODE_BYTES)
    found = ledger.code_issue(job, part, key, hash_of_code(job, part, key, drawn))
    if shell.as_json:
        shell.document(found.to_json() | {"code": drawn})
        return
    shell.show(drawn)
    shell.say(f"good once until {when(found.expires)}, for part {part} and the key in {key_file}")


def key_hash(path: Path) -> str:
    """SHA-256, in hex, of the public key (in DER) of a PEM file. Raises UsageError."""
    import hashlib

    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    text = read_bytes(path)
    try:
        if b"CERTIFICATE" in text:
            key = x509.load_pem_x509_certificate(text).public_key()
        else:
            key = serialization.load_pem_public_key(text)  # type: ignore[assignment]
    except ValueError:
        raise UsageError(f"{path} holds no public key and no certificate in PEM") from None
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()
