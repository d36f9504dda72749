"""The blocks that are open while lines are read, and what to say of those that stay open."""

from __future__ import annotations

from attrs import define, field

from totemlang.diagnostics import ErrorClass
from totemlang.source import Source
from totemlang.syntax.reports import Reports
from totemlang.syntax.tokens import BLOCKS, CONTROL, Token


@define
class Block:
    """An open block: its terminal, where it began and how.

    `counted` tells that the automaton knows of it; `foreign` that its end may be missing without
    a word, for its beginning has been reported; `levels` grows by one with each `else if`.
    """

    kind: str
    keyword: Token
    indent: int
    counted: bool = True
    foreign: bool = False
    has_else: bool = False
    levels: int = 1

    @property
    def word(self) -> str:
        """The word that opened it and closes it."""
        return BLOCKS[self.kind]

    @property
    def error_class(self) -> ErrorClass:
        """The class of errors in how it is opened and closed."""
        return ErrorClass.CONTROL if self.kind in CONTROL else ErrorClass.SYNTAX


@define
class Blocks:
    """The stack of open blocks, the innermost last."""

    source: Source
    reports: Reports
    stack: list[Block] = field(factory=list)

    @property
    def innermost(self) -> Block | None:
        """The block that the next line stands in."""
        return self.stack[-1] if self.stack else None

    @property
    def levels(self) -> int:
        """How deep the next line stands."""
        return sum(block.levels for block in self.stack)

    def outward(self, kind: str) -> int:
        """How many blocks stand within the nearest one of that kind; -1 if there is none."""
        for number, block in enumerate(reversed(self.stack)):
            if block.kind == kind:
                return number
        return -1

    def line_of(self, block: Block) -> int:
        """The line at which a block begins, from 1."""
        return self.source.position(block.keyword.start).line

    def left_open(self, block: Block, before: Token | None) -> None:
        """Report a block without end; `before` is where it is missed, None at the text's end."""
        if block.foreign:
            return
        where = f" before line {self.source.position(before.start).line}" if before else ""
        self.reports.add(
            "CTL101" if block.kind in CONTROL else "SYN023",
            f"this `{block.word}` is never closed",
            block.keyword.span,
            f"write `end {block.word}`{where}",
            block.error_class,
        )
