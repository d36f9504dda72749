"""Watching a run: the stage, its rows, and the balance going down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from totemlang.cli.shell import Shell
    from totemlang.engine.progress import Progress


@contextmanager
def waiting(shell: Shell, what: str) -> Iterator[None]:
    """Show that something is being done which tells no progress."""
    if not shell.is_watched:
        yield
        return
    with shell.err.status(what):
        yield


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
    speed, left = moment.rows_per_second, moment.seconds_left
    fast = f", {speed:,.0f}/s" if speed is not None else ""
    ends = f", {_time(left)} left" if left is not None and left >= 1 else ""
    return f"{moment.rows:,}{of} rows{fast}{ends}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


def _balance(moment: Progress) -> str:
    left = moment.budget - moment.totem
    share = f" ({100 * left / moment.budget:.0f} %)" if moment.budget else ""
    return f"{left:,} totem left{share}"
