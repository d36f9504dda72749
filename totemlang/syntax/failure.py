"""A line that the grammar does not take: where it stopped and what it would have taken there."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from totemlang.diagnostics import ErrorClass
from totemlang.source import Span
from totemlang.syntax.blocks import Block
from totemlang.syntax.lines import Line
from totemlang.syntax.shown import shown
from totemlang.syntax.tokens import CONTROL, NAMES, SPELLING, WORDS, Token
from totemlang.tables.rules import RuleBook


@frozen
class Failure:
    """`tokens[at]` is the first that was not taken; the last token is the line's NEWLINE.

    `expected` are the terminals that would have been taken in its place.
    """

    rules: RuleBook
    line: Line
    tokens: tuple[Token, ...]
    at: int
    expected: frozenset[str]
    innermost: Block | None

    @property
    def wrong(self) -> Token:
        """The token that was not taken."""
        return self.tokens[self.at]

    @property
    def before(self) -> Token | None:
        """The token before it, if there is one."""
        return self.tokens[self.at - 1] if self.at else None

    @property
    def after(self) -> Token | None:
        """The token behind it, if there is one."""
        return self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None

    @property
    def head(self) -> Token:
        """The first token of the line."""
        return self.tokens[0]

    @property
    def command(self) -> str:
        """The terminal of the command that the line is (`IF` for an `else if`)."""
        if self.head.type == "ELSE" and self.tokens[1].type == "IF":
            return "IF"
        return self.head.type

    @property
    def control_class(self) -> ErrorClass:
        """The class of errors in the form of this line."""
        return ErrorClass.CONTROL if self.command in {*CONTROL, "ELSE"} else ErrorClass.SYNTAX

    @property
    def open_brackets(self) -> tuple[Token, ...]:
        """Brackets that are open at the wrong token, the outermost first."""
        opened: list[Token] = []
        for token in self.tokens[: self.at]:
            if token.type in ("OPEN", "OPEN_SQUARE"):
                opened.append(token)
            elif token.type in ("CLOSE", "CLOSE_SQUARE") and opened:
                opened.pop()
        return tuple(opened)

    def wants(self, *terminals: str) -> bool:
        """Whether one of the terminals would have been taken."""
        return not self.expected.isdisjoint(terminals)


@frozen
class Explanation:
    """What to say of a failure; `span` None means: at the wrong token."""

    code: str
    message: str
    hint: str = ""
    span: Span | None = None
    error_class: ErrorClass = ErrorClass.SYNTAX


def found(token: Token) -> str:
    """A token as it is called in a message."""
    if token.type == "NEWLINE":
        return "the end of the line"
    if token.type == "STRING":
        return "a string"
    if token.type == "NUMBER":
        return f"the number {shown(token.text)}"
    if token.type == "TYPE":
        return f"the type word `{shown(token.text)}`"
    if token.type in NAMES:
        return f"`{shown(token.text)}`"
    return f"`{SPELLING.get(token.type, shown(token.text))}`"


def is_word(token: Token) -> bool:
    """Whether a token is a word of the language, which no name can be."""
    return token.type in WORDS.values() and token.type not in NAMES


def lacks_command(tokens: Sequence[Token]) -> bool:
    """Whether a line reads `name(T a, …)` or `name(readings row)`: a stage without its command."""
    kinds = [token.type for token in tokens[:6]]
    if kinds[:2] != ["NAME", "OPEN"]:
        return False
    first, second, *_ = [kind for kind in kinds[2:] if kind != "OPEN"] + ["", ""]
    if first == "TYPE" and kinds[2:4] != ["TYPE", "OPEN"]:
        return second in ("NAME", "OPEN_SQUARE", "OPTIONAL")
    return (first, second) == ("NAME", "NAME")
