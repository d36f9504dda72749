"""Tables for people: aligned, bounded, with names that cannot play tricks on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Column, Table
    from rich.text import Text

_JUSTIFY: dict[str, Literal["left", "right"]] = {"l": "left", "r": "right"}

_GAP = 3
"""Blanks from one column to the next."""

_NARROWEST = 8
"""Characters that a column of texts keeps; what is too wide then, the terminal breaks."""


def plain_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    align: str,
    *,
    kinds: Sequence[str] = (),
    title: str = "",
) -> Table:
    """A table of texts. Where it is too wide, texts wrap; numbers are never cut, no column is lost.

    Args:
        head: names of the columns.
        rows: cells as they are to be seen.
        align: for each column `l` or `r`.
        kinds: type words to show under the names, if any.
        title: a line above.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    class WholeTable(Table):
        """A table that is never narrower than its columns need."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            least = sum((column.min_width or 0) + _GAP for column in self.columns)
            width = max(options.max_width, least)
            return super().__rich_console__(console, options.update(width=width))

    table = WholeTable(
        box=box.SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
        title=title or None,
        title_justify="left",
        title_style="bold",
        show_edge=False,
    )
    cells = [[Text(safe(cell)) if isinstance(cell, str) else cell for cell in row] for row in rows]
    for place, name in enumerate(head):
        label = Text(safe(name))
        if kinds:
            label.append("\n" + kinds[place], style="not bold dim")
        is_number = align[place] == "r"
        longest = max(_width(text) for text in (label, *(row[place] for row in cells)))
        table.add_column(
            label,
            justify=_JUSTIFY[align[place]],
            overflow="fold",
            no_wrap=is_number,
            min_width=longest if is_number else min(longest, _NARROWEST),
        )
    for row in cells:
        table.add_row(*row)
    return table


def keep_whole(column: Column) -> None:
    """Let a column of names that people copy be neither broken nor cut."""
    from rich.text import Text

    column.no_wrap = True
    texts = (column.header, *column.cells)
    column.min_width = max(_width(each) for each in texts if isinstance(each, Text))


def _width(text: Text) -> int:
    """Cells that the longest line of a text takes."""
    from rich.cells import cell_len

    return max(map(cell_len, text.plain.split("\n")))


def safe(text: str) -> str:
    """The text on one line without characters that move the cursor or change how others read.

    Control and format characters are written as escapes; data may come from anybody.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
