"""Bytes of values in the estimator table's measure, where they depend on the value.

A string has its bytes of UTF-8, at least 1; a missing one 1. Everything else has the bytes of its
kind, missing or not.
"""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.vm.aggregate import Aggregate


def string_bytes(text: str | None) -> int:
    """Bytes of a string, at least 1; 1 of a missing one."""
    if not text:
        return 1
    return len(text) if text.isascii() else len(text.encode())


def strings_bytes(array: Sequence[str | None] | Aggregate) -> int:
    """Bytes of all strings of an array (or column) together."""
    if isinstance(array, Aggregate):
        return array.total_bytes
    return sum(map(string_bytes, array))


def longest_bytes(array: Sequence[str] | Aggregate) -> int:
    """Bytes of the longest string of an array, at least 1."""
    if isinstance(array, Aggregate):
        return max(1, array.longest_bytes)
    return max(map(string_bytes, array), default=1)
