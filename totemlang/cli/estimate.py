"""`totemc estimate`: what a program costs on data, from what is published about it alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.group import Command
from totemlang.cli.options import data_options, parameter_options, policy_option, tables_in_force
from totemlang.cli.programs import describe_all, open_program, sent_parameters
from totemlang.cli.progress import waiting
from totemlang.cli.quote import quote_document, show_quote
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook


@click.command(
    cls=Command,
    examples=(
        ("totemc estimate peak.totem --data readings.parquet", "describes the data, then quotes"),
        ("totemc estimate peak.totem --data readings.json", "from published metadata alone"),
        (
            "totemc estimate groups.totem --data readings=a.json --data households=b.json",
            "a data set and a lookup",
        ),
        ("totemc estimate bill.totem --data r.json --param price=0.31", "with a parameter"),
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@data_options
@parameter_options
@policy_option
@tables_in_force
@speaks
def estimate(
    shell: Shell,
    file: Path,
    data: tuple[str, ...],
    metadata: tuple[str, ...],
    param: tuple[str, ...],
    params: Path | None,
    policy: Path | None,
    rules: RuleBook,
    prices: PriceTable,
) -> None:
    """Quote a program: the formula, lower, expected and upper, and the part of each line."""
    opened = open_program(file, rules, prices, data, metadata, policy)
    sent = sent_parameters(opened.program, param, params)
    missing = {name: file for name, file in opened.data.items() if name not in opened.metadata}
    with waiting(shell, "describing the data"):
        known = opened.metadata | describe_all(missing, opened.dataset, opened.policy)
    quote = opened.program.estimate(known, sent)
    is_flat = opened.policy is not None and opened.policy.is_flat
    if shell.as_json:
        shell.document(quote_document(quote, is_flat=is_flat))
    else:
        show_quote(shell, quote, opened.program, is_flat=is_flat)
