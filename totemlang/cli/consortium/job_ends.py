"""How a job ends on the ledger: settled, stopped, expired, disputed and judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import job_argument, tell_job
from totemlang.cli.consortium.naming import job_named
from totemlang.cli.consortium.shown import amount, totem
from totemlang.cli.group import Command
from totemlang.cli.options import read_bytes
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger


@click.command(
    cls=Command, examples=(("totem job settle latest --as ada", "pay, and have the rest back"),)
)
@job_argument
@as_member
@speaks
def settle(shell: Shell, name: str, ledger: Ledger) -> None:
    """Agree to what was reported, as the consumer: providers are paid, the rest comes back (S424).

    Without it a job that has ended settles as reported after a day: anybody may say so.
    """
    found = ledger.job_settle(job_named(ledger, name))
    tell_job(shell, found, f"is settled: {totem(found.charge)} paid, {totem(found.returned)} back")


@click.command(
    cls=Command,
    examples=(
        ("totem job stop latest --as ada", "before it runs: everything comes back"),
        ("totem job stop 3f2a --as nora", "as its provider: nothing of hers is charged"),
    ),
)
@job_argument
@as_member
@speaks
def stop(shell: Shell, name: str, ledger: Ledger) -> None:
    """Stop a job at once, as its consumer, one of its providers, or an operator.

    While it runs the stages that were reported are charged, but nothing of a provider who stops it.
    """
    found = ledger.job_stop(job_named(ledger, name))
    tell_job(shell, found, f"is {found.state}")


@click.command(
    cls=Command, examples=(("totem job expire 3f2a --as ada", "anybody may, past its deadline"),)
)
@job_argument
@as_member
@speaks
def expire(shell: Shell, name: str, ledger: Ledger) -> None:
    """Let a job go on whose deadline has passed: nothing stays locked because somebody vanished."""
    found = ledger.job_expire(job_named(ledger, name))
    tell_job(shell, found, f"is {found.state}")


@click.command(
    cls=Command,
    examples=(('totem job dispute latest "the rows are not those published" --as ada', ""),),
)
@job_argument
@click.argument("reason")
@as_member
@speaks
def dispute(shell: Shell, name: str, reason: str, ledger: Ledger) -> None:
    """Dispute what was reported, as the consumer or a provider; the escrow is held meanwhile."""
    found = ledger.job_dispute(job_named(ledger, name), reason)
    tell_job(shell, found, "is disputed: an auditor replays its receipts")


@click.command(
    cls=Command,
    examples=(
        (
            "totem job judge 5f2c… --charge 90 --receipt receipt.json --as carl",
            "what the replay of the part's receipt came to",
        ),
        (
            "totem job judge 5f2c… --charge 90 --charge 0 --evidence HASH --as carl",
            "two parts; evidence by its hash",
        ),
    ),
)
@job_argument
@click.option(
    "--charge",
    "charges",
    type=amount,
    multiple=True,
    required=True,
    metavar="TOTEM",
    help="What a part is charged, in the order of the parts. Repeatable.",
)
@click.option(
    "--receipt",
    "receipts",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A receipt that was replayed; their hash goes to the ledger. Repeatable.",
)
@click.option("--evidence", metavar="HASH", help="That hash, instead of --receipt.")
@as_member
@speaks
def judge(
    shell: Shell,
    name: str,
    charges: tuple[int, ...],
    receipts: tuple[Path, ...],
    evidence: str | None,
    ledger: Ledger,
) -> None:
    """Settle a dispute, as an auditor of an organisation without a part in it."""
    import hashlib

    if (evidence is None) == (not receipts):
        raise click.UsageError("give --receipt FILE, once for each, or --evidence HASH")
    if evidence is None:
        evidence = hashlib.sha256(b"".join(read_bytes(path) for path in receipts)).hexdigest()
    found = ledger.job_judgement(job_named(ledger, name), charges, evidence)
    tell_job(shell, found, f"is settled: {totem(found.charge)} paid, {totem(found.returned)} back")
