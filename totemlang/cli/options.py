"""Options that several commands share, and the files that they name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from totemlang.diagnostics import BadData, UsageError

if TYPE_CHECKING:
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook

LARGEST_TEXT = 4 * 2**20
"""Bytes of the largest program, table or parameter file that is read at all."""


def tables_in_force(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--rules` and `--prices`; the command gets `rules` and `prices`, loaded."""

    @click.option(
        "--rules",
        "rules_path",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Rules to hold to, instead of those of the package.",
    )
    @click.option(
        "--prices",
        "prices_path",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Prices to charge, instead of those of the package.",
    )
    @wraps(command)
    def with_tables(
        *arguments: Any, rules_path: Path | None, prices_path: Path | None, **options: Any
    ) -> Any:
        loaded = {"rules": _rules(rules_path), "prices": _prices(prices_path)}
        return command(*arguments, **loaded, **options)

    return with_tables


def read_text(path: Path) -> str:
    """The text of a file of at most `LARGEST_TEXT` bytes.

    Raises:
        UsageError: if it cannot be read, is larger, or is not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of at most `LARGEST_TEXT` bytes; `-` is standard input.

    Raises:
        UsageError: if it cannot be read or is larger.
    """
    try:
        with click.open_file(str(path), "rb") as file:
            content: bytes = file.read(LARGEST_TEXT + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    if len(content) > LARGEST_TEXT:
        raise UsageError(f"{path} is larger than {LARGEST_TEXT >> 20} MiB")
    return content


def _rules(path: Path | None) -> RuleBook:
    from totemlang.tables.rules import default_rules, load_rules

    return default_rules() if path is None else load_rules(read_text(path), str(path))


def _prices(path: Path | None) -> PriceTable:
    from totemlang.tables.prices import default_prices, load_prices

    return default_prices() if path is None else load_prices(read_text(path), str(path))


def files(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Let the shell complete a path; what stands before `=` is kept."""
    return [CompletionItem(incomplete, type="file")]


def data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--data` and `--metadata`, each repeatable: the command gets the texts."""
    data = click.option(
        "--data",
        multiple=True,
        shell_complete=files,
        metavar="[NAME=]PATH",
        help="Data set or lookup: a file, files with commas, a folder or a glob. Repeatable.",
    )
    metadata = click.option(
        "--metadata",
        multiple=True,
        shell_complete=files,
        metavar="[NAME=]META.json",
        help="What is published about it, instead of what the file would say. Repeatable.",
    )
    return data(metadata(command))


def policy_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--policy`: the command gets `policy`, a path."""
    return click.option(
        "--policy",
        type=click.Path(path_type=Path),
        metavar="POLICY.json",
        help="The data set's policy: billing, ceilings, caps; else what its metadata carries.",
    )(command)


def parameter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--param` and `--params`: the command gets `param` and `params`."""
    param = click.option(
        "--param",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter of the program, as JSON or in the form of a literal. Repeatable.",
    )
    params = click.option(
        "--params",
        type=click.Path(path_type=Path),
        metavar="FILE.json",
        help="Parameters by name in a JSON object; --param overrides it.",
    )
    return param(params(command))


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Say which file it is that something is wrong with, where only what is wrong is said."""
    try:
        yield
    except (UsageError, BadData) as error:
        raise type(error)(f"{path}: {error}") from None
