"""`totemc repl`: a prompt for statements, expressions and jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.bindings import bound
from totemlang.cli.failure import report, tell
from totemlang.cli.group import Command
from totemlang.cli.options import data_options, tables_in_force
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import TotemError, UsageError

if TYPE_CHECKING:
    from totemlang.cli.repl.job import Data
    from totemlang.cli.repl.session import Session
    from totemlang.data.file import DataFile
    from totemlang.engine.outcome import Outcome
    from totemlang.program import Program
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook


@click.command(
    cls=Command,
    examples=(
        ("totemc repl", "statements and expressions, each with its totem"),
        ("totemc repl --data readings.parquet", "and jobs on a data set"),
        ("totemc repl < session.txt", "entries from a file"),
    ),
)
@data_options
@tables_in_force
@speaks
def repl(
    shell: Shell,
    data: tuple[str, ...],
    metadata: tuple[str, ...],
    rules: RuleBook,
    prices: PriceTable,
) -> None:
    """Try statements, expressions and jobs; see values and what each entry costs."""
    from totemlang.cli.repl.job import Job
    from totemlang.cli.repl.prompt import Terminal, from_lines, is_terminal
    from totemlang.cli.repl.session import Session

    known = _open(shell, data, metadata)
    session = Session(rules, prices, _run, Job(known))
    if is_terminal():
        _greet(shell, known)
        converse(session, shell, Terminal(session), stays=True)
    else:
        converse(session, shell, from_lines(sys.stdin))


def converse(
    session: Session, shell: Shell, entries: Iterator[str], *, stays: bool = False
) -> None:
    """Take entries until they end or one says to leave.

    No error ends it; an interruption does unless somebody `stays` to type on.
    """
    while True:
        try:
            if not _turn(session, shell, entries):
                return
        except KeyboardInterrupt:
            if not stays:
                raise


def _turn(session: Session, shell: Shell, entries: Iterator[str]) -> bool:
    """Take one entry; gives whether to go on."""
    from totemlang.cli.repl.commands import Quit

    entry = next(entries, None)
    if entry is None:
        return False
    try:
        _take(session, shell, entry)
    except Quit:
        return False
    except KeyboardInterrupt:
        shell.complain("interrupted: the entry is forgotten")
        raise
    except TotemError as error:
        tell(shell, error)
    except (BrokenPipeError, click.Abort):
        raise
    except Exception as error:
        shell.complain(report(error))
    return True


def _take(session: Session, shell: Shell, entry: str) -> None:
    from totemlang.cli.repl.answers import show_answers
    from totemlang.cli.repl.commands import obey

    if entry.lstrip().startswith(":"):
        obey(session, shell, entry)
    elif entry.strip():
        show_answers(shell, session.take(entry), session.job.stages)


def _run(program: Program, data: Mapping[str, DataFile]) -> Outcome:
    """Run with the upper bound as budget; what went wrong is raised."""
    from totemlang.execution import run

    return run(program, data).checked()


def _open(shell: Shell, specs: tuple[str, ...], metadata: tuple[str, ...]) -> Data:
    from totemlang.cli.programs import read_metadata
    from totemlang.cli.repl.job import Data

    data = Data(specs)
    if specs:
        name, path = data.first()
        data.file(path)
        for document in bound("--metadata", metadata, (name,)).values():
            data.metadata[path] = read_metadata(Path(document))
    elif metadata:
        raise UsageError("--metadata is about data: give --data, too")
    return data


def _greet(shell: Shell, data: Data) -> None:
    from totemlang import __version__
    from totemlang.cli.colours import highlighted

    shell.show(f"TOTEM {__version__}   :help for commands, Ctrl-D to leave")
    if data.specs:
        shell.show("a job here may begin with (this line is added where it does not):")
        shell.show(highlighted(data.dataset_line()))
