"""What an analysis of a module shares: globals, lookups, formulas of functions, findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field, frozen

from totemlang.bytecode.module import Function
from totemlang.cost.abstract import AbstractValue
from totemlang.cost.complexity import too_complex
from totemlang.cost.interval import Interval
from totemlang.cost.tally import Tally
from totemlang.diagnostics import Diagnostic, ErrorClass
from totemlang.source import Source, Span
from totemlang.verify.verified import VerifiedModule

MAX_WORK = 3_000_000
"""Uses that are combined in one analysis; a program that needs more is refused."""

MAX_LINE_WORK = 150_000
"""Parts of uses of lines of functions that are followed into calls; then lines share the total."""


@frozen
class LookupFacts:
    """A lookup table: how many rows, and what is known of its columns."""

    rows: Interval
    columns: tuple[AbstractValue, ...]


@frozen
class Summary:
    """A function as a formula: its use and result, in symbols that stand for its parameters.

    `quantities` are those symbols by parameter: of each quantity the symbol of its lower and of
    its upper bound, which are one where the quantity is a single number.
    """

    quantities: tuple[tuple[tuple[str, str], ...], ...]
    tally: Tally
    result: AbstractValue


@define
class Analysis:
    """One analysis of one module, under what is known when it is made.

    `mark` stands in the names that it makes, so that they differ from those of other analyses.
    """

    verified: VerifiedModule
    globals: tuple[AbstractValue, ...] = ()
    lookups: tuple[LookupFacts, ...] = ()
    summaries: dict[int, Summary] = field(factory=dict)
    findings: dict[tuple[str, Span], Diagnostic] = field(factory=dict)
    mark: str = ""
    work: int = 0
    line_work: int = 0
    _serial: int = 0

    def fresh_name(self, hint: str) -> str:
        """A name for a symbol that no other has; it never shows in a formula."""
        self._serial += 1
        return f"{hint}'{self.mark}{self._serial}"

    def worked(self, amount: int) -> None:
        """Count work.

        Raises:
            Refused: there is more of it than any sensible program needs.
        """
        self.work += amount
        if self.work > MAX_WORK:
            raise too_complex("the program is too large")

    @property
    def lines_are_lost(self) -> bool:
        """Whether charges within functions could not be followed to their lines any more."""
        return self.line_work > MAX_LINE_WORK

    def function(self, index: int) -> Function:
        """A function of the module."""
        return self.verified.module.functions[index]

    def note(self, code: str, error_class: ErrorClass, message: str, span: Span, hint: str) -> None:
        """Keep a finding, once a place."""
        source = self.verified.module.source or Source("")
        found = Diagnostic(code, error_class, message, span, hint, source)
        self.findings.setdefault((code, span), found)


LineAt = Callable[[int], int]
"""The source line of an instruction, by its index; 0 where none is known."""

Named = Mapping[str, AbstractValue]
