"""Groups taken out of the memory of another thread's grouping, which may be at work elsewhere.

Nothing is called there: bytes are copied as they lie, and after them what they refer to.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from totemlang.native.grouping.layout import WIDE_BYTES, Layout
from totemlang.native.grouping.spill import Bytes, Leaving

LONG = 17 << 32
"""The last word of a string from which on it refers to the string."""

_FIRST = 8
"""Where what groups refer to begins: 0 says that there is nothing."""

Numbers = npt.NDArray[np.int64]


def taken(layout: Layout, memory: Bytes, at: int, number: int, windows: tuple[int, ...]) -> Leaving:
    """`number` groups from `at` on in a memory, those of no rows among them."""
    held = memory[at : at + number * layout.size]
    if not layout.has_references:
        return Leaving(held, np.empty(0, np.uint8), windows)
    words = held.view(np.int64).reshape(number, layout.size // 8)
    found = _references(layout, words)
    if not any(len(rows) for rows, *_ in found):
        return Leaving(held, np.empty(0, np.uint8), windows)
    groups = words.copy()
    pieces, after = [], _FIRST
    for rows, column, starts, sizes in found:
        padded = (sizes + 7) & -8
        places = after + np.cumsum(padded) - padded
        groups[rows, column] += places - starts
        pieces.append((places, starts, sizes))
        after += int(padded.sum())
    texts = np.zeros(after, np.uint8)
    for places, starts, sizes in pieces:
        within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        texts[np.repeat(places, sizes) + within] = memory[np.repeat(starts, sizes) + within]
    return Leaving(groups.view(np.uint8).reshape(-1), texts, windows)


def _references(layout: Layout, words: Numbers) -> list[tuple[Numbers, int, Numbers, Numbers]]:
    """Which groups refer to something in which word, where that is and how long."""
    present = words[:, layout.count // 8] != 0
    found = []
    texts = [(k, words[:, k] >= LONG) for k in layout.long_words]
    texts += [(cell.offset // 8, words[:, cell.offset // 8] != -1) for cell in layout.text_extremes]
    for column, refers in texts:
        rows = np.flatnonzero(present & refers)
        packed = words[rows, column]
        found.append((rows, column, packed & 0xFFFFFFFF, packed >> 32))
    if layout.windows:
        column = layout.wide // 8
        rows = np.flatnonzero(present & (words[:, column] != 0))
        block = WIDE_BYTES * layout.windows
        found.append((rows, column, words[rows, column], np.full(len(rows), block)))
    return found
