"""`totem ledger export` and `import`: the chain as lines of JSON, and a ledger made of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import as_reader, ledger_option, need_path
from totemlang.cli.group import Command
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger


@click.command(
    cls=Command,
    examples=(
        ("totem ledger export -o ledger.jsonl", "genesis, certificates, blocks"),
        ("totem ledger export | head -1", "the genesis"),
    ),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Where to write the chain; else standard output.",
)
@as_reader
@speaks
def export(shell: Shell, output: Path | None, ledger: Ledger) -> None:
    """Write the chain as lines of JSON. Private values are no part of it and do not travel."""
    from totemlang.ledger.chain import export_lines

    lines = export_lines(ledger.chain)
    if output is None:
        if shell.as_json:
            raise UsageError("an export is many lines of JSON: give -o FILE.jsonl with --json")
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("xb") as file:
            number = sum(file.write(line) > 0 for line in lines)
    except FileExistsError:
        raise UsageError(f"{output} exists: an export takes a new file") from None
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None
    if shell.as_json:
        shell.document({"ledger": ledger.id, "file": str(output), "lines": number})
    else:
        shell.say(f"wrote {output}: {number:,} lines")


@click.command(
    "import",
    cls=Command,
    examples=(("totem ledger import ledger.jsonl --ledger copy.db", "a new file, verified"),),
)
@click.argument("file", type=click.Path(path_type=Path))
@ledger_option
@speaks
def import_(shell: Shell, file: Path, path: Path | None) -> None:
    """Make a ledger in a new file from an export; it is verified before it counts."""
    from totemlang.cli.progress import waiting
    from totemlang.ledger.chain import restore
    from totemlang.ledger.contract import execute

    target = need_path(path)
    try:
        with file.open("rb") as lines, waiting(shell, f"verifying {file}"):
            chain = restore(lines, target, execute)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from None
    head = chain.head()
    if shell.as_json:
        shell.document({"ledger": chain.id, "head": {"number": head.number, "hash": head.hash}})
    else:
        shell.show(f"{target} is whole: {head.number + 1:,} blocks, head {head.hash}")
