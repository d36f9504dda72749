"""Program text and places in it: every later room says where it found what through a `Span`."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from attrs import define, frozen


@frozen
class Span:
    """A stretch of a source: offsets in code points, `end` exclusive."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The stretch from the start of this one to the end of `other`."""
        return Span(self.start, max(self.end, other.end))


NOWHERE = Span(0, 0)


@frozen
class Position:
    """A place as people count: line and column from 1, columns in code points."""

    line: int
    column: int


@define(frozen=True, slots=False)
class Source:
    """A named program text. `name` is the file as the user gave it, or `<input>`."""

    text: str
    name: str = "<input>"

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offsets at which lines start; only LF ends a line (CRLF leaves the CR on its line)."""
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return tuple(starts)

    def position(self, offset: int) -> Position:
        """The position of an offset, which may be the end of the text."""
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its line end."""
        start = self.line_starts[number - 1]
        stop = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:stop].rstrip("\r\n")
