"""Reading a literal as the language writes it, where a value is typed on a command line.

`1_000`, `-4.1`, `true`, `"text"`, `date("2019-02-25")`, `date(2019, 2, 25)`,
`timestamp("2019-02-25T10:30:00")`, `hours(3)` and arrays of these become the JSON values that a
request would carry; whether one fits its parameter is decided by `parameters.typed_value`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from totemlang.syntax.literals import NUMBER, number_fault, string_value

UNITS = {"days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 10**6}
"""Microseconds of the words that make durations."""

_TOKEN = re.compile(
    rf'\s*(?:(?P<number>{NUMBER.pattern})(?![\w.])|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<word>[a-z]+)|(?P<sign>[\[\](),-]))\s*"
)
_END = ("end", "")


def literal(text: str) -> object:
    """The JSON value that a literal stands for: durations in microseconds, days as `YYYY-MM-DD`.

    Raises:
        ValueError: the text is no literal.
    """
    tokens = _tokens(text)
    value, following = _array(tokens) if text.lstrip().startswith("[") else _one(tokens)
    if following != _END:
        raise ValueError("text goes on behind the literal")
    return value


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise ValueError("no literal")
        at = found.end()
        yield found.lastgroup, found[found.lastgroup]
    while True:
        yield _END


def _array(tokens: Iterator[tuple[str, str]]) -> tuple[object, tuple[str, str]]:
    """An array of scalars, and the token behind it."""
    values: list[object] = []
    next(tokens)
    first = next(tokens)
    while first != ("sign", "]"):
        value, following = _one(tokens, first)
        values.append(value)
        if following == ("sign", "]"):
            break
        _expect(following, ",")
        first = next(tokens)
    return values, next(tokens)


def _one(
    tokens: Iterator[tuple[str, str]], first: tuple[str, str] | None = None
) -> tuple[object, tuple[str, str]]:
    """A scalar that starts with the token `first` (None: with the next), and the token behind."""
    what, text = first or next(tokens)
    if (what, text) == ("sign", "-"):
        what, text = next(tokens)
        if what != "number" and text not in UNITS:
            raise ValueError("only numbers and durations have a sign")
        value, following = _one(tokens, (what, text))
        assert isinstance(value, int | float)
        return -value, following
    if what == "number":
        return _number(text), next(tokens)
    if what == "string":
        return _string(text), next(tokens)
    if what == "word" and text in ("true", "false"):
        return text == "true", next(tokens)
    if what == "word" and text in ("date", "timestamp", *UNITS):
        return _call(text, tokens), next(tokens)
    raise ValueError("no literal")


def _call(word: str, tokens: Iterator[tuple[str, str]]) -> object:
    """What stands in the brackets behind a word, made what the word says."""
    _expect(next(tokens), "(")
    parts: list[object] = []
    following = ("sign", ",")
    while following != ("sign", ")"):
        _expect(following, ",")
        first = next(tokens)
        if first[0] == "word":
            raise ValueError("a literal has no call within a call")
        part, following = _one(tokens, first)
        parts.append(part)
    if word in UNITS and len(parts) == 1 and type(parts[0]) is int:
        return UNITS[word] * parts[0]
    if word not in UNITS and len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    year, month, day = (part if type(part) is int else -1 for part in (parts * 3)[:3])
    if word == "date" and len(parts) == 3 and min(year, month, day) >= 0:
        return f"{year:04}-{month:02}-{day:02}"
    raise ValueError(f"no literal of {word}")


def _number(text: str) -> int | float:
    if number_fault(text) is not None:
        raise ValueError("no number")
    digits = text.replace("_", "")
    return float(digits) if set(text) & set(".eE") else int(digits)


def _string(text: str) -> str:
    wrong: list[str] = []
    value = string_value(text[1:-1], 0, lambda start, end, message, hint: wrong.append(message))
    if wrong:
        raise ValueError("no string")
    return value


def _expect(token: tuple[str, str], sign: str) -> None:
    if token != ("sign", sign):
        raise ValueError(f"no {sign}")
