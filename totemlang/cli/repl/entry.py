"""When an entry is complete: brackets closed, blocks ended, no comma left hanging."""

from __future__ import annotations

import re

_OPENERS = frozenset({"for", "foreach", "if", "while", "function", "map", "reduce"})
_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"?|#[^\n]*|[A-Za-z][A-Za-z0-9_]*|\n|[^\s]')


def is_complete(text: str) -> bool:
    """Whether an entry can be taken; else the prompt goes on to another line.

    This is a reading of words and brackets only: whether an entry is right says the parser.
    """
    if text.lstrip().startswith(":"):
        return True
    return unfinished(text) == (0, False)


def unfinished(text: str) -> tuple[int, bool]:
    """How many blocks are open, and whether the last line goes on within brackets or a comma."""
    blocks, brackets = 0, 0
    first = True
    last = ""
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.startswith("#"):
            continue
        if token == "\n":
            first = first or (brackets <= 0 and last != ",")
            continue
        if token in "([{" and len(token) == 1:
            brackets += 1
        elif token in ")]}" and len(token) == 1:
            brackets -= 1
        elif first and token == "end":
            blocks -= 1
        elif first and token in _OPENERS:
            blocks += 1
        first = False
        last = token
    return max(blocks, 0), brackets > 0 or last == ","


def indent_of_next(text: str) -> str:
    """The white space that the next line of an unfinished entry begins with."""
    blocks, goes_on = unfinished(text)
    return "    " * (blocks + goes_on)


def dedented(text: str) -> str:
    """The text with its last line moved left, if it ends or divides a block and is too deep.

    Called when a line is finished: people type `end if` where the cursor stood.
    """
    before, newline, last = text.rpartition("\n")
    word = re.match(r"\s*(end|else)\b", last)
    if not newline or word is None:
        return text
    depth = unfinished(before)[0] - 1
    return before + newline + "    " * max(depth, 0) + last.lstrip()
