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
    sign = 1
    if (what, text) == ("sign", "-"):
        sign = -1
        what, text = next(tokens)
    if what == "number":
        return sign * _number(text), next(tokens)
    if what == "word" and text in UNITS:
        return sign * UNITS[text] * _whole(_arguments(tokens)), next(tokens)
    if sign < 0:
        raise ValueError("only numbers and durations have a sign")
    if what == "string":
        return _string(text), next(tokens)
    if what == "word" and text in ("true", "false"):
        return text == "true", next(tokens)
    if what == "word" and text in ("date", "timestamp"):
        return _moment(text, _arguments(tokens)), next(tokens)
    raise ValueError("no literal")


def _arguments(tokens: Iterator[tuple[str, str]]) -> list[object]:
    """The numbers and strings in the brackets behind a word."""
    _expect(next(tokens), "(")
    found: list[object] = []
    following = ("sign", ",")
    while following != ("sign", ")"):
        _expect(following, ",")
        first = what, text = next(tokens)
        if what == "sign":
            _expect(first, "-")
            what, text = next(tokens)
        if what == "number":
            found.append(_number(text) * (-1 if first[0] == "sign" else 1))
        elif first[0] == "string":
            found.append(_string(text))
        else:
            raise ValueError("no literal")
        following = next(tokens)
    return found


def _whole(arguments: list[object]) -> int:
    if len(arguments) == 1 and isinstance(arguments[0], int):
        return arguments[0]
    raise ValueError("durations are made of one whole number")


def _moment(word: str, arguments: list[object]) -> str:
    if len(arguments) == 1 and isinstance(arguments[0], str):
        return arguments[0]
    parts = [part for part in arguments if isinstance(part, int) and part >= 0]
    if word == "date" and len(parts) == len(arguments) == 3:
        year, month, day = parts
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
