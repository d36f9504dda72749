"""`totemc compile`: a program's forms, from the tree to verified bytecode."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.group import Command
from totemlang.cli.options import data_options, parameter_options, tables_in_force
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.programs import open_program, sent_parameters
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.program import Program
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook

EMITTED = ("bytecode", "listing", "operations", "tree")


@click.command(
    "compile",
    cls=Command,
    examples=(
        ("totemc compile peak.totem", "writes peak.totemc"),
        ("totemc compile peak.totem -o - --strip | sha256sum", "the same program, the same bytes"),
        ("totemc compile peak.totem --emit listing", "bytecode as text, with prices and lines"),
        ("totemc compile script.totem --emit operations", "what a script does, step by step"),
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Where to write; `-` is standard output.",
)
@click.option("--emit", type=click.Choice(EMITTED), default="bytecode", help="Which form.")
@click.option("--strip", is_flag=True, help="Leave source, places and names out of the bytecode.")
@data_options
@parameter_options
@tables_in_force
@speaks
def compile_(
    shell: Shell,
    file: Path,
    output: Path | None,
    emit: str,
    strip: bool,
    data: tuple[str, ...],
    metadata: tuple[str, ...],
    param: tuple[str, ...],
    params: Path | None,
    rules: RuleBook,
    prices: PriceTable,
) -> None:
    """Compile a program to verified bytecode (.totemc), the same to the byte each time."""
    program = open_program(file, rules, prices, data, metadata).program
    if emit == "bytecode":
        _write_bytecode(shell, program, _target(file, output), strip=strip)
    elif strip:
        raise UsageError("--strip is for bytecode")
    elif emit == "operations":
        _write_operations(shell, program, output, sent_parameters(program, param, params))
    else:
        _write_text(shell, program, emit, output)


def _target(file: Path, output: Path | None) -> Path | None:
    """Where bytecode goes; None is standard output."""
    if output is not None:
        return None if str(output) == "-" else output
    if str(file) == "-":
        raise UsageError("where should the bytecode go? give -o OUT")
    if file.suffix == ".totemc":
        raise UsageError(f"{file} is compiled already")
    return file.with_suffix(".totemc")


def _write_bytecode(shell: Shell, program: Program, target: Path | None, *, strip: bool) -> None:
    from totemlang.bytecode.container import module_hash

    content = program.bytecode(strip=strip)
    if target is None:
        if sys.stdout.isatty():
            raise UsageError("bytecode is not for a terminal: give -o OUT or a pipe")
        sys.stdout.buffer.write(content)
        return
    require_writable(target)
    write_file(target, content)
    digest = module_hash(program.module)
    if shell.as_json:
        shell.document(
            {
                "output": str(target),
                "bytes": len(content),
                "hash": digest,
                "rules": program.rules.hash,
                "prices": program.prices.hash,
            }
        )
    else:
        shell.say(f"wrote {target}: {len(content):,} bytes, program {digest[:16]}")


def _write_text(shell: Shell, program: Program, emit: str, output: Path | None) -> None:
    if emit == "tree":
        from totemlang.cli.tree_text import tree_text

        text = tree_text(program.tree)
    else:
        text = program.listing()
    if output is None or str(output) == "-":
        if shell.as_json:
            shell.document({emit: text.splitlines()})
        elif emit == "listing":
            from totemlang.cli.colours import show_listing

            show_listing(shell, text)
        else:
            click.echo(text)
    else:
        _write_file(shell, output, text)


def _write_operations(
    shell: Shell, program: Program, output: Path | None, parameters: dict[str, object]
) -> None:
    """Write what a script did; where it failed on the way, that much and then the failure."""
    from totemlang.cli.operations import operations_document, operations_text, traced

    trace = traced(program, parameters)
    if shell.as_json:
        shell.document(operations_document(trace))
    elif output is None or str(output) == "-":
        click.echo(operations_text(trace))
    else:
        _write_file(shell, output, operations_text(trace))
    if not trace.is_whole:
        shell.complain("the script does more than is shown: only its beginning was noted")
    if trace.failure is not None:
        shell.complain(str(trace.failure))
        click.get_current_context().exit(trace.failure.exit_code)


def _write_file(shell: Shell, output: Path, text: str) -> None:
    require_writable(output)
    write_file(output, (text.rstrip("\n") + "\n").encode())
    shell.say(f"wrote {output}")
