"""`totem job quote` and `submit`: what a job would cost, and the job itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import whose_turn
from totemlang.cli.consortium.offers import (
    LARGEST_BUDGET,
    Wanted,
    budgets_of,
    offers,
    read_wanted,
    sent_along,
)
from totemlang.cli.consortium.shown import listed, totem
from totemlang.cli.group import Command
from totemlang.cli.options import parameter_options
from totemlang.cli.programs import sent_parameters
from totemlang.cli.progress import waiting
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from totemlang.ledger.client import Judgement, Ledger, Sent


def _asked(command: Callable[..., Any]) -> Callable[..., Any]:
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
@_asked
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
    wanted = read_wanted(ledger, file, data)
    parameters = _parameters(wanted, param, params)
    lookups = {name: each for name, (each, _) in sent_along(send, _names(wanted)).items()}
    with waiting(shell, "the contract judges it"):
        found = _judged(ledger, wanted, parameters, lookups)
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
        ("totem job submit bill.totem --data north/meters --param price=0.31 --as ada", ""),
    ),
)
@_asked
@click.option(
    "--budget",
    multiple=True,
    metavar="[ORGANISATION=]TOTEM",
    help="What may be used at each provider, or at one; else the quoted bound. Repeatable.",
)
@click.option(
    "--hours",
    type=click.IntRange(1, 720),
    default=24,
    show_default=True,
    help="How long it may run once it has started.",
)
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
    """Submit a job (S103): the contract judges it and reserves its budget, or refuses it."""
    from totemlang.ledger.client import access_key, prove

    wanted = read_wanted(ledger, file, data)
    budgets = budgets_of(budget, tuple(wanted.data))
    parameters = _parameters(wanted, param, params)
    lookups = {name: each for name, (each, _) in sent_along(send, _names(wanted)).items()}
    if set(budgets) != set(wanted.data):
        bounds = _bounds(_judged(ledger, wanted, parameters, lookups))
        budgets = bounds | budgets
    parts = offers(ledger, wanted, budgets, requested=True)
    requests = {each.request for part in parts for each in part.data.values()}
    keys = {request: access_key(ledger, request) for request in sorted(requests)}
    code, source = wanted.bytecode, wanted.source_hash
    parts = prove(code, source, parts, keys, parameters, lookups)
    found = ledger.job_submit(code, source, parts, hours, parameters, lookups or None)
    if shell.as_json:
        shell.document(found.to_json())
        return
    reserved = ", ".join(f"{totem(part.budget)} at {part.organisation}" for part in found.parts)
    shell.show(f"job {found.job} is submitted: {reserved} reserved")
    shell.say(whose_turn(found))


def _judged(
    ledger: Ledger, wanted: Wanted, parameters: str | None, lookups: dict[str, Sent]
) -> Judgement:
    """The contract's judgement with all the budget that there could be."""
    most = dict.fromkeys(wanted.data, LARGEST_BUDGET)
    parts = offers(ledger, wanted, most, requested=False)
    return ledger.job_judge(wanted.bytecode, wanted.source_hash, parts, parameters, lookups or None)


def _bounds(found: Judgement) -> dict[str, int]:
    bounds = {}
    for part in found.parts:
        if part.quote.upper is None:
            raise UsageError(
                f"nothing bounds the job at {part.organisation}: give "
                f"--budget {part.organisation}=TOTEM, {totem(part.quote.lower)} or more"
            )
        bounds[part.organisation] = part.quote.upper
    return bounds


def _names(wanted: Wanted) -> Sequence[str]:
    from totemlang.execution import data_names

    return data_names(wanted.program)


def _parameters(wanted: Wanted, param: tuple[str, ...], params: Path | None) -> str | None:
    """Parameters as the JSON text that is submitted; None where there are none."""
    wanted.program.accept()
    sent = sent_parameters(wanted.program, param, params)
    return json.dumps(sent, sort_keys=True, ensure_ascii=False) if sent else None


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
