"""From text to lines of tokens.

A line ends at a line's end, but not inside open brackets and not after a comma. Signs and quotes
that are habits from other languages are reported and read as what was meant, so that the parser
sees a sound line; a bracket that is never closed is reported and ends with its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import define, field, frozen

from totemlang.diagnostics import ErrorClass
from totemlang.source import Source, Span
from totemlang.syntax.habits import QUOTES, SIGN_HABITS
from totemlang.syntax.limits import MAX_NAME, MAX_NESTING
from totemlang.syntax.literals import number_fault, string_value
from totemlang.syntax.reports import Reports
from totemlang.syntax.shown import described, shown
from totemlang.syntax.tokens import (
    ASSIGNS,
    COMMAND_WORDS,
    FOREIGN_SIGNS,
    SIGNS,
    VALUE_ENDS,
    Token,
)
from totemlang.syntax.tree import Comment

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_KNOWN_SIGNS = {**dict.fromkeys(SIGN_HABITS), **SIGNS, **FOREIGN_SIGNS}
_SCAN = re.compile(
    "|".join(
        (
            r"(?P<space>[ \t]+)",
            r"(?P<newline>\r?\n)",
            r"(?P<comment>#[^\r\n]*)",
            r"(?P<word>[^\W\d]\w*)",
            r"(?P<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?\w*(?:\.(?![\w.]))?)",
            r'(?P<long_string>""")',
            r'(?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*(?P<closed>")?)',
            r"(?P<long_comment>/\*)",
            "(?P<quote>[" + "".join(QUOTES) + "])",
            r"(?P<word_sign>%in%)",
            "(?P<sign>"
            + "|".join(re.escape(sign) for sign in sorted(_KNOWN_SIGNS, key=len, reverse=True))
            + ")",
            r"(?P<other>[\s\S])",
        )
    )
)
_AFRESH = re.compile(r"[A-Za-z]\w{0,63}(?:[ \t]*\[[^\]\n]{0,80}\])?[ \t]*(?:=(?!=)|[-+*]=|\+\+|--)")
_TYPED_AFRESH = re.compile(r"[A-Za-z]\w{0,63}[\[\]0-9?]{0,9} +[A-Za-z]\w{0,63} *=(?!=)")
_CLOSES = {")": "(", "]": "["}
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
class Lexer:
    """Reads one source. `words` gives the terminal of each word that is no name."""

    source: Source
    words: Mapping[str, str]
    reports: Reports
    lines: list[Line] = field(factory=list)
    comments: list[Comment] = field(factory=list)
    stopped: bool = False
    _tokens: list[Token] = field(factory=list)
    _brackets: list[Token] = field(factory=list)
    _first_on_line: bool = True
    _joined: bool = False
    _faulty: bool = False

    def read(self) -> tuple[Line, ...]:
        """All lines. Reports what is wrong; `stopped` tells that it gave up half-way."""
        text, at = self.source.text, 0
        while at < len(text) and not self.stopped:
            match = _SCAN.match(text, at)
            if match is None or match.lastgroup is None:  # pragma: no cover - `other` takes all
                break
            at = self._take(match)
            self.stopped = self.stopped or self.reports.full
        if self._brackets and not self.stopped:
            self._unclosed()
        self._end_line()
        return tuple(self.lines)

    def _take(self, match: re.Match[str]) -> int:
        """Deal with one match; where to go on reading."""
        group, text = match.lastgroup, match[0]
        if group == "newline":
            last = self._tokens[-1].type if self._tokens else ""
            if not (self._brackets or self._joined or last == "COMMA"):
                self._end_line()
            self._first_on_line, self._joined = not self._joined, False
        elif group == "comment":
            self._invisible(text, match.start())
            self.comments.append(Comment(Span(*match.span()), text[1:]))
        elif group == "word":
            self._word(text, match.start())
        elif group == "number":
            self._number(text, match.start())
        elif group == "string":
            self._string(match)
        elif group == "long_string":
            return self._long_string(match.start())
        elif group == "long_comment":
            return self._long_comment(match.start())
        elif group == "quote":
            return self._quote(match.start())
        elif group in ("sign", "word_sign"):
            self._sign(text, match.start())
        elif group == "other":
            self._other(text, match.start())
        return match.end()

    # --- lines

    def _add(self, kind: str, text: str, start: int, end: int) -> None:
        token = Token(kind, text, start, end)
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
        if not self._brackets:
            return False
        pattern = _TYPED_AFRESH if token.type == "TYPE" else _AFRESH
        return bool(pattern.match(self.source.text, token.start))

    def _end_line(self) -> None:
        if self._tokens:
            end = self._tokens[-1].end
            first = self._tokens[0].start
            indent = first - (self.source.text.rfind("\n", 0, first) + 1)
            newline = Token("NEWLINE", "\n", end, end)
            self.lines.append(Line(tuple(self._tokens), newline, indent, self._faulty))
        self._tokens, self._faulty = [], False

    def _report(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str = "",
        error_class: ErrorClass = ErrorClass.SYNTAX,
    ) -> None:
        self._faulty = True
        self.reports.add(code, message, Span(start, end), hint, error_class)

    # --- words and literals

    def _word(self, text: str, start: int) -> None:
        end = start + len(text)
        after_dot = bool(self._tokens) and self._tokens[-1].type == "DOT"
        kind = self.words.get(text, "NAME")
        if after_dot or (kind == "TYPE" and self.source.text.startswith(".", end)):
            kind = "NAME"
        if kind == "NAME" and (not text.isascii() or text.startswith("_")):
            self._misnamed(text, start)
        elif len(text) > MAX_NAME:
            message = f"a name has at most {MAX_NAME} characters, this one has {len(text)}"
            self._report("SYN012", message, start, end, error_class=ErrorClass.NAMING)
        self._add(kind, text, start, end)

    def _misnamed(self, text: str, start: int) -> None:
        self._report(
            "SYN011",
            f"`{shown(text)}` is against the naming convention",
            start,
            start + len(text),
            "a name is a letter from a to z, then letters, digits and `_`; "
            'a column with another name is row["…"]',
            ErrorClass.NAMING,
        )

    def _number(self, text: str, start: int) -> None:
        end = start + len(text)
        fault = number_fault(text)
        if fault and self._tokens and self._tokens[-1].type == "TYPE" and text[-1] != ".":
            self._misnamed(text, start)
            return self._add("NAME", text, start, end)
        if fault:
            self._report("SYN007", fault[0], start, end, fault[1])
            text = "0"
        return self._add("NUMBER", text, start, end)

    def _string(self, match: re.Match[str]) -> None:
        start, end = match.span()
        inner = match[0][1:-1] if match["closed"] else match[0][1:]
        if not match["closed"]:
            hint = 'close it with `"` on the same line; a line end inside is written \\n'
            self._report("SYN008", "this string is never closed", start, end, hint)
        self._invisible(inner, start + 1)
        value = string_value(
            inner,
            start + 1,
            lambda a, b, message, hint: self._report("SYN009", message, a, b, hint),
        )
        self._add("STRING", value, start, end)

    def _long_string(self, start: int) -> int:
        closing = self.source.text.find('"""', start + 3)
        end = closing + 3 if closing >= 0 else len(self.source.text)
        hint = "a comment starts with `#` on every line; a line end in a string is written \\n"
        self._report("SYN021", 'there are no strings in `"""`', start, start + 3, hint)
        if self._tokens:
            self._add("STRING", "", start, end)
        return end

    def _long_comment(self, start: int) -> int:
        closing = self.source.text.find("*/", start + 2)
        hint = "a comment starts with `#` and ends with its line"
        self._report("SYN021", "`/*` does not start a comment", start, start + 2, hint)
        return closing + 2 if closing >= 0 else len(self.source.text)

    def _quote(self, start: int) -> int:
        opening = self.source.text[start]
        line_end = self.source.text.find("\n", start)
        line_end = len(self.source.text) if line_end < 0 else line_end
        closing = self.source.text.find(QUOTES[opening], start + 1, line_end)
        if closing < 0:
            self._report("SYN010", f"`{opening}` has no meaning here", start, start + 1)
            return start + 1
        self._report(
            "SYN021",
            f"a string stands between double quotes, not `{opening}`",
            start,
            closing + 1,
            f'write "{shown(self.source.text[start + 1 : closing])}"',
        )
        self._add("STRING", self.source.text[start + 1 : closing], start, closing + 1)
        return closing + 1

    def _invisible(self, text: str, start: int) -> None:
        """Refuse characters that a reader does not see: a text must read as it runs."""
        match = _FORBIDDEN.search(text)
        if match is not None:
            at = start + match.start()
            hint = "in a string write it as \\u{…}" if match[0] >= " " else ""
            message = f"the invisible character {described(match[0])} stands in the text"
            self._report("SYN003", message, at, at + 1, hint)

    # --- signs

    def _sign(self, text: str, start: int) -> None:
        end = start + len(text)
        if text == "<-" and not self._may_assign():
            self._add("LESS", "<", start, start + 1)
            return self._add("MINUS", "-", start + 1, end)
        if text in "([":
            return self._open(text, start)
        if text in ")]":
            return self._close(text, start)
        kind = SIGNS.get(text) or FOREIGN_SIGNS.get(text)
        if kind is None:
            habit = SIGN_HABITS[text]
            self._report("SYN021", f"{_named(text)} is not a sign of TOTEM", start, end, habit.hint)
            self._joined = self._joined or text == "\\"
            kind = habit.instead
        if kind:
            self._add(kind, text, start, end)
        return None

    def _may_assign(self) -> bool:
        """Whether the line so far is what an assignment has on its left."""
        kinds = [token.type for token in self._tokens]
        return (
            bool(kinds)
            and not self._brackets
            and kinds[0] in ("NAME", "TYPE")
            and not ASSIGNS.intersection(kinds)
            and kinds[-1] in VALUE_ENDS
        )

    def _open(self, text: str, start: int) -> None:
        self._add(SIGNS[text], text, start, start + 1)
        self._brackets.append(self._tokens[-1])
        if len(self._brackets) > MAX_NESTING:
            message = f"more than {MAX_NESTING} brackets are open within each other"
            self._report("SYN004", message, start, start + 1, "give parts of it names of their own")
            self.stopped = True

    def _close(self, text: str, start: int) -> None:
        if not self._brackets:
            self._report("SYN015", f"`{text}` closes nothing", start, start + 1)
            return
        opened = self._brackets.pop()
        if _CLOSES[text] != opened.text:
            message = f"`{text}` cannot close `{opened.text}`"
            position = self.source.position(opened.start)
            hint = f"`{opened.text}` was opened at line {position.line}, column {position.column}"
            self._report("SYN015", message, start, start + 1, hint)
            text = ")" if opened.text == "(" else "]"
        self._add(SIGNS[text], text, start, start + 1)

    def _unclosed(self) -> None:
        opened = self._brackets[-1]
        self._report("SYN014", f"`{opened.text}` is never closed", opened.start, opened.end)
        self._brackets.clear()

    def _other(self, sign: str, start: int) -> None:
        if _FORBIDDEN.match(sign):
            hint = "a line ends with LF or CRLF" if sign == "\r" else ""
            message = f"the invisible character {described(sign)} stands in the text"
            self._report("SYN003", message, start, start + 1, hint)
        else:
            self._report("SYN010", f"{described(sign)} has no meaning here", start, start + 1)


def _named(sign: str) -> str:
    return f"`{sign}`" if sign.isprintable() else described(sign)
