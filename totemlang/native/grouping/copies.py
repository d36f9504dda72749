"""Groups taken out of the memory of another thread's grouping, which may be at work elsewhere.

Nothing is called there: bytes are copied as they lie, and after them what they refer to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from attrs import frozen

from totemlang.native.grouping.layout import WIDE_BYTES, Layout

LONG = 17 << 32
"""The last word of a string from which on it refers to the string."""

FIRST = 8
"""Where what groups refer to begins: 0 says that there is nothing."""

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


@frozen(eq=False)
class Leaving:
    """Groups that leave a grouping: as they lie there, what they refer to, places of windows."""

    groups: Bytes
    texts: Bytes
    places: tuple[int, ...]


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


def together(
    stretches: Sequence[tuple[int, int]], size: int, most: int
) -> Iterator[list[tuple[int, int]]]:
    """Stretches of groups of `size` bytes, as many at a time as have about `most` bytes."""
    found: list[tuple[int, int]] = []
    held = 0
    for at, number in stretches:
        if found and held + number * size > most:
            yield found
            found, held = [], 0
        found.append((at, number))
        held += number * size
    if found:
        yield found


def one_by_one(
    layout: Layout,
    memory: Bytes,
    stretches: Sequence[tuple[int, int]],
    windows: tuple[int, ...],
) -> Iterator[Leaving]:
    """As `taken`, each stretch by itself."""
    whole = taken(layout, memory, stretches, windows)
    words = whole.groups.view(np.int64).reshape(-1, layout.size // 8)
    ends = np.cumsum([number for _, number in stretches])
    begins = np.zeros(len(stretches), np.int64)  # of texts, FIRST bytes before the first
    after = np.zeros(len(stretches), np.int64)
    if len(whole.texts):
        refers = _references(layout, words)
        of = np.searchsorted(ends, refers.rows, side="right")
        first = np.searchsorted(of, np.arange(len(stretches)))
        last = np.searchsorted(of, np.arange(len(stretches)), side="right")
        edges = np.append(refers.starts, len(whole.texts))
        begins, after = edges[first] - FIRST, edges[last]
        begins[first == last] = after[first == last] = 0
        words[refers.rows, refers.columns] -= begins[of]
    groups = np.split(words, ends[:-1])
    for each, begin, end in zip(groups, begins.tolist(), after.tolist(), strict=True):
        yield Leaving(each.reshape(-1).view(np.uint8), whole.texts[begin:end], windows)


def with_texts(layout: Layout, memory: Bytes, words: Numbers, base: int) -> tuple[Numbers, Bytes]:
    """Groups that were taken out of a memory, and what they refer to, which comes to `base`.

    What groups refer to stands in the order of the groups.
    """
    found = _references(layout, words)
    if not len(found.rows):
        return words, np.empty(0, np.uint8)
    assert not (found.starts & 7).any()  # they lie where `alloc` or `text_room` gave them room
    lengths = (found.sizes + 7) >> 3
    begins = np.cumsum(lengths) - lengths + FIRST // 8
    groups = words.copy()
    groups[found.rows, found.columns] += base + begins * 8 - found.starts
    within = np.repeat((found.starts >> 3) - begins, lengths)
    within += np.arange(FIRST // 8, len(within) + FIRST // 8)
    every = memory[: len(memory) & -8].view(np.int64)
    texts = np.concatenate([np.zeros(FIRST // 8, np.int64), every[within]])
    return groups, texts.view(np.uint8)


def shifted(layout: Layout, groups: Bytes, begins: Sequence[tuple[int, int]]) -> Bytes:
    """Pieces that left one after the other, as one: `groups`, changed where they lie.

    `begins` says for each piece the number of its first group and where its texts are.
    """
    if layout.has_references and len(begins) > 1:
        words = groups.view(np.int64).reshape(-1, layout.size // 8)
        firsts, places = np.array(begins, np.int64).T
        by = np.repeat(places, np.diff(firsts, append=len(words)))
        found = _references(layout, words)
        words[found.rows, found.columns] += by[found.rows]
    return groups


def texts_bytes(layout: Layout, words: Numbers) -> int:
    """An upper bound of the bytes of what `with_texts` gives; 0 where there is nothing."""
    sizes = _references(layout, words).sizes
    return int((sizes + 7).sum()) + FIRST if len(sizes) else 0


@frozen(eq=False)
class _References:
    """Groups that refer to something, ascending, in which word, where that is and how long."""

    rows: Numbers
    columns: Numbers
    starts: Numbers
    sizes: Numbers


def _references(layout: Layout, words: Numbers) -> _References:
    found = []
    count = layout.count // 8
    if layout.has_references:
        texts = [(k, words[:, k] >= LONG) for k in layout.long_words]
        at = [cell.offset // 8 for cell in layout.text_extremes]
        texts += [(column, words[:, column] != -1) for column in at]
        for column, refers in texts:
            rows = np.flatnonzero(refers & (words[:, count] != 0))
            packed = words[rows, column]
            found.append((rows, np.full(len(rows), column), packed & 0xFFFFFFFF, packed >> 32))
        if layout.windows:
            column = layout.wide // 8
            rows = np.flatnonzero(words[:, column] != 0)  # few or none
            rows = rows[words[rows, count] != 0]
            block = np.full(len(rows), WIDE_BYTES * layout.windows)
            found.append((rows, np.full(len(rows), column), words[rows, column], block))
    found = [each for each in found if len(each[0])]
    if not found:
        return _References(*[np.empty(0, np.int64)] * 4)
    if len(found) == 1:
        return _References(*found[0])
    every = [np.concatenate(each) for each in zip(*found, strict=True)]
    order = np.argsort(every[0], kind="stable")
    return _References(*[each[order] for each in every])
