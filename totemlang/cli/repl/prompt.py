"""Where entries come from: a terminal with history, colours and completion, or plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from totemlang.cli.repl.entry import dedented, indent_of_next, is_complete
from totemlang.cli.repl.session import Session
from totemlang.cli.state import state_folder

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.output import Output

PROMPT = "totem> "
_MORE = "  ...> "


def from_lines(lines: TextIO) -> Iterator[str]:
    """Entries from a file or pipe: as many lines as make one complete, or up to an empty line."""
    entry: list[str] = []
    for line in lines:
        entry.append(line.rstrip("\r\n"))
        text = "\n".join(entry)
        if is_complete(text) or not entry[-1].strip():
            yield text
            entry = []
    if entry:
        yield "\n".join(entry)


class Terminal:
    """Entries as a person types them; Ctrl-C drops one (`KeyboardInterrupt`), Ctrl-D ends.

    An iterator that goes on after an interruption, as a generator would not. `source` and
    `output` stand for the terminal, for tests.
    """

    def __init__(
        self, session: Session, source: Input | None = None, output: Output | None = None
    ) -> None:
        """Prepare the prompt; nothing is read yet."""
        self._prompt = _prompt(session, source, output)

    def __iter__(self) -> Terminal:
        """Itself."""
        return self

    def __next__(self) -> str:
        """Read an entry."""
        try:
            return self._prompt.prompt()
        except EOFError:
            raise StopIteration from None


def _prompt(session: Session, source: Input | None, output: Output | None) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
    from prompt_toolkit.lexers import PygmentsLexer

    from totemlang.cli.repl.completion import SessionCompleter
    from totemlang.syntax.highlight import TotemLexer

    return PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=lambda width, number, wrapped: _MORE if not wrapped else "",
        lexer=PygmentsLexer(TotemLexer),
        completer=SessionCompleter(session),
        complete_while_typing=True,
        complete_in_thread=True,  # the library is read when its names are first asked for
        auto_suggest=AutoSuggestFromHistory(),
        history=_history(),
        key_bindings=_keys(),
        bottom_toolbar=lambda: _toolbar(session),
        input=source,
        output=output,
    )


def _toolbar(session: Session) -> str:
    job = f"   job: {' → '.join(session.job.stages)}" if session.job.stages else ""
    return f" {session.charged:,} totem so far{job}   :help"


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _take_or_go_on(event: KeyPressEvent) -> None:
        """Take a complete entry, or one that ends in an empty line; else begin another line."""
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            buffer.complete_state = None
            return
        at_end = not buffer.document.text_after_cursor.strip()
        moved = dedented(buffer.text) if at_end else buffer.text
        if moved != buffer.text:
            buffer.text = moved
            buffer.cursor_position = len(moved)
        empty = "\n" in buffer.text and not buffer.document.current_line.strip()
        if at_end and (is_complete(buffer.text) or empty):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n" + indent_of_next(buffer.document.text_before_cursor))

    @keys.add("escape", "enter")
    def _begin_line(event: KeyPressEvent) -> None:
        """Begin another line, whatever stands before."""
        event.current_buffer.insert_text("\n")

    return keys


def _history() -> History:
    """The history of earlier sessions; where it cannot be kept, of this one."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    path = state_folder() / "repl_history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def is_terminal() -> bool:
    """Whether a person types and reads."""
    return sys.stdin.isatty() and sys.stdout.isatty()
