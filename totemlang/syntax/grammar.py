"""The tables of the grammar: Lark reads `grammar/totem.lark` and makes them, once a process.

They are kept in a plain form of our own, which `automaton` runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from attrs import frozen
from lark import Lark
from lark.lexer import Lexer as LarkLexer

from totemlang.tables.resources import resource_text

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

    `following` says for a state where a reduced value of some origin leads.
    """

    start: int
    end: int
    actions: Mapping[int, Mapping[str, int | Reduction]]
    following: Mapping[int, Mapping[str, int]]
    makers: frozenset[str]


class _NoLexer(LarkLexer):
    """Tells Lark that the tokens come from elsewhere, so that it compiles no patterns."""

    def __init__(self, conf: Any) -> None:
        """Take Lark's configuration and need nothing of it."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
        """Give no tokens."""
        return iter(())


@cache
def tables() -> Tables:
    """The tables of the language; made when first asked for, in about a tenth of a second."""
    lark = Lark(
        resource_text("grammar", "totem.lark"),
        parser="lalr",
        lexer=_NoLexer,
        start="program",
        maybe_placeholders=False,
    )
    made: Any = lark.parse_interactive().parser_state.parse_conf
    reductions = {rule: _reduction(rule) for rule in lark.rules}
    actions: dict[int, dict[str, int | Reduction]] = {}
    following: dict[int, dict[str, int]] = {}
    for state, row in made.states.items():
        actions[state], following[state] = {}, {}
        for symbol, (_, target) in row.items():
            # Lark writes terminals in capitals; a target is a state or a rule.
            if symbol == "$END" or symbol.isupper():
                actions[state][symbol] = target if isinstance(target, int) else reductions[target]
            else:
                following[state][symbol] = target
    makers = frozenset(reduction.maker for reduction in reductions.values())
    return Tables(
        made.start_state, made.end_state, actions, following, makers - {PASSED_ON, GATHERED}
    )


def _reduction(rule: Any) -> Reduction:
    origin, size = str(rule.origin.name), len(rule.expansion)
    if origin.startswith("__"):
        maker = GATHERED
    elif rule.alias is None and (origin.startswith("_") or (rule.options.expand1 and size == 1)):
        maker = PASSED_ON
    else:
        maker = str(rule.alias or origin)
    return Reduction(size, origin, maker)
