"""Puts tokens together to lines: where one ends, and which brackets are open.

A line ends at a line's end, but not inside open brackets and not after a comma. A bracket that is
never closed is reported, and its line ends where only a new statement can start.
"""

from __future__ import annotations

import re

from attrs import define, field, frozen

from totemlang.diagnostics import ErrorClass
from totemlang.source import Source, Span
from totemlang.syntax.limits import MAX_NESTING
from totemlang.syntax.reports import Reports
from totemlang.syntax.tokens import COMMAND_WORDS, SIGNS, Token

_AFRESH = re.compile(r"[A-Za-z]\w{0,63}(?:[ \t]*\[[^\]\n]{0,80}\])?[ \t]*(?:=(?!=)|[-+*]=|\+\+|--)")
_TYPED_AFRESH = re.compile(r"[A-Za-z]\w{0,63}[\[\]0-9?]{0,9} +[A-Za-z]\w{0,63} *=(?!=)")
_CLOSES = {")": "(", "]": "["}
_PARTNER = {opens: closes for closes, opens in _CLOSES.items()}
_LINE_STARTS = COMMAND_WORDS | {"end", "else"}


@frozen
class Line:
    """A line of the program: at least one token, and the NEWLINE after the last.

    `indent` is the column of its first token. `faulty` tells that something in it has been
    reported already; `foreign` that it is written in the manner of another language, so that the
    block it opens may lack its end.
    """

    tokens: tuple[Token, ...]
    newline: Token
    indent: int
    faulty: bool = False
    foreign: bool = False


@define
class LineAssembler:
    """Takes the tokens of one source in order. `stopped`: brackets are nested too deep."""

    source: Source
    reports: Reports
    lines: list[Line] = field(factory=list)
    stopped: bool = False
    _tokens: list[Token] = field(factory=list)
    _brackets: list[Token] = field(factory=list)
    _first_on_line: bool = True
    _joined: bool = False
    _faulty: bool = False
    _bracket_faulty: bool = False

    @property
    def so_far(self) -> list[Token]:
        """The tokens of the line that is being put together."""
        return self._tokens

    @property
    def last(self) -> str:
        """The terminal of the last token of this line, "" at its start."""
        return self._tokens[-1].type if self._tokens else ""

    @property
    def in_brackets(self) -> bool:
        """Whether a bracket is open."""
        return bool(self._brackets)

    def join(self) -> None:
        """Let this line go on behind the next line's end, if nothing stands before that."""
        self._joined = True

    def trust_no_brackets(self) -> None:
        """Report none of this line's brackets: some may be lost in what was wrong already."""
        self._bracket_faulty = True

    def line_end(self) -> None:
        """The text's line ends here."""
        if not (self._brackets or self._joined or self.last == "COMMA"):
            self._end_line()
        self._first_on_line, self._joined = not self._joined, False

    def text_end(self) -> tuple[Line, ...]:
        """The text ends here; all its lines."""
        if self._brackets and not self.stopped:
            self._unclosed()
        self._end_line()
        return tuple(self.lines)

    def add(self, kind: str, text: str, start: int, end: int) -> None:
        """Take a token that is no bracket."""
        token = Token(kind, text, start, end)
        self._joined = False
        if self._first_on_line:
            self._first_on_line = False
            if self._tokens and self._starts_afresh(token):
                if self._brackets:
                    self._unclosed()
                self._end_line()
        self._tokens.append(token)

    def _starts_afresh(self, token: Token) -> bool:
        """Whether the first token of a line can only start a statement, whatever is still open."""
        if self.source.text[token.start : token.end] in _LINE_STARTS:
            return token.type != "NAME"
        if not self._brackets and (token.type == "TYPE" or self._tokens[0].type == "TYPE"):
            return False  # `int a = 1,` may well go on with `b = 2`
        pattern = _TYPED_AFRESH if token.type == "TYPE" else _AFRESH
        return bool(pattern.match(self.source.text, token.start))

    def _end_line(self) -> None:
        if self._tokens:
            end = self._tokens[-1].end
            first = self._tokens[0].start
            indent = first - (self.source.text.rfind("\n", 0, first) + 1)
            newline = Token("NEWLINE", "\n", end, end)
            self.lines.append(Line(tuple(self._tokens), newline, indent, self._faulty))
        self._tokens, self._faulty, self._bracket_faulty = [], False, False

    def open(self, text: str, start: int) -> None:
        """Take an opening bracket."""
        self.add(SIGNS[text], text, start, start + 1)
        self._brackets.append(self._tokens[-1])
        if len(self._brackets) > MAX_NESTING:
            message = f"more than {MAX_NESTING} brackets are open within each other"
            self.report("SYN004", message, start, start + 1, "give parts of it names of their own")
            self.stopped = True

    def close(self, text: str, start: int) -> None:
        """Take a closing bracket; one that fits no open bracket is left out or put right."""
        end = start + 1
        if not self._brackets:
            return self._report_bracket("SYN015", f"`{text}` closes nothing", start, end)
        if _CLOSES[text] not in [bracket.text for bracket in self._brackets]:
            opened = self._brackets[-1]
            position = self.source.position(opened.start)
            hint = f"`{opened.text}` was opened at line {position.line}, column {position.column}"
            message = f"`{text}` cannot close `{opened.text}`"
            self._report_bracket("SYN015", message, start, end, hint)
            text = _PARTNER[opened.text]
            line_end = self.source.text.find("\n", start)
            if self.source.text.count(text, start, max(line_end, start)) >= len(self._brackets):
                return None  # the right one follows: this one was too many
        while self._brackets[-1].text != _CLOSES[text]:  # those within were forgotten
            opened = self._brackets.pop()
            self._report_bracket(
                "SYN014", f"`{opened.text}` is never closed", opened.start, opened.end
            )
            self.add(SIGNS[_PARTNER[opened.text]], _PARTNER[opened.text], start, start)
        self._brackets.pop()
        return self.add(SIGNS[text], text, start, end)

    def _unclosed(self) -> None:
        opened = self._brackets[-1]
        message = f"`{opened.text}` is never closed"
        self._report_bracket("SYN014", message, opened.start, opened.end)
        self._brackets.clear()

    def _report_bracket(
        self, code: str, message: str, start: int, end: int, hint: str = ""
    ) -> None:
        """Note a finding about brackets, the first of a line only: others follow from it."""
        if not self._bracket_faulty:
            self.report(code, message, start, end, hint)
        self._bracket_faulty = True

    def report(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str = "",
        error_class: ErrorClass = ErrorClass.SYNTAX,
    ) -> None:
        """Note a finding; the line counts as faulty."""
        self._faulty = True
        self.reports.add(code, message, Span(start, end), hint, error_class)
