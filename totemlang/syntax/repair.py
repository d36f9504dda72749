"""Lines in the manner of other languages, put right before the grammar sees them.

`elif`, braces, a colon or semicolon at the end, `endif`, words in capitals: each is reported once,
and the line read as what was meant, so that the block structure stays sound.
"""

from __future__ import annotations

from attrs import evolve

from totemlang.diagnostics import ErrorClass
from totemlang.syntax.blocks import Block
from totemlang.syntax.failure import Failure
from totemlang.syntax.habits import ELSE_IF_HABITS, END_HABITS, FUNCTION_HABITS, LINE_HABITS
from totemlang.syntax.lines import Line
from totemlang.syntax.reports import Reports
from totemlang.syntax.suggest import nearest
from totemlang.syntax.tokens import ASSIGNS, BLOCKS, COMMAND_WORDS, STEPS, WORDS, Token

_OPENS = {"THEN": "IF", "SEMICOLON": "FOR", "IN": "FOR", "LIMIT": "WHILE"}
_FOREIGN_ENDS = {"COLON": ":", "OPEN_BRACE": "{"}
_ENDING = {"IF": "THEN", "FOR": "DO", "WHILE": "DO"}


def repaired(line: Line, innermost: Block | None, reports: Reports) -> Line | None:
    """The line as it was meant, with the habits in it reported; None if nothing is left of it."""
    for repair in (_capitals, _semicolons, _leading_brace, _joined_words, _lone_word, _foreign_end):
        line = repair(line, innermost, reports)
        if not line.tokens:
            return None
    return line


def respelt(failure: Failure, reports: Reports) -> Line | None:
    """The line with a misspelt command at its start put right, if that is what is wrong with it."""
    line, head = failure.line, failure.tokens[0]
    if head.type != "NAME" or failure.at > 1 or head.text.lower() in LINE_HABITS:
        return None
    if failure.tokens[1].type in ASSIGNS | STEPS | {"OPEN_SQUARE", "DOT", "COMMA"}:
        return None
    if head.text.lower() == "ned" and len(line.tokens) == 2:
        meant: str | None = "end"
    else:
        meant = nearest(head.text, COMMAND_WORDS | {"end", "else"})
    if meant is None or (meant in ("end", "else") and failure.tokens[1].type == "OPEN"):
        return None  # nothing in brackets follows these: it is a call
    if not line.faulty:
        reports.add(
            "SYN031",
            f"no command is called `{head.text}`",
            head.span,
            f"did you mean `{meant}`?",
        )
    command = Token(WORDS[meant], meant, head.start, head.end)
    return evolve(line, tokens=(command, *line.tokens[1:]))


def completed(failure: Failure, reports: Reports) -> Line | None:
    """A line that ends in `then` or `do` with the command at its start that it lacks."""
    line, last = failure.line, failure.line.tokens[-1].type
    if last not in ("THEN", "DO") or failure.head.type in {*BLOCKS, "ELSE"}:
        return None
    kinds = ["THEN"] if last == "THEN" else [token.type for token in line.tokens]
    meant = next((_OPENS[kind] for kind in kinds if kind in _OPENS), None)
    if meant is None:
        return None
    start = failure.head.start
    message = f"a line that ends in `{line.tokens[-1].text}` starts with `{meant.lower()}`"
    place = failure.head.span
    reports.add("CTL105", message, place, f"write `{meant.lower()}`", ErrorClass.CONTROL)
    command = Token(meant, meant.lower(), start, start)
    return evolve(line, tokens=(command, *line.tokens))


def _semicolons(line: Line, innermost: Block | None, reports: Reports) -> Line:
    kinds = [token.type for token in line.tokens]
    if "SEMICOLON" not in kinds:
        return line
    if kinds[-1] == "SEMICOLON":
        message, hint = "a line does not end in `;`", "leave it out"
        at, kept = line.tokens[-1], line.tokens[:-1]
    elif kinds[0] != "FOR" and kinds[-1] not in ("DO", "OPEN_BRACE", "COLON"):
        at = line.tokens[kinds.index("SEMICOLON")]
        kept = line.tokens[: kinds.index("SEMICOLON")]
        message, hint = "a line holds one statement", "write each on a line of its own"
    else:
        return line
    reports.add("SYN021", message, at.span, hint)
    return evolve(line, tokens=kept)


def _leading_brace(line: Line, innermost: Block | None, reports: Reports) -> Line:
    first = line.tokens[0]
    if first.type == "OPEN_BRACE" and len(line.tokens) == 1:
        reports.add("SYN021", "blocks have no braces", first.span, "leave it out")
        return evolve(line, tokens=())
    if first.type != "CLOSE_BRACE":
        return line
    word = innermost.word if innermost else ""
    hint = f"a block ends with `end {word or 'if'}`"
    reports.add("SYN021", "blocks have no braces", first.span, hint)
    if len(line.tokens) == 1:
        if innermost is None:
            return evolve(line, tokens=())
        kind = Token(innermost.kind, word, first.start, first.end)
        end = Token("END", "end", first.start, first.end)
        return evolve(line, tokens=(end, kind), indent=innermost.indent)
    return evolve(line, tokens=line.tokens[1:])


def _capitals(line: Line, innermost: Block | None, reports: Reports) -> Line:
    """`IF x THEN`, `End If`: the words of the language are lower case."""
    head = line.tokens[0]
    following = line.tokens[1].type if len(line.tokens) > 1 else "NEWLINE"
    if head.type != "NAME" or head.text.lower() not in COMMAND_WORDS | {"end", "else"}:
        return line
    if following in ASSIGNS | STEPS | {"OPEN_SQUARE", "DOT"}:
        return line
    lower = head.text.lower()
    message = f"`{head.text}` is written in lower case"
    reports.add("SYN031", message, head.span, f"write `{lower}`")
    return evolve(line, tokens=tuple(map(_lower, line.tokens)))


def _lower(token: Token) -> Token:
    word = token.text.lower()
    if token.type == "NAME" and token.text != word and word in WORDS:
        return Token(WORDS[word], word, token.start, token.end)
    return token


def _joined_words(line: Line, innermost: Block | None, reports: Reports) -> Line:
    """`elif c`, `endif`."""
    head = line.tokens[0]
    word = head.text.lower()
    if head.type != "NAME":
        return line
    if word in ELSE_IF_HABITS and len(line.tokens) > 1 and line.tokens[1].type not in ASSIGNS:
        reports.add("SYN021", f"there is no `{word}`", head.span, "write `else if … then`")
        otherwise = Token("ELSE", "else", head.start, head.end)
        condition = Token("IF", "if", head.start, head.end)
        tokens = (otherwise, condition, *line.tokens[1:])
        return evolve(line, tokens=tokens)
    if word in END_HABITS and len(line.tokens) == 1:
        kind = END_HABITS[word] or (innermost.kind if innermost else "")
        closes = BLOCKS.get(kind, "if")
        reports.add("SYN021", f"there is no `{word}`", head.span, f"write `end {closes}`")
        if not kind:
            return evolve(line, tokens=())
        end = Token("END", "end", head.start, head.end)
        block = Token(kind, closes, head.start, head.end)
        return evolve(line, tokens=(end, block))
    return line


def _lone_word(line: Line, innermost: Block | None, reports: Reports) -> Line:
    """`map` alone within a map, `else c then`: a word is missing beside it."""
    head = line.tokens[0]
    if len(line.tokens) == 1 and innermost is not None and head.type == innermost.kind:
        message = f"`{head.text}` alone opens nothing"
        reports.add("SYN024", message, head.span, f"write `end {head.text}`")
        return evolve(line, tokens=(Token("END", "end", head.start, head.start), head))
    conditional = len(line.tokens) > 2 and line.tokens[-1].type == "THEN"
    if head.type == "ELSE" and conditional and line.tokens[1].type != "IF":
        message = "a line that ends in `then` starts with `else if`"
        reports.add("CTL105", message, head.span, "write `else if`", ErrorClass.CONTROL)
        condition = Token("IF", "if", head.end, head.end)
        return evolve(line, tokens=(head, condition, *line.tokens[1:]))
    return line


def _foreign_end(line: Line, innermost: Block | None, reports: Reports) -> Line:
    """`if x:`, `for … {`: a line that opens a block ends in `then` or `do`."""
    last, kept = line.tokens[-1], line.tokens[:-1]
    if last.type not in _FOREIGN_ENDS or not kept:
        return line
    head = kept[0]
    opener = kept[1].type if head.type == "ELSE" and len(kept) > 1 else head.type
    if opener not in BLOCKS and opener != "ELSE" and head.text.lower() not in FUNCTION_HABITS:
        return line
    wanted = _ENDING.get(opener, "")
    sign = _FOREIGN_ENDS[last.type]
    hint = f"write `{wanted.lower()}` instead" if wanted else "leave it out"
    closes = BLOCKS.get("IF" if opener == "ELSE" else opener, "function")
    hint += f"; the block ends with `end {closes}`"
    reports.add("SYN021", f"a line does not end in `{sign}`", last.span, hint)
    if wanted and kept[-1].type != wanted:
        kept = (*kept, Token(wanted, wanted.lower(), last.start, last.end))
    return evolve(line, tokens=kept, foreign=True)
