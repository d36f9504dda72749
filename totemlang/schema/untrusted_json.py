"""Reading JSON that anybody may have written: bounded, strict, and never a traceback.

Nothing is coerced and no key is passed over in silence, so a document means one thing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from attrs import frozen

from totemlang.diagnostics import BadData
from totemlang.schema.types import LONG_RANGE

MAX_DOCUMENT_BYTES = 4 * 2**20


def parse_document(text: str | bytes, what: str) -> dict[str, Any]:
    """The object that a document holds; `what` names it in messages.

    Raises:
        BadData: for more than 4 MiB, anything but one JSON object in UTF-8, a key twice,
            NaN or infinities.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise BadData(f"{what} is longer than {MAX_DOCUMENT_BYTES:,} bytes")
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadData(f"{what} is not well-formed JSON") from None
    if not isinstance(found, dict):
        raise BadData(f"{what} must be a JSON object")
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no JSON number")


@frozen
class Reader:
    """One object of a document with the words that name it in messages."""

    found: Mapping[str, Any]
    what: str

    def only(self, keys: Sequence[str]) -> None:
        """Refuse keys beside these."""
        for key in self.found:
            if key not in keys:
                raise self.error(f"has a key that is not known; known are {', '.join(keys)}")

    def text(self, key: str, longest: int = 1_000) -> str:
        """A text of 1 to `longest` characters without control characters."""
        value = self.found.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise self.error(f"needs {key!r}, a text of 1 to {longest} characters")
        if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value):
            raise self.error(f"{key!r} holds a character that is not text")
        return value

    def whole(self, key: str) -> int | None:
        """A whole number from 0 to 2^63 − 1, or None where it is null or left out."""
        value = self.found.get(key)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= LONG_RANGE[1]:
            raise self.error(f"{key!r} must be a whole number from 0 to 2^63 - 1")
        return value

    def flag(self, key: str, otherwise: bool) -> bool:
        """A truth value."""
        value = self.found.get(key, otherwise)
        if not isinstance(value, bool):
            raise self.error(f"{key!r} must be true or false")
        return value

    def object(self, key: str) -> Reader:
        """An object, empty where it is left out."""
        value = self.found.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"{key!r} must be an object")
        return Reader(value, f"{self.what}, {key!r}")

    def items(self, key: str, most: int) -> list[Any]:
        """A list of at most so many elements, empty where it is left out."""
        value = self.found.get(key, [])
        if not isinstance(value, list) or len(value) > most:
            raise self.error(f"{key!r} must be a list of at most {most:,} elements")
        return value

    def names(self, key: str, most: int) -> frozenset[str]:
        """A list of names."""
        found = self.items(key, most)
        if not all(isinstance(name, str) and 0 < len(name) <= 1_000 for name in found):
            raise self.error(f"{key!r} must be a list of names")
        return frozenset(found)

    def error(self, problem: str) -> BadData:
        """A refusal of this object."""
        return BadData(f"{self.what}: {problem}")
