"""What goes wrong, said to people: a message, an exit code, and never a bare traceback."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve

from totemlang.cli.shell import Shell
from totemlang.cli.state import state_folder
from totemlang.diagnostics import Diagnostic, Refused, TotemError
from totemlang.source import Source

_INPUT, _NONE = Source(""), Source("", "")
"""The source of findings that are about no text, and one that has no name to be shown."""

INTERRUPTED = 130
INTERNAL_ERROR = 70


def tell(shell: Shell, error: TotemError, *, as_list: bool = False) -> int:
    """Say what was refused or could not be done; gives the exit code.

    `as_list`: the command's JSON document is a list of findings, whatever they are about.
    """
    error = _explained(error)
    if shell.as_json:
        findings = as_list and isinstance(error, Refused)
        document = error_document(error)
        shell.document(document["diagnostics"] if findings else document)
    if isinstance(error, Refused):
        show_diagnostics(shell, error.diagnostics)
    else:
        from rich.text import Text

        shell.complain(Text.assemble(("error", "bold red"), (": ", "bold"), str(error)))
        finding = getattr(error, "finding", None)
        if finding is not None:
            shell.complain(
                Text.assemble(("    = ", "blue"), ("hint: ", "bold"), finding.fault.hint)
            )
    return error.exit_code


def _explained(error: TotemError) -> TotemError:
    """What a ledger refuses as findings, with its rule and with the command that helps."""
    if type(error).__module__.split(".")[:2] != ["totemlang", "ledger"]:
        return error
    from totemlang.cli.remedies import explained

    return explained(error)


def error_document(error: TotemError) -> dict[str, Any]:
    """The JSON document of a command that could not do what it was asked."""
    document: dict[str, Any] = {"status": error.status}
    if isinstance(error, Refused):
        document["diagnostics"] = [found.to_json() for found in error.diagnostics]
    else:
        document["message"] = str(error)
    finding = getattr(error, "finding", None)
    if finding is not None:
        document["finding"] = finding.to_json()
    return document


def show_diagnostics(shell: Shell, diagnostics: tuple[Diagnostic, ...]) -> None:
    """Draw findings, and count them."""
    from totemlang.cli.pictures import picture

    for found in diagnostics:
        shell.complain(picture(evolve(found, source=_NONE) if found.source == _INPUT else found))
    number = len(diagnostics)
    if number > 1:
        shell.say(f"{number} findings")


def report(error: BaseException, program: str = "totemc") -> str:
    """Write a report of an internal error to a file; gives the message for people.

    The report has the traceback, versions and the command line; it stays on this machine.
    """
    from totemlang import __version__

    fault = f"this is a fault of {program}, not yours"
    lines = [
        f"totemlang {__version__}, Python {platform.python_version()}, {platform.platform()}",
        datetime.now(UTC).isoformat(timespec="seconds"),
        " ".join(sys.argv),
        "",
        *traceback.format_exception(error),
    ]
    name = f"report-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    for folder in (state_folder() / "reports", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("\n".join(lines), encoding="utf-8")
        except OSError:
            continue
        return f"internal error: {fault}; a report is in {folder / name}"
    return f"internal error: {fault}; no report could be written"
