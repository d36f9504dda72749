"""The quote: what a program costs on published metadata, before anything runs.

A closed formula in the published symbols, with bounds that hold for every run: never less than
`lower` (where no record fails), never more than `upper`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from totemlang.bytecode.module import Value
from totemlang.cost.advice import hint_for
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.formula import formula_text
from totemlang.cost.job_cost import JobCost, job_cost
from totemlang.cost.polynomial import Coefficient, Polynomial, Symbol
from totemlang.cost.tally import Use, called_at, line_of, line_total
from totemlang.diagnostics import Diagnostic, ErrorClass, Refused
from totemlang.schema.metadata import Metadata
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule

LARGEST = 2**63 - 1
"""What an account can hold; a quote beyond is refused."""


@frozen
class SymbolValue:
    """What a symbol of the formula stands for, and its range; `upper` None: nothing bounds it."""

    lower: int
    expected: int
    upper: int | None
    meaning: str
    advice: str = ""


@frozen
class LineQuote:
    """The part of a source line.

    Reading and ordering are charged at the head of the stage (of the lookup). Line 0 has the code
    of the library, of which `library` (None: not bounded) is what this line calls there.
    """

    line: int
    formula: str
    lower: int
    upper: int | None
    library: int | None = 0


@frozen
class StageQuote:
    """The part of a stage (the first reads the lookups)."""

    name: str
    formula: str
    lower: int
    expected: int
    upper: int | None


@frozen
class Quote:
    """A quote. `upper` is None only where a symbol is open: see `open_symbols`.

    `formula` is the upper bound in the symbols; `result_rows`, `result_bytes` bound the result,
    `largest_group_bytes` what a group holds in memory, all None where nothing bounds them.
    """

    lower: int
    expected: int
    upper: int | None
    formula: str
    by_line: tuple[LineQuote, ...]
    symbols: Mapping[str, SymbolValue]
    by_stage: tuple[StageQuote, ...]
    result_rows: int | None
    result_bytes: int | None
    largest_group_bytes: int | None
    hint: str

    @property
    def open_symbols(self) -> tuple[str, ...]:
        """The symbols that nothing bounds."""
        return tuple(name for name, value in self.symbols.items() if value.upper is None)


def quote(
    verified: VerifiedModule,
    metadata: Mapping[str, Metadata],
    parameters: Mapping[str, Value] | None = None,
) -> Quote:
    """The quote of a module on data sets and lookups as published, with parameters as sent.

    Raises:
        Refused: a loop or a size has no bound (CTL201, CST103), the bound is beyond 2^63 − 1
            (CST101), or the cost is too involved to be bounded (CST102).
    """
    job = job_cost(verified, metadata, parameters or {})
    if job.findings:
        raise Refused(job.findings)
    total = job.total
    upper = _upper(total.upper)
    if upper is not None and upper > LARGEST:
        raise _too_large(verified)
    stages = tuple(_stage(stage.name, (stage.reading, stage.code)) for stage in job.stages)
    lines = _by_line(job)
    # A part that is worth nothing must not eat what others surely cost: so the parts count too.
    parts = (sum(stage.lower for stage in stages), sum(line.lower for line in lines))
    lower = max(
        _least(total, upper), *(part if upper is None else min(part, upper) for part in parts)
    )
    symbols = _symbols(job, total)
    return Quote(
        lower=lower,
        expected=_expected(total, lower, upper),
        upper=upper,
        formula=_formula([part for stage in job.stages for part in (stage.reading, stage.code)]),
        by_line=lines,
        symbols=symbols,
        by_stage=stages,
        result_rows=_upper(job.result_rows),
        result_bytes=_upper(job.result_bytes),
        largest_group_bytes=_upper(job.largest_group_bytes),
        hint=hint_for(job),
    )


def _whole(value: Coefficient | None) -> int:
    """The number rounded down, and never below 0."""
    return 0 if value is None else max(0, int(value // 1))


def _least(use: Use, upper: int | None) -> int:
    """The lower bound; never above `upper`, as it would be where every run is sure to fail."""
    lower = _whole(evaluate(use.lower, Side.LOWER))
    return lower if upper is None else min(lower, upper)


def _upper(polynomial: Polynomial | None) -> int | None:
    """The greatest value, rounded up."""
    value = None if polynomial is None else evaluate(polynomial, Side.UPPER)
    return None if value is None else max(0, -int(-value // 1))


def _expected(use: Use, lower: int, upper: int | None) -> int:
    value = _whole(evaluate(use.expected, Side.EXPECTED))
    return max(lower, value if upper is None else min(value, upper))


def _formula(uses: Sequence[Use]) -> str:
    return formula_text([use.upper for use in uses if use.upper is not None])


def _stage(name: str, uses: Sequence[Use]) -> StageQuote:
    total = Use()
    for use in uses:
        total = total.plus(use)
    upper = _upper(total.upper)
    lower = _least(total, upper)
    return StageQuote(name, _formula(uses), lower, _expected(total, lower, upper), upper)


def _by_line(job: JobCost) -> tuple[LineQuote, ...]:
    lines = sorted(line for resource in job.lines.uses if (line := line_of(resource)) is not None)
    called = {line: job.lines.of(called_at(line)) for line in lines}
    found = []
    for line in lines:
        use = job.total if job.lines_are_lost else job.lines.of(line_total(line))
        upper, library = _upper(use.upper), _upper(called[line].upper)
        lower = 0 if job.lines_are_lost else _least(use, upper)
        found.append(LineQuote(line, _formula([use]), lower, upper, library))
    return tuple(found)


def _symbols(job: JobCost, total: Use) -> dict[str, SymbolValue]:
    """The symbols that the bounds mention, and those that these hang on."""
    used = set(total.lower.names) | set(() if total.upper is None else total.upper.names)
    return {name: _value(job.symbols[name]) for name in sorted(used) if name in job.symbols}


def _value(symbol: Symbol) -> SymbolValue:
    low = symbol.low if symbol.low is not None else 0
    expected = symbol.expected if symbol.expected is not None else low
    return SymbolValue(
        int(low // 1),
        int(expected // 1),
        None if symbol.high is None else -int(-symbol.high // 1),
        symbol.meaning,
        symbol.advice,
    )


def _too_large(verified: VerifiedModule) -> Refused:
    source = verified.module.source or Source("")
    message = "the bound of this program's cost is beyond 2^63 − 1, which no account can hold"
    hint = "bound its loops and arrays by smaller numbers, or publish tighter metadata"
    return Refused((Diagnostic("CST101", ErrorClass.COST, message, hint=hint, source=source),))
