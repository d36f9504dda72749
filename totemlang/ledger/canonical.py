"""JSON as the ledger writes it: one text for one value, so that hashes and signatures agree.

Keys sorted, no white space, UTF-8 as it is, whole numbers within 64 bits and no others. What is
read is held to bounds of size and depth before anything is made of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NoReturn

MAX_BYTES = 4 * 2**20
"""Bytes of a document that is read."""

MAX_DEPTH = 16
"""Arrays and objects within each other."""

LARGEST = 2**63 - 1
"""The largest number and amount; the smallest number is −2^63."""


class NotCanonical(ValueError):
    """A value or text that the ledger cannot hold; the message says why and quotes nothing."""


def canonical(value: object) -> bytes:
    """The one text of a value made of None, bool, int, str, list, tuple and dict.

    Raises:
        NotCanonical: for anything else, a number beyond 64 bits, a text that is no Unicode, more
            than `MAX_DEPTH` levels.
    """
    _judge(value, 0)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise NotCanonical("a text holds a surrogate") from None


def parse(data: bytes, most: int = MAX_BYTES) -> Any:
    """Read JSON that anybody may have written, whatever its spacing and order of keys.

    Raises:
        NotCanonical: for more than `most` bytes, text that is no JSON in UTF-8, a key twice, a
            number that is not whole or beyond 64 bits, more than `MAX_DEPTH` levels.
    """
    if len(data) > most:
        raise NotCanonical(f"more than {most:,} bytes")
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_without_repeats,
            parse_float=_no_number,
            parse_constant=_no_number,
            parse_int=_whole,
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError):
        raise NotCanonical("no well-formed JSON in UTF-8") from None
    _judge(value, 0)
    return value


def parse_canonical(data: bytes, most: int = MAX_BYTES) -> Any:
    """Read JSON that must stand as `canonical` writes it, to the byte.

    Raises:
        NotCanonical: where it does not.
    """
    value = parse(data, most)
    if canonical(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def digest(value: object) -> str:
    """SHA-256, in hex, of a value's canonical text."""
    return hashlib.sha256(canonical(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def _judge(value: object, depth: int) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise NotCanonical("a text holds a surrogate")
        return
    if isinstance(value, int):
        if not -LARGEST - 1 <= value <= LARGEST:
            raise NotCanonical("a number beyond 64 bits")
        return
    if depth >= MAX_DEPTH:
        raise NotCanonical(f"more than {MAX_DEPTH} levels")
    if isinstance(value, list | tuple):
        for element in value:
            _judge(element, depth + 1)
    elif isinstance(value, Mapping):
        for key, element in value.items():
            if not isinstance(key, str):
                raise NotCanonical("a key that is no text")
            _judge(key, depth)
            _judge(element, depth + 1)
    else:
        raise NotCanonical("a value that the ledger does not hold")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("a key stands twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise NotCanonical("a number beyond 64 bits")
    number = int(digits)
    if digits == "-0" or not -LARGEST - 1 <= number <= LARGEST:
        raise NotCanonical("a number beyond 64 bits")
    return number


def _no_number(_: str) -> NoReturn:
    raise NotCanonical("a number that is not whole")
