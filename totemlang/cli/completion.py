"""`totemc completion`, `totem completion`: what teaches a shell the commands and options."""

from __future__ import annotations

import click

from totemlang.cli.group import Command

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=Command,
    examples=(
        ('eval "$(totemc completion bash)"', "in ~/.bashrc; the same for totem"),
        ('eval "$(totemc completion zsh)"', "in ~/.zshrc"),
        ("totemc completion fish > ~/.config/fish/completions/totemc.fish", "once"),
    ),
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    completer = get_completion_class(shell)
    assert completer is not None
    root = context.find_root()
    # The template itself, not `.source()`, which starts bash only to learn its version.
    name = root.command.name or "totemc"
    script = completer(root.command, {}, name, f"_{name.upper()}_COMPLETE")
    click.echo(script.source_template % script.source_vars())
