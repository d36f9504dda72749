"""Quotes held against runs: metadata of rows in memory, and a run of all stages by the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from totemlang.bytecode.module import Stage, StageKind, Value
from totemlang.cost.literals import string_size
from totemlang.cost.quote import Quote
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import OperationFailed
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import Field, Kind, Type
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.global_values import global_values
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.totals import Totals

Rows = Sequence[Sequence[Any]]

ENOUGH = 10**15


@frozen
class Run:
    """What a run used. `failed`: records that failed, or the script did."""

    totals: Totals
    failed: bool
    emitted: tuple[int, ...] = ()


def describe_rows(name: str, columns: Sequence[Field], rows: Rows) -> Metadata:
    """Complete and exact metadata of rows."""
    found = []
    for place, column in enumerate(columns):
        values = [row[place] for row in rows]
        there = [value for value in values if value is not None]
        numbers = [v for v in there if isinstance(v, bool | int | float)]
        text = column.type.kind is Kind.STRING
        sizes = [string_size(value) for value in values]
        found.append(
            ColumnMetadata(
                column.name,
                column.type,
                len(set(there)),
                len(values) - len(there),
                min(numbers, default=None),
                max(numbers, default=None),
                max(sizes, default=0) if text else None,
                sum(sizes) if text else None,
            )
        )
    return Metadata(name, len(rows), tuple(found))


def as_ceilings(metadata: Metadata, more: int = 2) -> Metadata:
    """The same data set, declared rather than measured: everything may be less."""

    def raised(number: int | None) -> int | None:
        return None if number is None else number * more + 1

    columns = tuple(
        evolve(
            column,
            distinct=raised(column.distinct),
            max_bytes=raised(column.max_bytes),
            total_bytes=raised(column.total_bytes),
        )
        for column in metadata.columns
    )
    return evolve(metadata, rows=raised(metadata.rows), columns=columns, rows_exact=False)


def without(metadata: Metadata, *names: str) -> Metadata:
    """The metadata with some of it not published."""
    hidden: dict[str, Any] = dict.fromkeys(names)
    return evolve(metadata, columns=tuple(evolve(c, **hidden) for c in metadata.columns))


def run(
    verified: VerifiedModule,
    rows: Rows = (),
    *,
    parameters: Mapping[str, Value] | None = None,
    lookups: Sequence[LookupTable] = (),
) -> Run:
    """Run a module to its end; records that fail are left out."""
    values = global_values(verified, parameters or {})
    machine = Machine(verified, values, lookups, Meter(ENOUGH))
    if verified.script is not None:
        try:
            machine.run_script()
        except OperationFailed:
            return Run(machine.totals(), True)
        return Run(machine.totals(), False)
    failed, emitted, flowing = False, [], [list(row) for row in rows]
    if lookups:
        machine.read_lookups(verified.module.stages[0].name)
    for number, stage in enumerate(verified.module.stages):
        if stage.kind is StageKind.MAP:
            columns = [[row[place] for row in flowing] for place in range(len(stage.parameters))]
            out = machine.map(number, columns, len(flowing))
        else:
            out = machine.reduce(number, _groups(stage, flowing))
        failed = failed or out.failures.count > 0
        flowing = [list(row) for row in zip(*out.columns, strict=True)]
        emitted.append(len(flowing))
    return Run(machine.totals(), failed, tuple(emitted))


def _groups(stage: Stage, rows: Rows) -> list[tuple[tuple[Any, ...], list[list[Any]]]]:
    keys = stage.key_parts
    width = len(stage.parameters) - keys
    if stage.kind is StageKind.REDUCE_ALL:
        return [((), [[row[place] for row in rows] for place in range(width)])]
    found: dict[tuple[Any, ...], list[list[Any]]] = {}
    for row in rows:
        arrays = found.setdefault(tuple(row[:keys]), [[] for _ in range(width)])
        for array, value in zip(arrays, row[keys:], strict=True):
            array.append(value)
    return sorted(found.items(), key=lambda group: [str(part) for part in group[0]])


def assert_holds(quote: Quote, found: Run) -> None:
    """A quote holds of a run: in all and by line; from below where no record failed."""
    used, lines = found.totals.used, found.totals.by_line
    assert quote.lower <= quote.expected
    assert quote.upper is None or quote.expected <= quote.upper
    assert quote.upper is None or used <= quote.upper, (used, quote.upper, quote.formula)
    quoted = {line.line: line for line in quote.by_line}
    assert set(lines) <= set(quoted), "a line is charged for that the quote does not know"
    for line, part in quoted.items():
        amount = lines.get(line, 0)
        assert part.upper is None or amount <= part.upper, (line, amount, part)
        assert found.failed or part.lower <= amount, (line, amount, part)
    for stage in quote.by_stage:
        amount = found.totals.by_stage.get(stage.name, 0)
        assert stage.upper is None or amount <= stage.upper, (stage, amount)
        assert found.failed or stage.lower <= amount, (stage, amount)
    if found.emitted and quote.result_rows is not None:
        assert found.emitted[-1] <= quote.result_rows
    assert found.failed or quote.lower <= used, (used, quote.lower)


def fields(columns: Sequence[tuple[str, str]]) -> tuple[Field, ...]:
    """Columns from name and type as written."""
    found = []
    for name, written in columns:
        kind = Kind(written.removesuffix("?"))
        at = Type(kind).optional if written.endswith("?") else Type(kind)
        found.append(Field(name, at))
    return tuple(found)
