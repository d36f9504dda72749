"""What may be wrong with a program, and the exceptions that every room raises.

A `Diagnostic` is a value: stable code, class, place, message, hint. Passes return them; only the
command line draws them. A message never carries a value of the data.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import frozen

from totemlang.source import NOWHERE, Source, Span


class ErrorClass(Enum):
    """The five error functions of the thesis (Paper III, table 2) and four of this system."""

    COMMAND = "CommandError"
    HANDLE = "HandleError"
    NAMING = "NamingError"
    CONTROL = "CTRLStatementError"
    OPERATION = "OperationError"
    SYNTAX = "SyntaxError"
    TYPE = "TypeError"
    COST = "CostError"
    POLICY = "PolicyError"


@frozen
class Diagnostic:
    """One finding. `code` is stable for ever (`TYPE003`); `span` is a place in `source`."""

    code: str
    error_class: ErrorClass
    message: str
    span: Span = NOWHERE
    hint: str = ""
    source: Source = Source("")
    severity: str = "error"

    def to_json(self) -> dict[str, Any]:
        """The object of `totemc check --json`: positions from 1, end exclusive."""
        start = self.source.position(self.span.start)
        end = self.source.position(self.span.end)
        found: dict[str, Any] = {
            "code": self.code,
            "class": self.error_class.value,
            "severity": self.severity,
            "message": self.message,
        }
        if self.hint:
            found["hint"] = self.hint
        found |= {
            "file": self.source.name,
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
        }
        return found


class TotemError(Exception):
    """Whatever TOTEM refuses or cannot do. `status` is the name in receipts and `--json`."""

    status = "internal_error"
    exit_code = 70


class Refused(TotemError):
    """A program, module, rule book or table was refused, with all reasons found."""

    status = "refused"
    exit_code = 1

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Keep the findings; there is at least one."""
        self.diagnostics = diagnostics
        super().__init__(
            "\n".join(f"{d.code} {d.error_class.value}: {d.message}" for d in diagnostics)
        )


class UsageError(TotemError):
    """The caller asked for something that cannot be asked that way."""

    status = "usage"
    exit_code = 2


class OutOfTotem(TotemError):
    """The budget is used up; everything stops and no result leaves."""

    status = "out_of_totem"
    exit_code = 3

    def __init__(self, stage: str, budget: int) -> None:
        """Name the stage and the budget, and no more: the exact point would be information."""
        self.stage, self.budget = stage, budget
        super().__init__(f"out of totem: the budget of {budget:,} was used up in {stage}")


class OperationFailed(TotemError):
    """An operation failed on the data, at a source line, for a reason that names no value."""

    status = "failed"
    exit_code = 4

    def __init__(self, reason: str, line: int = 0, stage: str = "") -> None:
        """`line` is from 1, or 0 where the module carries no spans."""
        self.reason, self.line, self.stage = reason, line, stage
        at = f" at line {line}" if line else ""
        within = f" in {stage}" if stage else ""
        super().__init__(f"OperationError{at}{within}: {reason}")


class BadData(TotemError):
    """A file cannot be read, or breaks its metadata. That costs the consumer nothing."""

    status = "bad_data"
    exit_code = 5


class Forbidden(TotemError):
    """The provider's policy does not allow it."""

    status = "forbidden"
    exit_code = 6


class LedgerUnreachable(TotemError):
    """The ledger does not answer."""

    status = "ledger_unreachable"
    exit_code = 69
