"""Which data stands for which name: what people write after `--data` and `--metadata`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from totemlang.diagnostics import UsageError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def bound(option: str, given: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """What stands for each name: `NAME=PATH`, or `PATH` where it can only mean one.

    Args:
        option: how the option is written, for messages.
        given: its values in order.
        names: the data set of the program, if any, then its lookups.

    Raises:
        UsageError: for a name that the program does not have, or that is given twice, or where
            it is open what a path stands for.
    """
    found: dict[str, str] = {}
    unnamed: list[str] = []
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not _NAME.fullmatch(name) or (name not in names and "/" in text):
            unnamed.append(text)
        elif name not in names:
            raise UsageError(f"the program has no data set {name!r} ({_listed(names)})")
        elif name in found:
            raise UsageError(
                f"{option} gives {name} twice; several files of one data set are written "
                f"{option} {name}=FILE,FILE, as a folder or as a pattern"
            )
        else:
            found[name] = path
    for text in unnamed:
        free = [name for name in names if name not in found]
        if not free or (len(unnamed) > 1 and len(names) > 1):
            raise UsageError(f"what is {option} {text} for? write NAME=PATH ({_listed(names)})")
        found[free[0]] = text
    return found


def _listed(names: Sequence[str]) -> str:
    return f"it has: {', '.join(names)}" if names else "it takes no data"
