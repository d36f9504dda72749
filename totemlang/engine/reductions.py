"""Sums and extremes of all groups of a column at once, exact and in the order of the language.

Groups are given as in `Grouped`: none of them is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from totemlang.data.kinds import ARROW
from totemlang.engine.ordering import Positions
from totemlang.schema.types import Kind

WHOLE = frozenset({Kind.INT, Kind.LONG, Kind.DURATION})
BINARY = frozenset({Kind.FLOAT, Kind.DOUBLE})

POSITIVE_INFINITY, NEGATIVE_INFINITY, NOT_A_NUMBER = 1, 2, 4
"""Marks of values that no exact sum can hold."""

_HALF = 27
_PLACES = 2_200
_FIRST_PLACE = 1_073
_UNIT_PLACE = 52
_MAGNITUDE = np.int64(2**63 - 1)

Codes = npt.NDArray[np.int64]


def least(array: pa.Array, kind: Kind, starts: Positions) -> pa.Array:
    """The least value of each group; NaN where there is one, −0.0 before 0.0."""
    if kind in BINARY:
        values = _doubles(array)
        codes = np.minimum.reduceat(_order_codes(values), starts[:-1])
        nan = np.logical_or.reduceat(np.isnan(values), starts[:-1])
        return _from_codes(codes, nan, kind)
    return _extreme(np.minimum, array, kind, starts)


def greatest(array: pa.Array, kind: Kind, starts: Positions) -> pa.Array:
    """The greatest value of each group; NaN where there is one, 0.0 after −0.0."""
    if kind in BINARY:
        values = _doubles(array)
        codes = np.maximum.reduceat(_order_codes(values), starts[:-1])
        nan = np.logical_or.reduceat(np.isnan(values), starts[:-1])
        return _from_codes(codes, nan, kind)
    return _extreme(np.maximum, array, kind, starts)


def whole_sums(array: pa.Array, starts: Positions) -> list[int]:
    """The sum of each group of whole numbers or durations, of any size."""
    view = pa.int64() if array.type.bit_width == 64 else pa.int32()
    values = array.view(view).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    high = np.add.reduceat(values >> 32, starts[:-1]).tolist()
    low = np.add.reduceat(values & 0xFFFFFFFF, starts[:-1]).tolist()
    return [(upper << 32) + lower for upper, lower in zip(high, low, strict=True)]


def exact_sums(array: pa.Array, starts: Positions) -> tuple[list[int], npt.NDArray[np.int8]]:
    """The exact sum of each group's finite values in units of 2^−1074, and marks of the others."""
    values = _doubles(array)
    marks = np.zeros(len(values), dtype=np.int8)
    marks[np.isposinf(values)] = POSITIVE_INFINITY
    marks[np.isneginf(values)] = NEGATIVE_INFINITY
    marks[np.isnan(values)] = NOT_A_NUMBER
    mantissas, exponents = np.frexp(np.where(marks == 0, values, 0.0))
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    number = len(starts) - 1
    group = np.repeat(np.arange(number), np.diff(starts))
    code = group * _PLACES + (exponents + _FIRST_PLACE)
    order = np.argsort(code, kind="stable")
    code, whole = code[order], whole[order]
    firsts = np.flatnonzero(np.concatenate(([True], code[1:] != code[:-1])))
    # Mantissas of one exponent add up in halves, which 64 bits hold for any number of rows.
    high = np.add.reduceat(whole >> _HALF, firsts).tolist()
    low = np.add.reduceat(whole & ((1 << _HALF) - 1), firsts).tolist()
    units = [0] * number
    for at, upper, lower in zip(code[firsts].tolist(), high, low, strict=True):
        in_group, place = divmod(at, _PLACES)
        part, shift = (upper << _HALF) + lower, place - _UNIT_PLACE
        units[in_group] += part << shift if shift >= 0 else part >> -shift
    return units, np.bitwise_or.reduceat(marks, starts[:-1])


def byte_lengths(array: pa.Array) -> Positions:
    """Bytes of each string as the price list counts them: at least 1."""
    lengths: Positions = pc.binary_length(array).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.maximum(lengths, 1)


def _extreme(choose: Any, array: pa.Array, kind: Kind, starts: Positions) -> pa.Array:
    if kind is Kind.STRING:
        encoded = array.dictionary_encode()
        order = pc.sort_indices(encoded.dictionary)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order.to_numpy()] = np.arange(len(order))
        ranks = rank[encoded.indices.to_numpy(zero_copy_only=False)]
        chosen = order.take(pa.array(choose.reduceat(ranks, starts[:-1])))
        return encoded.dictionary.take(chosen)
    if kind is Kind.BOOL:
        chosen = choose.reduceat(pc.cast(array, pa.int8()).to_numpy(), starts[:-1])
        return pc.cast(pa.array(chosen), pa.bool_())
    view = pa.int64() if array.type.bit_width == 64 else pa.int32()
    chosen = choose.reduceat(array.view(view).to_numpy(zero_copy_only=False), starts[:-1])
    return pa.array(chosen, view).view(ARROW[kind])


def _doubles(array: pa.Array) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = array.to_numpy(zero_copy_only=False)
    return values.astype(np.float64, copy=False)


def _order_codes(values: npt.NDArray[np.float64]) -> Codes:
    """Whole numbers in the order of the values: −∞ … −0.0, 0.0 … ∞; NaN anywhere."""
    bits = values.view(np.int64)
    codes: Codes = bits ^ ((bits >> 63) & _MAGNITUDE)
    return codes


def _from_codes(codes: Codes, nan: npt.NDArray[np.bool_], kind: Kind) -> pa.Array:
    values = (codes ^ ((codes >> 63) & _MAGNITUDE)).view(np.float64)
    found = np.where(nan, np.nan, values)
    return pa.array(found.astype(np.float32) if kind is Kind.FLOAT else found)


def added(numbers: Sequence[int], starts: Positions) -> list[int]:
    """The sum of each group of Python's whole numbers."""
    edges = starts.tolist()
    return [
        numbers[start] if stop == start + 1 else sum(numbers[start:stop])
        for start, stop in pairwise(edges)
    ]
