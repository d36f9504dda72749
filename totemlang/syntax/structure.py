"""Reads a program line by line into the automaton, and goes on after errors.

A line that the grammar does not take is explained, and something sound of the same sort is put in
its place, so that blocks stay balanced and later lines are judged by themselves. Blocks that are
closed wrongly or not at all are reported here and closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import define, evolve, field

from totemlang.diagnostics import ErrorClass
from totemlang.source import Source
from totemlang.syntax.automaton import Automaton
from totemlang.syntax.blocks import Block, Blocks
from totemlang.syntax.build import Builder
from totemlang.syntax.explain import explain
from totemlang.syntax.failure import Failure, lacks_command
from totemlang.syntax.habits import FUNCTION_HABITS
from totemlang.syntax.limits import MAX_NESTING
from totemlang.syntax.lines import Line
from totemlang.syntax.repair import completed, repaired, respelt
from totemlang.syntax.reports import Reports
from totemlang.syntax.shown import shown
from totemlang.syntax.suggest import nearest
from totemlang.syntax.tokens import BLOCKS, COMMAND_WORDS, CONTROL, DEFINITIONS, Token

_STAND_INS = {
    "IF": ("IF", "NAME", "THEN"),
    "FOR": ("FOR", "NAME", "IN", "NAME", "DO"),
    "WHILE": ("WHILE", "NAME", "LIMIT", "NAME", "DO"),
    "FUNCTION": ("FUNCTION", "TYPE", "NAME", "OPEN", "CLOSE"),
    "MAP": ("MAP", "NAME", "OPEN", "NAME", "NAME", "CLOSE"),
    "REDUCE": ("REDUCE", "NAME", "OPEN", "TYPE", "NAME", "CLOSE"),
}
_END_WORDS = {"def": "FUNCTION", "func": "FUNCTION", "fn": "FUNCTION", "loop": "FOR"}


@define
class Structure:
    """One reading of one program. `read` takes its lines, `finish` gives its items."""

    source: Source
    builder: Builder
    reports: Reports
    automaton: Automaton
    blocks: Blocks
    stopped: bool = field(default=False)

    def read(self, line: Line) -> None:
        """Take one line."""
        sound = repaired(line, self.blocks.innermost, self.reports)
        if sound is not None:
            self._read_sound(sound)

    def _read_sound(self, line: Line) -> None:
        head = line.tokens[0].type
        if head == "END":
            self._end(line)
        elif head == "ELSE":
            self._else(line)
        else:
            self._statement(line)

    def finish(self) -> Any:
        """The items of the program; None where lines could not be taken."""
        for block in reversed(self.blocks.stack):
            self.blocks.left_open(block, None)
        if self.stopped or self.blocks.stack:
            return None
        return self.automaton.finish(len(self.source.text))

    # --- lines that are no ends and no `else`

    def _statement(self, line: Line) -> None:
        head = line.tokens[0]
        counted = True
        if head.type in DEFINITIONS and self.blocks.stack:
            counted = self._before_definition(line)
            if not counted and head.type not in BLOCKS:
                return None
        if head.type.lower() in COMMAND_WORDS:
            self.builder.forbid(head.type.lower(), head.span)
        failure = self._take(line) if counted else None
        if failure is not None:
            other = respelt(failure, self.reports) or completed(failure, self.reports)
            if other is not None:
                return self._read_sound(other)
            if not line.faulty:
                explain(failure, self.reports)
            if not self._goes_on(line, head):
                return None
            line = evolve(line, foreign=line.foreign or _is_one_line(line))
            if head.type in _STAND_INS:
                self._put(_STAND_INS[head.type], line)
        if head.type in BLOCKS:
            self._open(Block(head.type, head, line.indent, counted, line.foreign))
        return None

    def _goes_on(self, line: Line, head: Token) -> bool:
        """Whether a line that was wrong opens a block all the same."""
        if head.type in BLOCKS:
            kinds = [token.type for token in line.tokens]
            return "END" not in kinds and kinds[-1] != "CLOSE_BRACE"
        foreign = line.foreign and head.text.lower() in FUNCTION_HABITS
        if not self.blocks.stack and (foreign or lacks_command(line.tokens)):
            self._open(Block("FUNCTION", head, line.indent, counted=False, foreign=True))
        return False

    def _open(self, block: Block) -> None:
        self.blocks.stack.append(block)
        self._check_levels(block.keyword)

    def _check_levels(self, at: Token) -> None:
        if self.blocks.levels > MAX_NESTING:
            self.reports.add(
                "SYN005",
                f"blocks are nested more than {MAX_NESTING} deep",
                at.span,
                "an `else if` counts as one; give parts of it to a function",
            )
            self.stopped = True

    def _before_definition(self, line: Line) -> bool:
        """Make room for a definition where blocks are open; False if it stands within them."""
        head, innermost = line.tokens[0], self.blocks.stack[-1]
        if line.indent > innermost.indent and not innermost.foreign:
            self.reports.add(
                "SYN026",
                f"`{head.text}` stands at the top of a program, not within `{innermost.word}`",
                head.span,
                f"`{innermost.word}` began at line {self.blocks.line_of(innermost)}",
            )
            return False
        while self.blocks.stack:
            self._close_innermost(head)
        return True

    # --- ends and `else`

    def _end(self, line: Line) -> None:
        end = line.tokens[0]
        kind = self._end_kind(line)
        innermost = self.blocks.innermost
        if innermost is None:
            if not line.faulty:
                text = f"end {BLOCKS[kind]}" if kind else "end"
                self.reports.add("SYN024", f"`{text}` closes nothing", end.span)
            return
        within = self.blocks.outward(kind) if kind else 0
        if not innermost.counted and innermost.foreign:
            within = 0
        if within != 0 and (within < 0 or line.indent == innermost.indent):
            if within < 0 and line.indent != innermost.indent and len(self.blocks.stack) == 1:
                message = f"`end {BLOCKS[kind]}` closes nothing"
                self.reports.add("SYN024", message, end.span, f"open is `{innermost.word}`")
                return
            self.reports.add(
                "CTL102" if innermost.kind in CONTROL else "SYN024",
                f"`end {BLOCKS[kind]}` cannot close `{innermost.word}`",
                line.tokens[-1].span,
                f"`{innermost.word}` of line {self.blocks.line_of(innermost)} "
                f"ends with `end {innermost.word}`",
                innermost.error_class,
            )
            within = 0
        for _ in range(within):
            self._close_innermost(end)
        self._close_innermost(line.tokens[-1] if len(line.tokens) == 2 else end, end)

    def _end_kind(self, line: Line) -> str:
        """The block that an `end` line means, "" for the innermost; reports what is wrong."""
        tokens, innermost = line.tokens, self.blocks.innermost
        kind = tokens[1].type if len(tokens) > 1 else ""
        if kind in BLOCKS:
            if len(tokens) > 2 and not line.faulty:
                hint = "a line holds one statement; a comment starts with `#`"
                self.reports.add(
                    "SYN020", f"`end {BLOCKS[kind]}` ends its line", tokens[2].span, hint
                )
            return kind
        word = innermost.word if innermost else "if"
        if not kind:
            if innermost is not None and not line.faulty:
                message = "`end` names what it closes"
                self.reports.add("SYN024", message, tokens[0].span, f"write `end {word}`")
            return ""
        written = tokens[1].text
        meant = nearest(written.lower(), BLOCKS.values())
        if not line.faulty:
            self.reports.add(
                "SYN024",
                f"`end {shown(written)}` closes no block",
                tokens[1].span,
                f"did you mean `end {meant or word}`?",
            )
        return meant.upper() if meant else _END_WORDS.get(written.lower(), "")

    def _else(self, line: Line) -> None:
        keyword = line.tokens[0]
        within = self.blocks.outward("IF")
        inner = self.blocks.stack[len(self.blocks.stack) - within :] if within > 0 else []
        if within < 0 or any(block.kind not in CONTROL for block in inner):
            if not line.faulty:
                message = "`else` stands where no `if` is open"
                self.reports.add("CTL103", message, keyword.span, "", ErrorClass.CONTROL)
            return
        for _ in range(within):
            self._close_innermost(keyword)
        block = self.blocks.stack[-1]
        if block.has_else:
            self.reports.add(
                "CTL103",
                "nothing follows the `else` of an `if` but its `end if`",
                keyword.span,
                f"the `if` began at line {self.blocks.line_of(block)}",
                ErrorClass.CONTROL,
            )
            return
        is_else_if = len(line.tokens) > 1 and line.tokens[1].type == "IF"
        failure = self._take(line)
        if failure is not None:
            if not line.faulty:
                explain(failure, self.reports)
            self._put(("ELSE", *_STAND_INS["IF"]) if is_else_if else ("ELSE",), line)
        block.has_else = not is_else_if
        block.levels += is_else_if
        self._check_levels(keyword)

    def _close_innermost(self, at: Token, written: Token | None = None) -> None:
        """Close a block: at an `end` that is `written`, or where its end is missed.

        `at` is the last token of the line that closes it, or the one that misses the end.
        """
        block = self.blocks.stack.pop()
        if written is None:
            self.blocks.left_open(block, at)
        if block.counted:
            start = (written or at).start
            end = Token("END", "end", start, at.end)
            word = Token(block.kind, block.word, start, at.end)
            self.automaton.take((end, word, Token("NEWLINE", "\n", at.end, at.end)))

    # --- the automaton

    def _take(self, line: Line) -> Failure | None:
        """Give a line to the automaton; where it does not take it, why, and nothing has changed."""
        mark = self.automaton.mark()
        tokens = (*line.tokens, line.newline)
        at = self.automaton.take(tokens)
        if at is None:
            return None
        self.automaton.back_to(mark)
        expected = frozenset() if line.faulty else self.automaton.would_take(mark, tokens[:at])
        return Failure(self.builder.rules, line, tokens, at, expected, self.blocks.innermost)

    def _put(self, kinds: Sequence[str], line: Line) -> None:
        """Give the automaton a line that nobody wrote in place of one that is wrong."""
        start = line.tokens[0].start
        self.automaton.take(Token(kind, "", start, start) for kind in kinds)
        self.automaton.take((line.newline,))


def _is_one_line(line: Line) -> bool:
    """Whether a block's statement stands on the line that opens it."""
    kinds = [token.type for token in line.tokens]
    return any(kind in kinds[:-1] for kind in ("THEN", "DO", "COLON", "OPEN_BRACE"))
