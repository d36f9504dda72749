"""The tables of a grammar, made by Lark: `python -m totemlang.syntax.grammar_maker` writes them.

Only here is Lark needed; a program is parsed without it. States are numbered as they are first
met, so the same grammar gives the same file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import Lexer as LarkLexer

from totemlang.syntax.grammar import GATHERED, GRAMMAR, PASSED_ON, TABLES, digest
from totemlang.tables.resources import resource_text

_Reduction = tuple[int, str, str]
"""Size, origin, maker: the fields of `grammar.Reduction`."""


class _NoLexer(LarkLexer):
    """Tells Lark that the tokens come from elsewhere, so that it compiles no patterns."""

    def __init__(self, conf: Any) -> None:
        """Take Lark's configuration and need nothing of it."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
        """Give no tokens."""
        return iter(())


def made(grammar: str) -> dict[str, Any]:
    """The document of a grammar's tables, as `grammar.tables` reads it."""
    lark = Lark(grammar, parser="lalr", lexer=_NoLexer, start="program", maybe_placeholders=False)
    conf: Any = lark.parse_interactive().parser_state.parse_conf
    numbers = _numbered(conf.states, conf.start_state)
    shifts: list[dict[str, int | _Reduction]] = []
    leads: list[dict[str, int]] = []
    for state in numbers:
        actions: dict[str, int | _Reduction] = {}
        following: dict[str, int] = {}
        for symbol, (_, target) in sorted(conf.states[state].items()):
            # Lark writes terminals in capitals; a target is a state or a rule.
            if not (symbol == "$END" or symbol.isupper()):
                following[symbol] = numbers[target]
            elif isinstance(target, int):
                actions[symbol] = numbers[target]
            else:
                actions[symbol] = _reduction(target)
        shifts.append(actions)
        leads.append(following)
    reductions = _numbers(
        found for row in shifts for found in row.values() if isinstance(found, tuple)
    )
    terminals = _numbers(name for row in shifts for name in row)
    origins = _numbers(name for row in leads for name in row)
    action_rows = [
        tuple(
            number
            for name, found in row.items()
            for number in (
                terminals[name],
                found if isinstance(found, int) else -1 - reductions[found],
            )
        )
        for row in shifts
    ]
    following_rows = [
        tuple(number for name, found in row.items() for number in (origins[name], found))
        for row in leads
    ]
    shared_actions, shared_following = _numbers(action_rows), _numbers(following_rows)
    return {
        "grammar": digest(grammar),
        "start": numbers[conf.start_state],
        "end": numbers[conf.end_state],
        "terminals": list(terminals),
        "origins": list(origins),
        "reductions": list(reductions),
        "action_rows": list(shared_actions),
        "following_rows": list(shared_following),
        "actions": [shared_actions[row] for row in action_rows],
        "following": [shared_following[row] for row in following_rows],
    }


def text(document: Mapping[str, Any]) -> str:
    """The document as it stands in the file: a line an entry."""
    entries = (f'"{name}": {json.dumps(entry)}' for name, entry in document.items())
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _numbers(found: Iterable[Any]) -> dict[Any, int]:
    """Each different thing and its number, in the order in which they are first met."""
    return {thing: number for number, thing in enumerate(dict.fromkeys(found))}


def _numbered(states: Mapping[int, Mapping[str, tuple[Any, Any]]], start: int) -> dict[int, int]:
    """New numbers for the states, as they are met from the start on, symbols in their order."""
    numbers = {start: 0}
    waiting = [start]
    for state in waiting:  # grows as states are met
        for _, (_, target) in sorted(states[state].items()):
            if isinstance(target, int) and target not in numbers:
                numbers[target] = len(numbers)
                waiting.append(target)
    return numbers


def _reduction(rule: Any) -> _Reduction:
    origin, size = str(rule.origin.name), len(rule.expansion)
    if origin.startswith("__"):
        maker = GATHERED
    elif rule.alias is None and (origin.startswith("_") or (rule.options.expand1 and size == 1)):
        maker = PASSED_ON
    else:
        maker = str(rule.alias or origin)
    return size, origin, maker


def main() -> None:
    """Write the tables beside the grammar, at the top of a work tree."""
    folder = Path(__file__).resolve().parents[2] / "grammar"
    folder.joinpath(TABLES).write_text(text(made(resource_text("grammar", GRAMMAR))))


if __name__ == "__main__":
    main()
