"""Where a command speaks: results on standard output, messages on standard error.

With `--json` standard output carries one document and nothing else; with `--quiet` messages that
are no errors are left out. Colours, widths and pictures follow the terminal, if there is one.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

import click
from attrs import define

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console, RenderableType
    from rich.text import Text

_KEY = "totemlang.shell"
_UNBOUNDED = 100_000
"""Columns of an output that is no terminal: a file does not wrap, and nothing is cut."""


@define(slots=False)
class Shell:
    """The two streams of a command and how it was asked to use them."""

    as_json: bool = False
    quiet: bool = False

    @cached_property
    def out(self) -> Console:
        """Standard output: what was asked for."""
        return _console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """Standard error: everything else."""
        return _console(stderr=True)

    @property
    def is_watched(self) -> bool:
        """Whether a person sees messages appear, so that progress is worth drawing."""
        return not self.quiet and self.err.is_terminal

    def document(self, value: Any) -> None:
        """Print the one JSON document of this command."""
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def show(self, *what: RenderableType) -> None:
        """Print a result."""
        for item in what:
            _print(self.out, item)

    def show_prose(self, *paragraphs: str | Text) -> None:
        """Print running text as a result, broken between words where the terminal ends."""
        for text in paragraphs:
            self.out.print(text, soft_wrap=False, highlight=False, markup=False)

    def say(self, message: RenderableType) -> None:
        """Print a message, unless messages are unwanted."""
        if not self.quiet:
            self.complain(message)

    def complain(self, message: RenderableType) -> None:
        """Print a message that must be seen."""
        if isinstance(message, str) and message.isprintable() and "err" not in vars(self):
            click.echo(message, err=True)  # what a console would print, and nothing to import
            return
        _print(self.err, message)


def _print(console: Console, item: RenderableType) -> None:
    """Print text or a picture whole: what is wider than the terminal is broken there, not cut.

    In files and pipes no line ends in the blanks that fill a table.
    """
    if _flows(item):
        console.print(item, soft_wrap=True, highlight=False, markup=False)
    elif console.is_terminal:
        console.print(item, crop=False, highlight=False, markup=False)
    else:
        with console.capture() as drawn:
            console.print(item, crop=False, highlight=False, markup=False)
        for line in drawn.get().splitlines():
            console.file.write(line.rstrip() + "\n")
        console.file.flush()


def _flows(item: RenderableType) -> bool:
    """Whether the terminal may break the lines itself: running text, so that paths stay whole."""
    from rich.text import Text

    return isinstance(item, str | Text)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    class QuietConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # one place decides what happens then, and it is not here

    console = QuietConsole(stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = QuietConsole(stderr=stderr, width=_UNBOUNDED)
    return console


def current_shell(context: click.Context | None = None) -> Shell:
    """The shell of the command that is running."""
    found = (context or click.get_current_context()).find_root().meta.setdefault(_KEY, Shell())
    assert isinstance(found, Shell)
    return found


def speaks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` and `--quiet`; the command gets its `Shell` as first argument."""

    def note(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        setattr(current_shell(context), str(parameter.name), value)

    quiet = click.option(
        "--quiet",
        "-q",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=note,
        help="No messages but errors.",
    )
    as_json = click.option(
        "--json",
        "as_json",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=note,
        help="One JSON document on standard output, messages on standard error.",
    )

    @wraps(command)
    def with_shell(*arguments: Any, **options: Any) -> Any:
        return command(current_shell(), *arguments, **options)

    return as_json(quiet(with_shell))
