"""Tokens: what the lexer makes of a text and the grammar is about.

A token's `type` is a terminal of `grammar/totem.lark`, or one of the signs below that stand in no
program but in habits from other languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from totemlang.source import Span
from totemlang.tables.handlers import COMMAND_HANDLERS, STRUCTURE_WORDS


@frozen
class Token:
    """A terminal with its text (of a string: what it means) and its place."""

    type: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "++": "INCREASE",
        "--": "DECREASE",
        "+=": "PLUS_ASSIGN",
        "-=": "MINUS_ASSIGN",
        "*=": "TIMES_ASSIGN",
        "**": "POWER",
        "//": "FLOOR_DIVIDE",
        "==": "EQUAL",
        "!=": "UNEQUAL",
        "≠": "UNEQUAL",
        "<=": "LESS_EQUAL",
        "≤": "LESS_EQUAL",
        ">=": "GREATER_EQUAL",
        "≥": "GREATER_EQUAL",
        "=": "ASSIGN",
        "<": "LESS",
        ">": "GREATER",
        "+": "PLUS",
        "-": "MINUS",
        "*": "TIMES",
        "/": "DIVIDE",
        "%": "REMAINDER",
        "?": "OPTIONAL",
        "(": "OPEN",
        ")": "CLOSE",
        "[": "OPEN_SQUARE",
        "]": "CLOSE_SQUARE",
        ",": "COMMA",
        ".": "DOT",
        ";": "SEMICOLON",
    }
)
"""The signs of the language and their terminals."""

COLON, OPEN_BRACE, CLOSE_BRACE = "COLON", "OPEN_BRACE", "CLOSE_BRACE"
FOREIGN_SIGNS: Mapping[str, str] = MappingProxyType({":": COLON, "{": OPEN_BRACE, "}": CLOSE_BRACE})
"""Signs of other languages that get a token, for they shape a whole line."""

COMMAND_WORDS = frozenset(handler.command.lower() for handler in COMMAND_HANDLERS.values())
"""Words of the commands that are no types."""

WORDS: Mapping[str, str] = MappingProxyType(
    {word: word.upper() for word in COMMAND_WORDS | STRUCTURE_WORDS}
)
"""The words of the language but its types, and their terminals."""

SOFT_WORDS = frozenset({"limit", "in", "as", "order", "by", "desc"})
"""Words that mean something in one place and are names everywhere else."""

NAMES = frozenset({"NAME", *(word.upper() for word in SOFT_WORDS)})
"""Terminals that may be a name."""

VALUE_ENDS = NAMES | {"NUMBER", "STRING", "TRUE", "FALSE", "CLOSE", "CLOSE_SQUARE"}
"""Terminals that a value may end with."""

VALUE_STARTS = NAMES | {"NUMBER", "STRING", "TRUE", "FALSE", "OPEN", "OPEN_SQUARE", "TYPE"}
"""Terminals that a value may start with, signs and `not` aside."""

COMPARISONS = frozenset({"EQUAL", "UNEQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"})
OPERATORS = COMPARISONS | frozenset(
    {"OR", "AND", "PLUS", "MINUS", "TIMES", "DIVIDE", "FLOOR_DIVIDE", "REMAINDER", "POWER"}
)
"""Terminals of the operators with two operands."""

ASSIGNS = frozenset({"ASSIGN", "PLUS_ASSIGN", "MINUS_ASSIGN", "TIMES_ASSIGN"})
STEPS = frozenset({"INCREASE", "DECREASE"})

BLOCKS: Mapping[str, str] = MappingProxyType(
    {word.upper(): word for word in ("if", "for", "while", "function", "map", "reduce")}
)
"""Terminals that open a block, closed by `end` and the word."""

CONTROL = frozenset({"IF", "FOR", "WHILE"})
"""Blocks that are statements."""

DEFINITIONS = frozenset({"DATASET", "LOOKUP", "PARAM", "FUNCTION", "MAP", "REDUCE", "MERGE"})
"""Terminals that start a definition, which stands at the top of a program only."""

SPELLING: Mapping[str, str] = MappingProxyType(
    {name: sign for sign, name in reversed([*SIGNS.items(), *FOREIGN_SIGNS.items()])}
    | {name: word for word, name in WORDS.items()}
)
"""How a terminal is written."""
