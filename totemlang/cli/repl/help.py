"""`:help NAME`: what a built-in function, one of the library, or a habit of elsewhere means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from totemlang.check.builtins import BUILTINS
from totemlang.check.suggestions import HABITS
from totemlang.diagnostics import UsageError
from totemlang.tables.resources import resource_names, resource_text

_FUNCTION = re.compile(r"function (\S+ (\w+)\.(\w+)\(.*\))")


def help_on(name: str) -> tuple[str, ...]:
    """Lines about a name: a function's usage and meaning, or the functions of a library file.

    Raises:
        UsageError: for a name that means nothing, with what to write instead where that is known.
    """
    found = BUILTINS.get(name.removeprefix("array."))
    if found is not None:
        return (f"{found.usage}: {found.summary}",)
    room, _, function = name.partition(".")
    if f"{room}.totem" in resource_names("stdlib"):
        told = tuple(_of_library(room, function))
        if told:
            return told
    hint = HABITS.get(name) or HABITS.get(name.lower())
    rooms = ", ".join(file.removesuffix(".totem") for file in resource_names("stdlib"))
    instead = hint or f"functions have help, built in or of {rooms}"
    raise UsageError(f"there is no help on {name!r}: {instead}")


def _of_library(room: str, function: str) -> Iterator[str]:
    """The signatures of one function with what is said above the first; or all names of a file."""
    said, names, signatures = "", [], []
    comment: list[str] = []
    for line in resource_text("stdlib", f"{room}.totem").splitlines():
        found = _FUNCTION.fullmatch(line)
        if found is not None:
            names.append(f"{room}.{found[3]}")
            if found[3] == function:
                signatures.append(found[1])
                said = said or " ".join(comment)
        comment = [*comment, line.removeprefix("#").strip()] if line.startswith("#") else []
    if signatures:
        yield from signatures
        yield said
    elif not function:
        yield " ".join(dict.fromkeys(names))
