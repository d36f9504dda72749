"""`totem job quote` and `submit`: what a job would cost, and the job itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import whose_turn
from totemlang.cli.consortium.offers import budgets_of, read_asked, require_access
from totemlang.cli.consortium.shown import listed, totem
from totemlang.cli.group import Command
from totemlang.cli.options import parameter_options
from totemlang.cli.programs import sent_parameters
from totemlang.cli.progress import waiting
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from totemlang.ledger.client import Job, Judgement, Ledger


def asked_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a job is: program, data sets, parameters, lookups."""
    data = click.option(
        "--data",
        multiple=True,
        metavar="[NAME=]ORGANISATION/DATASET",
        help="A data set, for a name in the program. Repeatable: one part for each organisation.",
    )
    send = click.option(
        "--send",
        multiple=True,
        metavar="NAME=FILE",
        help="A lookup that goes along with the job. Repeatable.",
    )
    file = click.argument("file", type=click.Path(path_type=Path))
    return file(data(parameter_options(send(command))))


budget_option = click.option(
    "--budget",
    multiple=True,
    metavar="[ORGANISATION=]TOTEM",
    help="What may be used at each provider, or at one; else the quoted bound. Repeatable.",
)
hours_option = click.option(
    "--hours",
    type=click.IntRange(1, 720),
    default=24,
    show_default=True,
    help="How long it may run once it has started.",
)


@click.command(
    cls=Command,
    examples=(
        ("totem job quote peak.totem --data north/meters --as ada", "before access is granted"),
        (
            "totem job quote peak.totem --data north/meters --data south/meters --as ada",
            "at two providers, whose results are merged",
        ),
    ),
)
@asked_options
@as_member
@speaks
def quote(
    shell: Shell,
    file: Path,
    data: tuple[str, ...],
    param: tuple[str, ...],
    params: Path | None,
    send: tuple[str, ...],
    ledger: Ledger,
) -> None:
    """Ask the contract what a job would cost at each provider; nothing is reserved."""
    from totemlang.node.consumer import Consumer

    asked = read_asked(ledger, file, data)
    with waiting(shell, "the contract judges it"):
        found = Consumer(ledger).judge(
            asked.program,
            asked.wanted({}),
            parameters=sent_parameters(asked.program, param, params),
            lookups=asked.lookups(send),
        )
    if shell.as_json:
        shell.document(found.to_json())
        return
    _show_quote(shell, found)


@click.command(
    cls=Command,
    examples=(
        ("totem job submit peak.totem --data north/meters --as ada", "with the quoted bound"),
        (
            "totem job submit peak.totem --data north/meters --data south/meters "
            "--budget north=500000 --budget south=800000 --as ada",
            "with budgets of one's own",
        ),
        (
            "totem job submit bill.totem --data north/meters --param price=0.31 --as ada",
            "a parameter",
        ),
    ),
)
@asked_options
@budget_option
@hours_option
@as_member
@speaks
def submit(
    shell: Shell,
    file: Path,
    data: tuple[str, ...],
    param: tuple[str, ...],
    params: Path | None,
    send: tuple[str, ...],
    budget: tuple[str, ...],
    hours: int,
    ledger: Ledger,
) -> None:
    """Submit a job: the contract judges it and reserves its budget, or refuses it."""
    found, lookups = submit_job(
        shell, ledger, file, data, budget, param=param, params=params, send=send, hours=hours
    )
    if shell.as_json:
        shell.document(found.to_json())
        return
    shell.show(f"job {found.job} is submitted: {reserved(found)} reserved")
    for path in lookups.values():
        shell.say(f"hand {path} to every provider: totem provider receive {path.name}")
    shell.say(whose_turn(found))


def submit_job(
    shell: Shell,
    ledger: Ledger,
    file: Path,
    data: Sequence[str],
    budget: Sequence[str],
    *,
    param: Sequence[str],
    params: Path | None,
    send: Sequence[str],
    hours: int,
) -> tuple[Job, dict[str, Path]]:
    """Submit what was typed; gives the job, and the lookups that are sent along.

    Raises:
        Refused: where the program is refused.
        Refusal: where the contract refuses, or access is missing.
        UsageError: where data sets, budgets or parameters do not go together with the program.
    """
    from totemlang.node.consumer import Consumer

    asked = read_asked(ledger, file, data)
    lookups, wanted = asked.lookups(send), asked.wanted(budgets_of(budget, tuple(asked.data)))
    require_access(ledger, asked)
    with waiting(shell, "the contract judges it"):
        found = Consumer(ledger).submit(
            asked.program,
            wanted,
            parameters=sent_parameters(asked.program, param, params),
            lookups=lookups,
            hours=hours,
        )
    return found, lookups


def reserved(found: Job) -> str:
    """What a job has in escrow, by provider."""
    return ", ".join(f"{totem(part.budget)} at {part.organisation}" for part in found.parts)


def _show_quote(shell: Shell, found: Judgement) -> None:
    rows = [
        (
            part.organisation,
            ", ".join(sorted(used.dataset for used in part.data.values())),
            part.billing,
            totem(part.quote.lower),
            totem(part.quote.expected),
            totem(part.quote.upper),
            totem(part.result_rows),
        )
        for part in found.parts
    ]
    head = ("provider", "data", "billing", "lower", "expected", "upper", "rows at most")
    shell.show(listed(head, rows, "lllrrrr"), "")
    cells = [
        (name, *(totem(part.bounds[place]) for part in found.parts))
        for place, name in enumerate(found.stages)
    ]
    columns = ("stage, at most", *(part.organisation for part in found.parts))
    shell.show(listed(columns, cells, "l" + "r" * len(found.parts)))
