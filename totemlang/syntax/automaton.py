"""The grammar as a machine that is fed tokens: Lark's LALR tables, and stacks that can go back.

Lark reads `grammar/totem.lark` and builds the tables, once a process and when first needed. The
machine may return to where a line began, which is how the parser goes on after an error, and can
say which terminals it would take next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import cache
from typing import Any

from attrs import frozen
from lark import Lark
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer as LarkLexer

from totemlang.syntax.tokens import Token
from totemlang.tables.resources import resource_text

Reduction = Callable[[list[Any]], Any]
"""Makes one value of the values of a rule's right side."""


@frozen
class Mark:
    """Where the machine was at some moment."""

    states: tuple[Any, ...]
    values: tuple[Any, ...]


class Automaton:
    """One run of the machine, from the start of a program.

    `reduction` gives for a rule's name (its alias where it has one) what makes its value.
    """

    def __init__(self, reduction: Callable[[str], Reduction]) -> None:
        """Start at the beginning, with the reductions looked up for each rule."""
        lark = _grammar()
        # Lark types its own Token; the machine itself asks of a token no more than its `type`.
        self._interactive: Any = lark.parse_interactive()
        self._state: Any = self._interactive.parser_state
        conf: Any = copy(self._state.parse_conf)
        conf.callbacks = {rule: _callback(rule, reduction) for rule in lark.rules}
        self._state.parse_conf = conf

    def mark(self) -> Mark:
        """This moment, to go back to."""
        return Mark(tuple(self._state.state_stack), tuple(self._state.value_stack))

    def back_to(self, mark: Mark) -> None:
        """Return to an earlier moment."""
        self._state.state_stack[:] = mark.states
        self._state.value_stack[:] = mark.values

    def take(self, tokens: Iterable[Token]) -> int | None:
        """Take tokens in order; the number of those taken before one was wrong, or None."""
        for number, token in enumerate(tokens):
            try:
                self._state.feed_token(token)
            except UnexpectedToken:
                return number
        return None

    def finish(self, at: int) -> Any:
        """Take the end of the text at offset `at`; the value of the whole, None if it is wrong."""
        try:
            return self._state.feed_token(Token("$END", "", at, at), is_end=True)
        except UnexpectedToken:
            return None

    def would_take(self, mark: Mark, tokens: Iterable[Token]) -> frozenset[str]:
        """The terminals that may follow `tokens` from `mark` on; the machine stays as it is."""
        stay, conf = self.mark(), self._state.parse_conf
        idle = copy(conf)
        idle.callbacks = {}
        self._state.parse_conf = idle
        try:
            self.back_to(mark)
            self.take(tokens)
            return frozenset(str(name) for name in self._interactive.accepts())
        finally:
            self._state.parse_conf = conf
            self.back_to(stay)


class _NoLexer(LarkLexer):
    """Tells Lark that the tokens come from elsewhere, so that it compiles no patterns."""

    def __init__(self, conf: Any) -> None:
        """Take Lark's configuration and need nothing of it."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
        """Give no tokens."""
        return iter(())


@cache
def _grammar() -> Lark:
    return Lark(
        resource_text("grammar", "totem.lark"),
        parser="lalr",
        lexer=_NoLexer,
        start="program",
        maybe_placeholders=False,
    )


def _callback(rule: Any, reduction: Callable[[str], Reduction]) -> Reduction:
    """What makes a value of a rule: a list, the single value passed on, or the builder's own."""
    origin = str(rule.origin.name)
    if origin.startswith("__"):  # what Lark makes of `x*`
        return _gathered
    if rule.alias is None and (
        origin.startswith("_") or (rule.options.expand1 and len(rule.expansion) == 1)
    ):
        return _passed_on
    return reduction(str(rule.alias or origin))


def _passed_on(values: list[Any]) -> Any:
    return values[0]


def _gathered(values: list[Any]) -> list[Any]:
    """Grow the list of what stands between commas (or nothing); it is grown in place."""
    first = values[0]
    gathered = first if isinstance(first, list) else []
    rest = values[1:] if isinstance(first, list) else values
    gathered.extend(value for value in rest if not isinstance(value, Token))
    return gathered
