"""Colours for TOTEM source: a pygments lexer, registered under the name `totem`.

It is forgiving, as editors need it: what is wrong is still coloured. Types that rules add have no
colour of their own, for a lexer knows no rules.
"""

from __future__ import annotations

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from totemlang.schema.types import Kind
from totemlang.syntax.tokens import SIGNS, SOFT_WORDS, WORDS

_LOGIC = ("and", "or", "not")
_TRUTHS = ("true", "false")
_KEYWORDS = tuple(sorted(set(WORDS) - SOFT_WORDS - {*_LOGIC, *_TRUTHS}))
_OPERATORS = tuple(sorted(set(SIGNS) - set("()[],.;"), key=len, reverse=True))


class TotemLexer(RegexLexer):
    """Splits TOTEM source into coloured tokens."""

    name = "TOTEM"
    aliases = ("totem",)
    filenames = ("*.totem",)
    mimetypes = ("text/x-totem",)
    url = ""

    tokens = {  # noqa: RUF012 - the form that pygments reads
        "root": [
            (r"\s+", Whitespace),
            (r"#[^\n]*", Comment.Single),
            (r'"', String, "string"),
            (
                r"(\.)([ \t]*)([A-Za-z]\w*)(?=[ \t]*\()",
                bygroups(Operator, Whitespace, Name.Function),
            ),
            (r"(\.)([ \t]*)([A-Za-z]\w*)", bygroups(Operator, Whitespace, Name.Attribute)),
            (
                r"(function)([ \t]+)([A-Za-z]\w*[\[\]0-9]*)([ \t]+)([A-Za-z][\w.]*)",
                bygroups(Keyword, Whitespace, Keyword.Type, Whitespace, Name.Function),
            ),
            (
                r"\b(map|reduce|dataset|lookup)([ \t]+)(?!(?:if|for|while)\b)([A-Za-z]\w*)",
                bygroups(Keyword, Whitespace, Name.Class),
            ),
            (words(_LOGIC, prefix=r"\b", suffix=r"\b"), Operator.Word),
            (words(_TRUTHS, prefix=r"\b", suffix=r"\b"), Keyword.Constant),
            (words(_KEYWORDS, prefix=r"\b", suffix=r"\b"), Keyword),
            (r"\b(order)([ \t]+)(by)\b", bygroups(Keyword, Whitespace, Keyword)),
            (r"(?<=[ \t)\]])(as|in|limit)\b(?=[ \t]+[^\s=,)])", Keyword),
            (r"(?<=[ \t])desc\b(?=[ \t]*(?:\n|#|$))", Keyword),
            (
                words(tuple(kind.value for kind in Kind), prefix=r"\b", suffix=r"\b(?![ \t]*[.(])"),
                Keyword.Type,
            ),
            (r"[0-9][0-9_]*(?:\.[0-9][0-9_]*(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)", Number.Float),
            (r"[0-9][0-9_]*", Number.Integer),
            (r"[A-Za-z]\w*(?=[ \t]*\()", Name.Function),
            (r"[A-Za-z]\w*", Name),
            (words(_OPERATORS), Operator),
            (r"[()\[\],;]", Punctuation),
            (r"\.", Operator),
            (r"[^\s\w]|\w+", Error),
        ],
        "string": [
            (r'[^"\\\n]+', String),
            (r'\\(?:["\\nt]|u\{[0-9A-Fa-f]{1,6}\})', String.Escape),
            (r"\\.", Error),
            (r'"', String, "#pop"),
            (r"\n", Whitespace, "#pop"),
        ],
    }
