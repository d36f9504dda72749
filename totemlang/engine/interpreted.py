"""The interpreter as a tier: Arrow batches become the values it computes with, and back.

Its machine is the definition of what programs mean and cost; here only the form of data changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, repeat

import pyarrow as pa
from attrs import frozen

from totemlang.bytecode.module import Value
from totemlang.data.kinds import ARROW
from totemlang.data.lookup import LookupTable
from totemlang.data.python_values import to_batch, to_batches, to_values
from totemlang.schema.types import Kind
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.aggregate import Aggregate
from totemlang.vm.machine import Emitted, Failures, Machine
from totemlang.vm.meter import Purse
from totemlang.vm.prepared import Prepared
from totemlang.vm.tier import Starts
from totemlang.vm.totals import Totals

_TOO_LARGE_A_SUM = 1 << 63
"""Stands for a sum that does not fit: any number out of range fails as the true one would."""


@frozen(eq=False)
class InterpretedEmission:
    """What the interpreter emitted: lists of values, made Arrow when asked."""

    emitted: Emitted
    kinds: tuple[Kind, ...]

    @property
    def failures(self) -> Failures:
        """Records that failed; see `Emission`."""
        return self.emitted.failures

    @property
    def rows(self) -> int:
        """Rows emitted."""
        return self.emitted.rows

    def batch(self) -> pa.RecordBatch:
        """The emitted columns; see `Emission`."""
        return to_batch(self.emitted.columns, self.kinds)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same in batches that hold no more text than Arrow can."""
        return to_batches(self.emitted.columns, self.kinds)


class InterpretedMachine:
    """The interpreter behind `StageMachine`, made as `vm.machine.Machine` is."""

    def __init__(
        self,
        verified: VerifiedModule,
        globals: Sequence[Value],
        lookups: Sequence[LookupTable],
        purse: Purse,
        *,
        prepared: Prepared | None = None,
    ) -> None:
        """Make the machine; charges go to `purse`."""
        self._stages = verified.module.stages
        self._machine = Machine(verified, globals, lookups, purse, prepared=prepared)

    def map(self, stage: int, batch: pa.RecordBatch) -> InterpretedEmission:
        """Run a map over a batch; see `StageMachine`."""
        kinds = [parameter.type.kind for parameter in self._stages[stage].parameters]
        columns = [to_values(batch.column(i), kind) for i, kind in enumerate(kinds)]
        return self._emission(stage, self._machine.map(stage, columns, batch.num_rows))

    def reduce_rows(self, stage: int, batch: pa.RecordBatch, starts: Starts) -> InterpretedEmission:
        """Run a reduce over the rows of groups; see `StageMachine`."""
        keys, values = self._kinds(stage)
        columns = [to_values(batch.column(len(keys) + i), kind) for i, kind in enumerate(values)]
        arrays = (
            [column[start:stop] for column in columns] for start, stop in pairwise(starts.tolist())
        )
        found = _keys(batch, starts[:-1], keys)
        return self._emission(stage, self._machine.reduce(stage, zip(found, arrays, strict=True)))

    def reduce_aggregates(self, stage: int, groups: pa.RecordBatch) -> InterpretedEmission:
        """Run a reduce over aggregates; see `StageMachine`."""
        keys, values = self._kinds(stage)
        columns = [_aggregates(groups, i, kind) for i, kind in enumerate(values)]
        arrays = map(list, zip(*columns, strict=True)) if columns else repeat([], groups.num_rows)
        found = _keys(groups, None, keys)
        return self._emission(stage, self._machine.reduce(stage, zip(found, arrays, strict=True)))

    def run_script(self) -> dict[str, Value]:
        """Run a script; see `StageMachine`."""
        return self._machine.run_script()

    def read_lookups(self, stage: str) -> None:
        """Charge reading the lookups; see `StageMachine`."""
        self._machine.read_lookups(stage)

    def totals(self) -> Totals:
        """What was charged so far; see `StageMachine`."""
        return self._machine.totals()

    def _kinds(self, stage: int) -> tuple[tuple[Kind, ...], tuple[Kind, ...]]:
        kinds = tuple(parameter.type.kind for parameter in self._stages[stage].parameters)
        parts = self._stages[stage].key_parts
        return kinds[:parts], kinds[parts:]

    def _emission(self, stage: int, emitted: Emitted) -> InterpretedEmission:
        columns = self._stages[stage].emitted.columns
        return InterpretedEmission(emitted, tuple(column.type.kind for column in columns))


def _keys(
    batch: pa.RecordBatch, firsts: Starts | None, kinds: Sequence[Kind]
) -> Iterator[tuple[Value, ...]]:
    """The keys of rows as values of the machine: of those given, or of all."""
    if not kinds:
        return iter([()])
    columns = [batch.column(i) for i in range(len(kinds))]
    if firsts is not None:
        columns = [column.take(pa.array(firsts)) for column in columns]
    parts = [to_values(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return zip(*parts, strict=True)


def _aggregates(groups: pa.RecordBatch, value: int, kind: Kind) -> list[Aggregate]:
    """What each group comes to in one of its value columns."""
    totals: list[int | float | None] = groups.column(f"total{value}").to_pylist()
    over = groups.column(f"over{value}")
    if over.true_count:
        for at, is_over in enumerate(over.to_pylist()):
            totals[at] = _TOO_LARGE_A_SUM if is_over else totals[at]
    return [
        Aggregate(*known)
        for known in zip(
            groups.column("count").to_pylist(),
            groups.column(f"bytes{value}").to_pylist(),
            groups.column(f"longest{value}").to_pylist(),
            totals,
            to_values(groups.column(f"least{value}").cast(ARROW[kind]), kind),
            to_values(groups.column(f"greatest{value}").cast(ARROW[kind]), kind),
            strict=True,
        )
    ]
