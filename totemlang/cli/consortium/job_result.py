"""`totem job result` and `receipt`: what providers released, held to ledger and signatures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import job_argument
from totemlang.cli.consortium.naming import job_named
from totemlang.cli.consortium.shown import facts, totem
from totemlang.cli.delivery import Wanted, run_document
from totemlang.cli.group import Command
from totemlang.cli.options import LARGEST_TEXT, files, read_bytes
from totemlang.cli.output import FORMATS, format_of, require_writable, write_file
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.engine.outcome import Outcome
    from totemlang.ledger.client import Job, Ledger
    from totemlang.node.delivery import Delivery


@click.command(
    cls=Command,
    examples=(
        ("totem job result latest --as ada", "a table"),
        ("totem job result latest -o peaks.csv --as ada", "a file"),
        ("totem job result latest --delivery 1=d.json --as ada", "a part fetched with a code"),
    ),
)
@job_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="To a file: .csv, .json, .parquet or .arrow.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="The format to write.")
@click.option("--plot", is_flag=True, help="Draw the first two columns.")
@click.option(
    "--send",
    multiple=True,
    shell_complete=files,
    metavar="NAME=FILE",
    help="A lookup that was sent along and is used below `merge`. Repeatable.",
)
@click.option(
    "--delivery",
    multiple=True,
    metavar="PART=FILE",
    help="What a provider gave for a one-time code. Repeatable.",
)
@as_member
@speaks
def result(
    shell: Shell,
    name: str,
    output: Path | None,
    form: str | None,
    plot: bool,
    send: tuple[str, ...],
    delivery: tuple[str, ...],
    ledger: Ledger,
) -> None:
    """Read the result: every part held to its receipt and to the ledger, then made one.

    Parts of several providers are merged by the program's rule, and the stages below `merge` run
    here. Parts that do not merge stand below each other, with their provider.
    """
    from totemlang.node.consumer import Consumer

    if output is not None:
        require_writable(output)
        format_of(output, form)
    job = job_named(ledger, name)
    outcome = Consumer(ledger).result(
        job,
        lookups={key: Path(path) for key, path in _pairs("--send", send)},
        fetched={int(key): _read(Path(path)) for key, path in _pairs("--delivery", delivery)},
    )
    if outcome.error is not None:
        raise outcome.error
    found = ledger.job_show(job)
    Wanted(output, form, plot, document=partial(job_document, found)).deliver(shell, outcome)
    signers = ", ".join(dict.fromkeys(part.organisation for part in found.parts))
    shell.say(f"as {signers} signed and the ledger has it")
    if outcome.usage.used:
        shell.say(f"merging, and what stands below, used {totem(outcome.usage.used)} totem here")


def job_document(found: Job, outcome: Outcome) -> dict[str, Any]:
    """The document of a job that is done: its result, what it cost, and how it stands.

    `totem` is what the job is charged on the ledger; `merging` what was used here to make one
    result of its parts, which nobody pays for.
    """
    parts = found.parts
    used, budget = sum(part.charge for part in parts), sum(part.budget for part in parts)
    by_stage = [
        {"stage": name, "totem": sum(sum(part.by_stage[place : place + 1]) for part in parts)}
        for place, name in enumerate(found.stages)
    ]
    paid = {"used": used, "budget": budget, "remaining": budget - used, "by_stage": by_stage}
    here = {"totem": paid, "merging": outcome.usage.used, "job": found.to_json()}
    return run_document(outcome) | here


@click.command(
    cls=Command,
    examples=(
        ("totem job receipt latest --as ada", "of part 0, verified"),
        ("totem job receipt latest --part 1 -o sam.json --as ada", "to keep, or for an auditor"),
    ),
)
@job_argument
@click.option(
    "--part", type=click.IntRange(min=0), default=0, show_default=True, help="The part, from 0."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="Where to write the signed receipt.",
)
@as_member
@speaks
def receipt(shell: Shell, name: str, part: int, output: Path | None, ledger: Ledger) -> None:
    """Read the receipt that a provider has signed for a part, held to the ledger.

    There is one however the part has ended, but for a part that was stopped or had bad data.
    """
    from totemlang.ledger.canonical import canonical
    from totemlang.ledger.identity import from_pem, read_member
    from totemlang.node.consumer import Consumer

    if output is not None:
        require_writable(output)
    job = job_named(ledger, name)
    found = Consumer(ledger).receipt(job, part)
    if output is not None:
        write_file(output, canonical(found.to_json()) + b"\n")
        shell.say(f"wrote {output}")
    if shell.as_json:
        shell.document(found.to_json())
    elif output is None:
        told = found.receipt
        shell.show(
            facts(
                (
                    ("job", f"{job}, part {part}"),
                    ("signed by", read_member(from_pem(found.certificate)).member),
                    ("signed", str(found.statement["time"])),
                    ("status", str(told.get("status", ""))),
                    *((key, _shown(told[key])) for key in told if key != "status"),
                    ("hash", found.hash),
                )
            )
        )


def _shown(value: Any) -> str:
    """A value of a receipt in a line: totem by stage, hashes by name, bounds by theirs."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return totem(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items())
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return ", ".join(" ".join(map(_shown, each.values())) for each in value)
    return json.dumps(value, ensure_ascii=False)


def _pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or (option == "--delivery" and not (name.isascii() and name.isdigit())):
            wanted = "PART=FILE" if option == "--delivery" else "NAME=FILE"
            raise UsageError(f"{option} {text}: write {wanted}")
        found.append((name, path))
    return found


def _read(path: Path) -> Delivery:
    from totemlang.node.delivery import Delivery

    try:
        return Delivery.from_json(json.loads(_whole(path)))
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is nothing that a provider gave") from None


def _whole(path: Path) -> bytes:
    """A delivery, which may be larger than other documents."""
    from totemlang.node.result_form import MAX_RESULT_BYTES

    try:
        if path.stat().st_size <= LARGEST_TEXT:
            return read_bytes(path)
        with path.open("rb") as file:
            return file.read(2 * MAX_RESULT_BYTES)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
