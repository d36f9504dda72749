"""Collects findings: each with a code of the table, each once, in the order of the source."""

from __future__ import annotations

from attrs import Factory, define

from totemlang.check.codes import CODES
from totemlang.diagnostics import Diagnostic
from totemlang.source import Source, Span


@define
class Reporter:
    """The findings in one source."""

    source: Source
    _found: dict[tuple[str, Span, str], Diagnostic] = Factory(dict)

    def add(self, code: str, span: Span, message: str, hint: str = "") -> None:
        """Add a finding; the same at the same place counts once."""
        error_class = CODES[code].error_class
        finding = Diagnostic(code, error_class, message, span, hint, self.source)
        self._found.setdefault((code, span, message), finding)

    @property
    def count(self) -> int:
        """How many findings there are so far."""
        return len(self._found)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """All findings, in the order of the source."""
        ordered = sorted(self._found.values(), key=lambda d: (d.span.start, d.span.end, d.code))
        return tuple(ordered)
