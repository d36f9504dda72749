"""Every function as a formula in symbols for its parameters: made once, instantiated by calls."""

from __future__ import annotations

from totemlang.cost.abstract import AbstractValue
from totemlang.cost.analysis import Analysis, LineAt, Summary
from totemlang.cost.body_cost import Body
from totemlang.cost.control_cost import CONTROL
from totemlang.cost.literals import zero_value
from totemlang.cost.naming import Namer
from totemlang.cost.paths import Leaving, Path, Values
from totemlang.cost.tally import TOTEM, Tally
from totemlang.source import NOWHERE, Source, Span
from totemlang.verify.verified import VerifiedCode


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
        analysis.summaries[index] = _summary(analysis, index)


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
