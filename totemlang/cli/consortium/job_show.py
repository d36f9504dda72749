"""`totem job list` and `show`: where jobs stand, what they have cost, whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.naming import job_named, jobs_of
from totemlang.cli.consortium.shown import counted, facts, listed, short, state, totem, when
from totemlang.cli.group import Command
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from rich.console import RenderableType

    from totemlang.ledger.client import Job, Ledger

job_argument = click.argument("name", metavar="JOB")

EXIT_CODES = {"out_of_totem": 3, "failed": 4, "bad_data": 5}
"""How a command ends that shows the end of a job: as a run does."""

_UNDONE = ("refused", "withdrawn", "expired", "stopped")


@click.command(
    "list",
    cls=Command,
    examples=(
        ("totem job list --as ada", "one's own jobs"),
        ("totem job list --as nora", "those on one's organisation's data"),
    ),
)
@click.option(
    "--side",
    type=click.Choice(("consumer", "provider")),
    help="One's own, or those on one's organisation's data; else both.",
)
@click.option("--state", "wanted", metavar="STATE", help="Only those in a state.")
@as_member
@speaks
def list_(shell: Shell, side: str | None, wanted: str | None, ledger: Ledger) -> None:
    """List jobs: one's own, and those on one's organisation's data."""
    found = [each for each in jobs_of(ledger, side) if wanted in (None, each.state)]
    if shell.as_json:
        shell.document({"jobs": [each.to_json() for each in found]})
        return
    if found:
        shell.show(job_table(found))
    shell.show(counted(len(found), "job"))


@click.command(
    cls=Command,
    examples=(
        ("totem job show latest --as ada", "the latest"),
        ("totem job show 3f2a --as gro", "anybody's, as operator or auditor, by its whole name"),
    ),
)
@job_argument
@as_member
@speaks
def show(shell: Shell, name: str, ledger: Ledger) -> None:
    """Show a job: its parts, what each stage was charged, and whose turn it is."""
    found = ledger.job_show(job_named(ledger, name))
    if shell.as_json:
        shell.document(found.to_json())
        return
    shell.show(*job_picture(found))
    turn = whose_turn(found)
    if turn:
        shell.say(turn)


def tell_job(shell: Shell, found: Job, what: str) -> None:
    """Say what a command did to a job, and where it stands now."""
    if shell.as_json:
        shell.document(found.to_json())
        return
    shell.show(f"job {short(found.job)} {what}")
    turn = whose_turn(found)
    if turn:
        shell.say(turn)


def exit_code_of(found: Job) -> int:
    """0 for a job that is done, is being done or may be; else as a run of that end."""
    for part in found.parts:
        if part.status in EXIT_CODES:
            return EXIT_CODES[part.status]
    return int(found.state in _UNDONE or any(part.status in _UNDONE for part in found.parts))


def job_table(found: Sequence[Job]) -> RenderableType:
    """Jobs, one a line."""
    rows = [
        (
            each.job,
            when(each.submitted),
            each.consumer,
            ", ".join(sorted({part.organisation for part in each.parts})),
            state(each.state),
            totem(sum(part.budget for part in each.parts)),
            totem(each.used if each.charge is None else each.charge),
        )
        for each in found
    ]
    head = ("job", "submitted", "consumer", "providers", "state", "budget", "charged")
    return listed(head, rows, "lllllrr", whole=2)


def job_picture(found: Job) -> tuple[RenderableType, ...]:
    """A job: what it is, its parts, and its stages with what each was charged."""
    about = facts(
        (
            ("job", found.job),
            ("consumer", found.consumer),
            ("submitted", when(found.submitted)),
            ("state", state(found.state)),
            ("until", when(found.deadline)),
            ("charged", "" if found.charge is None else totem(found.charge)),
            ("returned", "" if found.returned is None else totem(found.returned)),
            ("stopped by", found.stopped_by or ""),
            ("disputed", f"{found.dispute.by}: {found.dispute.reason}" if found.dispute else ""),
            ("judged by", found.verdict.by if found.verdict else ""),
            ("evidence", found.verdict.evidence if found.verdict else ""),
            ("program", found.code),
        )
    )
    parts = [
        (
            str(number),
            part.organisation,
            ", ".join(sorted({used.dataset for used in part.data.values()})),
            part.billing,
            state(part.status),
            totem(part.quote.lower),
            totem(part.quote.upper),
            totem(part.budget),
            totem(part.used),
            totem(part.charge),
        )
        for number, part in enumerate(found.parts)
    ]
    head = (
        "part",
        "provider",
        "data",
        "billing",
        "status",
        "lower",
        "upper",
        "budget",
        "used",
        "charge",
    )
    return about, "", listed(head, parts, "rllllrrrrr"), "", _stage_table(found)


def _stage_table(found: Job) -> RenderableType:
    """What every stage was quoted and charged, part by part."""
    rows = []
    for place, name in enumerate(found.stages):
        cells = [name]
        for part in found.parts:
            charged = part.by_stage[place] if place < len(part.by_stage) else None
            cells.append("" if charged is None else totem(charged))
            cells.append(totem(part.bounds[place]))
        rows.append(cells)
    head = ["stage"]
    for number, part in enumerate(found.parts):
        head += [f"{part.organisation} ({number})", "at most"]
    return listed(head, rows, "l" + "rr" * len(found.parts))


def whose_turn(found: Job) -> str:
    """What may come next, as a command of whoever may; empty where nothing does."""
    name = short(found.job)
    if found.state == "submitted":
        waiting = [part.organisation for part in found.parts if part.status == "waiting"]
        return f"next: accepted or refused by {' and '.join(waiting)}: totem provider step"
    if found.state == "accepted":
        to_start = [part.organisation for part in found.parts if part.status == "accepted"]
        return f"next: run by {' and '.join(to_start)}: totem provider step"
    if found.state == "running":
        return f"it runs: totem job watch {name}"
    if found.state in ("finished", "failed", "out_of_totem", "stopped"):
        by = f"; by itself at {when(found.deadline)}"
        return f"next: settled by {found.consumer}: totem job settle {name}, or disputed{by}"
    if found.state == "disputed":
        until = when(found.deadline)
        return f"next: judged by an auditor: totem job judge {name} …, until {until}"
    return ""
