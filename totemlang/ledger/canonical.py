"""JSON as the ledger writes it: one text for one value, so that hashes and signatures agree.

Keys sorted, no white space, UTF-8 as it is, whole numbers within 64 bits and no others. What is
read is held to bounds of size and depth before anything is made of it.
"""

from __future__ import annotations

import hashlib
import json
import re
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
    return _written(value)


def canonical_own(value: object) -> bytes:
    """What `canonical` gives of a value that is known to be one of the ledger's: not judged."""
    return _written(value)


def parse(data: bytes, most: int = MAX_BYTES) -> Any:
    """Read JSON that anybody may have written, whatever its spacing and order of keys.

    Raises:
        NotCanonical: for more than `most` bytes, text that is no JSON in UTF-8, a key twice, a
            number that is not whole or beyond 64 bits, more than `MAX_DEPTH` levels.
    """
    value = _decoded(_STRICT, data, most)
    _judge(value, 0)
    return value


def parse_canonical(data: bytes, most: int = MAX_BYTES) -> Any:
    """Read JSON that must stand as `canonical` writes it, to the byte.

    Raises:
        NotCanonical: where it does not.
    """
    # What is written back to the byte has no key twice, no -0 and no surrogate.
    value = _decoded(_PLAIN, data, most)
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH or _LONG.search(data):
        _judge(value, 0)
    if _written(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def parse_own(data: bytes) -> Any:
    """Read what `canonical` has written and nobody else could change: it is not judged again.

    Raises:
        NotCanonical: where it is no JSON after all.
    """
    return _decoded(_PLAIN, data, len(data))


def digest(value: object) -> str:
    """SHA-256, in hex, of a value's canonical text."""
    return hashlib.sha256(canonical(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def _written(value: object) -> bytes:
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise NotCanonical("a text holds a surrogate") from None
    except TypeError:
        raise NotCanonical("a value that the ledger does not hold") from None


def _decoded(decoder: json.JSONDecoder, data: bytes, most: int) -> Any:
    if len(data) > most:
        raise NotCanonical(f"more than {most:,} bytes")
    try:
        return decoder.decode(data.decode())
    except NotCanonical:
        raise
    except (ValueError, RecursionError):
        raise NotCanonical("no well-formed JSON in UTF-8") from None


def _judge(value: object, depth: int) -> None:
    """Hold a value to what the ledger has; the kinds that come most are told at one look."""
    kind = type(value)
    if kind is str:
        _judge_text(value)  # type: ignore[arg-type]
    elif kind is int:
        _judge_number(value)  # type: ignore[arg-type]
    elif kind is dict or isinstance(value, Mapping):
        _judge_depth(depth)
        for key, element in value.items():  # type: ignore[attr-defined]
            if not isinstance(key, str):
                raise NotCanonical("a key that is no text")
            if not key.isascii():
                _judge_text(key)
            # Most values are plain texts and numbers: no call for these.
            own = type(element)
            if own is str and element.isascii():
                continue
            if own is not int or not _LEAST <= element <= LARGEST:
                _judge(element, depth + 1)
    elif kind is list or isinstance(value, list | tuple):
        _judge_depth(depth)
        for element in value:  # type: ignore[attr-defined]
            _judge(element, depth + 1)
    elif value is not None and kind is not bool:
        _judge_rare(value)


def _judge_rare(value: object) -> None:
    """Kinds derived from those of JSON, as an enumeration of texts is."""
    if isinstance(value, str):
        _judge_text(value)
    elif isinstance(value, int):
        _judge_number(value)
    else:
        raise NotCanonical("a value that the ledger does not hold")


def _judge_text(text: str) -> None:
    if not text.isascii() and _SURROGATE.search(text):
        raise NotCanonical("a text holds a surrogate")


def _judge_number(number: int) -> None:
    if not _LEAST <= number <= LARGEST:
        raise NotCanonical("a number beyond 64 bits")


def _judge_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise NotCanonical(f"more than {MAX_DEPTH} levels")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("a key stands twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise NotCanonical("a number beyond 64 bits")
    number = int(digits)
    if digits == "-0" or not _LEAST <= number <= LARGEST:
        raise NotCanonical("a number beyond 64 bits")
    return number


def _no_number(_: str) -> NoReturn:
    raise NotCanonical("a number that is not whole")


_LEAST = -LARGEST - 1
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_STRICT = json.JSONDecoder(
    object_pairs_hook=_without_repeats,
    parse_float=_no_number,
    parse_constant=_no_number,
    parse_int=_whole,
)
_PLAIN = json.JSONDecoder(parse_float=_no_number, parse_constant=_no_number)
_LONG = re.compile(rb"\d{19}")
_SURROGATE = re.compile("[\ud800-\udfff]")
