"""Groups taken out of the memory of another thread's grouping, which may be at work elsewhere.

Nothing is called there: bytes are copied as they lie, and after them what they refer to.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from totemlang.native.grouping.layout import WIDE_BYTES, Layout
from totemlang.native.grouping.spill import Bytes, Leaving

LONG = 17 << 32
"""The last word of a string from which on it refers to the string."""

_FIRST = 8
"""Where what groups refer to begins: 0 says that there is nothing."""

Numbers = npt.NDArray[np.int64]


def taken(
    layout: Layout,
    memory: Bytes,
    stretches: Sequence[tuple[int, int]],
    windows: tuple[int, ...],
) -> Leaving:
    """Groups of a memory, where they lie and how many, those of no rows among them."""
    pieces = [memory[at : at + number * layout.size] for at, number in stretches]
    held = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
    words = held.view(np.int64).reshape(-1, layout.size // 8)
    words, texts = with_texts(layout, memory, words, 0)
    return Leaving(words.view(np.uint8).reshape(-1), texts, windows)


def with_texts(layout: Layout, memory: Bytes, words: Numbers, base: int) -> tuple[Numbers, Bytes]:
    """Groups that were taken out of a memory, and what they refer to, which comes to `base`."""
    found = _references(layout, words) if layout.has_references else []
    if not any(len(rows) for rows, *_ in found):
        return words, np.empty(0, np.uint8)
    groups = words.copy()
    pieces, after = [], _FIRST
    for rows, column, starts, sizes in found:
        padded = (sizes + 7) & -8
        places = after + np.cumsum(padded) - padded
        groups[rows, column] += base + places - starts
        if len(rows):
            pieces.append((places, starts, sizes))
        after += int(padded.sum())
    texts = np.empty(after // 8, np.int64)
    every = memory[: len(memory) & -8].view(np.int64)
    for places, starts, sizes in pieces:
        assert not (starts & 7).any()  # they lie where `alloc` or `text_room` gave them room
        lengths = (sizes + 7) >> 3
        begins = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum())) + np.repeat((starts >> 3) - begins, lengths)
        texts[places[0] >> 3 : (places[0] >> 3) + len(within)] = every[within]
    return groups, texts.view(np.uint8)


def texts_bytes(layout: Layout, words: Numbers) -> int:
    """An upper bound of the bytes of what `with_texts` gives; 0 where there is nothing."""
    found = _references(layout, words) if layout.has_references else []
    total = sum(int((sizes + 7).sum()) for *_, sizes in found)
    return total + _FIRST if total else 0


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
