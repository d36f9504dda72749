"""`totemc run`: a program on data, metered, from the quote to the result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.shown import amount
from totemlang.cli.delivery import Wanted, run_document
from totemlang.cli.group import Command
from totemlang.cli.options import data_options, parameter_options, policy_option, tables_in_force
from totemlang.cli.output import FORMATS
from totemlang.cli.payment import chosen_payer, payment_options
from totemlang.cli.programs import open_program, sent_parameters
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.engine.outcome import Outcome
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def _bytes(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """A number of bytes as people write it: `512M`, `2G`, `1000000`."""
    if value is None:
        return None
    text = value.strip().lower().removesuffix("b").removesuffix("i")
    digits, unit = (text[:-1], text[-1]) if text[-1:] in set("kmgt") else (text, "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        raise click.BadParameter(f"{value!r} is no number of bytes: write 512M or 2G")
    return int(digits) * _UNITS[unit]


@click.command(
    cls=Command,
    examples=(
        ("totemc run peak.totem --data readings.parquet", "with the upper bound as budget"),
        ("totemc run peak.totem --data 'day_*.csv' --budget 1000000", "and never more than that"),
        (
            "totemc run groups.totem --data readings=r.parquet --data households=h.csv",
            "a data set and a lookup",
        ),
        ("totemc run bill.totem --data r.parquet --param price=0.31 -o bills.csv", "to a file"),
        ("totemc run profile.totem --data r.parquet --plot", "and a plot"),
        ("totemc run peak.totem --data r.parquet --ledger mine", "paid for on a ledger"),
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@data_options
@parameter_options
@click.option(
    "--budget",
    type=amount,
    metavar="TOTEM",
    help="Totem that may be used; else the quote's upper bound.",
)
@payment_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the result: .csv, .json, .parquet or .arrow.",
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="The form of the result, here or in -o."
)
@click.option("--plot", is_flag=True, help="Draw the first two columns as well.")
@click.option(
    "--memory-limit",
    callback=_bytes,
    metavar="SIZE",
    help="Bytes to hold before writing to disk, as 512M; else 1G.",
)
@click.option(
    "--tier",
    type=click.Choice(("auto", "interpreter", "native")),
    default="auto",
    help="How bytecode is run; else by the size of the data.",
)
@click.option("--engine", default="local", metavar="local", help="Where stages are run.")
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="How many run stages at the same time; else as many as there are processors.",
)
@policy_option
@tables_in_force
@speaks
@click.pass_context
def run(
    context: click.Context,
    shell: Shell,
    file: Path,
    data: tuple[str, ...],
    metadata: tuple[str, ...],
    param: tuple[str, ...],
    params: Path | None,
    budget: int | None,
    ledger: Path | None,
    identity: Path | None,
    payee: str | None,
    output: Path | None,
    form: str | None,
    plot: bool,
    memory_limit: int | None,
    tier: str,
    engine: str,
    workers: int | None,
    policy: Path | None,
    rules: RuleBook,
    prices: PriceTable,
) -> None:
    """Run a program on data; show progress, the balance going down, and the result."""
    if engine != "local":
        raise UsageError(f"--engine {engine}: this version runs on this machine alone (local)")
    from totemlang.cli.progress import waiting, watching
    from totemlang.execution import DEFAULT_MEMORY_LIMIT, execute, prepare

    wanted = Wanted(output, form, plot)
    payer = chosen_payer(ledger, identity, payee)
    opened = open_program(file, rules, prices, data, metadata, policy)
    sent = sent_parameters(opened.program, param, params)
    with waiting(shell, "describing the data"):
        request = prepare(
            opened.program,
            opened.data,
            budget=budget,
            parameters=sent,
            metadata=opened.metadata,
            policy=opened.policy,
        )
    wanted.require_possible(shell, request)
    if budget is None:
        shell.say(f"no --budget given: taking the quote's upper bound, {request.budget:,} totem")
    with watching(shell) as listen:
        outcome = execute(
            request,
            account=payer,
            progress=listen,
            memory_limit=DEFAULT_MEMORY_LIMIT if memory_limit is None else memory_limit,
            workers=workers or os.cpu_count() or 1,
            tier=tier,
        )
    if outcome.is_done:
        wanted.deliver(shell, outcome)
    elif shell.as_json:
        shell.document(run_document(outcome))
    _print_end(shell, outcome)
    if outcome.error is not None:
        context.exit(outcome.error.exit_code)


def _print_end(shell: Shell, outcome: Outcome) -> None:
    """Say what was used, by stage, or why there is no result."""
    from rich.text import Text

    used = outcome.usage.used
    if outcome.error is not None:
        shell.complain(
            Text.assemble((outcome.status, "bold red"), (": ", "bold"), str(outcome.error))
        )
    stages = _by_stage([(stage.name, stage.totem) for stage in outcome.usage.by_stage])
    shell.say(f"used {used:,} of {outcome.budget:,} totem, {outcome.remaining:,} back{stages}")


def _by_stage(stages: Sequence[tuple[str, int]]) -> str:
    if len(stages) < 2:
        return ""
    return "; " + ", ".join(f"{name} {totem:,}" for name, totem in stages)
