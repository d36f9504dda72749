"""Bytes of values in the estimator table's measure, where they depend on the value.

A string has its bytes of UTF-8, at least 1; a missing one 1. Everything else has the bytes of its
kind, missing or not.
"""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.vm.aggregate import Aggregate

_AT_ONCE = 1 << 14
"""Strings looked at together: joining them is what Python does fastest."""


def string_bytes(text: str | None) -> int:
    """Bytes of a string, at least 1; 1 of a missing one."""
    if not text:
        return 1
    return len(text) if text.isascii() else len(text.encode())


def strings_bytes(array: Sequence[str | None] | Aggregate) -> int:
    """Bytes of all strings of an array (or column) together."""
    if isinstance(array, Aggregate):
        return array.total_bytes
    total = 0
    for start in range(0, len(array), _AT_ONCE):
        part = array[start : start + _AT_ONCE]
        try:
            joined = "".join(part)  # type: ignore[arg-type]
        except TypeError:  # some are missing
            total += sum(map(string_bytes, part))
            continue
        size = len(joined) if joined.isascii() else len(joined.encode())
        total += size + part.count("")
    return total


def longest_bytes(array: Sequence[str] | Aggregate) -> int:
    """Bytes of the longest string of an array, at least 1."""
    if isinstance(array, Aggregate):
        return max(1, array.longest_bytes)
    if all(map(str.isascii, array)):
        return max(1, max(map(len, array), default=1))
    return max(map(string_bytes, array))
