"""Collects what is wrong with one source, up to a limit."""

from __future__ import annotations

from attrs import define, field

from totemlang.diagnostics import Diagnostic, ErrorClass
from totemlang.source import Source, Span
from totemlang.syntax.limits import MAX_FINDINGS


@define
class Reports:
    """The findings about one source while it is being read."""

    source: Source
    found: list[Diagnostic] = field(factory=list)

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        hint: str = "",
        error_class: ErrorClass = ErrorClass.SYNTAX,
    ) -> None:
        """Note a finding, unless there are too many or it has been noted at this place."""
        if not self.full and not any(
            known.code == code and known.span == span for known in self.found[-5:]
        ):
            self.found.append(Diagnostic(code, error_class, message, span, hint, self.source))

    @property
    def full(self) -> bool:
        """Whether there are so many that reading on helps nobody."""
        return len(self.found) >= MAX_FINDINGS

    def in_order(self) -> tuple[Diagnostic, ...]:
        """The findings by place."""
        return tuple(sorted(self.found, key=lambda found: (found.span.start, found.code)))
