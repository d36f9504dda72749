"""The grammar as a machine that is fed tokens: LALR tables, and stacks that can go back.

The machine may return to where a line began, which is how the parser goes on after an error, and
can say which terminals it would take next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field, frozen

from totemlang.syntax.grammar import GATHERED, PASSED_ON, Reduction, Tables, tables
from totemlang.syntax.tokens import Token

Maker = Callable[[list[Any]], Any]
"""Makes one value of the values of a rule's right side."""


@frozen
class Mark:
    """Where the machine was at some moment."""

    states: tuple[int, ...]
    values: tuple[Any, ...]


@define
class Automaton:
    """One run of the machine, from the start of a program.

    `maker` gives for the name of a rule (its alias where it has one) what makes its value.
    """

    maker: Callable[[str], Maker]
    _tables: Tables = field(factory=tables, init=False)
    _makers: dict[str, Maker] = field(init=False)
    _states: list[int] = field(init=False)
    _values: list[Any] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        """Start at the beginning, with the makers looked up once."""
        self._makers = {name: self.maker(name) for name in self._tables.makers}
        self._makers[GATHERED] = _gathered
        self._states = [self._tables.start]

    def mark(self) -> Mark:
        """This moment, to go back to."""
        return Mark(tuple(self._states), tuple(self._values))

    def back_to(self, mark: Mark) -> None:
        """Return to an earlier moment."""
        self._states[:] = mark.states
        self._values[:] = mark.values

    def take(self, tokens: Iterable[Token]) -> int | None:
        """Take tokens in order; the number of those taken before one was wrong, or None."""
        for number, token in enumerate(tokens):
            if not self._take(token):
                return number
        return None

    def finish(self, at: int) -> Any:
        """Take the end of the text at offset `at`; the value of the whole, None if it is wrong."""
        return self._values[-1] if self._take(Token("$END", "", at, at)) else None

    def _take(self, token: Token) -> bool:
        kind, states, values, known = token.type, self._states, self._values, self._tables
        actions, following = known.actions, known.following
        while True:
            action = actions[states[-1]].get(kind)
            if type(action) is int:
                states.append(action)
                values.append(token)
                return True
            if action is None:
                return False
            assert isinstance(action, Reduction)
            maker = action.maker
            if maker == PASSED_ON:
                states[-1] = self._passed_on(states[-2], states[-1], kind)
                continue
            size = action.size
            parts: list[Any] = []
            if size:
                parts = values[-size:]
                del states[-size:], values[-size:]
            values.append(self._makers[maker](parts))
            states.append(following[states[-1]][action.origin])
            if states[-1] == known.end:
                return True

    def _passed_on(self, below: int, state: int, kind: str) -> int:
        """The state after all reductions in a row that only give a value on.

        A name becomes an operand, a factor, a term, a sum and so on, the same way each time.
        """
        place = (below, state, kind)
        found = self._tables.passed_on.get(place)
        if found is None:
            found = state
            while True:
                action = self._tables.actions[found].get(kind)
                if not isinstance(action, Reduction) or action.maker != PASSED_ON:
                    break
                found = self._tables.following[below][action.origin]
            self._tables.passed_on[place] = found
        return found

    def would_take(self, mark: Mark, tokens: Iterable[Token]) -> frozenset[str]:
        """The terminals that may follow `tokens` from `mark` on; the machine stays as it is."""
        states = list(mark.states)
        for token in tokens:
            if not self._moved(states, token.type):
                break
        candidates = self._tables.actions[states[-1]]
        return frozenset(kind for kind in candidates if self._moved(list(states), kind))

    def _moved(self, states: list[int], kind: str) -> bool:
        """Whether a terminal is taken; moves the states and makes no values."""
        actions, following = self._tables.actions, self._tables.following
        while True:
            action = actions[states[-1]].get(kind)
            if action is None:
                return False
            if isinstance(action, int):
                states.append(action)
                return True
            if action.size:
                del states[-action.size :]
            states.append(following[states[-1]][action.origin])
            if states[-1] == self._tables.end:
                return True


def _gathered(values: list[Any]) -> list[Any]:
    """Grow the list of what stands between commas (or nothing); it is grown in place."""
    first = values[0]
    gathered = first if isinstance(first, list) else []
    rest = values[1:] if isinstance(first, list) else values
    gathered.extend(value for value in rest if not isinstance(value, Token))
    return gathered
