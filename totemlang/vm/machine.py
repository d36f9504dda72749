"""The machine: runs a verified module, batch by batch, against a meter.

Values are plain Python: bool, int (also days and microseconds), float (of binary32 precision for
`float`), str, None for missing, a list for an array. A machine is for one thread; machines of one
module may share what `prepare` makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import evolve, frozen

from totemlang.bytecode.module import Value
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import OperationFailed
from totemlang.schema.types import Kind
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule
from totemlang.vm import failures, sizes
from totemlang.vm.counting import Stops
from totemlang.vm.loading import Till, cells, load, pool
from totemlang.vm.meter import Purse
from totemlang.vm.numbers import canonical
from totemlang.vm.prepared import Prepared, prepare
from totemlang.vm.python_text import Site
from totemlang.vm.shape import line_of
from totemlang.vm.totals import Noted, Totals, work_out

Column = Sequence[Value]
Group = tuple[Sequence[Value], Sequence[Any]]

SCRIPT = "script"
"""What a script is called among the stages."""


@frozen
class Failures:
    """Records that failed. The first of them: its place in the batch, its line, why.

    `line` is 0 where nothing failed or the module carries no places.
    """

    count: int = 0
    record: int = -1
    line: int = 0
    reason: str = ""


@frozen
class Emitted:
    """What a stage emitted over a batch, in the order of records and of emits.

    `columns` has a list of values for each emitted column; `counts` the rows that each record
    emitted, None where it is one each.
    """

    columns: list[list[Value]]
    counts: list[int] | None
    failures: Failures

    @property
    def rows(self) -> int:
        """Rows emitted."""
        return len(self.columns[0])


class Machine:
    """A module with its parameters and lookups, ready to run; charges go to `meter`.

    `globals` are the values of all parameters and constants, as `global_values` gives them.
    """

    def __init__(
        self,
        verified: VerifiedModule,
        globals: Sequence[Value],
        lookups: Sequence[LookupTable],
        meter: Purse,
        *,
        prepared: Prepared | None = None,
        trace: Callable[[int, int], None] | None = None,
    ) -> None:
        """`prepared` saves translating again a module that was prepared before.

        `trace` is told the body and first instruction of each block, if it was prepared so.
        """
        self._prepared = prepare(verified) if prepared is None else prepared
        self._module = verified.module
        self._source = verified.module.source or Source("")
        self._prices = verified.prices
        self._lookups = lookups
        self._noted = Noted(stops=[Stops() for _ in self._prepared.bodies])
        self._outlets = [_Outlet(self, stage) for stage in range(len(self._module.stages))]
        self._till = Till(meter)
        self.failed_at: Site | None = None
        """Where the last operation failed."""
        space = {**pool(verified, globals), **cells(verified, lookups)}
        for outlet in self._outlets:
            space |= outlet.names()
        self._loaded = load(self._prepared, space, self._till, trace)

    # --- running

    def run_script(self) -> dict[str, Value]:
        """Run a script; its variables at the end, in order of declaration.

        Raises:
            OperationFailed: an operation failed, with its source line.
            OutOfTotem: the budget is used up.
        """
        self._noted.entries[self._prepared.script] += 1
        try:
            values = self._run(SCRIPT, "script")
        except failures.FAILURES as error:
            raise OperationFailed(failures.reason_of(error), self.note(error)) from None
        variables = self._module.variables
        return {name: _shown(v) for (name, _), v in zip(variables, values, strict=True)}

    def map(self, stage: int, columns: Sequence[Column], rows: int) -> Emitted:
        """Run a map over a batch of `rows` records, one column a parameter.

        A record that fails emits nothing; what it was charged stays charged.

        Raises:
            OutOfTotem: the budget is used up.
        """
        definition = self._module.stages[stage]
        number = self._prepared.first_stage + stage
        blocks = self._prepared.bodies[number].verified.blocks
        reading = self._prices.weight("read") * sum(
            self._column_bytes(parameter.type.kind, column, rows)
            for parameter, column in zip(definition.parameters, columns, strict=True)
        )
        # Every record pays its first block, whatever happens to it: all at once is the same.
        first = blocks[0].fixed * rows if blocks else 0
        self._charge(definition.name, reading, first, self._prepared.bodies[number].place)
        self._noted.entries[number] += rows
        self._run(definition.name, f"m{number}", rows, *columns)
        return self._outlets[stage].taken()

    def reduce(self, stage: int, groups: Iterable[Group]) -> Emitted:
        """Run a reduce over groups: the parts of the key, and an array for each value.

        An array may be an `Aggregate` where `aggregate_only` says so. A reduce without key takes
        one group with the key `()`. Groups come in ascending order of their keys, values in the
        order of emission; `order by` is done here. Failures and exceptions are those of `map`.
        """
        definition = self._module.stages[stage]
        self._run(definition.name, f"m{self._prepared.first_stage + stage}", groups)
        return self._outlets[stage].taken()

    def read_lookups(self, stage: str) -> None:
        """Charge reading the lookups, once a job, as part of a stage.

        Raises:
            OutOfTotem: the budget is used up.
        """
        starts = self._source.line_starts
        for lookup, table in zip(self._module.lookups, self._lookups, strict=True):
            reading = self._prices.weight("read") * table.total_bytes
            self._charge(stage, reading, 0, line_of(lookup.place, starts))

    def totals(self) -> Totals:
        """What was charged so far, exactly. After `OutOfTotem` it says nothing."""
        return work_out(self._prepared, self._loaded.counted(), self._noted)

    # --- within

    def _charge(self, stage: str, reading: int, work: int, line: int) -> None:
        self._till.purse.charge(reading + work, stage)
        self._noted.reading[line] += reading
        self._noted.stages[stage] += reading + work

    def _column_bytes(self, kind: Kind, column: Any, rows: int) -> int:
        each = self._prices.bytes(kind)
        return sizes.strings_bytes(column) if each is None else each * rows

    def _run(self, stage: str, entrance: str, *arguments: Any) -> Any:
        before = self._till.purse.used
        try:
            return self._till.run(stage, self._loaded, entrance, *arguments)
        finally:
            self._noted.stages[stage] += self._till.purse.used - before

    def note(self, error: Exception, *, in_record: bool = False) -> int:
        """Note where bodies were left by a failure; gives its source line, 0 if it has none.

        `in_record`: the run goes on, with what the failure takes back of charges.
        """
        if in_record:
            self._till.take_back(self._loaded, error)
        line = 0
        for site in self._loaded.sites(error):
            self._noted.stops[site.body].failed[site.instruction] += 1
            line = self._prepared.bodies[site.body].lines[site.instruction] or line
            self.failed_at = site
        return line


class _Outlet:
    """Where the generated code of a stage puts what it emits, and tells of failures."""

    def __init__(self, machine: Machine, stage: int) -> None:
        prepared = machine._prepared
        self._machine = machine
        self._number = prepared.first_stage + stage
        emitted = prepared.verified.module.stages[stage].emitted
        self._columns: list[list[Value]] = [[] for _ in emitted.columns]
        self._counts: list[int] | None = [] if prepared.counted_emits[stage] else None
        self._failed: list[int] = []
        self._first = Failures()

    def names(self) -> dict[str, Any]:
        """What the generated code calls."""
        number = self._number
        found: dict[str, Any] = {f"failed{number}": self._fail}
        for place, column in enumerate(self._columns):
            found[f"e{number}c{place}"] = column.append
            found[f"v{number}c{place}"] = column.extend
        if self._counts is not None:
            found[f"c{number}"] = self._counts.append
        return found

    def _fail(self, error: Exception, emitted: int) -> None:
        """A record has failed after it had emitted some rows, which are taken back."""
        if emitted:
            for column in self._columns:
                del column[-emitted:]
        if self._counts is None:
            record = len(self._columns[0]) + len(self._failed)
        else:
            record = len(self._counts)
            self._counts.append(0)
        line = self._machine.note(error, in_record=True)
        if not self._failed:
            self._first = Failures(1, record, line, failures.reason_of(error))
        self._failed.append(record)

    def taken(self) -> Emitted:
        """What was emitted since it was last taken."""
        columns = [column.copy() for column in self._columns]
        counts: list[int] | None = None
        if self._counts is not None:
            counts = self._counts.copy()
        elif self._failed:
            counts = [1] * (len(columns[0]) + len(self._failed))
            for record in self._failed:
                counts[record] = 0
        found = Emitted(columns, counts, evolve(self._first, count=len(self._failed)))
        self.forget()
        return found

    def forget(self) -> None:
        """Drop what was emitted, as after a run that did not come to its end."""
        for column in self._columns:
            column.clear()
        if self._counts is not None:
            self._counts.clear()
        self._failed.clear()
        self._first = Failures()


def _shown(value: Any) -> Any:
    """A result as it leaves the machine: NaN is the one NaN."""
    if isinstance(value, float):
        return canonical(value)
    return [_shown(element) for element in value] if isinstance(value, list) else value
