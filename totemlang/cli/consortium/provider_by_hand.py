"""A provider's duties one by one: accept, start, report, finish, and what goes otherwise."""

from __future__ import annotations

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
from totemlang.cli.consortium.job_show import job_argument, tell_job
from totemlang.cli.consortium.naming import job_named
from totemlang.cli.consortium.shown import amount, short, totem
from totemlang.cli.group import Command
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import Forbidden, UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Job, Ledger

part_option = click.option(
    "--part",
    type=click.IntRange(min=0),
    metavar="N",
    help="The part, from 0; else the one of one's organisation.",
)
hash_options = (
    click.option("--result", metavar="HASH", help="SHA-256 of the result."),
    click.option("--receipt", metavar="HASH", help="SHA-256 of the receipt."),
)


@click.command(
    cls=Command,
    examples=(("totem provider accept latest --as nora", "after its access proofs hold"),),
)
@job_argument
@part_option
@identity_option
@ledger_option
@speaks
def accept(
    shell: Shell, name: str, part: int | None, identity: Path | None, path: Path | None
) -> None:
    """Accept a part, whose proofs of access are checked first."""
    from totemlang.ledger.client import AccessKeys

    ledger = open_ledger(path, identity)
    job, number = _part(ledger, name, part)
    keys = AccessKeys.kept(ledger, acting(need_path(path), identity))
    if not keys.is_proven(job, number):
        raise Forbidden(
            f"{job.consumer} has not proved the access key: "
            f"totem provider refuse {short(job.job)} --reason access_key"
        )
    tell_job(shell, ledger.job_accept(job.job, number), f"is accepted, part {number}")


@click.command(
    cls=Command,
    examples=(
        ("totem provider refuse latest --reason capacity --as nora", "everything goes back"),
    ),
)
@job_argument
@part_option
@click.option(
    "--reason",
    type=click.Choice(("policy", "capacity", "access_key", "other")),
    default="other",
    show_default=True,
    help="Why, in a word that the ledger keeps.",
)
@as_member
@speaks
def refuse(shell: Shell, name: str, part: int | None, reason: str, ledger: Ledger) -> None:
    """Refuse a part, and with it the job."""
    job, number = _part(ledger, name, part)
    found = ledger.job_refuse(job.job, number, reason)
    tell_job(shell, found, f"is refused: {reason}; {totem(found.returned)} back")


@click.command(
    cls=Command, examples=(("totem provider start latest --as nora", "its time begins to count"),)
)
@job_argument
@part_option
@as_member
@speaks
def start(shell: Shell, name: str, part: int | None, ledger: Ledger) -> None:
    """Start a part of a job that all have accepted."""
    job, number = _part(ledger, name, part)
    tell_job(shell, ledger.job_start(job.job, number), f"runs, part {number}")


@click.command(
    cls=Command,
    examples=(("totem provider report latest 90 --as nora", "the next stage has cost 90"),),
)
@job_argument
@click.argument("number", metavar="TOTEM", type=amount)
@part_option
@click.option("--stage", type=click.IntRange(min=0), metavar="N", help="From 0; else the next.")
@as_member
@click.pass_context
@speaks
def report(
    shell: Shell,
    context: click.Context,
    name: str,
    number: int,
    part: int | None,
    stage: int | None,
    ledger: Ledger,
) -> None:
    """Charge a finished stage. Exit code 3: out of totem, nothing may go on."""
    job, place = _part(ledger, name, part)
    which = len(job.parts[place].by_stage) if stage is None else stage
    found = ledger.job_report(job.job, place, which, number)
    if shell.as_json:
        shell.document(found.to_json())
    elif found.go_on:
        shell.show(f"stage {which} charged {totem(number)}: {totem(found.remaining)} left, go on")
    else:
        shell.show(f"out of totem in stage {which}: stop everything, release nothing")
    context.exit(0 if found.go_on else 3)


@click.command(
    cls=Command,
    examples=(
        ("totem provider finish latest --result HASH --receipt HASH --as nora", "metered"),
        ("totem provider finish latest --as nora", "flat: nothing is told of the data"),
    ),
)
@job_argument
@part_option
@hash_options[0]
@hash_options[1]
@as_member
@speaks
def finish(
    shell: Shell,
    name: str,
    part: int | None,
    result: str | None,
    receipt: str | None,
    ledger: Ledger,
) -> None:
    """End a part whose stages are all reported, committing to result and receipt."""
    job, number = _part(ledger, name, part)
    found = ledger.job_finish(job.job, number, result, receipt)
    tell_job(shell, found, f"is {found.state}, part {number} done")


@click.command(
    cls=Command,
    examples=(("totem provider fail latest --status bad_data --as nora", "costs nothing"),),
)
@job_argument
@part_option
@click.option(
    "--status",
    type=click.Choice(("failed", "bad_data", "out_of_totem")),
    required=True,
    help="How it ends.",
)
@hash_options[1]
@as_member
@speaks
def fail(
    shell: Shell, name: str, part: int | None, status: str, receipt: str | None, ledger: Ledger
) -> None:
    """End a job because an operation failed, the data is bad, or the budget is used up."""
    job, number = _part(ledger, name, part)
    found = ledger.job_fail(job.job, number, status, receipt)
    tell_job(shell, found, f"is {found.state}, part {number} {status}")


def _part(ledger: Ledger, name: str, part: int | None) -> tuple[Job, int]:
    """A job and the part of it that is meant. Raises UsageError where that is open."""
    job = ledger.job_show(job_named(ledger, name))
    if part is not None:
        return job, part
    organisation = ledger.member.partition("@")[2]
    own = [i for i, each in enumerate(job.parts) if each.organisation == organisation]
    if len(own) != 1:
        if not own:
            raise UsageError(f"{organisation} has no part of job {short(job.job)}")
        parts = ", ".join(map(str, own))
        raise UsageError(f"{organisation} has the parts {parts}: say which with --part N")
    return job, own[0]
