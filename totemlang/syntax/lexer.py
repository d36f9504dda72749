"""From text to tokens, which become lines.

Signs and quotes that are habits from other languages are reported and read as what was meant, so
that the parser sees a sound line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import define, field

from totemlang.diagnostics import ErrorClass
from totemlang.source import Source, Span
from totemlang.syntax.habits import QUOTES, SIGN_HABITS
from totemlang.syntax.limits import MAX_NAME
from totemlang.syntax.lines import Line, LineAssembler
from totemlang.syntax.literals import number_fault, string_value
from totemlang.syntax.reports import Reports
from totemlang.syntax.shown import described, shown
from totemlang.syntax.tokens import ASSIGNS, FOREIGN_SIGNS, SIGNS, VALUE_ENDS
from totemlang.syntax.tree import Comment

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_KNOWN_SIGNS = {**dict.fromkeys(SIGN_HABITS), **SIGNS, **FOREIGN_SIGNS}
_SCAN = re.compile(
    r"[ \t]*+(?:"
    + "|".join(
        (
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
    + ")"
)
"""Spaces, and what stands behind them."""


@define
class Lexer:
    """Reads one source. `words` gives the terminal of each word that is no name."""

    source: Source
    words: Mapping[str, str]
    reports: Reports
    comments: list[Comment] = field(factory=list)
    _line: LineAssembler = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start with no line."""
        self._line = LineAssembler(self.source, self.reports)

    @property
    def stopped(self) -> bool:
        """Whether it gave up half-way, having found too much that is wrong."""
        return self._line.stopped or self.reports.full

    def read(self) -> tuple[Line, ...]:
        """All lines; what is wrong with them is reported."""
        text, at, found, known = self.source.text, 0, self.reports.found, 0
        while True:
            if len(found) > known:
                if self.stopped:
                    break
                known = len(found)
            match = _SCAN.match(text, at)
            if match is None:  # nothing but spaces is left: the last group takes any character
                break
            at = self._take(match)
        return self._line.text_end()

    def _take(self, match: re.Match[str]) -> int:
        """Deal with one match; where to go on reading."""
        group = match.lastgroup
        assert group is not None
        text, start, end = match[group], match.start(group), match.end()
        if group == "word":
            self._word(text, start)
        elif group in ("sign", "word_sign"):
            self._sign(text, start)
        elif group == "newline":
            self._line.line_end()
        elif group == "number":
            self._number(text, start)
        elif group == "comment":
            self._invisible(text, start)
            self.comments.append(Comment(Span(start, end), text[1:]))
        elif group == "string":
            self._string(text, start, closed=match["closed"] is not None)
        elif group == "long_string":
            return self._long_string(start)
        elif group == "long_comment":
            return self._long_comment(start)
        elif group == "quote":
            return self._quote(start)
        elif group == "other":
            self._other(text, start)
        return end

    # --- words and literals

    def _word(self, text: str, start: int) -> None:
        end = start + len(text)
        kind = self.words.get(text, "NAME")
        if self._line.last == "DOT" or (kind == "TYPE" and self.source.text.startswith(".", end)):
            kind = "NAME"
        if kind == "NAME" and (not text.isascii() or text.startswith("_")):
            self._misnamed(text, start)
        elif len(text) > MAX_NAME:
            message = f"a name has at most {MAX_NAME} characters, this one has {len(text)}"
            self._line.report("SYN012", message, start, end, error_class=ErrorClass.NAMING)
        self._line.add(kind, text, start, end)

    def _misnamed(self, text: str, start: int) -> None:
        self._line.report(
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
        if fault and self._line.last == "TYPE" and text[-1] != ".":
            self._misnamed(text, start)
            return self._line.add("NAME", text, start, end)
        if fault:
            self._line.report("SYN007", fault[0], start, end, fault[1])
            text = "0"
        return self._line.add("NUMBER", text, start, end)

    def _string(self, text: str, start: int, *, closed: bool) -> None:
        end = start + len(text)
        inner = text[1:-1] if closed else text[1:]
        if not closed:
            hint = 'close it with `"` on the same line; a line end inside is written \\n'
            self._line.report("SYN008", "this string is never closed", start, end, hint)
            self._line.trust_no_brackets()
        self._invisible(inner, start + 1)
        value = string_value(
            inner,
            start + 1,
            lambda a, b, message, hint: self._line.report("SYN009", message, a, b, hint),
        )
        self._line.add("STRING", value, start, end)

    def _long_string(self, start: int) -> int:
        closing = self.source.text.find('"""', start + 3)
        end = closing + 3 if closing >= 0 else len(self.source.text)
        hint = "a comment starts with `#` on every line; a line end in a string is written \\n"
        self._line.report("SYN021", 'there are no strings in `"""`', start, start + 3, hint)
        if self._line.last:
            self._line.add("STRING", "", start, end)
        return end

    def _long_comment(self, start: int) -> int:
        closing = self.source.text.find("*/", start + 2)
        hint = "a comment starts with `#` and ends with its line"
        self._line.report("SYN021", "`/*` does not start a comment", start, start + 2, hint)
        return closing + 2 if closing >= 0 else len(self.source.text)

    def _quote(self, start: int) -> int:
        opening = self.source.text[start]
        line_end = self.source.text.find("\n", start)
        line_end = len(self.source.text) if line_end < 0 else line_end
        closing = self.source.text.find(QUOTES[opening], start + 1, line_end)
        if closing < 0:
            self._line.report(
                "SYN010", f"{described(opening)} has no meaning here", start, start + 1
            )
            return start + 1
        if opening == "`":
            hint = 'a column whose name is not a name is row["KWH/hh"]'
            self._line.report("SYN021", "names do not stand in quotes", start, closing + 1, hint)
            self._line.add("NAME", self.source.text[start + 1 : closing], start, closing + 1)
            return closing + 1
        self._line.report(
            "SYN021",
            f"a string stands between double quotes, not `{opening}`",
            start,
            closing + 1,
            f'write "{shown(self.source.text[start + 1 : closing])}"',
        )
        self._line.add("STRING", self.source.text[start + 1 : closing], start, closing + 1)
        return closing + 1

    def _invisible(self, text: str, start: int) -> None:
        """Refuse characters that a reader does not see: a text must read as it runs."""
        match = _FORBIDDEN.search(text)
        if match is not None:
            at = start + match.start()
            hint = "in a string write it as \\u{…}" if match[0] >= " " else ""
            message = f"the invisible character {described(match[0])} stands in the text"
            self._line.report("SYN003", message, at, at + 1, hint)

    # --- signs

    def _sign(self, text: str, start: int) -> None:
        end = start + len(text)
        if text == "<-" and not self._may_assign():
            self._line.add("LESS", "<", start, start + 1)
            return self._line.add("MINUS", "-", start + 1, end)
        if text in "([":
            return self._line.open(text, start)
        if text in ")]":
            return self._line.close(text, start)
        kind = SIGNS.get(text) or FOREIGN_SIGNS.get(text)
        if kind is None:
            habit = SIGN_HABITS[text]
            self._line.report(
                "SYN021", f"{_named(text)} is not a sign of TOTEM", start, end, habit.hint
            )
            if text == "\\":
                self._line.join()
            kind = habit.instead
        if kind:
            self._line.add(kind, text, start, end)
        return None

    def _may_assign(self) -> bool:
        """Whether the line so far is what an assignment has on its left."""
        so_far = self._line.so_far
        if not 1 <= len(so_far) <= 40 or self._line.in_brackets:
            return False
        kinds = [token.type for token in so_far]
        return (
            kinds[0] in ("NAME", "TYPE")
            and kinds[-1] in VALUE_ENDS
            and not ASSIGNS.intersection(kinds)
        )

    def _other(self, sign: str, start: int) -> None:
        if _FORBIDDEN.match(sign):
            hint = "a line ends with LF or CRLF" if sign == "\r" else ""
            message = f"the invisible character {described(sign)} stands in the text"
            self._line.report("SYN003", message, start, start + 1, hint)
        else:
            self._line.report("SYN010", f"{described(sign)} has no meaning here", start, start + 1)


def _named(sign: str) -> str:
    return f"`{sign}`" if sign.isprintable() else described(sign)
