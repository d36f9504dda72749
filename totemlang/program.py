"""A program and all its forms, from text to verified bytecode; each is made once, when asked for.

Asking for diagnostics runs the checker, asking for `verified` runs everything before it; nothing
runs twice, nor again for the same text in the same process (see `kept`). The rules, the prices and
the metadata of data sets whose columns the program does not type are fixed when the object is made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import define, field

from totemlang.diagnostics import Diagnostic, ErrorClass, Refused
from totemlang.kept import LONGEST_KEPT, first_of, form
from totemlang.schema.metadata import Metadata
from totemlang.source import Source
from totemlang.tables.prices import PriceTable, default_prices
from totemlang.tables.rules import RuleBook, default_rules

if TYPE_CHECKING:
    from totemlang.bytecode.module import Module
    from totemlang.check.library import Library
    from totemlang.check.typed import TypedProgram
    from totemlang.cost.quote import Quote
    from totemlang.syntax import tree
    from totemlang.verify.verified import VerifiedModule

Findings = tuple[Diagnostic, ...]

_MOST_QUOTES = 4
"""Quotes that are kept of a program."""


@define(frozen=True, slots=False, eq=False)
class Program:
    """A program under given rules and prices. Phases: tree, typed, module, verified."""

    source: Source
    rules: RuleBook = field(factory=default_rules)
    prices: PriceTable = field(factory=default_prices)
    schemas: Mapping[str, Metadata] = field(factory=dict)

    @cached_property
    def library(self) -> Library:
        """The standard library, as far as the program uses it."""
        from totemlang.check.library import default_library

        return default_library()

    @cached_property
    def first(self) -> Program:
        """The program of the same text that made its forms first: they are this one's, too."""
        source, rules, prices = self.source, self.rules, self.prices
        if self.schemas or len(source.text) > LONGEST_KEPT:
            return self
        tables = (rules.name, rules.hash, prices.name, prices.hash)
        return first_of((source.text, source.name, *tables), self)

    @form
    def _parsed(self) -> tuple[tree.Program | None, Findings]:
        from totemlang.syntax.parser import parse

        return parse(self.source, self.rules)

    @form
    def _checked(self) -> tuple[TypedProgram | None, Findings]:
        from totemlang.check.checker import check

        parsed, findings = self._parsed
        if parsed is None:
            return None, findings
        typed, found = check(parsed, self.rules, self.library, self.schemas)
        return (None if findings else typed), findings + _unsaid(found, findings)

    @form
    def _bounds(self) -> tuple[Diagnostic, ...]:
        from totemlang.cost.findings import bound_findings

        return bound_findings(self.verified)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the program; nothing is raised."""
        typed, findings = self._checked
        if typed is None or any(found.severity == "error" for found in findings):
            return findings
        try:
            return findings + self._bounds
        except Refused as refused:
            return findings + refused.diagnostics

    @cached_property
    def tree(self) -> tree.Program:
        """The program as written. Raises `Refused` for syntax errors."""
        parsed, findings = self._parsed
        if parsed is None:
            raise Refused(findings)
        return parsed

    @cached_property
    def typed(self) -> TypedProgram:
        """The checked program. Raises `Refused` with all findings."""
        typed, findings = self._checked
        if typed is None:
            raise Refused(findings)
        return typed

    @form
    def module(self) -> Module:
        """The bytecode."""
        from totemlang.bytecode.lowering import lower

        return lower(self.typed, self.rules, self.prices)

    @form
    def verified(self) -> VerifiedModule:
        """The bytecode as the verifier accepts it; the compiler is not trusted either."""
        from totemlang.verify.verifier import verify

        return verify(self.module, self.rules, self.prices, self.library)

    @cached_property
    def _quotes(self) -> deque[tuple[Mapping[str, Metadata], Quote]]:
        """The last quotes without parameters, by what was published."""
        return deque(maxlen=_MOST_QUOTES)

    def accept(self) -> VerifiedModule:
        """The verified module of a program that nothing speaks against.

        Raises:
            Refused: with everything that is wrong with the program.
        """
        wrong = tuple(found for found in self.diagnostics if found.severity == "error")
        if wrong:
            raise Refused(wrong)
        return self.verified

    def bytecode(self, *, strip: bool = False) -> bytes:
        """The container, the same for the same program to the byte; `strip` leaves spans out."""
        from totemlang.bytecode.container import encode

        self.accept()
        return encode(self.module, strip=strip)

    def listing(self) -> str:
        """The bytecode as text, with prices and source lines."""
        from totemlang.bytecode.listing import listing

        return listing(self.accept())

    def estimate(
        self, metadata: Mapping[str, Metadata], parameters: Mapping[str, object] | None = None
    ) -> Quote:
        """The quote from published metadata alone. `parameters` are JSON values by name.

        Raises:
            Refused: if the program is refused, or costs more than can be counted.
            UsageError: for parameters that do not fit.
        """
        from totemlang.cost.quote import quote
        from totemlang.data.parameters import sent_values

        verified = self.accept()
        sent = sent_values(self.module.globals, parameters or {})
        if sent:
            return quote(verified, metadata, sent)
        quotes = self.first._quotes
        for known, found in tuple(quotes):  # another thread may quote meanwhile
            if known == metadata:
                return found
        found = quote(verified, metadata, {})
        quotes.append((dict(metadata), found))
        return found


def _unsaid(found: Findings, said: Findings) -> Findings:
    """What the checker found of a program that the parser gave with forbidden commands, once."""
    places = [d.span for d in said]
    return tuple(
        finding
        for finding in found
        if finding.error_class is not ErrorClass.COMMAND
        or not any(finding.span.start <= p.start < finding.span.end for p in places)
    )


@define(frozen=True, slots=False, eq=False)
class ForeignProgram(Program):
    """A program that arrived as bytecode: it is decoded and verified, never trusted."""

    container: bytes = b""

    @cached_property
    def first(self) -> Program:
        """Itself: its text says nothing of it."""
        return self

    @cached_property
    def module(self) -> Module:
        """The bytecode. Raises `Refused` for anything but the one valid encoding."""
        from totemlang.bytecode.container import decode

        return decode(self.container)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the container, the verifier and the bounds speak against."""
        try:
            return self._bounds
        except Refused as refused:
            return refused.diagnostics
