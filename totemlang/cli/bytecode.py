"""`totemc disasm` and `totemc verify`: bytecode that somebody else may have compiled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.group import Command
from totemlang.cli.options import read_bytes, tables_in_force
from totemlang.cli.programs import speaking_of
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.program import Program
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook


@click.command(
    cls=Command,
    examples=(
        ("totemc disasm peak.totemc", "each operation with its price and source line"),
        ("totemc disasm peak.totemc | less -R", "to read at leisure"),
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@tables_in_force
@speaks
def disasm(shell: Shell, file: Path, rules: RuleBook, prices: PriceTable) -> None:
    """List a compiled program with prices and source lines, after verifying it."""
    program = _foreign(file, rules, prices)
    with speaking_of(file):
        text = program.listing()
    if shell.as_json:
        shell.document(_facts(program) | {"listing": text.splitlines()})
        return
    from totemlang.cli.colours import show_listing

    show_listing(shell, text)


@click.command(
    cls=Command,
    examples=(
        ("totemc verify peak.totemc", "exit 0 if it may run here, 1 with all that is wrong"),
        ("totemc verify peak.totemc --rules provider.csv", "under a provider's rules"),
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@tables_in_force
@speaks
def verify(shell: Shell, file: Path, rules: RuleBook, prices: PriceTable) -> None:
    """Verify bytecode: types, slots, control, bounds, rules, and the library's own functions."""
    program = _foreign(file, rules, prices)
    with speaking_of(file):
        program.accept()
    facts = _facts(program)
    if shell.as_json:
        shell.document({"verified": True} | facts)
    else:
        shell.show(f"verified: {file} may run here; program {facts['hash']}")


def _foreign(file: Path, rules: RuleBook, prices: PriceTable) -> Program:
    from totemlang.program import ForeignProgram
    from totemlang.source import Source

    return ForeignProgram(Source("", str(file)), rules, prices, container=read_bytes(file))


def _facts(program: Program) -> dict[str, str]:
    from totemlang.bytecode.container import module_hash

    return {
        "hash": module_hash(program.module),
        "rules": program.rules.hash,
        "prices": program.prices.hash,
    }
