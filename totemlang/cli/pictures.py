"""A diagnostic as people see it: the message, the line with the place underlined, the hint.

    error[SYN035]: `=` assigns, and a condition cannot
      --> study.totem:4:10
        |
      4 |     if x = 3 then
        |          ^
        = hint: to compare write `==`

Whatever the source holds, the picture is sound: long lines are cut around the place, tabs become
spaces, wide characters count as two cells, and what cannot be printed is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from totemlang.cli.colours import highlighted
from totemlang.diagnostics import Diagnostic
from totemlang.source import NOWHERE

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

MAX_CELLS = 120
"""Cells of a source line that are shown at most; a narrower terminal shows fewer."""

_TAB = 4
_NEAR = 200
"""Characters around the place that are looked at: a line may be megabytes long."""

_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


@frozen
class Picture:
    """A diagnostic that rich can print; `str` gives it without colours."""

    diagnostic: Diagnostic

    def __str__(self) -> str:
        """The picture as plain text."""
        return "\n".join(text.plain for text in self._lines(MAX_CELLS))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """The lines of the picture, cut to the width of the terminal, and an empty one."""
        from rich.text import Text

        yield from self._lines(min(MAX_CELLS, options.max_width - self._margin - 3))
        yield Text()

    @property
    def _margin(self) -> int:
        """Cells of the line number."""
        return max(3, len(str(self.diagnostic.source.position(self.diagnostic.span.start).line)))

    def _lines(self, width: int) -> Iterator[Text]:
        from rich.text import Text

        found = self.diagnostic
        colour = _COLOURS.get(found.severity, "bold red")
        yield Text.assemble(
            (f"{found.severity}[{found.code}]", colour),
            (f" {found.error_class.value}", "bold"),
            (f": {_printable(found.message)}", "bold"),
        )
        blank = " " * self._margin
        name = _printable(found.source.name)
        if found.span == NOWHERE or not found.source.text:
            if found.source.name:
                yield Text.assemble((f"{blank[:-1]}--> ", "blue"), name)
        else:
            yield from self._snippet(name, colour, max(20, width))
        if found.hint:
            yield Text.assemble((f"{blank} = ", "blue"), ("hint: ", "bold"), _printable(found.hint))

    def _snippet(self, name: str, colour: str, width: int) -> Iterator[Text]:
        from rich.text import Text

        found, margin = self.diagnostic, self._margin
        position = found.source.position(found.span.start)
        line = found.source.line(position.line)
        place = Text.assemble((f"{' ' * (margin - 1)}--> ", "blue"), name)
        place.append(f":{position.line}:{position.column}")
        yield place
        shown = _Window.around(line, position.column - 1, found.span.end - found.span.start, width)
        bar = (f"{' ' * margin} |", "blue")
        yield Text.assemble(bar)
        code = Text.assemble((f"{position.line:>{margin}} | ", "blue"), shown.code())
        code.no_wrap, code.overflow = True, "ignore"
        yield code
        marks = " " * shown.cells_before + "^" * shown.cells_marked
        under = Text.assemble(bar, " ", (marks, colour))
        under.no_wrap, under.overflow = True, "ignore"
        yield under


def picture(diagnostic: Diagnostic) -> Picture:
    """The picture of a diagnostic, for rich to print or `str` to write."""
    return Picture(diagnostic)


@frozen
class _Window:
    """The part of a line that is shown, ready to print: `marked` characters from `start` on."""

    text: str
    start: int
    marked: int
    cut_before: bool
    cut_behind: bool

    @classmethod
    def around(cls, line: str, column: int, length: int, width: int) -> _Window:
        """As much as fits into `width` cells of what stands around `column` (from 0)."""
        first = max(0, column - _NEAR)
        near = line[first : column + _NEAR]
        pieces = _pieces(near)
        at = min(column - first, len(pieces))
        end = min(at + max(length, 1), len(pieces))
        low = high = at
        room = width - 2 - 1  # an ellipsis on each side, and a mark behind the last character
        while True:  # grow in both directions, the marked part first
            grown = False
            if high < len(pieces) and _cells(pieces[high]) <= room:
                room -= _cells(pieces[high])
                high, grown = high + 1, True
            if (high >= end or not grown) and low and _cells(pieces[low - 1]) <= room:
                room -= _cells(pieces[low - 1])
                low, grown = low - 1, True
            if not grown:
                break
        start = sum(len(piece) for piece in pieces[low:at])
        marked = sum(len(piece) for piece in pieces[at : min(end, high)])
        behind = high < len(pieces) or first + len(near) < len(line)
        return cls("".join(pieces[low:high]), start, marked, bool(low or first), behind)

    def code(self) -> Text:
        """The text in colours, with ellipses where it was cut."""
        from rich.text import Text

        indent = len(self.text) - len(self.text.lstrip())
        text = Text("…" if self.cut_before else "")
        text.append(self.text[:indent])
        text.append_text(highlighted(self.text[indent:]))
        text.append("…" if self.cut_behind else "")
        return text

    @property
    def cells_before(self) -> int:
        """Cells to the left of the marked part."""
        return int(self.cut_before) + _cells(self.text[: self.start])

    @property
    def cells_marked(self) -> int:
        """Cells of the marked part, at least one."""
        return max(1, _cells(self.text[self.start : self.start + self.marked]))


def _pieces(line: str) -> list[str]:
    """Each character as it is shown: a tab as spaces to the next stop, the unprintable replaced."""
    pieces: list[str] = []
    cells = 0
    for sign in line:
        piece = " " * (_TAB - cells % _TAB) if sign == "\t" else _printable(sign)
        pieces.append(piece)
        cells += _cells(piece)
    return pieces


def _printable(text: str) -> str:
    """The text with a sign in place of each character that a terminal might act on."""
    return "".join(sign if sign.isprintable() else _stand_in(sign) for sign in text)


def _stand_in(sign: str) -> str:
    number = ord(sign)
    if number < 32:
        return chr(0x2400 + number)
    return "␡" if number == 127 else "\N{REPLACEMENT CHARACTER}"


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
