"""Every function as a formula in symbols for its parameters: made once, instantiated by calls."""

from __future__ import annotations

from functools import lru_cache

from attrs import frozen

from totemlang.check.library import Library
from totemlang.cost.abstract import AbstractValue
from totemlang.cost.analysis import Analysis, LineAt, Summary
from totemlang.cost.body_cost import Body
from totemlang.cost.control_cost import CONTROL
from totemlang.cost.literals import zero_value
from totemlang.cost.naming import Namer
from totemlang.cost.paths import Leaving, Path, Values
from totemlang.cost.tally import TOTEM, Tally
from totemlang.diagnostics import Diagnostic
from totemlang.schema.types import Type
from totemlang.source import NOWHERE, Source, Span
from totemlang.tables.prices import PriceTable
from totemlang.verify.verified import VerifiedCode
from totemlang.verify.verifier import verified_library_function


def lines_of(code: VerifiedCode, source: Source | None) -> LineAt:
    """The source line of each instruction; 0 where the module does not say."""
    spans = code.code.spans
    if source is None or not spans:
        return lambda index: 0
    lines = [source.position(span.start).line if span.end else 0 for span in spans]
    return lambda index: lines[index] if index < len(lines) else 0


def head_line(code: VerifiedCode, source: Source | None) -> int:
    """The line of a body's head, where what it reads is charged; 0 where it is not known."""
    return place_line(code.code.place, source)


def place_line(place: Span, source: Source | None) -> int:
    """The source line of a place; 0 for nowhere."""
    return 0 if source is None or place == NOWHERE else source.position(place.start).line


def empty_slots(code: VerifiedCode, given: Values) -> Values:
    """What slots hold at first: what is given, then nothing."""
    rest: list[AbstractValue] = [zero_value(at) for at in code.code.slots[len(given) :]]
    return (*given, *rest)


def summarise_functions(analysis: Analysis) -> None:
    """Make the formulas of all functions, callees before callers."""
    for index in range(len(analysis.verified.module.functions)):
        analysis.summaries[index] = _own_summary(analysis, index) or _summary(analysis, index)


@frozen
class _LibrarySummary:
    """A function of the library as a formula, the work of making it, and what was noted."""

    summary: Summary
    work: int
    findings: tuple[Diagnostic, ...]


@lru_cache(maxsize=1024)
def _library_summary(
    library: Library, prices: PriceTable, name: str, types: tuple[Type, ...]
) -> _LibrarySummary:
    """The formula of a function of the library: nothing of a program is in it."""
    verified = verified_library_function(library, prices, name, types)
    analysis = Analysis(verified, mark=f"{name}({','.join(map(str, types))})'")
    last = len(verified.functions) - 1
    for index in range(last):
        analysis.summaries[index] = _own_summary(analysis, index) or _summary(analysis, index)
    before = analysis.work
    summary = _summary(analysis, last)
    return _LibrarySummary(summary, analysis.work - before, tuple(analysis.findings.values()))


def _own_summary(analysis: Analysis, index: int) -> Summary | None:
    """The formula of a function of this node's library, made once for all programs."""
    verified = analysis.verified
    if verified.library is None or not verified.own[index]:
        return None
    function = analysis.function(index)
    types = tuple([parameter.type for parameter in function.parameters])
    known = _library_summary(verified.library, verified.prices, function.name, types)
    analysis.worked(known.work)
    for found in known.findings:
        analysis.note(found.code, found.error_class, found.message, found.span, found.hint or "")
    return known.summary


def _summary(analysis: Analysis, index: int) -> Summary:
    function, code = analysis.function(index), analysis.verified.functions[index]
    namer = Namer(analysis.fresh_name)
    values: list[AbstractValue] = []
    quantities = []
    for parameter in function.parameters:
        value, pairs = namer.value(parameter.name, parameter.type, parameter.constraint)
        values.append(value)
        quantities.append(pairs)
    line_at = None if function.library else lines_of(code, analysis.verified.module.source)
    body = Body(analysis, code, line_at, CONTROL, parameters=len(values))
    outcome = body.run(empty_slots(code, tuple(values)))
    returned: Path = outcome.paths[Leaving.RETURNING]
    uses = {TOTEM: returned.tally.of(TOTEM), **outcome.lines.uses}
    return Summary(tuple(quantities), Tally(uses), returned.stack[0])
