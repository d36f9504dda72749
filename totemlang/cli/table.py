"""Tables for people: aligned, bounded, with names that cannot play tricks on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_JUSTIFY: dict[str, Literal["left", "right"]] = {"l": "left", "r": "right"}


def plain_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    align: str,
    *,
    kinds: Sequence[str] = (),
    title: str = "",
) -> Table:
    """A table of texts. Where it is too wide, texts wrap; numbers are cut last, and visibly.

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

    table = Table(
        box=box.SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
        title=title or None,
        title_justify="left",
        title_style="bold",
        show_edge=False,
    )
    for place, name in enumerate(head):
        label = Text(safe(name))
        if kinds:
            label.append("\n" + kinds[place], style="not bold dim")
        is_number = align[place] == "r"
        table.add_column(
            label,
            justify=_JUSTIFY[align[place]],
            overflow="ellipsis" if is_number else "fold",
            no_wrap=is_number,
        )
    for row in rows:
        table.add_row(*(Text(safe(cell)) if isinstance(cell, str) else cell for cell in row))
    return table


def safe(text: str) -> str:
    """The text on one line without characters that move the cursor or change how others read.

    Control and format characters are written as escapes; data may come from anybody.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
