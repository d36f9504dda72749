"""From a text to the tree of a program, or to everything that is wrong with it.

The text is measured, read into lines of tokens, and these are taken by the grammar one by one.
Nothing here recurses: the deepest program is as harmless as the widest.
"""

from __future__ import annotations

from totemlang.diagnostics import Diagnostic, ErrorClass
from totemlang.schema.types import Kind
from totemlang.source import NOWHERE, Source, Span
from totemlang.syntax.automaton import Automaton
from totemlang.syntax.blocks import Blocks
from totemlang.syntax.build import Builder
from totemlang.syntax.lexer import Lexer
from totemlang.syntax.limits import MAX_SOURCE_BYTES
from totemlang.syntax.reports import Reports
from totemlang.syntax.structure import Structure
from totemlang.syntax.tokens import WORDS
from totemlang.syntax.tree import Program
from totemlang.tables.rules import RuleBook, default_rules


def parse(
    source: Source, rules: RuleBook, *, library: bool = False
) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """The tree of a program, and all findings in order of place.

    Never raises on any text. The tree is None if the text has no sound structure; where only
    commands are used that the rules do not have, the tree is there beside the findings, so that
    the checker may go on. `library` is for the standard library, which no rules bind.
    """
    reports = Reports(source)
    if not _measured(source, reports):
        return None, reports.in_order()
    if library:
        rules = default_rules()
    lexer = Lexer(source, _words(rules), reports)
    lines = lexer.read()
    if lexer.stopped:
        return None, reports.in_order()
    builder = Builder(rules, reports, library=library)
    structure = Structure(
        source, builder, reports, Automaton(builder.maker), Blocks(source, reports)
    )
    for line in lines:
        structure.read(line)
        if structure.stopped or reports.full:
            return None, reports.in_order()
    items = structure.finish()
    findings = reports.in_order()
    if items is None or any(found.error_class is not ErrorClass.COMMAND for found in findings):
        return None, findings
    if any(found.code != "CMD001" for found in findings):
        return None, findings
    span = Span(0, len(source.text))
    return Program(span, items, tuple(lexer.comments), source), findings


def _measured(source: Source, reports: Reports) -> bool:
    """Whether the text is small enough to be read at all, and starts as a text does."""
    text = source.text
    if (
        len(text) > MAX_SOURCE_BYTES
        or len(text.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES
    ):
        message = f"a source has at most {MAX_SOURCE_BYTES // 1024} KB"
        reports.add("SYN001", message, NOWHERE)
    elif text.startswith("\ufeff"):
        hint = "save the file as UTF-8 without byte-order mark"
        reports.add("SYN002", "the text starts with a byte-order mark", Span(0, 1), hint)
    return not reports.found


def _words(rules: RuleBook) -> dict[str, str]:
    """The terminal of every word of the language; types that rules took out stay words."""
    types = {*rules.labelled, *(kind.value for kind in Kind)}
    return {**WORDS, **dict.fromkeys(types, "TYPE")}
