"""What operations on arrays mean. An array is a list, or an `Aggregate` where that is enough."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, TypeVar

from totemlang.vm.aggregate import Aggregate
from totemlang.vm.exact_sum import exact_sum
from totemlang.vm.failures import (
    EMPTY,
    MISSING,
    NEGATIVE_LENGTH,
    OUTSIDE_ARRAY,
    TOO_LARGE,
    Failure,
)
from totemlang.vm.limits import MAX_ELEMENTS, MAX_VALUE_BYTES
from totemlang.vm.numbers import NAN, canonical
from totemlang.vm.strings import utf8_bytes

Element = TypeVar("Element")


def fill(length: int, value: Element) -> list[Element]:
    """An array of `length` times the value."""
    if length < 0:
        raise Failure(NEGATIVE_LENGTH)
    if length > MAX_ELEMENTS:
        raise Failure(TOO_LARGE)
    if isinstance(value, str) and length * utf8_bytes(value) > MAX_VALUE_BYTES:
        raise Failure(TOO_LARGE)
    return [value] * length


def bounded(array: list[Element]) -> list[Element]:
    """An array just made of its elements, unless it is larger than a value may be."""
    size = sum(utf8_bytes(e) if isinstance(e, str) else 8 for e in array)
    if size > MAX_VALUE_BYTES:
        raise Failure(TOO_LARGE)
    return array


def element(array: Sequence[Element], position: int) -> Element:
    """The element at a position from 0."""
    if not 0 <= position < len(array):
        raise Failure(OUTSIDE_ARRAY)
    return array[position]


def length(value: Sequence[Any] | Aggregate) -> int:
    """Elements of an array, code points of a string."""
    return len(value)


def count(array: Sequence[Any] | Aggregate) -> int:
    """Elements of an array."""
    return len(array)


def contains(array: Sequence[Element], value: Element) -> bool:
    """Whether an element equals the value; NaN equals nothing."""
    return value == value and value in array


def sum_whole(array: Sequence[int] | Aggregate) -> int:
    """The sum of whole numbers."""
    if isinstance(array, Aggregate):
        return int(array.total or 0)
    return sum(array)


def sum_exact(array: Sequence[float] | Aggregate) -> float:
    """The exact sum, rounded once."""
    if isinstance(array, Aggregate):
        return 0.0 if array.total is None else float(array.total)
    return exact_sum(array)


def min_of(array: Sequence[Any] | Aggregate) -> Any:
    """The least element of a kind without NaN."""
    if not len(array):
        raise Failure(EMPTY)
    return array.least if isinstance(array, Aggregate) else min(array)


def max_of(array: Sequence[Any] | Aggregate) -> Any:
    """The greatest element of a kind without NaN."""
    if not len(array):
        raise Failure(EMPTY)
    return array.greatest if isinstance(array, Aggregate) else max(array)


def min_of_double(array: Sequence[float] | Aggregate) -> float:
    """The least double: NaN if there is one, -0.0 before 0.0."""
    least: float = min_of(array)
    if isinstance(array, Aggregate):
        return canonical(least)
    if _has_nan(array):  # `min` passes over a NaN that does not come first
        return NAN
    if least == 0:
        return -0.0 if any(v == 0 and math.copysign(1.0, v) < 0 for v in array) else 0.0
    return least


def max_of_double(array: Sequence[float] | Aggregate) -> float:
    """The greatest double: NaN if there is one, 0.0 after -0.0."""
    greatest: float = max_of(array)
    if isinstance(array, Aggregate):
        return canonical(greatest)
    if _has_nan(array):
        return NAN
    if greatest == 0:
        return 0.0 if any(v == 0 and math.copysign(1.0, v) > 0 for v in array) else -0.0
    return greatest


def _has_nan(array: Sequence[float]) -> bool:
    """A sum of doubles is NaN if one is, or if infinities meet: then it is worth a closer look."""
    total = sum(array)
    return total != total and any(v != v for v in array)


# --- order


def sort(array: Sequence[Any]) -> list[Any]:
    """The elements in ascending order, of a kind without NaN."""
    return sorted(array)


def sort_double(array: Sequence[float]) -> list[float]:
    """−∞ … −0.0, 0.0 … ∞, NaN."""
    found = sorted(v for v in array if v == v)
    first, last = bisect_left(found, 0.0), bisect_right(found, 0.0)
    if first < last:
        negative = sum(math.copysign(1.0, v) < 0 for v in found[first:last])
        found[first:last] = [-0.0] * negative + [0.0] * (last - first - negative)
    return found + [NAN] * (len(array) - len(found))


def order_of(column: Sequence[Any], *, descending: bool) -> list[int]:
    """The positions in the order of a column; ties keep the order they stand in."""
    keys = column
    if column and isinstance(column[0], float):
        keys = [_double_key(v) for v in column]
    return sorted(range(len(column)), key=keys.__getitem__, reverse=descending)


def _double_key(value: float) -> tuple[bool, float, float]:
    if value != value:
        return True, 0.0, 0.0
    return False, value, math.copysign(1.0, value) if value == 0 else 0.0


# --- missing values


def default(value: Element | None, otherwise: Element) -> Element:
    """The value, or the other where it is missing."""
    return otherwise if value is None else value


def present_value(value: Element | None) -> Element:
    """The value; missing fails."""
    if value is None:
        raise Failure(MISSING)
    return value
