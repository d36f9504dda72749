"""`totemc rules` and `totemc prices`: the tables in force, and the hashes that pin them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from totemlang.cli.group import Command
from totemlang.cli.options import tables_in_force
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook


@click.command(
    cls=Command,
    examples=(
        ("totemc rules", "the rules that the package ships"),
        ("totemc rules --rules provider.csv", "a provider's own, checked"),
    ),
)
@tables_in_force
@speaks
def rules(shell: Shell, rules: RuleBook, prices: PriceTable) -> None:
    """Show which commands exist and what the values of each type word are."""
    if shell.as_json:
        rows = [
            {"cmd": r.command, "reaction": r.reaction, "type": r.command_type, "domain": r.domain}
            for r in rules.rows
        ]
        shell.document({"name": rules.name, "hash": rules.hash, "rows": rows})
        return
    from totemlang.cli.table import plain_table

    cells = [(r.command, r.word, r.reaction, r.command_type, r.domain) for r in rules.rows]
    head = ("CMD", "written", "Reaction", "CMD type", "Domain")
    shell.show(plain_table(head, cells, "lllll"))
    shell.show(f"{rules.name}: {len(rules.rows)} commands, hash {rules.hash}")


@click.command(
    cls=Command,
    examples=(
        ("totemc prices", "the prices that the package ships"),
        ("totemc prices --prices consortium.csv --json", "a consortium's, as JSON"),
    ),
)
@tables_in_force
@speaks
def prices(shell: Shell, rules: RuleBook, prices: PriceTable) -> None:
    """Show the Totem Estimator Table: an operation costs weight × bytes of what it touches."""
    sizes = {kind.value: size for kind, size in prices.sizes.items()}
    if shell.as_json:
        shell.document(
            {
                "name": prices.name,
                "hash": prices.hash,
                "weights": dict(prices.weights),
                "bytes": {name: "own" if size is None else size for name, size in sizes.items()},
            }
        )
        return
    from totemlang.cli.table import plain_table

    weights = [(name.replace("_", " "), str(weight)) for name, weight in prices.weights.items()]
    shell.show(plain_table(("operation", "weight"), weights, "lr"))
    own = "its own, at least 1"
    kinds = [(name, own if size is None else str(size)) for name, size in sizes.items()]
    shell.show(plain_table(("type", "bytes"), kinds, "lr"))
    shell.show(f"{prices.name}: hash {prices.hash}")
