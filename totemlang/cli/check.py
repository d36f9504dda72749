"""`totemc check`: everything that is wrong with a program, at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.failure import show_diagnostics
from totemlang.cli.group import Command
from totemlang.cli.options import data_options, tables_in_force
from totemlang.cli.programs import open_program
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import Diagnostic, Refused

if TYPE_CHECKING:
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook


@click.command(
    cls=Command,
    examples=(
        ("totemc check peak.totem", "all diagnostics; exit 0 clean, 1 errors"),
        ("totemc check peak.totem --rules provider.csv", "under a provider's rules"),
        ("totemc check peak.totem --data readings.parquet", "columns take their types from it"),
        ("totemc check - --json < peak.totem", "for an editor"),
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@data_options
@tables_in_force
@speaks
@click.pass_context
def check(
    context: click.Context,
    shell: Shell,
    file: Path,
    data: tuple[str, ...],
    metadata: tuple[str, ...],
    rules: RuleBook,
    prices: PriceTable,
) -> None:
    """Check a program and say everything that is wrong with it."""
    found = _findings(file, rules, prices, data, metadata)
    if shell.as_json:
        shell.document([finding.to_json() for finding in found])
    show_diagnostics(shell, found)
    if any(finding.severity == "error" for finding in found):
        context.exit(Refused.exit_code)
    if not shell.as_json:
        shell.say(f"{file}: nothing is wrong")


def _findings(
    file: Path,
    rules: RuleBook,
    prices: PriceTable,
    data: tuple[str, ...],
    metadata: tuple[str, ...],
) -> tuple[Diagnostic, ...]:
    try:
        return open_program(file, rules, prices, data, metadata).program.diagnostics
    except Refused as refused:
        return refused.diagnostics
