"""A refusal by contract or ledger as findings, for whoever speaks to people."""

from __future__ import annotations

from typing import Any

from totemlang.diagnostics import Diagnostic, ErrorClass, Refused
from totemlang.ledger.chain import Rejected
from totemlang.ledger.contract import Reason, Refusal

_COST = {Reason.BALANCE, Reason.SUPPLY, Reason.BUDGET, Reason.OPEN_BOUND, Reason.CHARGE}


def as_refused(error: Refusal | Rejected) -> Refused:
    """The same refusal with code, message and hint, and the findings behind it."""
    is_cost = isinstance(error, Refusal) and error.reason in _COST
    kind = ErrorClass.COST if is_cost else ErrorClass.POLICY
    first = Diagnostic(error.code, kind, error.message, hint=error.hint)
    findings = error.findings if isinstance(error, Refusal) else ()
    return Refused((first, *(_finding(found) for found in findings)))


def _finding(found: dict[str, Any]) -> Diagnostic:
    """A finding of an earlier room, which came as JSON without the text it stands in."""
    names = {kind.value: kind for kind in ErrorClass}
    kind = names.get(str(found.get("class")), ErrorClass.POLICY)
    message = str(found.get("message", ""))
    if found.get("line"):
        message += f" (line {found['line']})"
    hint = str(found.get("hint", ""))
    return Diagnostic(str(found.get("code", "")), kind, message, hint=hint)
