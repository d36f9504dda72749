"""How a job ends on the ledger: settled, stopped, expired, disputed and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import job_argument, tell_job
from totemlang.cli.consortium.naming import job_named
from totemlang.cli.consortium.shown import totem
from totemlang.cli.group import Command
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
    """Agree to what was reported, as the consumer: providers are paid, the rest comes back.

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
    examples=(('totem job dispute latest "the rows are not those published" --as ada', "and why"),),
)
@job_argument
@click.argument("reason")
@as_member
@speaks
def dispute(shell: Shell, name: str, reason: str, ledger: Ledger) -> None:
    """Dispute what was reported, as the consumer or a provider; the escrow is held meanwhile."""
    found = ledger.job_dispute(job_named(ledger, name), reason)
    tell_job(shell, found, "is disputed: an auditor replays its receipts")
