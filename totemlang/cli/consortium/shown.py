"""How the ledger's values look to people: amounts, times, hashes, names and lists of facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from totemlang.ledger.client import Balance

SHORT = 12
"""Digits of a hash or name that are shown where the whole one is not needed."""

_GROUPED = re.compile(r"\d{1,3}((,\d{3})+|(_\d{3})+)", re.ASCII)

_STATE_STYLES = {
    "asked": "yellow",
    "submitted": "yellow",
    "accepted": "cyan",
    "granted": "green",
    "running": "bold cyan",
    "finished": "green",
    "settled": "bold green",
    "published": "green",
    "disputed": "bold yellow",
    "failed": "red",
    "out_of_totem": "bold red",
    "refused": "red",
    "stopped": "red",
    "revoked": "red",
}


def amount(text: str) -> int:
    """An amount of totem as people write it: 5000000, 5,000,000 or 5_000_000.

    A separator stands before three digits each: `1,5` is one and a half to many, and no amount.

    Raises:
        click.BadParameter: for anything else, or one beyond 2^63 − 1.
    """
    digits = re.sub("[,_]", "", text) if _GROUPED.fullmatch(text) else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > 19 or int(digits) >= 2**63:
        raise click.BadParameter(f"{text!r} is no whole number from 0 to 2^63 − 1")
    return int(digits)


def totem(number: int | None) -> str:
    """`5,000,000`, or `open` for a bound that nothing sets."""
    return "open" if number is None else f"{number:,}"


def when(moment: datetime | None) -> str:
    """A time to the second, in UTC; empty for none."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def iso(moment: datetime) -> str:
    """A time as the ledger writes it, to the millisecond."""
    from totemlang.ledger.chain.moments import write

    return write(moment)


def lines(text: str) -> str:
    """A text of several lines that somebody else wrote, without what moves the cursor."""
    from totemlang.cli.table import safe

    return "\n".join(safe(line) for line in text.strip("\n").split("\n"))


def short(digits: str | None) -> str:
    """The beginning of a hash; empty for none."""
    return "" if digits is None else digits[:SHORT]


def state(word: str) -> Text:
    """A state in its colour."""
    from rich.text import Text

    return Text(word, style=_STATE_STYLES.get(word, ""))


def facts(rows: Iterable[tuple[str, str | Text]]) -> RenderableType:
    """Names with what they are, one a line; what is empty is left out."""
    from rich.table import Table
    from rich.text import Text

    from totemlang.cli.table import safe

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(name, Text(safe(value)) if isinstance(value, str) else value)
    return table


def listed(
    head: Sequence[str], rows: Iterable[Sequence[str | Text]], align: str, *, whole: int = 0
) -> RenderableType:
    """A table of what was found; the first `whole` columns are neither broken nor cut."""
    from totemlang.cli.table import keep_whole, plain_table

    table = plain_table(head, rows, align)
    for column in table.columns[:whole]:
        keep_whole(column)
    return table


def counted(number: int, what: str) -> str:
    """`1 job`, `2 jobs`, `no jobs`."""
    return (
        f"{number:,} {what}"
        if number == 1
        else f"{number or 'no':,} {what}s"
        if number
        else f"no {what}s"
    )


def balance_table(accounts: Sequence[Balance]) -> RenderableType:
    """Accounts: what can be spent, what is in escrow, and what became of the rest."""
    rows = [
        (
            found.member,
            totem(found.balance),
            totem(found.reserved),
            totem(found.granted),
            totem(found.earned),
            totem(found.spent),
        )
        for found in accounts
    ]
    head = ("account", "balance", "reserved", "granted", "earned", "spent")
    return listed(head, rows, "lrrrrr")
