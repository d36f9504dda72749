"""What speaks against a module: faults are collected, up to a number, and refused together."""

from __future__ import annotations

from attrs import define, field

from totemlang.bytecode.codes import CODES
from totemlang.bytecode.listing import shown
from totemlang.diagnostics import Diagnostic, Refused
from totemlang.source import NOWHERE, Source, Span

MAX_FAULTS = 50

_LONGEST = 400


@define
class Faults:
    """Collects faults of a module; what exceeds the number is dropped."""

    source: Source
    found: list[Diagnostic] = field(factory=list)

    def add(self, code: str, message: str, span: Span = NOWHERE, hint: str = "") -> None:
        """Note a fault; names in the message are the module's, and may be anything."""
        if len(self.found) < MAX_FAULTS:
            message = shown(message)[:_LONGEST]
            self.found.append(
                Diagnostic(code, CODES[code].error_class, message, span, hint, self.source)
            )

    def refuse(self) -> None:
        """Raise `Refused` with everything found, if anything was."""
        if self.found:
            raise Refused(tuple(self.found))
