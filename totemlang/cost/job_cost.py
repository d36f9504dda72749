"""The cost of a whole module: its script, or its lookups and stages one after the other."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from totemlang.bytecode.module import Global, GlobalKind, StageKind, Value
from totemlang.cost.abstract import AbstractValue, Array, with_variety
from totemlang.cost.analysis import Analysis, LookupFacts
from totemlang.cost.arithmetic import add
from totemlang.cost.body_cost import Body
from totemlang.cost.bounding import larger
from totemlang.cost.control_cost import CONTROL
from totemlang.cost.evaluation import Side
from totemlang.cost.flow import Flow
from totemlang.cost.function_cost import empty_slots, lines_of, place_line, summarise_functions
from totemlang.cost.interval import Interval, exactly
from totemlang.cost.literals import known_value
from totemlang.cost.naming import Namer
from totemlang.cost.paths import Leaving
from totemlang.cost.polynomial import ZERO, Polynomial, Symbol
from totemlang.cost.published import Premises
from totemlang.cost.size_rules import product_of_sizes
from totemlang.cost.stage_cost import Naming, StageCost, stage_cost
from totemlang.cost.tally import NOTHING, TOTEM, Tally, Use, line_of, line_total, use_of
from totemlang.cost.variety import ANYTHING, ONE_VALUE
from totemlang.diagnostics import Diagnostic, ErrorClass
from totemlang.schema.metadata import Metadata
from totemlang.source import NOWHERE, Source, Span
from totemlang.verify.verified import VerifiedModule

SCRIPT = "script"
"""What a script is called among the stages."""


@frozen
class JobCost:
    """All parts of a quote as formulas, and the symbols they mention."""

    stages: tuple[StageCost, ...]
    lines: Tally
    symbols: Mapping[str, Symbol]
    findings: tuple[Diagnostic, ...]
    result_rows: Polynomial | None
    result_bytes: Polynomial | None
    largest_group_bytes: Polynomial | None
    verified: VerifiedModule
    lines_are_lost: bool = False

    @property
    def total(self) -> Use:
        """All that is charged."""
        found = NOTHING
        for stage in self.stages:
            found = found.plus(stage.totem)
        return found


def job_cost(
    verified: VerifiedModule, metadata: Mapping[str, Metadata], parameters: Mapping[str, Value]
) -> JobCost:
    """The cost of a module under what is published and sent.

    Raises:
        Refused: it is too involved to be bounded.
    """
    job = _Job(verified, Premises(metadata))
    job.take_globals(parameters)
    job.take_lookups()
    summarise_functions(job.analysis)
    if verified.script is not None:
        job.run_script()
    elif verified.module.dataset is not None or verified.stages:
        job.run_stages()
    return job.cost()


@define
class _Job:
    """A job cost while it is being worked out."""

    verified: VerifiedModule
    premises: Premises
    stages: list[StageCost] = field(factory=list)
    symbols: dict[str, Symbol] = field(factory=dict)
    lookups: Use = NOTHING
    lookup_lines: Tally = field(factory=Tally)
    analysis: Analysis = field(init=False)
    last: Flow | None = None

    def __attrs_post_init__(self) -> None:
        """Begin an analysis, with the lookups as published."""
        self.analysis = Analysis(self.verified)

    # --- what is known before the run

    def take_globals(self, sent: Mapping[str, Value]) -> None:
        """Parameters as sent, else their defaults, else symbols; constants as computed."""
        for index, known in enumerate(self.verified.module.globals):
            self.analysis.globals += (self._global(index, known, sent),)

    def _global(self, index: int, known: Global, sent: Mapping[str, Value]) -> AbstractValue:
        name = known.field.name
        if known.kind is GlobalKind.PARAMETER and name in sent:
            return known_value(known.field.type, sent[name])
        code = self.verified.initial[index]
        if code is None:
            return self._open_parameter(known)
        outcome = Body(self.analysis, code, None, CONTROL).run(())
        value = outcome.paths[Leaving.FALLING].stack[-1]
        return value if isinstance(value, Array) else with_variety(value, ONE_VALUE)

    def _open_parameter(self, known: Global) -> AbstractValue:
        """A parameter that was not sent: a symbol of its name."""
        namer = Namer(lambda hint: hint)
        value, _ = namer.value(known.field.name, known.field.type, known.field.constraint)
        for name, symbol in namer.symbols.items():
            meaning = f"{name} of the request" if name != known.field.name else f"parameter {name}"
            advice = f"pass the parameter {known.field.name}"
            self.symbols[name] = evolve(symbol, meaning=meaning, advice=advice)
        return with_variety(value, ANYTHING if isinstance(value, Array) else ONE_VALUE)

    def take_lookups(self) -> None:
        """Lookups as published; all are read once."""
        facts: list[LookupFacts] = []
        prices = self.verified.prices
        for lookup in self.verified.module.lookups:
            table, columns = self.premises.lookup(lookup)
            facts.append(table)
            for column in columns:
                each = prices.bytes(column.field.type.kind)
                size = column.total if each is None else _times(table.rows, each)
                use = use_of(size, prices.weight("read"))
                line = place_line(lookup.place, self.verified.module.source)
                self.lookups = self.lookups.plus(use)
                self.lookup_lines = self.lookup_lines.plus(Tally({line_total(line): use}))
        self.analysis.lookups = tuple(facts)

    # --- a script

    def run_script(self) -> None:
        """The script, once."""
        code = self.verified.script
        assert code is not None
        line_at = lines_of(code, self.verified.module.source)
        outcome = Body(self.analysis, code, line_at, CONTROL).run(empty_slots(code, ()))
        path = outcome.paths.get(Leaving.FALLING)
        total = NOTHING if path is None else path.tally.of(TOTEM)
        self.stages.append(StageCost(SCRIPT, NOTHING, total, outcome.lines, Flow(exactly(0), ())))

    # --- a job

    def run_stages(self) -> None:
        """The lookups, then the stages in order, each on what the one before emits."""
        module = self.verified.module
        assert module.dataset is not None
        flow = self.premises.dataset(module.dataset)
        reading = self.lookups
        reduces = sum(stage.kind is StageKind.REDUCE for stage in module.stages)
        for index, stage in enumerate(module.stages):
            cost = stage_cost(self.analysis, index, flow, Naming(stage.name, reduces > 1))
            if index == 0:
                lines = self.lookup_lines.plus(cost.lines)
                cost = evolve(cost, reading=reading.plus(cost.reading), lines=lines)
            self.stages.append(cost)
            self.symbols.update(cost.symbols)
            flow = cost.emitted
        self.last = flow

    # --- the end

    def cost(self) -> JobCost:
        """Everything together."""
        lines = Tally()
        for stage in self.stages:
            lines = lines.plus(stage.lines)
        if self.analysis.lines_are_lost:
            lines = lines.plus(Tally(dict.fromkeys(self._all_lines(), NOTHING)))
        groups: Polynomial | None = ZERO
        for stage in self.stages:
            if groups is not None:
                one = stage.group_bytes
                groups = None if one is None else larger(groups, one, Side.UPPER)
        rows, size = (ZERO, ZERO) if self.last is None else self._result(self.last)
        return JobCost(
            tuple(self.stages),
            lines,
            {**self.premises.symbols, **self.symbols},
            self._findings(lines),
            rows,
            size,
            groups,
            self.verified,
            self.analysis.lines_are_lost,
        )

    def _all_lines(self) -> set[str]:
        """The lines of everything that may be charged."""
        verified, source = self.verified, self.verified.module.source
        codes = [*verified.functions, *verified.stages]
        if verified.script is not None:
            codes.append(verified.script)
        found = set()
        for code in codes:
            line_at = lines_of(code, source)
            found |= {line_total(line_at(index)) for index in range(len(code.steps))}
        return found

    def _findings(self, lines: Tally) -> tuple[Diagnostic, ...]:
        """What was noted on the way; if nothing was, the lines whose cost no formula bounds.

        A loop may have a bound in every round and yet none that follows from what is known before
        it: rounds that make the next ones more, strings that double.
        """
        if self.analysis.findings or all(s.totem.upper is not None for s in self.stages):
            return tuple(self.analysis.findings.values())
        source = self.verified.module.source or Source("")
        open_lines = (r for r in lines.uses if lines.of(r).upper is None)
        numbers = sorted(line_of(resource) or 0 for resource in open_lines)
        for line in numbers or [0]:
            self.analysis.note(
                "CST103",
                ErrorClass.COST,
                "nothing bounds what this costs in all rounds of the loops around it",
                _stretch(source, line),
                "let what grows from round to round not decide how much the next ones do",
            )
        return tuple(self.analysis.findings.values())

    def _result(self, flow: Flow) -> tuple[Polynomial | None, Polynomial | None]:
        """Rows and bytes of the result."""
        size = exactly(0)
        for column in flow.columns:
            each = self.verified.prices.bytes(column.field.type.kind)
            size = add(size, column.total if each is None else _times(flow.count, each))
        return flow.count.high, size.high


def _times(count: Interval, by: int) -> Interval:
    return product_of_sizes(count, exactly(by))


def _stretch(source: Source, line: int) -> Span:
    """What stands on a line; nowhere if there is no such line."""
    if not 0 < line <= len(source.line_starts):
        return NOWHERE
    text, start = source.line(line), source.line_starts[line - 1]
    return Span(start + len(text) - len(text.lstrip()), start + len(text))
