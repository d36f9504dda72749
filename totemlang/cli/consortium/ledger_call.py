"""`totem ledger functions` and `call`: the contract itself, for what has no command of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.shown import listed
from totemlang.cli.group import Command
from totemlang.cli.options import read_text
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger


@click.command(
    cls=Command,
    examples=(
        ("totem ledger functions", "all of them"),
        ("totem ledger functions job_submit", "one, with the bounds of its arguments"),
    ),
)
@click.argument("name", required=False)
@speaks
def functions(shell: Shell, name: str | None) -> None:
    """List the contract's functions: who may call them, with what."""
    from totemlang.ledger.contract import CONTRACT

    if name is not None and name not in CONTRACT:
        raise UsageError(f"the contract has no function {name}: totem ledger functions")
    chosen = [each for each in CONTRACT.values() if name in (None, each.name)]
    if shell.as_json:
        shell.document(
            {
                "functions": [
                    {
                        "name": each.name,
                        "kind": _kind(each),
                        "roles": list(each.roles),
                        "about": " ".join(each.doc.split()),
                        "arguments": {key: str(value) for key, value in each.arguments.items()},
                    }
                    for each in chosen
                ]
            }
        )
        return
    if name is None:
        rows = [
            (each.name, _kind(each), " or ".join(each.roles), ", ".join(each.arguments))
            for each in chosen
        ]
        shell.show(listed(("function", "kind", "for the role", "arguments"), rows, "llll"))
        return
    (each,) = chosen
    shell.show(f"{each.name}: {_kind(each)} for {' or '.join(each.roles) or 'any member'}")
    shell.show_prose(" ".join(each.doc.split()))
    if each.arguments:
        bounds = [(key, str(value)) for key, value in each.arguments.items()]
        shell.show("", listed(("argument", "is"), bounds, "ll"))


@click.command(
    cls=Command,
    examples=(
        ("totem ledger call account_show", "without arguments"),
        ("totem ledger call account_show member=ada@lab", "NAME=VALUE, as JSON or as a text"),
        ("totem ledger call job_submit --arguments submission.json", "an object in a file"),
    ),
)
@click.argument("function")
@click.argument("given", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--arguments", "file", type=click.Path(path_type=Path), metavar="FILE.json", help="An object."
)
@as_member
@speaks
def call(
    shell: Shell, function: str, given: tuple[str, ...], file: Path | None, ledger: Ledger
) -> None:
    """Call a FUNCTION of the contract and print its answer, which is JSON."""
    from totemlang.ledger.contract import CONTRACT, Reason, Refusal

    known = CONTRACT.get(function)
    if known is None:
        raise Refusal(Reason.FUNCTION, f"there is no {function}")
    if known.is_private:
        raise UsageError(f"{function} takes a private value: use the command that makes it")
    arguments = _arguments(given, file)
    if known.is_query:
        shell.document(ledger.channel.query(function, arguments))
    else:
        shell.document(ledger.channel.call(function, arguments).result)


def _arguments(given: tuple[str, ...], file: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if file is not None:
        try:
            found = json.loads(read_text(file))
        except (ValueError, RecursionError):
            raise UsageError(f"{file} is not JSON") from None
        if not isinstance(found, dict):
            raise UsageError(f"{file} must hold an object: arguments by name")
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"{text}: write NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except (ValueError, RecursionError):
            found[name] = value
    return found


def _kind(function: Any) -> str:
    if function.is_query:
        return "query"
    return "private" if function.is_private else "transaction"
