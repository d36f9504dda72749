"""The runtime of native code: functions in WebAssembly text, and the selection a module needs.

The folder `runtime` holds them, one idea a file. Two things are filled in here. Words in braces
that name a failure or a limit (`{EMPTY}`, `{MAX_ELEMENTS}`) become its number. A definition under

    ;; each {form} {width}: int 4 | long 8

is written once for each row, with the words replaced; the last word takes all that is left. Rows
may also stand in lines of their own, `;;   | int 4`, and go on in the next, `;;     …`. Where
several definitions have the same rows, `;; each of` names the first of them.
Functions that depend on data (letters of another case) or on a program (lookups) are written by
`letters.py` and `lookups.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from attrs import frozen

from totemlang.native.runtime.letters import letter_functions
from totemlang.native.runtime.lookups import lookup_function
from totemlang.vm import failures
from totemlang.vm.limits import MAX_ELEMENTS, MAX_VALUE_BYTES

REASON: Mapping[str, int] = {reason: at + 1 for at, reason in enumerate(failures.REASONS)}
"""What the global `$failed` holds after a failure, by its reason."""

MARGIN = 64
"""Bytes at the end of the memory that are nobody's: what reads 64 at a time may read them."""

_NUMBERS: Mapping[str, int] = {
    **{
        name: REASON[value]
        for name, value in vars(failures).items()
        if isinstance(value, str) and value in REASON
    },
    "MAX_ELEMENTS": MAX_ELEMENTS,
    "MAX_VALUE_BYTES": MAX_VALUE_BYTES,
    "MARGIN": MARGIN,
}

_CALLED = re.compile(r"\b(?:call|return_call|global\.get|global\.set) \$([a-z_0-9]+)")
_NAMED = re.compile(r"\((?:func|global) \$([a-z_0-9]+)")
_NAMED_OR_EACH = re.compile(r"\((?:func|global) \$([a-z_0-9{}]+)")
_EACH = ";; each "
_OF = "of "
_ROW = ";;   | "
_MORE = ";;     "


@frozen
class Definition:
    """A function or global of the runtime: its text, and the names of those it uses."""

    name: str
    text: str
    uses: tuple[str, ...]


def runtime_text(names: Iterable[str], given: Collection[str] = frozenset()) -> str:
    """The text of definitions and of all that they use, each once and in a fixed order.

    `names` are without `$`; those in `given` the module declares itself, as it does the memory.

    Raises:
        ValueError: the runtime has no definition of a name.
    """
    found: dict[str, Definition] = {}
    waiting = [name for name in names if name not in given]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definition(name)
            waiting += [used for used in found[name].uses if used not in given]
    return "\n".join(found[name].text for name in sorted(found))


def names() -> tuple[str, ...]:
    """All definitions that are there, but lookups, whose functions are made as they are asked."""
    return tuple(_definitions())


def definition(name: str) -> Definition:
    """A definition by its name without `$`.

    Raises:
        ValueError: there is none.
    """
    held = _definitions().get(name)
    if held is not None:
        return held
    text = lookup_function(name)
    if text is None:
        raise ValueError(f"the runtime has no function {name!r}")
    return _definition(text)


@lru_cache(maxsize=1)
def _definitions() -> Mapping[str, Definition]:
    """All definitions of the folder, and those made of the table of letters."""
    folder = files("totemlang.native").joinpath("runtime")
    texts = [
        text
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".wat")
        for text in written_out(entry.read_text(encoding="utf-8"))
    ]
    texts += letter_functions()
    found = {}
    for each in map(_definition, texts):
        if each.name in found:
            raise ValueError(f"the runtime defines {each.name!r} twice")
        found[each.name] = each
    return found


def _definition(text: str) -> Definition:
    named = _NAMED.match(text)
    if named is None:
        raise ValueError("a definition of the runtime has no name")
    uses = dict.fromkeys(_CALLED.findall(text))
    return Definition(named[1], text, tuple(name for name in uses if name != named[1]))


def written_out(text: str) -> Iterator[str]:
    """The definitions of a file, without comments, with all words in braces replaced."""
    for rows, body in _definitions_of(text):
        for words in rows:
            filled = body
            for word, value in words.items():
                filled = filled.replace("{" + word + "}", value)
            for word, number in _NUMBERS.items():
                filled = filled.replace("{" + word + "}", str(number))
            if "{" in filled:
                raise ValueError(f"a word of the runtime is not known: {filled[:80]}")
            yield filled


def _definitions_of(text: str) -> Iterator[tuple[list[dict[str, str]], str]]:
    """Each definition of a file with the rows that it is written for."""
    rows: list[dict[str, str]] = []
    shared: dict[str, list[dict[str, str]]] = {}
    for head, body in _parts(text):
        named = _NAMED_OR_EACH.match(body)
        if named is None:
            raise ValueError("a definition of the runtime has no name")
        if head.startswith(_OF):
            rows = shared[head.removeprefix(_OF)]
        else:
            rows = shared[named[1]] = _rows(head) if head else [{}]
        yield rows, body


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Each definition of a file, after what its `each` line says, or nothing."""
    head, depth = "", 0
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(_EACH):
            head = line.removeprefix(_EACH)
        elif line.startswith((_ROW, _MORE)) and head:
            head += line.removeprefix(";;")
        code = line.partition(";;")[0].rstrip()
        if not code:
            continue
        lines.append(code)
        depth += code.count("(") - code.count(")")
        if depth == 0:
            yield head, "\n".join(lines)
            head, lines = "", []
    if lines:
        raise ValueError("a definition of the runtime does not end")


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of an `each` line: `{form} {width}: int 4 | long 8`."""
    head, _, tail = text.partition(":")
    words = [word.strip("{}") for word in head.split()]
    rows = (" ".join(row.split()) for row in tail.split(" | "))
    return [_row(words, row) for row in rows if row]


def _row(words: list[str], text: str) -> dict[str, str]:
    """The words of a row, `int 4` for `{form} {width}`."""
    return dict(zip(words, text.strip().split(None, len(words) - 1), strict=True))
