"""Reading literals: what the characters of a string mean, and what is wrong with a number."""

from __future__ import annotations

import re
from collections.abc import Callable

from totemlang.syntax.limits import MAX_EXPONENT_DIGITS, MAX_NUMBER
from totemlang.syntax.shown import shown

NUMBER = re.compile(r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+)?")

_ESCAPE = re.compile(r"\\(?:u\{([^}\n]{0,16})\}|(.?))", re.DOTALL)
_MEANING = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_HEX = re.compile(r"[0-9A-Fa-f]{1,6}")

Complain = Callable[[int, int, str, str], None]
"""Takes a stretch of the text (start, end), a message and a hint."""


def string_value(text: str, start: int, complain: Complain) -> str:
    r"""What a string means; `text` is what stands between its quotes, from offset `start` on.

    Escapes are `\"`, `\\`, `\n`, `\t` and `\u{…}`; others are reported and left out.
    """
    if "\\" not in text:
        return text

    def meaning(match: re.Match[str]) -> str:
        code, sign = match.groups()
        if code is None and sign in _MEANING:
            return _MEANING[sign]
        if code is not None and _HEX.fullmatch(code):
            number = int(code, 16)
            if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:
                return chr(number)
        complain(
            start + match.start(),
            start + match.end(),
            f"`{shown(match[0])}` stands for no character",
            r"a string knows \" \\ \n \t and \u{20AC}, the number of a character in hexadecimal",
        )
        return ""

    return _ESCAPE.sub(meaning, text)


def number_fault(text: str) -> tuple[str, str] | None:
    """What is wrong with something that starts with a digit (message, hint); None if nothing is."""
    if not NUMBER.fullmatch(text):
        return f"`{shown(text)}` is not a number", _number_hint(text)
    if len(text) > MAX_NUMBER:
        return f"a number has at most {MAX_NUMBER} characters", ""
    _, _, exponent = text.lower().partition("e")
    if len(exponent.lstrip("+-")) > MAX_EXPONENT_DIGITS:
        return f"an exponent has at most {MAX_EXPONENT_DIGITS} digits", ""
    return None


def _number_hint(text: str) -> str:
    if re.fullmatch(r"0[xXbBoO][0-9A-Fa-f_]+", text):
        return f"numbers are decimal: write {int(text.replace('_', ''), 0)}" if _fits(text) else ""
    if re.fullmatch(r"[0-9]+[lLuU]+", text):
        return f"a whole number takes the type of its place: write {text.rstrip('lLuU')}"
    if re.fullmatch(r"[0-9.]+[fFdD]", text):
        return f"a number takes the type of its place: write {text.rstrip('fFdD')}"
    if text.endswith("."):
        return f"digits stand on both sides of the point: write {text}0"
    if "_" in text:
        return "a single `_` may stand between digits, as in 1_000"
    return "numbers are written 42, 1_000, 4.1 or 1e-3"


def _fits(text: str) -> bool:
    try:
        int(text.replace("_", ""), 0)
    except ValueError:
        return False
    return len(text) <= 18
