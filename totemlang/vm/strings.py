"""What the operations on strings mean. Positions and lengths count code points."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from totemlang.vm.case_table import LOWER, UPPER, Runs
from totemlang.vm.failures import NEGATIVE_LENGTH, NEGATIVE_START, TOO_LARGE, Failure
from totemlang.vm.limits import MAX_ELEMENTS, MAX_VALUE_BYTES

Split = Callable[[str], list[str]]


def utf8_bytes(text: str) -> int:
    """Bytes of a string in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def _mapping(runs: Runs) -> dict[int, int]:
    return {at: at + by for first, last, step, by in runs for at in range(first, last + 1, step)}


_ASCII_UPPER = range(ord("A"), ord("Z") + 1)
_TO_LOWER = _mapping(LOWER) | {at: at + 32 for at in _ASCII_UPPER}
_TO_UPPER = _mapping(UPPER) | {at + 32: at for at in _ASCII_UPPER}


def lower(text: str) -> str:
    """Each letter in lower case, as the pinned table has it."""
    return text.lower() if text.isascii() else text.translate(_TO_LOWER)


def upper(text: str) -> str:
    """Each letter in upper case, as the pinned table has it."""
    return text.upper() if text.isascii() else text.translate(_TO_UPPER)


def substring(text: str, start: int, length: int) -> str:
    """`length` code points from `start` (from 0); what lies beyond the end is left out."""
    if start < 0:
        raise Failure(NEGATIVE_START)
    if length < 0:
        raise Failure(NEGATIVE_LENGTH)
    return text[start : start + length]


def concatenate(parts: Sequence[str]) -> str:
    """The strings one after the other."""
    if sum(map(len, parts)) * 4 > MAX_VALUE_BYTES and sum(map(utf8_bytes, parts)) > MAX_VALUE_BYTES:
        raise Failure(TOO_LARGE)
    return "".join(parts)


_FEW_SEPARATORS = 32
"""A pattern of more than these is slower to make than it is of use."""


@lru_cache(maxsize=64)
def _splitter(separators: str) -> Split:
    """Separators recur from row to row, so their pattern is worth keeping."""
    if not separators:
        return lambda text: [text] if text else []
    found: Split = re.compile(f"[^{re.escape(separators)}]+").findall
    return found


def words(text: str, separators: str) -> list[str]:
    """The pieces between any of the separators' code points, empty ones left out."""
    if len(text) > MAX_ELEMENTS:
        _refuse_many(text, separators)
    if len(separators) > _FEW_SEPARATORS:
        first = separators[0]
        text = text.translate(dict.fromkeys(map(ord, separators), first))
        return [piece for piece in text.split(first) if piece]
    return _splitter(separators)(text)


_ASCII_SPACE = " \t\n\r\v\f"


def words_at_space(text: str) -> list[str]:
    """The pieces between ASCII white space."""
    return words(text, _ASCII_SPACE)


def _refuse_many(text: str, separators: str) -> None:
    """Count the pieces of a huge string before they are built."""
    apart = set(separators)
    pieces, within = 0, False
    for letter in text:
        outside = letter in apart
        pieces += not (outside or within)
        within = not outside
    if pieces > MAX_ELEMENTS:
        raise Failure(TOO_LARGE)
