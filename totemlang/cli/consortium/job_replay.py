"""`totem job replay` and `judge`: an auditor runs a part again, and settles a dispute by that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.job_show import job_argument, tell_job
from totemlang.cli.consortium.naming import disputed_jobs, job_named
from totemlang.cli.consortium.shown import amount, counted, facts, listed, totem, when
from totemlang.cli.group import Command
from totemlang.cli.options import files, read_bytes
from totemlang.cli.progress import waiting
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger
    from totemlang.node.replay import Replay

_DATA = re.compile(r"(?:(\d{1,2}):)?([A-Za-z][A-Za-z0-9_]*)=(.+)", re.ASCII)

data_option = click.option(
    "--data",
    multiple=True,
    shell_complete=files,
    metavar="[PART:]NAME=PATH",
    help="A data set or lookup of a part, by its name in the program. Repeatable.",
)
receipt_option = click.option(
    "--receipt",
    "receipts",
    multiple=True,
    shell_complete=files,
    metavar="[PART:]FILE.json",
    help="The part's signed receipt, held to the replay too. Repeatable.",
)


@click.command(
    cls=Command, examples=(("totem job disputes --as carl", "as an auditor, anybody's"),)
)
@as_member
@speaks
def disputes(shell: Shell, ledger: Ledger) -> None:
    """List the jobs that wait for an auditor, as far as one may see them."""
    found = list(disputed_jobs(ledger))
    if shell.as_json:
        shell.document({"jobs": [each.to_json() for each in found]})
        return
    rows = [
        (
            each.job,
            each.consumer,
            ", ".join(sorted({part.organisation for part in each.parts})),
            totem(sum(part.charge for part in each.parts)),
            when(each.deadline),
            each.dispute.reason if each.dispute else "",
        )
        for each in found
    ]
    if rows:
        head = ("job", "consumer", "providers", "charged", "until", "reason")
        shell.show(listed(head, rows, "lllrll", whole=5))
    shell.show(counted(len(found), "dispute"))


@click.command(
    cls=Command,
    examples=(
        ("totem job replay latest --data readings=m.parquet --as carl", "part 0, beside the data"),
        ("totem job replay 5f2c… --data 1:readings=m.parquet --as carl", "part 1"),
    ),
)
@job_argument
@data_option
@receipt_option
@as_member
@click.pass_context
@speaks
def replay(
    shell: Shell,
    context: click.Context,
    name: str,
    data: tuple[str, ...],
    receipts: tuple[str, ...],
    ledger: Ledger,
) -> None:
    """Run parts again beside their data, and compare. Exit code 1: something is another."""
    found = _replays(shell, ledger, job_named(ledger, name), data, receipts, every=False)
    if shell.as_json:
        shell.document({"replays": [_document(each) for each in found]})
    else:
        _show(shell, found)
    context.exit(0 if all(each.is_right for each in found) else 1)


@click.command(
    cls=Command,
    examples=(
        ("totem job judge 5f2c… --data readings=m.parquet --as carl", "by the replay of its part"),
        (
            "totem job judge 5f2c… --charge 90 --charge 0 --evidence HASH --as carl",
            "by charges found elsewhere",
        ),
    ),
)
@job_argument
@data_option
@receipt_option
@click.option(
    "--charge",
    "charges",
    type=amount,
    multiple=True,
    metavar="TOTEM",
    help="What a part is charged, in the order of the parts, instead of a replay. Repeatable.",
)
@click.option("--evidence", metavar="HASH", help="SHA-256 of what was found then.")
@as_member
@speaks
def judge(
    shell: Shell,
    name: str,
    data: tuple[str, ...],
    receipts: tuple[str, ...],
    charges: tuple[int, ...],
    evidence: str | None,
    ledger: Ledger,
) -> None:
    """Settle a dispute, as an auditor of an organisation without a part in it.

    Nobody is charged more than was reported.
    """
    from totemlang.node.replay import judge as judge_by

    job = job_named(ledger, name)
    if bool(data) == bool(charges) or bool(charges) != (evidence is not None):
        raise click.UsageError("give --data for every part, or --charge for each and --evidence")
    if evidence is not None:
        found = ledger.job_judgement(job, charges, evidence)
    else:
        replays = _replays(shell, ledger, job, data, receipts, every=True)
        if not shell.as_json:
            _show(shell, replays)
        found = judge_by(ledger, job, replays)
    tell_job(shell, found, f"is settled: {totem(found.charge)} paid, {totem(found.returned)} back")


def _replays(
    shell: Shell,
    ledger: Ledger,
    job: str,
    data: Sequence[str],
    receipts: Sequence[str],
    *,
    every: bool,
) -> list[Replay]:
    from totemlang.node.receipts import SignedReceipt
    from totemlang.node.replay import replay as replay_part

    files_of: dict[int, dict[str, str]] = {}
    for text in data:
        matched = _DATA.fullmatch(text)
        if matched is None:
            raise UsageError(f"--data {text}: write NAME=PATH, or PART:NAME=PATH")
        files_of.setdefault(int(matched[1] or 0), {})[matched[2]] = matched[3]
    signed: dict[int, SignedReceipt] = {}
    for text in receipts:
        place, colon, path = text.partition(":")
        numbered = bool(colon) and place.isascii() and place.isdigit()
        content = read_bytes(Path(path if numbered else text)).strip()
        signed[int(place) if numbered else 0] = SignedReceipt.parse(content)
    number = len(ledger.job_show(job).parts)
    wanted = range(number) if every else sorted(files_of)
    if not files_of or set(files_of) - set(range(number)) or set(wanted) - set(files_of):
        raise UsageError(f"the job has {number} parts, from 0: name their data with --data")
    found = []
    for part in wanted:
        with waiting(shell, f"running part {part} again"):
            found.append(replay_part(ledger, job, part, files_of[part], receipt=signed.get(part)))
    return found


def _show(shell: Shell, replays: Sequence[Replay]) -> None:
    for each in replays:
        verdict = "as the provider reported" if each.is_right else "; ".join(each.differences)
        shell.show(
            facts(
                (
                    ("part", str(each.part)),
                    ("status", each.status),
                    ("charge", totem(each.charge)),
                    ("result", each.result),
                    ("comes out", verdict),
                )
            )
        )


def _document(found: Replay) -> dict[str, object]:
    return {
        "job": found.job,
        "part": found.part,
        "status": found.status,
        "charge": found.charge,
        "result": found.result,
        "differences": list(found.differences),
    }
