"""The checks of declared types and variables: each gives the value back, or fails."""

from __future__ import annotations

from typing import Any

from totemlang.vm.failures import OTHER_LENGTH, OUTSIDE_DOMAIN, STRING_TOO_LONG, Failure
from totemlang.vm.strings import utf8_bytes


def check_bytes(value: Any, limit: int) -> Any:
    """A string, an array of strings or a string that may be missing: at most `limit` bytes each."""
    for text in value if isinstance(value, list) else (value,):
        if text is not None and len(text) * 4 > limit and utf8_bytes(text) > limit:
            raise Failure(STRING_TOO_LONG)
    return value


def check_range(value: Any, lower: float, upper: float) -> Any:
    """A number, an array of numbers or a number that may be missing: within the bounds, each."""
    for number in value if isinstance(value, list) else (value,):
        if number is not None and not lower <= number <= upper:
            raise Failure(OUTSIDE_DOMAIN)
    return value


def check_length(array: Any, elements: int) -> Any:
    """An array of exactly so many elements."""
    if len(array) != elements:
        raise Failure(OTHER_LENGTH)
    return array


def same_length(array: Any, held: Any) -> Any:
    """An array as long as the one that the variable holds."""
    if len(array) != len(held):
        raise Failure(OTHER_LENGTH)
    return array
