"""What speaks against a module: faults are collected, up to a number, and refused together."""

from __future__ import annotations

from attrs import define, field

from totemlang.bytecode.listing import shown
from totemlang.diagnostics import Diagnostic, ErrorClass, Refused
from totemlang.source import NOWHERE, Source, Span

MAX_FAULTS = 50

_LONGEST = 400

_CLASSES = {
    "BYT101": ErrorClass.COMMAND,
    "BYT102": ErrorClass.COST,
    "BYT103": ErrorClass.COMMAND,
    "BYT104": ErrorClass.COMMAND,
    "BYT110": ErrorClass.NAMING,
    "BYT140": ErrorClass.CONTROL,
    "BYT141": ErrorClass.CONTROL,
    "BYT142": ErrorClass.CONTROL,
    "BYT143": ErrorClass.CONTROL,
    "BYT144": ErrorClass.CONTROL,
    "BYT145": ErrorClass.CONTROL,
    "BYT146": ErrorClass.CONTROL,
    "BYT150": ErrorClass.CONTROL,
    "BYT136": ErrorClass.COST,
    "BYT137": ErrorClass.COST,
    "BYT138": ErrorClass.COST,
}
"""The class of a code; a code that is not here is a TypeError."""


@define
class Faults:
    """Collects faults of a module; what exceeds the number is dropped."""

    source: Source
    found: list[Diagnostic] = field(factory=list)

    def add(self, code: str, message: str, span: Span = NOWHERE, hint: str = "") -> None:
        """Note a fault; names in the message are the module's, and may be anything."""
        if len(self.found) < MAX_FAULTS:
            error_class = _CLASSES.get(code, ErrorClass.TYPE)
            message = shown(message)[:_LONGEST]
            self.found.append(Diagnostic(code, error_class, message, span, hint, self.source))

    def refuse(self) -> None:
        """Raise `Refused` with everything found, if anything was."""
        if self.found:
            raise Refused(tuple(self.found))
