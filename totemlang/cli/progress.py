"""Watching a run: the stage, its rows, and the balance going down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from totemlang.cli.shell import Shell
    from totemlang.engine.progress import Progress


@contextmanager
def watching(shell: Shell) -> Iterator[Callable[[Progress], None] | None]:
    """A listener that draws progress while a run lasts; None where nobody watches."""
    if not shell.is_watched:
        yield None
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}", style="bold"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rows]}"),
        TextColumn("{task.fields[balance]}", style="cyan"),
        console=shell.err,
        transient=True,
        refresh_per_second=10,
    )
    task = bars.add_task("", total=None, rows="", balance="")

    def listen(moment: Progress) -> None:
        bars.update(
            task,
            description=f"{moment.stage} {moment.stage_number}/{moment.of_stages}",
            completed=moment.rows,
            total=moment.of_rows,
            rows=_rows(moment),
            balance=_balance(moment),
        )

    with bars:
        yield listen


def _rows(moment: Progress) -> str:
    of = "" if moment.of_rows is None else f" of {moment.of_rows:,}"
    speed = moment.rows / moment.seconds if moment.seconds else 0.0
    return f"{moment.rows:,}{of} rows" + (f", {speed:,.0f}/s" if moment.seconds >= 1 else "")


def _balance(moment: Progress) -> str:
    left = moment.budget - moment.totem
    share = f" ({100 * left / moment.budget:.0f} %)" if moment.budget else ""
    return f"{left:,} totem left{share}"
