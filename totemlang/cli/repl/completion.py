"""What can be typed next: commands, columns, names, functions, type words, keywords."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from totemlang.check.builtins import AGGREGATES, BUILTINS, CALLED_SIGNS
from totemlang.cli.repl.commands import COMMANDS
from totemlang.cli.repl.session import Session
from totemlang.syntax import tree

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.]*$")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\.([A-Za-z0-9_]*)$")


@frozen(eq=False)
class SessionCompleter(Completer):
    """Completes from a session as it stands."""

    session: Session

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        """What may replace the word before the cursor, nearest meaning first."""
        before = document.text_before_cursor
        if before.lstrip().startswith(":"):
            yield from self._command(document, before.lstrip(), complete_event)
            return
        if _in_text(document.current_line_before_cursor):
            return
        if re.match(r"\s*dataset\b[^(]*$", document.current_line_before_cursor):
            line = self.session.job.data.dataset_line()
            if line:
                yield Completion(line, -len(document.current_line_before_cursor), "dataset …")
            return
        yield from self._names(before)

    def _command(
        self, document: Document, before: str, event: CompleteEvent
    ) -> Iterator[Completion]:
        word, space, rest = before.partition(" ")
        if not space:
            for name, command in COMMANDS.items():
                if name.startswith(word):
                    yield Completion(name, -len(word), display_meta=command.does)
        elif word == ":load":
            paths = PathCompleter(expanduser=True, file_filter=_is_program)
            yield from paths.get_completions(Document(rest), event)
        elif word in (":type", ":help"):
            yield from self._names(rest)

    def _names(self, before: str) -> Iterator[Completion]:
        field = _FIELD.search(before)
        if field is not None and not self._is_library(field.group(1)):
            typed = field.group(2)
            for column, kind in self._columns():
                if column.startswith(typed):
                    yield Completion(column, -len(typed), display_meta=kind)
            return
        word = _WORD.search(before)
        typed = word.group() if word else ""
        if not typed:
            return
        seen: set[str] = set()
        for name, meaning in self._known():
            if name.startswith(typed) and name != typed and name not in seen:
                seen.add(name)
                yield Completion(name, -len(typed), display_meta=meaning)

    def _known(self) -> Iterator[tuple[str, str]]:
        """Every name there is, with what it is."""
        for name, (declared, _) in self.session.variables.items():
            yield name, str(declared)
        for name in _functions(self.session):
            yield name, "function"
        for column, kind in self._columns():
            yield column, f"column, {kind}"
        for word in self.session.rules.labelled:
            yield word, "type"
        yield from ((word, "keyword") for word in _keywords(self.session))
        yield from ((name, BUILTINS[name].summary) for name in BUILTINS)
        yield from ((name, "built in") for name in (*CALLED_SIGNS, *AGGREGATES))
        yield from ((name, "library") for name in library_functions())

    def _columns(self) -> Iterator[tuple[str, str]]:
        data = self.session.job.data
        if data.specs:
            for name, kind in data.file(data.first()[1]).schema:
                yield name, str(kind)

    def _is_library(self, word: str) -> bool:
        return any(name.startswith(word + ".") for name in library_functions())


def library_functions() -> tuple[str, ...]:
    """The functions of the standard library, by their dotted names."""
    from totemlang.check.library import default_library

    return tuple(default_library().function_names())


def _functions(session: Session) -> Iterator[str]:
    for item in session.program().tree.items:
        if isinstance(item, tree.FunctionDefinition):
            yield item.name.text


def _keywords(session: Session) -> Iterable[str]:
    from totemlang.syntax.tokens import WORDS

    return sorted({*WORDS} - {*session.rules.labelled})


def _in_text(line: str) -> bool:
    """Whether the cursor stands in a string or a comment."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", line)
    return '"' in bare or "#" in bare


def _is_program(name: str) -> bool:
    return Path(name).is_dir() or name.endswith(".totem")
