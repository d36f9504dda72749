"""`totem job run`: submitted, followed, its result read, settled, in one command."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_result import job_document
from totemlang.cli.consortium.job_show import exit_code_of, whose_turn
from totemlang.cli.consortium.job_submit import (
    asked_options,
    budget_option,
    hours_option,
    reserved,
    submit_job,
)
from totemlang.cli.consortium.job_watch import LOOK_EVERY, watched
from totemlang.cli.consortium.shown import short, totem
from totemlang.cli.delivery import Wanted
from totemlang.cli.group import Command
from totemlang.cli.output import FORMATS, format_of, require_writable, table_bytes, write_file
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.engine.outcome import Outcome
    from totemlang.ledger.client import Ledger


@click.command(
    cls=Command,
    examples=(
        ("totem job run peak.totem --data north/meters --as ada", "and wait for the table"),
        (
            "totem job run peak.totem --data north/meters --data south/meters -o p.csv --as ada",
            "at two providers, to a file",
        ),
    ),
)
@asked_options
@budget_option
@hours_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The result to a file: .csv, .json, .parquet or .arrow.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="The format to write.")
@click.option("--keep-open", is_flag=True, help="Do not settle: look at the result first.")
@as_member
@click.pass_context
@speaks
def run(
    shell: Shell,
    context: click.Context,
    file: Path,
    data: tuple[str, ...],
    param: tuple[str, ...],
    params: Path | None,
    send: tuple[str, ...],
    budget: tuple[str, ...],
    hours: int,
    output: Path | None,
    form: str | None,
    keep_open: bool,
    ledger: Ledger,
) -> None:
    """Submit a job, follow it, show its result and settle it; exit codes are those of a run.

    Providers run it when their nodes see it. Whoever stops waiting leaves the job as it is.
    """
    if output is not None:
        require_writable(output)
        format_of(output, form)
    found, lookups = submit_job(
        shell, ledger, file, data, budget, param=param, params=params, send=send, hours=hours
    )
    job = found.job
    shell.say(f"job {job} is submitted: {reserved(found)} reserved")
    for path in lookups.values():
        shell.say(f"hand {path} to every provider: totem provider receive {path.name}")
    try:
        ended = watched(shell, ledger, job)
        if exit_code_of(ended):
            if shell.as_json:
                shell.document({"status": ended.state, "job": ended.to_json()})
            shell.say(whose_turn(ended))
            context.exit(exit_code_of(ended))
        outcome = _result(ledger, job, lookups)
    except KeyboardInterrupt:
        shell.complain(
            f"the job goes on: totem job watch {short(job)}, totem job stop {short(job)}"
        )
        raise
    if outcome.error is not None:
        raise outcome.error
    _deliver(shell, ledger, job, outcome, output, form, keep_open=keep_open)


def _deliver(
    shell: Shell,
    ledger: Ledger,
    job: str,
    outcome: Outcome,
    output: Path | None,
    form: str | None,
    *,
    keep_open: bool,
) -> None:
    """Show or write the result, then settle."""
    if not shell.as_json:
        Wanted(output, form, plot=False).deliver(shell, outcome)
    elif output is not None and outcome.table is not None:
        content = table_bytes(outcome.table, outcome.columns, format_of(output, form))
        write_file(output, content)
    known = ledger.job_show(job) if keep_open else ledger.job_settle(job)
    if shell.as_json:
        shell.document(job_document(known, outcome))
    elif keep_open:
        shell.say(whose_turn(known))
    else:
        shell.say(f"settled: {totem(known.charge)} paid, {totem(known.returned)} back")


def _result(ledger: Ledger, job: str, lookups: dict[str, Path]) -> Outcome:
    """The result, as soon as every provider has delivered."""
    from totemlang.ledger.contract import Reason, Refusal
    from totemlang.node.consumer import Consumer

    while True:
        try:
            return Consumer(ledger).result(job, lookups=lookups)
        except Refusal as refusal:
            if refusal.reason is not Reason.UNKNOWN:
                raise
        time.sleep(LOOK_EVERY)
