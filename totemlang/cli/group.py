"""Commands that are imported when they are used, with examples in their help."""

from __future__ import annotations

import importlib
from typing import Any

import click
from attrs import frozen


class Command(click.Command):
    """A command whose help ends in examples: pairs of a line to type and what it does."""

    def __init__(self, *arguments: Any, examples: tuple[tuple[str, str], ...] = (), **rest: Any):
        """Like a click command."""
        super().__init__(*arguments, **rest)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        if self.examples:
            with formatter.section("Examples"):
                for line, does in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
                    formatter.write(f"{'':{formatter.current_indent}}    {does}\n")
        super().format_epilog(ctx, formatter)


class Group(click.Group):
    """A group that lists its commands in the order in which they stand, and knows near misses."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which people meet them."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; a near miss is answered with what was meant."""
        import difflib

        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], known, 1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"No such command {args[0]!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with its whole first sentence."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(200)) for name, each in self.commands.items()]
            )


@frozen
class Lazy:
    """Where a command is (`module:attribute`) and its line in the list of commands."""

    place: str
    short_help: str


class LazyGroup(Group):
    """A group that knows its commands by place, and imports one only to run it or to help."""

    def __init__(self, *arguments: Any, lazy: dict[str, Lazy], **rest: Any):
        """Like a click group; `lazy` has the commands by name, in the order of the help."""
        super().__init__(*arguments, **rest)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which people meet them."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        known = self.lazy.get(cmd_name)
        if known is None:
            return None
        module, _, attribute = known.place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.short_help) for name, lazy in self.lazy.items()])
