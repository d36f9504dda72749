"""The windows of exact sums: which 90 bits of the line of numbers most values lie in.

A window in memory has 64 bytes: the two constants (f64), their bits (lower one first), the square
of the largest value that it takes (f64), its place (i32: its lowest bit is 2^(place - 1074)), the
place that values without key have asked for since (i32; 0: none), how many rows did not fit (i64),
the place of the window that groups come with from elsewhere (i32).
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from totemlang.native.grouping.cells import SETTLED_BITS

WINDOW_BITS = 2 * SETTLED_BITS
PLACE, ASKED_PLACE, OUTSIDE, FOREIGN_PLACE = 40, 44, 48, 56

HEADROOM = 8
"""Bits kept free above the largest value seen, where that costs none of the others."""

_UNIT = 1074
_SAMPLE = 480
"""So few that NumPy does not let another thread run for each step: that takes longer than they."""
_HIGHEST_TOP = 500
_LOWEST_TOP = -400
"""Between them the square of the largest value is an exact double: rows are checked by squares."""


def window_bytes(place: int) -> bytes:
    """The first 48 bytes of the window whose lowest bit is 2^(place - 1074)."""
    low = place - _UNIT
    constants = (1.5 * 2.0 ** (52 + low + SETTLED_BITS), 1.5 * 2.0 ** (52 + low))
    most = 4.0 ** (low + WINDOW_BITS)
    return struct.pack("<5di4x", *constants, *reversed(constants), most, place)


def sampled(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """So many of the values that they say enough of all, evenly spread. A sample is its own."""
    return values[:: max(1, -(-len(values) // _SAMPLE))]


def best_place(values: npt.NDArray[np.float64]) -> int | None:
    """The place of the window that holds most of a sample of values; None if any will do."""
    sample = sampled(values)
    sample = sample[np.isfinite(sample) & (sample != 0)]
    if not len(sample):
        return None
    top, bottom = _span(sample)
    found = np.unique(top)
    candidates = np.unique(
        np.clip(np.concatenate((found, found + HEADROOM)), _LOWEST_TOP, _HIGHEST_TOP)
    )
    highest, lowest = int(top.max()), int(bottom.min())
    enough = candidates[(candidates >= highest) & (candidates <= lowest + WINDOW_BITS)]
    if len(enough):  # some hold all, which is what nearly always happens
        return int(enough[-1]) - WINDOW_BITS + _UNIT
    held = [np.count_nonzero(_holds(t, top, bottom)) for t in candidates.tolist()]
    most = max(held)
    best = max(t for t, rows in zip(candidates.tolist(), held, strict=True) if rows == most)
    return int(best) - WINDOW_BITS + _UNIT


def share_held(values: npt.NDArray[np.float64], place: int) -> float:
    """The share of a sample of values that a window holds."""
    sample = sampled(values)
    sample = sample[np.isfinite(sample) & (sample != 0)]
    if not len(sample):
        return 1.0
    top, bottom = _span(sample)
    return float(np.mean(_holds(place + WINDOW_BITS - _UNIT, top, bottom)))


def _span(
    values: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each value the exponents of the powers of two above it and of its lowest bit."""
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    zeros = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    top = exponents.astype(np.int64)
    return top, top - 53 + zeros


def _holds(
    top: int, tops: npt.NDArray[np.int64], bottoms: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    held: npt.NDArray[np.bool_] = (tops <= top) & (bottoms >= top - WINDOW_BITS)
    return held
