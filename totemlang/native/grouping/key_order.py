"""The order of keys, seen as columns that compare as they do: whole numbers, or long strings.

A string of at most 16 bytes is three numbers: its first 8 bytes, its next 8, its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from totemlang.native.grouping.layout import Layout
from totemlang.native.grouping.output import order_of_texts
from totemlang.schema.types import Kind

Numbers = npt.NDArray[np.int64]

Code: TypeAlias = Any
"""A column by which rows are ordered, before the next one: whole numbers, or Arrow's strings."""

Key = tuple[object, ...]

_SIGN = np.int64(-(2**63))


def numbers_of(layout: Layout, memory: Numbers, places: Numbers) -> list[Numbers]:
    """The codes of groups that lie at these words of a memory; no string is longer than 16."""
    found: list[Numbers] = []
    for part, kind in enumerate(layout.signature.keys):
        first = next(k for k, word in enumerate(layout.words) if part in word.parts)
        words = memory[places + first]
        if kind is Kind.STRING:
            found += [_in_order(words), _in_order(memory[places + first + 1])]
            found.append(memory[places + first + 2] >> 32)
        elif len(layout.words[first].parts) == 1:
            found.append(words)
        elif part == layout.words[first].parts[0]:
            found.append(words >> 32)
        else:
            found.append(words.astype(np.int32).astype(np.int64))
    return found


def _in_order(words: Numbers) -> Numbers:
    """Eight bytes of a string as a number that compares as they do."""
    found: Numbers = words.byteswap() ^ _SIGN
    return found


def order(codes: Sequence[Code], *, stand_in_runs: bool = False) -> Numbers:
    """The order of rows of which no two are equal; some way sorts faster what `stand_in_runs`."""
    if any(isinstance(code, pa.Array) for code in codes):
        return order_of_texts([pa.chunked_array([pa.array(code)]) for code in codes])
    first = codes[0]
    found: Numbers = np.argsort(first, kind="stable" if stand_in_runs else None)
    if len(codes) == 1 or len(found) < 2:
        return found
    ordered = first[found]
    equal = ordered[1:] == ordered[:-1]
    if not equal.any():
        return found
    tied = np.concatenate((equal, [False]))
    tied[1:] |= equal
    some = found[tied]
    found[tied] = some[np.lexsort([code[some] for code in reversed(codes)])]
    return found


def taken_from(codes: Sequence[Code], rows: Numbers | slice) -> list[Code]:
    """Rows of each code."""
    return [
        code.take(pa.array(rows))
        if isinstance(code, pa.Array) and not isinstance(rows, slice)
        else code[rows]
        for code in codes
    ]


def joined(pieces: Sequence[Sequence[Code]]) -> list[Code]:
    """The rows of one after those of the other."""
    return [
        pa.concat_arrays(parts) if isinstance(parts[0], pa.Array) else np.concatenate(parts)
        for parts in zip(*pieces, strict=True)
    ]


def key_at(codes: Sequence[Code], row: int) -> Key:
    """A row as something that compares."""
    return tuple(
        code[row].as_py() if isinstance(code, pa.Array) else int(code[row]) for code in codes
    )


def first_from(codes: Sequence[Code], key: Key, low: int, high: int) -> int:
    """The first row of ordered ones from `low` to `high` that is not below a key, or `high`."""
    while low < high:
        middle = (low + high) // 2
        if key_at(codes, middle) < key:
            low = middle + 1
        else:
            high = middle
    return low
