"""`totem job watch`: a job as it goes, and the balance going down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import exit_code_of, job_argument, whose_turn
from totemlang.cli.consortium.naming import job_named
from totemlang.cli.consortium.shown import short, state, totem, when
from totemlang.cli.group import Command
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from totemlang.ledger.client import Job, Ledger, Part

LOOK_EVERY = 0.2
"""Seconds between two looks at the ledger."""

_GOES_ON = ("submitted", "accepted", "running")
_BAR = 30


@click.command(
    cls=Command,
    examples=(
        ("totem job watch latest --as ada", "until it has ended"),
        ("totem job watch 3f2a --for 60 --as ada", "for a minute at most"),
    ),
)
@job_argument
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Not for longer; exit code 0 if the job goes on.",
)
@as_member
@click.pass_context
@speaks
def watch(
    shell: Shell, context: click.Context, name: str, seconds: float | None, ledger: Ledger
) -> None:
    """Follow a job until it has ended; the exit code is that of a run with such an end."""
    found = watched(shell, ledger, job_named(ledger, name), seconds)
    if shell.as_json:
        shell.document(found.to_json())
    elif shell.is_watched:
        shell.show(balances(found))
    turn = whose_turn(found)
    if turn:
        shell.say(turn)
    context.exit(exit_code_of(found))


def watched(shell: Shell, ledger: Ledger, job: str, seconds: float | None = None) -> Job:
    """Follow a job until it has ended, drawing its balance or telling of each change."""
    moments = _moments(ledger, job, seconds)
    return _watch_live(shell, moments) if shell.is_watched else _watch_lines(shell, moments)


def _moments(ledger: Ledger, job: str, seconds: float | None) -> Iterator[Job]:
    """The job as it changes, until it no longer goes on by itself or the time is over."""
    end = None if seconds is None else time.monotonic() + seconds
    before: Job | None = None
    while True:
        found = ledger.job_show(job)
        if found != before:
            yield found
            before = found
        if found.state not in _GOES_ON or (end is not None and time.monotonic() >= end):
            return
        time.sleep(LOOK_EVERY)


def _watch_live(shell: Shell, moments: Iterator[Job]) -> Job:
    from rich.live import Live

    with Live(console=shell.err, transient=True, refresh_per_second=10) as live:
        for found in moments:
            live.update(balances(found))
    return found


def _watch_lines(shell: Shell, moments: Iterator[Job]) -> Job:
    told: int | None = None
    for found in moments:
        done = sum(len(part.by_stage) for part in found.parts)
        is_news = told is not None and done > told
        told = done
        charged = f"{found.stages[_last_stage(found)]} charged, " if is_news else ""
        left = (
            f"{totem(found.remaining)} totem left"
            if found.returned is None
            else f"{totem(found.charge)} totem paid, {totem(found.returned)} back"
        )
        shell.say(f"{when(found.changed)} {found.state}: {charged}{left}")
    return found


def _last_stage(found: Job) -> int:
    return max(len(part.by_stage) for part in found.parts) - 1


def balances(found: Job) -> RenderableType:
    """What is left of every part's budget, as bars, with the stage that it is in."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    title = Text.assemble(("job ", "dim"), short(found.job), "  ", state(found.state))
    for justify in ("left", "left", "left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for part in found.parts:
        table.add_row(
            part.organisation,
            state(part.status),
            _bar(part),
            f"{totem(part.remaining)} of {totem(part.budget)} left",
            _stage(found, part),
        )
    grid = Table.grid()
    grid.add_row(title)
    grid.add_row(table)
    return grid


def _bar(part: Part) -> Text:
    from rich.text import Text

    filled = _BAR if part.budget == 0 else -(-_BAR * part.remaining // part.budget)
    colour = "green" if 4 * part.remaining >= part.budget else "yellow"
    return Text.assemble(("█" * filled, colour), ("░" * (_BAR - filled), "dim"))


def _stage(found: Job, part: Part) -> str:
    done = len(part.by_stage)
    if part.status == "running" and done < len(found.stages):
        return f"{found.stages[done]} {done + 1}/{len(found.stages)}"
    return f"{done}/{len(found.stages)} stages"
