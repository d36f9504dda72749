"""Counting words in plain NumPy: the text as bytes, words as whole numbers of eight bytes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.jobs.catalogue import SEPARATORS

PIECE = 1 << 20
BLANK = 32
LOWER = np.arange(256, dtype=np.uint8)
LOWER[ord("A") : ord("Z") + 1] += 32
LOWER[[ord(sign) for sign in SEPARATORS if ord(sign) < 128]] = BLANK
LOWER[ord("\n")] = BLANK
WIDE = [sign.encode() for sign in SEPARATORS if ord(sign) > 127]
"""Separators of several bytes."""


def as_bytes(column: Any) -> Any:
    """The lines as bytes, a new line after each (and room to read eight bytes at the end)."""
    text = "\n".join(column.to_pylist()) + "\n" + " " * 16
    return np.frombuffer(text.encode(), np.uint8)


def word_count(run: Any) -> dict[str, Any]:
    """See the catalogue."""
    text = run.columns["text"]
    breaks = _breaks(text)
    pieces = list(pairwise(breaks))
    total: Counter[bytes] = Counter()
    for found in run.threads.map(lambda p: _counted(text[p[0] : p[1] + 16], p[1] - p[0]), pieces):
        for words, counts in found:
            for word, count in zip(words, counts, strict=True):
                total[word] += count
    return {
        "word": np.array([word.decode() for word in total], dtype=object),
        "n": np.fromiter(total.values(), np.int64, len(total)),
    }


def _breaks(text: Any) -> list[int]:
    """Where pieces of about a megabyte begin: behind a new line."""
    found = [0]
    while found[-1] + PIECE < len(text) - 16:
        at = found[-1] + PIECE
        after = np.flatnonzero(text[at : at + (1 << 16)] == ord("\n"))
        found.append(at + int(after[0]) + 1 if len(after) else at)
    return [*found, len(text) - 16]


def _counted(text: Any, size: int) -> list[tuple[list[bytes], list[int]]]:
    """The words of a piece with their numbers; sixteen bytes may be read behind it."""
    text = LOWER[text]
    for sign in WIDE:
        at = np.flatnonzero(text[: -len(sign)] == sign[0])
        at = at[np.all([text[at + i] == byte for i, byte in enumerate(sign)], axis=0)]
        for i in range(len(sign)):
            text[at + i] = BLANK
    inside = np.empty(size + 2, bool)
    inside[0] = inside[-1] = False
    np.not_equal(text[:size], BLANK, out=inside[1:-1])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    eight = np.ndarray((len(text) - 7,), "<u8", text.data, strides=(1,))
    short, middle = lengths <= 8, (lengths > 8) & (lengths <= 16)
    found = []
    if short.any():
        words, counts = np.unique(_masked(eight[starts[short]], lengths[short]), return_counts=True)
        found.append((words.view("S8").tolist(), counts.tolist()))
    if middle.any():
        both = np.stack(
            [eight[starts[middle]], _masked(eight[starts[middle] + 8], lengths[middle] - 8)], axis=1
        )
        words, counts = np.unique(both.view("S16")[:, 0], return_counts=True)
        found.append((words.tolist(), counts.tolist()))
    long = np.flatnonzero(lengths > 16)
    rest = Counter(text[starts[i] : starts[i] + lengths[i]].tobytes() for i in long)
    found.append((list(rest), list(rest.values())))
    return found


def _masked(words: Any, lengths: Any) -> Any:
    """The first bytes of each, the rest zero."""
    return words & (~np.uint64(0) >> (np.uint64(64) - lengths.astype(np.uint64) * np.uint64(8)))
