"""Where a provider's data sets are on his machine: noted when they are published, for his node."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from totemlang.cli.options import read_text
from totemlang.cli.output import write_file
from totemlang.diagnostics import UsageError

HOLDINGS = "holdings.json"
"""In the folder of the member who publishes: names of data sets, and their files."""


def note_holding(folder: Path, name: str, spec: str) -> None:
    """Note the files of a data set, wherever commands are typed later. Raises UsageError."""
    known = noted_holdings(folder) | {name: absolute(spec)}
    write_file(folder / HOLDINGS, (json.dumps(known, indent=2, sort_keys=True) + "\n").encode())


def noted_holdings(folder: Path) -> dict[str, str]:
    """The files of data sets by name. Raises UsageError where the note is none."""
    path = folder / HOLDINGS
    if not path.exists():
        return {}
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise UsageError(f"{path} must hold an object: names of data sets, and their files")
    return found


def given_holdings(given: Sequence[str]) -> dict[str, str]:
    """What `--data NAME=PATH` says. Raises UsageError."""
    found = {}
    for text in given:
        name, equals, spec = text.partition("=")
        if not equals or not spec:
            raise UsageError(f"--data {text}: write NAME=PATH, the name as it is published")
        found[name] = absolute(spec)
    return found


def absolute(spec: str) -> str:
    """Files as `--data` names them, each with its whole path."""
    return ",".join(str(Path(piece).absolute()) for piece in spec.split(","))
