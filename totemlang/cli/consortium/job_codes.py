"""`totem job code`: a one-time code, with which its holder enters a provider's resources once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import job_argument
from totemlang.cli.consortium.naming import job_named
from totemlang.cli.consortium.shown import short
from totemlang.cli.group import Command
from totemlang.cli.output import require_writable
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger


@click.command(
    cls=Command,
    examples=(
        ("totem job code latest -o entry.json --as ada", "for the provider of part 0"),
        ("totem provider admit entry.json --as nora", "there it is spent"),
    ),
)
@job_argument
@click.option(
    "--part", type=click.IntRange(min=0), default=0, show_default=True, help="The job's part."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="ENTRY.json",
    help="Where to write the entry; else standard output.",
)
@as_member
@speaks
def code(shell: Shell, name: str, part: int, output: Path | None, ledger: Ledger) -> None:
    """Draw a code that is good once, for 15 minutes, at one provider, with one's own key.

    The ledger has its hash alone. What is written shows code, key and signature: hand it to
    nobody but the provider.
    """
    from totemlang.ledger.identity.keys import replace
    from totemlang.node.entrance import issue

    if output is not None:
        require_writable(output)
    entry = issue(ledger, job_named(ledger, name), part)
    if output is not None:
        replace(output, json.dumps(entry.to_json()).encode(), 0o600)
        shell.say(f"wrote {output}: good once, within fifteen minutes")
    if shell.as_json or output is None:
        shell.document(entry.to_json())
    else:
        shell.show(f"a code for part {part} of job {short(entry.job)}")
