"""Domains of labelled types: what a row of the rules says about the values of its type word.

A domain is one of a few fixed sentences, so that nothing a rules file says is silently ignored:
`Set of Z`, `Set of Z in [0, 100]`, `Set of Q`, `Set of R in [-1, 1]`, `Set of β = {0, 1}`,
`Set of strings`, `Set of strings of at most 8 bytes`, and one for each kind of time.
"""

from __future__ import annotations

import math
import re
import struct

from totemlang.schema.types import INT_RANGE, LONG_RANGE, Constraint, Kind

MAX_STRING_BYTES = 65_536

_NUMBERS = re.compile(r"Set of ([ZQR])(?: in \[ ?([^,\[\]]+?) ?, ?([^,\[\]]+?) ?\])?")
_STRINGS = re.compile(r"Set of strings(?: of at most ([0-9]{1,9}) bytes?)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_LETTER_OF = {Kind.INT: "Z", Kind.LONG: "Z", Kind.FLOAT: "Q", Kind.DOUBLE: "R"}
_FIXED = {
    Kind.BOOL: "Set of β = {0, 1}",
    Kind.DATE: "Set of days",
    Kind.TIMESTAMP: "Set of moments",
    Kind.DURATION: "Set of spans of time",
}


class DomainError(ValueError):
    """The domain does not say what such a type may hold; the message says why."""


def fixed_domain(kind: Kind, domain: str) -> Constraint:
    """The constraint (none) of a kind that has one domain only.

    Raises:
        DomainError: for any other sentence.
    """
    if _spaced(domain) != _FIXED[kind]:
        raise DomainError(f"its domain is `{_FIXED[kind]}`")
    return Constraint()


def string_domain(domain: str) -> Constraint:
    """`Set of strings`, at most so many bytes.

    Raises:
        DomainError: for any other sentence, or a maximum out of range.
    """
    match = _STRINGS.fullmatch(_spaced(domain))
    if match is None:
        raise DomainError("its domain is `Set of strings` or `Set of strings of at most 8 bytes`")
    if match[1] is None:
        return Constraint()
    most = int(match[1])
    if not 1 <= most <= MAX_STRING_BYTES:
        raise DomainError(f"the maximum lies between 1 and {MAX_STRING_BYTES} bytes")
    return Constraint(max_bytes=most)


def number_domain(domain: str, kind: Kind | None) -> tuple[Kind, Constraint]:
    """The kind that holds a set of numbers, and the bounds that the set adds to it.

    `kind` is given for the words of the language itself (`int`): then the letter must be that
    kind's. For other words `Z` within the range of int is int, else long; `Q` float; `R` double.

    Raises:
        DomainError: for any other sentence, bounds that are no numbers, cross or do not fit.
    """
    match = _NUMBERS.fullmatch(_spaced(domain))
    if match is None:
        raise DomainError(
            "its domain is `Set of Z`, `Set of Q` or `Set of R`, or `Set of Z in [0, 100]`"
        )
    letter, lower, upper = match.groups()
    if kind is not None and _LETTER_OF[kind] != letter:
        raise DomainError(f"the numbers of {kind.value} are `Set of {_LETTER_OF[kind]}`")
    if letter == "Z":
        return _whole(lower, upper, kind)
    return _binary(lower, upper, Kind.FLOAT if letter == "Q" else Kind.DOUBLE)


def _whole(lower: str | None, upper: str | None, kind: Kind | None) -> tuple[Kind, Constraint]:
    if lower is None or upper is None:
        return kind or Kind.INT, Constraint()
    if not (_WHOLE.fullmatch(lower) and _WHOLE.fullmatch(upper)):
        raise DomainError("the bounds of a set of Z are whole numbers")
    low, high = int(lower), int(upper)
    if kind is None:
        kind = Kind.INT if INT_RANGE[0] <= low and high <= INT_RANGE[1] else Kind.LONG
    smallest, largest = INT_RANGE if kind is Kind.INT else LONG_RANGE
    if not smallest <= low <= high <= largest:
        raise DomainError(f"the bounds are in order and within {smallest} and {largest}")
    if (low, high) == (smallest, largest):
        return kind, Constraint()
    return kind, Constraint(lower=low, upper=high)


def _binary(lower: str | None, upper: str | None, kind: Kind) -> tuple[Kind, Constraint]:
    if lower is None or upper is None:
        return kind, Constraint()
    if not (_DECIMAL.fullmatch(lower) and _DECIMAL.fullmatch(upper)):
        raise DomainError("the bounds are numbers")
    low, high = _rounded(lower, kind), _rounded(upper, kind)
    if not low <= high:
        raise DomainError("the lower bound is not above the upper one")
    return kind, Constraint(lower=low, upper=high)


def _rounded(text: str, kind: Kind) -> float:
    """The value of the kind nearest to the text, for values are compared in their own kind."""
    value = float(text)
    if kind is Kind.FLOAT and math.isfinite(value):
        try:
            (value,) = struct.unpack("<f", struct.pack("<f", value))
        except OverflowError:
            value = math.inf
    if not math.isfinite(value):
        raise DomainError(f"the bounds are within the range of {kind.value}")
    return value


def _spaced(domain: str) -> str:
    return " ".join(domain.split())
