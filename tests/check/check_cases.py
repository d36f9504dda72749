"""Reads golden case files: a program, what it is checked against, and what comes out.

    [case a name]
    the program
    [schema readings]           optional: published columns of a data set, one a line
    [library stats]             optional: the file of a library instead of the shipped one
    [rules]                     optional: `-For` takes a row out, a row of CSV adds one
    [out]                       findings, one a line, then the hint on a line of its own
    [typed]                     instead of [out]: the typed program as text

A case without findings and without [typed] has an empty [out].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from totemlang.check.checker import check
from totemlang.check.library import Library, default_library
from totemlang.check.text import program_text
from totemlang.diagnostics import Diagnostic
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import parse_type
from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.resources import resource_text
from totemlang.tables.rules import RuleBook, default_rules, load_rules

FOLDER = Path(__file__).parent / "cases"
_SECTION = re.compile(r"\[(case|schema|library|rules|out|typed)(?: (.*))?\]")


@frozen
class Case:
    """A case as it stands in its file; `start` is the line of its head, from 0."""

    file: Path
    name: str
    source: str
    schemas: tuple[tuple[str, str], ...]
    library: tuple[tuple[str, str], ...]
    rules: str
    kind: str
    expected: str

    def __str__(self) -> str:
        """For pytest."""
        return f"{self.file.stem}: {self.name}"


def cases() -> Iterator[Case]:
    """All cases of all files."""
    for file in sorted(FOLDER.glob("*.txt")):
        yield from _cases_of(file)


def _cases_of(file: Path) -> Iterator[Case]:
    name = source = rules = kind = expected = ""
    schemas: list[tuple[str, str]] = []
    library: list[tuple[str, str]] = []

    def case() -> Case:
        return Case(file, name, source, tuple(schemas), tuple(library), rules, kind, expected)

    for section, argument, text in _sections(file.read_text(encoding="utf-8")):
        if section == "case":
            if kind:
                yield case()
            name, source, rules, kind, expected = argument, text, "", "", ""
            schemas, library = [], []
        elif section == "schema":
            schemas.append((argument, text))
        elif section == "library":
            library.append((argument, text + "\n"))
        elif section == "rules":
            rules = text
        else:
            kind, expected = section, text
    if kind:
        yield case()


def _sections(text: str) -> Iterator[tuple[str, str, str]]:
    head: tuple[str, str] | None = None
    lines: list[str] = []
    for line in text.splitlines():
        found = _SECTION.fullmatch(line)
        if found is None:
            lines.append(line)
            continue
        if head is not None:
            yield (*head, _block(lines))
        head, lines = (found[1], found[2] or ""), []
    if head is not None:
        yield (*head, _block(lines))


def _block(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def outcome(case: Case) -> str:
    """What comes out of a case, as it would stand in the file."""
    rules = _rules(case.rules)
    source = Source(case.source + "\n", "case.totem")
    tree, found = parse(source, rules)
    assert tree is not None, [str(finding) for finding in found]
    schemas = {name: _schema(name, text) for name, text in case.schemas}
    library = Library.of_texts(dict(case.library)) if case.library else default_library()
    program, findings = check(tree, rules, library, schemas)
    assert (program is None) == bool(findings)
    if case.kind == "typed" and program is not None:
        return program_text(program).strip("\n")
    return "\n".join(_shown(finding) for finding in findings)


def _shown(finding: Diagnostic) -> str:
    at = finding.source.position(finding.span.start)
    hint = f"\n    {finding.hint}" if finding.hint else ""
    return f"{at.line}:{at.column} {finding.code} {finding.message}{hint}"


def _schema(name: str, text: str) -> Metadata:
    columns = []
    for line in text.splitlines():
        word, _, column = line.partition(" ")
        columns.append(ColumnMetadata(column, parse_type(word)))
    return Metadata(name, 1000, tuple(columns))


def _rules(changes: str) -> RuleBook:
    if not changes:
        return default_rules()
    lines = resource_text("rules", "rules.csv").splitlines()
    for change in changes.splitlines():
        if change.startswith("-"):
            lines = [line for line in lines if not line.startswith(change[1:] + ",")]
        else:
            lines.append(change)
    return load_rules("\n".join(lines) + "\n", "club.csv")
