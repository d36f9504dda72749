"""What becomes of a result: a file, a form on standard output, a table, a plot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from totemlang.cli.output import (
    format_of,
    require_writable,
    table_bytes,
    table_document,
    write_file,
)
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.cli.shell import Shell
    from totemlang.engine.outcome import Outcome
    from totemlang.execution import Request


@frozen
class Wanted:
    """What is to become of the result: a file, a form on standard output, a plot."""

    output: Path | None
    form: str | None
    plot: bool
    document: Callable[[Outcome], dict[str, Any]] = field(
        default=lambda outcome: run_document(outcome)
    )
    """What `--json` prints."""

    def require_possible(self, shell: Shell, request: Request) -> None:
        """Make sure, before anything is charged, that the result can be delivered so.

        Raises:
            UsageError: where it cannot.
        """
        module = request.program.module
        form = self._form_of_file() or self.form
        if self.output is not None:
            require_writable(self.output)
        if shell.as_json and self.form is not None and self.output is None:
            raise UsageError("--json prints one document; use --format with -o")
        if form in ("parquet", "arrow") and self.output is None and sys.stdout.isatty():
            raise UsageError(f"{form} is not for a terminal: give -o FILE or a pipe")
        if module.script is not None and (form not in (None, "json") or self.plot):
            raise UsageError("a script has variables, no table: they go to .json")
        if self.plot:
            from totemlang.cli.result import require_plottable

            require_plottable(module.stages[-1].emitted.columns)

    def _form_of_file(self) -> str | None:
        return None if self.output is None else format_of(self.output, self.form)

    def deliver(self, shell: Shell, outcome: Outcome) -> None:
        """Write and print the result of a run that is done."""
        if self.output is not None:
            write_file(self.output, _content(outcome, format_of(self.output, self.form)))
            shell.say(f"wrote {self.output}")
        if shell.as_json:
            shell.document(self.document(outcome))
        elif self.form is not None and self.output is None:
            sys.stdout.buffer.write(_content(outcome, self.form))
            sys.stdout.buffer.flush()
        elif self.output is None:
            _print_result(shell, outcome)
        if self.plot and outcome.table is not None:
            from totemlang.cli.result import result_plot

            width = min(shell.out.width, 100)
            drawn = result_plot(outcome.table, outcome.columns, width)
            shell.say(drawn) if shell.as_json else shell.show("", drawn)


def run_document(outcome: Outcome) -> dict[str, Any]:
    """The document of `run --json`; keys that do not apply are left out."""
    from totemlang.engine.result_json import json_variables

    document: dict[str, Any] = {"status": outcome.status}
    if outcome.error is not None:
        document["message"] = str(outcome.error)
    if outcome.table is not None:
        document |= table_document(outcome.table, outcome.columns)
    elif outcome.is_done:
        document["variables"] = json_variables(outcome.variables)
    document["totem"] = {
        "used": outcome.usage.used,
        "budget": outcome.budget,
        "remaining": outcome.remaining,
        "by_stage": [
            {"stage": stage.name, "totem": stage.totem} for stage in outcome.usage.by_stage
        ],
    }
    if outcome.receipt is not None:
        document["receipt"] = outcome.receipt.to_json()
    return document


def _content(outcome: Outcome, form: str) -> bytes:
    if outcome.table is not None:
        return table_bytes(outcome.table, outcome.columns, form)
    from totemlang.engine.result_json import json_variables

    document = {"variables": json_variables(outcome.variables)}
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()


def _print_result(shell: Shell, outcome: Outcome) -> None:
    from totemlang.cli.result import MOST_ROWS, result_table, variables_table

    if outcome.table is None:
        shell.show(variables_table(outcome.variables))
        return
    most = MOST_ROWS if shell.out.is_terminal else None
    shell.show(*result_table(outcome.table, outcome.columns, most))
