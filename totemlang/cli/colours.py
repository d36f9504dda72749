"""Source and listings in colour, as far as the terminal has colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from totemlang.cli.table import safe

if TYPE_CHECKING:
    from rich.text import Text

    from totemlang.cli.shell import Shell

_STYLES = {
    "Keyword": "bold magenta",
    "Keyword.Type": "cyan",
    "Keyword.Constant": "yellow",
    "Name.Function": "blue",
    "Name.Builtin": "blue",
    "Literal.String": "green",
    "Literal.Number": "yellow",
    "Comment": "bright_black",
    "Operator.Word": "bold magenta",
}
"""Style of a token: its own, else that of the nearest token above it that has one."""


def highlighted(line: str) -> Text:
    """A line of TOTEM in colour, without the white space around it."""
    from rich.text import Text

    from totemlang.syntax.highlight import TotemLexer

    text = Text()
    for token, value in TotemLexer(ensurenl=False, stripnl=False).get_tokens(safe(line.strip())):
        text.append(value, style=_style(str(token)))
    text.rstrip()
    return text


def highlighted_text(source: str) -> Text:
    """A source in colour, line by line as it stands."""
    from rich.text import Text

    lines = []
    for line in source.split("\n"):
        indent = len(line) - len(line.lstrip())
        lines.append(Text(" " * indent).append_text(highlighted(line)))
    return Text("\n").join(lines)


def show_listing(shell: Shell, text: str) -> None:
    """Print a listing of bytecode, in colour on a terminal."""
    if not shell.out.is_terminal or shell.out.no_color:
        shell.show(text)
        return
    from rich.text import Text

    from totemlang.cli.listing_lexer import ListingLexer

    shown = Text(no_wrap=True)
    for token, value in ListingLexer().get_tokens(text):
        shown.append(value, style=_style(str(token)))
    shell.out.print(shown, soft_wrap=True)


def _style(token: str) -> str:
    name = token.removeprefix("Token.")
    while name:
        if name in _STYLES:
            return _STYLES[name]
        name = name.rpartition(".")[0]
    return ""
