"""What the prompt does beside taking entries: commands that begin with a colon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import frozen

from totemlang.cli.colours import highlighted_text
from totemlang.cli.programs import read_source
from totemlang.cli.quote import show_quote
from totemlang.cli.repl.answers import show_answers
from totemlang.cli.repl.help import help_on
from totemlang.cli.repl.session import Session
from totemlang.cli.result import variables_table
from totemlang.cli.shell import Shell
from totemlang.cli.table import plain_table
from totemlang.diagnostics import UsageError


class Quit(Exception):
    """Leave the prompt."""


@frozen
class PromptCommand:
    """A command: how it is written with its argument, what it does."""

    usage: str
    does: str
    act: Callable[[Session, Shell, str], None]


def obey(session: Session, shell: Shell, text: str) -> None:
    """Do a command.

    Raises:
        Quit: to leave.
        UsageError: for a command that there is not.
        TotemError: for whatever it cannot do.
    """
    name, _, argument = text.strip().partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        close = [known for known in COMMANDS if known.startswith(name)]
        if len(close) != 1:
            raise UsageError(f"there is no command {name}; :help lists them")
        command = COMMANDS[close[0]]
    if argument.strip() and " " not in command.usage:
        raise UsageError(f"{command.usage} stands alone: {command.does}")
    command.act(session, shell, argument.strip())


def _type(session: Session, shell: Shell, argument: str) -> None:
    if not argument:
        raise UsageError("write :type and an expression")
    shell.show(str(session.type_of(argument)))


def _estimate(session: Session, shell: Shell, argument: str) -> None:
    if session.job.stages:
        program = session.job_program()
        data = session.job.data
        known = {name: data.known(path, name) for name, path in data.bound(program).items()}
        show_quote(shell, program.estimate(known), program)
    elif session.script:
        program = session.program()
        show_quote(shell, program.estimate({}), program)
    else:
        shell.show("nothing has been entered yet")


def _run(session: Session, shell: Shell, argument: str) -> None:
    if not session.job.stages:
        raise UsageError("there is no job yet: enter a map or reduce")
    show_answers(shell, (session.run_job(),))


def _load(session: Session, shell: Shell, argument: str) -> None:
    if not argument:
        raise UsageError("write :load and a file")
    text = read_source(Path(argument).expanduser()).text
    show_answers(shell, session.take(text), session.job.stages)


def _show(session: Session, shell: Shell, argument: str) -> None:
    text = "".join(entry.rstrip() + "\n" for entry in session.script)
    if session.job.entries:
        text += "\n" * bool(text) + session.job.text(())
    if text:
        shell.show(highlighted_text(text.rstrip("\n")))
    else:
        shell.show("nothing has been entered yet")


def _vars(session: Session, shell: Shell, argument: str) -> None:
    if session.variables:
        shell.show(variables_table(session.variables))
    else:
        shell.show("there are no variables yet")


def _totem(session: Session, shell: Shell, argument: str) -> None:
    shell.show(f"{session.charged:,} totem since the start, {session.used:,} of it the script")


def _reset(session: Session, shell: Shell, argument: str) -> None:
    session.reset()
    shell.show("script and job are empty")


def _help(session: Session, shell: Shell, argument: str) -> None:
    if argument:
        shell.show_prose(*help_on(argument))
        return
    rows = [(command.usage, command.does) for command in COMMANDS.values()]
    shell.show_prose(
        "Enter a statement, an expression or a function: it runs at once, and what it cost is "
        "shown.",
        "A block goes on over lines until its `end`; an empty line takes it as it stands.",
        "Enter maps and reduces for a job, then :run. A whole job pasted with its `dataset` line "
        "runs at once.",
        "A job sees the functions and params entered before, not the variables.",
    )
    shell.show(
        "",
        plain_table(("command", "does"), rows, "ll"),
    )


def _quit(session: Session, shell: Shell, argument: str) -> None:
    raise Quit


COMMANDS: Mapping[str, PromptCommand] = {
    ":help": PromptCommand(":help [NAME]", "this list, or what a function does", _help),
    ":type": PromptCommand(":type EXPRESSION", "the type of an expression, not run", _type),
    ":vars": PromptCommand(":vars", "the variables with types and values", _vars),
    ":show": PromptCommand(":show", "what has been entered", _show),
    ":run": PromptCommand(":run", "run the job entered", _run),
    ":estimate": PromptCommand(":estimate", "what the job, or the script, may cost", _estimate),
    ":totem": PromptCommand(":totem", "what has been charged", _totem),
    ":load": PromptCommand(":load FILE", "take a script or job from a file", _load),
    ":reset": PromptCommand(":reset", "forget script and job", _reset),
    ":quit": PromptCommand(":quit", "leave (Ctrl-D does, too)", _quit),
}
