"""A picture of a result in text: bars for a few labelled values, a line for a long series."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_BARS = 32

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LABEL = 24
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a Braille cell by row and column of its dots."""


def bars(labels: Sequence[str], values: Sequence[float], width: int) -> list[str]:
    """One bar a value, from zero, in lines of at most `width` characters.

    Values that are no finite numbers have no bar.
    """
    wide = min(max(map(len, labels), default=0), _LABEL)
    numbers = [f"{value:.6g}" for value in values]
    room = max(8, width - wide - max(map(len, numbers), default=0) - 3)
    finite = [value for value in values if math.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    scale = room / (high - low) if high > low else 0.0
    zero = round(-low * scale)
    lines = []
    for label, value, number in zip(labels, values, numbers, strict=True):
        bar = _bar(value, scale, zero, room) if math.isfinite(value) else " " * room
        lines.append(f"{_clipped(label, wide):<{wide}} {bar} {number}".rstrip())
    return lines


def line(
    positions: Sequence[float], values: Sequence[float], ends: tuple[str, str], width: int
) -> list[str]:
    """A line through points in order, as a graph of about a third as many lines as wide.

    Args:
        positions: where the points stand, from left to right.
        values: how high they stand; those that are no finite numbers leave gaps.
        ends: what to write at the left and right end.
        width: characters in a line, axis included.
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return ["nothing to draw: no value is a finite number"]
    low, high = min(finite), max(finite)
    names = (f"{high:.6g}", f"{low:.6g}")
    margin = max(map(len, names))
    columns = max(10, width - margin - 2)
    rows = max(6, min(16, columns // 4))
    cells = _drawn(positions, values, (low, high), (columns, rows))
    lines = []
    for row in range(rows):
        name = names[0] if row == 0 else names[1] if row == rows - 1 else ""
        lines.append(f"{name:>{margin}} │" + "".join(map(chr, cells[row])))
    left, right = (_clipped(end, columns // 2 - 1) for end in ends)
    lines.append(" " * (margin + 1) + "└" + "─" * columns)
    lines.append(" " * (margin + 2) + left + " " * (columns - len(left) - len(right)) + right)
    return lines


def _bar(value: float, scale: float, zero: int, room: int) -> str:
    if value < 0:
        length = min(zero, round(-value * scale))
        return " " * (zero - length) + "█" * length + " " * (room - zero)
    eighths = min(round(value * scale * 8), (room - zero) * 8)
    whole, part = divmod(eighths, 8)
    bar = " " * zero + "█" * whole + (_EIGHTHS[part] if part else "")
    return f"{bar:<{room}}"


def _drawn(
    positions: Sequence[float],
    values: Sequence[float],
    bounds: tuple[float, float],
    size: tuple[int, int],
) -> list[list[int]]:
    """Cells of Braille, by row and column, with the line in them."""
    (low, high), (columns, rows) = bounds, size
    wide, tall = columns * 2 - 1, rows * 4 - 1
    first, last = min(positions), max(positions)
    cells = [[0x2800] * columns for _ in range(rows)]
    before: tuple[int, int] | None = None
    for position, value in zip(positions, values, strict=True):
        if not math.isfinite(value):
            before = None
            continue
        x = round(_share(position, first, last) * wide)
        y = tall - round(_share(value, low, high) * tall)
        for dot in _stretch(before or (x, y), (x, y)):
            cells[dot[1] // 4][dot[0] // 2] |= _DOTS[dot[1] % 4][dot[0] % 2]
        before = (x, y)
    return cells


def _share(value: float, low: float, high: float) -> float:
    """Where a value stands between two others, 0 to 1."""
    if high == low:
        return 0.5
    return (value / 2 - low / 2) / (high / 2 - low / 2)  # halves: the span may pass the largest


def _stretch(start: tuple[int, int], stop: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots from one place to another, both included."""
    steps = max(abs(stop[0] - start[0]), abs(stop[1] - start[1]), 1)
    return [
        (
            start[0] + round((stop[0] - start[0]) * step / steps),
            start[1] + round((stop[1] - start[1]) * step / steps),
        )
        for step in range(steps + 1)
    ]


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
