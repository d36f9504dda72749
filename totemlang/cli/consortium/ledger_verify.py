"""`totem ledger verify`, `checkpoint`, `check`, `rebuild`: is it what its members signed?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import evolve

from totemlang.cli.consortium.folders import as_member, as_reader
from totemlang.cli.consortium.shown import iso, when
from totemlang.cli.group import Command
from totemlang.cli.options import read_bytes
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger


@click.command(
    cls=Command,
    examples=(
        ("totem ledger verify", "replay every call; exit 69 names the first bad entry"),
        ("totem ledger verify --checkpoint nora.head", "and hold history to what nora signed"),
        (
            "totem ledger verify --trusted mine.head",
            "quicker: only what came since one's own checkpoint is replayed",
        ),
    ),
)
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A member's signed head that the history is held to. Repeatable.",
)
@click.option(
    "--trusted",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="One's own signed head; what came before is held to its hashes alone.",
)
@click.option("--id", "identifier", metavar="HASH", help="The ledger that it must be.")
@as_reader
@speaks
def verify(
    shell: Shell,
    checkpoints: tuple[Path, ...],
    trusted: Path | None,
    identifier: str | None,
    ledger: Ledger,
) -> None:
    """Replay the ledger: hashes, signatures, certificates, outcomes, state."""
    from totemlang.diagnostics import UsageError
    from totemlang.ledger.chain import verify as verify_chain
    from totemlang.ledger.client import hold_to_founding

    if identifier not in (None, ledger.id):
        raise UsageError(f"this is the ledger {ledger.id}, another one than asked for")
    head = ledger.chain.head()
    with _progress(shell, head.number) as progress:
        found = verify_chain(
            ledger.chain,
            checkpoints=[read_bytes(path) for path in checkpoints],
            trusted=None if trusted is None else read_bytes(trusted),
            progress=progress,
        ).checked()
    hold_to_founding(ledger.chain)
    if shell.as_json:
        shell.document(
            {
                "ledger": ledger.id,
                "blocks": found.blocks,
                "transactions": found.transactions,
                "head": {"number": head.number, "hash": head.hash},
                "private": found.taken,
            }
        )
        return
    shell.show(
        f"the ledger is whole: {found.blocks:,} blocks, {found.transactions:,} transactions, "
        f"head {head.hash}"
    )
    if found.taken:
        shell.say(
            f"{found.taken:,} of them delivered private values, which stand elsewhere by their hash"
        )


@click.command(
    cls=Command,
    examples=(("totem ledger checkpoint -o nora.head --as nora", "for other members to keep"),),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write the checkpoint; else standard output.",
)
@click.option("--unverified", is_flag=True, help="Sign what is there, without a replay first.")
@as_member
@speaks
def checkpoint(shell: Shell, output: Path | None, unverified: bool, ledger: Ledger) -> None:
    """Verify the ledger, then sign its head. Members who keep it notice any other history."""
    from totemlang.ledger.chain import read_checkpoint, take_checkpoint
    from totemlang.ledger.chain import verify as verify_chain

    if output is not None:
        require_writable(output)
    if not unverified:
        with _progress(shell, ledger.chain.head().number) as progress:
            verify_chain(ledger.chain, progress=progress).checked()
    text = take_checkpoint(ledger.chain)
    if output is not None:
        write_file(output, text + b"\n")
    if shell.as_json or output is None:
        click.echo(text.decode())
    if output is not None:
        taken = read_checkpoint(text, ledger.chain.genesis.trust)
        shell.say(f"wrote {output}: block {taken.number}, {taken.hash}")


@click.command(
    cls=Command,
    examples=(("totem ledger check nora.head sam.head", "quick: no replay, only the chain"),),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_reader
@speaks
def check(shell: Shell, files: tuple[Path, ...], ledger: Ledger) -> None:
    """Hold the stored history to checkpoints: does it still have the blocks they name?"""
    from totemlang.ledger.chain import BrokenLedger
    from totemlang.ledger.chain import check as check_chain

    found = []
    for path in files:
        try:
            found.append((path, check_chain(ledger.chain, read_bytes(path))))
        except BrokenLedger as broken:
            message = f"{path}: {broken.finding.message}"
            raise BrokenLedger(evolve(broken.finding, message=message)) from None
    if shell.as_json:
        shell.document(
            {
                "ledger": ledger.id,
                "checkpoints": [
                    {
                        "file": str(path),
                        "member": each.member,
                        "number": each.number,
                        "hash": each.hash,
                        "time": iso(each.time),
                    }
                    for path, each in found
                ],
            }
        )
        return
    for path, each in found:
        shell.show(f"{path}: block {each.number} is as {each.member} signed it {when(each.time)}")


@click.command(
    cls=Command, examples=(("totem ledger rebuild", "where `verify` found the state altered"),)
)
@as_reader
@speaks
def rebuild(shell: Shell, ledger: Ledger) -> None:
    """Make the state anew from the blocks, whose hashes are held; private values stay."""
    from totemlang.cli.progress import waiting
    from totemlang.ledger.chain import rebuild as rebuild_chain

    with waiting(shell, "replaying"):
        number = rebuild_chain(ledger.chain)
    if shell.as_json:
        shell.document({"ledger": ledger.id, "transactions": number})
    else:
        shell.show(f"the state is made anew from {number:,} transactions")


@contextmanager
def _progress(shell: Shell, last: int) -> Iterator[Callable[[int], None] | None]:
    """A bar of blocks while a ledger is verified; None where nobody watches."""
    if not shell.is_watched:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("verifying", style="bold"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} blocks"),
        TimeRemainingColumn(),
        console=shell.err,
        transient=True,
    )
    task = bar.add_task("", total=last)
    with bar:
        yield lambda number: bar.update(task, completed=number)
