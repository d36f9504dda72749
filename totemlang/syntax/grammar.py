"""The tables of the grammar, in a plain form that `automaton` runs.

They stand ready in `grammar/totem.tables.json`, which says of which grammar they were made. Where
`grammar/totem.lark` is another by now, they are made of it, which takes a while: write the file
again with `make grammar`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from attrs import field, frozen

from totemlang.tables.resources import resource_text

GRAMMAR, TABLES = "totem.lark", "totem.tables.json"

PASSED_ON = "passed on"
"""The maker of a rule that gives its only value on."""

GATHERED = "gathered"
"""The maker of the lists that Lark makes of `x*`."""


@frozen
class Reduction:
    """What to do when a rule's right side is complete: `size` values become one of `origin`.

    `maker` names what makes the value: the rule or its alias, or one of the two above.
    """

    size: int
    origin: str
    maker: str


@frozen
class Tables:
    """An LALR automaton. In a state a terminal leads to a state (shift) or asks for a reduction.

    `following` says for a state where a reduced value of some origin leads. `passed_on` keeps where
    reductions in a row lead that only give their value on: for the state below, the one at hand
    and the terminal that comes.
    """

    start: int
    end: int
    actions: Sequence[Mapping[str, int | Reduction]]
    following: Sequence[Mapping[str, int]]
    makers: frozenset[str]
    passed_on: dict[tuple[int, int, str], int] = field(factory=dict, eq=False, repr=False)


@cache
def tables() -> Tables:
    """The tables of the language, read or made when first asked for."""
    grammar = resource_text("grammar", GRAMMAR)
    try:
        document = json.loads(resource_text("grammar", TABLES))
    except ValueError:  # there is none
        document = {}
    if document.get("grammar") != digest(grammar):
        from totemlang.syntax.grammar_maker import made

        document = made(grammar)
    return _read(document)


def digest(grammar: str) -> str:
    """What tells a grammar from all others."""
    return hashlib.sha256(grammar.encode()).hexdigest()


def _read(document: Mapping[str, Any]) -> Tables:
    """The tables of a document. States that act alike share a row; a negative target reduces."""
    terminals, origins = document["terminals"], document["origins"]
    reductions = [Reduction(size, origin, maker) for size, origin, maker in document["reductions"]]
    rows: list[dict[str, int | Reduction]] = [
        {
            terminals[terminal]: target if target >= 0 else reductions[-1 - target]
            for terminal, target in zip(row[::2], row[1::2], strict=True)
        }
        for row in document["action_rows"]
    ]
    leads = [
        {origins[origin]: state for origin, state in zip(row[::2], row[1::2], strict=True)}
        for row in document["following_rows"]
    ]
    return Tables(
        document["start"],
        document["end"],
        tuple(rows[index] for index in document["actions"]),
        tuple(leads[index] for index in document["following"]),
        frozenset(reduction.maker for reduction in reductions) - {PASSED_ON, GATHERED},
    )
