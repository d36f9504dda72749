"""Pieces of a source as they may stand in a message: short, on one line, nothing invisible."""

from __future__ import annotations

MAX_SHOWN = 32


def shown(text: str) -> str:
    """The text for a message: cut to a length, unprintable characters as `U+202E`."""
    cut = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    return "".join(sign if sign.isprintable() else code_point(sign) for sign in cut)


def code_point(sign: str) -> str:
    """The number of a character, as `U+00A0`."""
    return f"U+{ord(sign):04X}"


def described(sign: str) -> str:
    """A character for a message: itself and its number, or its number alone."""
    return f"`{sign}` ({code_point(sign)})" if sign.isprintable() else code_point(sign)
