"""`totemc compile`: a program's forms, from the tree to verified bytecode."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.group import Command
from totemlang.cli.options import data_options, tables_in_force
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.programs import open_program
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
    rules: RuleBook,
    prices: PriceTable,
) -> None:
    """Compile a program to verified bytecode (.totemc), the same to the byte each time."""
    program = open_program(file, rules, prices, data, metadata).program
    if emit == "bytecode":
        _write_bytecode(shell, program, _target(file, output), strip=strip)
    elif strip:
        raise UsageError("--strip is for bytecode")
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
    elif emit == "listing":
        text = program.listing()
    else:
        text = program.operations()
    if output is None or str(output) == "-":
        if emit == "listing":
            from totemlang.cli.colours import show_listing

            show_listing(shell, text)
        else:
            click.echo(text)
    else:
        require_writable(output)
        write_file(output, (text.rstrip("\n") + "\n").encode())
        shell.say(f"wrote {output}")
