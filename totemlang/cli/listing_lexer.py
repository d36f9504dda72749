"""Colours for listings of bytecode: source lines, blocks, instructions, prices, notes."""

from __future__ import annotations

from pygments.lexer import RegexLexer, bygroups, using
from pygments.token import Comment, Keyword, Name, Number, Operator, Text, Whitespace

from totemlang.syntax.highlight import TotemLexer


class ListingLexer(RegexLexer):
    """Reads what `bytecode.listing` writes, line by line."""

    name = "TOTEM listing"
    aliases = ("totem-listing",)

    tokens = {  # noqa: RUF012 - the form that pygments reads
        "root": [
            (r"^( *\d+ \|)(.*)$", bygroups(Comment, using(TotemLexer))),
            (r"^( +block: )(\d+)$", bygroups(Comment, Number)),
            (
                r"^( *\d+)(  +)([a-z_]+)(\.[a-z]+(?:\[\]|\?)?)?((?: -?\d+)*)",
                bygroups(Comment, Whitespace, Name.Function, Keyword.Type, Text),
                "price",
            ),
            (r"^(rules|prices)( +)([0-9a-f]+)$", bygroups(Keyword, Whitespace, Comment)),
            (
                r"^(dataset|lookup|param|constant|function|script|map|reduce|merge)\b(.*)$",
                bygroups(Keyword, Text),
            ),
            (r"\s+|.", Text),
        ],
        "price": [
            (r"\n", Whitespace, "#pop"),
            (r"( +)(\d+)", bygroups(Whitespace, Number), "note"),
            (r" +", Whitespace),
            (r"[^\n]", Text, "note"),
        ],
        "note": [
            (r"(?=\n)", Text, "#pop"),
            (r"( {2,})([^\n]+)", bygroups(Whitespace, Comment), "#pop"),
            (r"[+·]", Operator),
            (r"[^\n]", Text),
        ],
    }
