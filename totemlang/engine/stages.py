"""Running one stage: rows or groups in, emitted rows out to whatever takes them next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import pyarrow as pa
from attrs import define, field

from totemlang.bytecode.module import Code, Stage, StageKind
from totemlang.data.python_values import to_array, to_values
from totemlang.engine.shuffle import Groups
from totemlang.vm.machine import Emitted, Failures, Machine

MAP_ROWS = 16_384
"""Rows that a map takes at once."""

SEVERAL_EMITS_RECORDS = 1_024
"""Records that a stage takes at once where each of them may emit several rows."""


_LOOPS = frozenset({"for", "while", "foreach"})
_BLOCKS = _LOOPS | {"if", "and", "or"}


class Taker(Protocol):
    """Takes emitted rows in order: a spool or a grouping."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""


@define
class StageRun:
    """A stage being run. `failed` is the first failure in the order of records, if there is one.

    `tell` is called with the rows done so far.
    """

    machine: Machine
    number: int
    stage: Stage
    taker: Taker
    tell: Callable[[int], None]
    rows: int = field(default=0, init=False)
    failed: Failures | None = field(default=None, init=False)

    @property
    def most_records(self) -> int:
        """Records that the stage may take at once: what they emit is held until all are done."""
        return SEVERAL_EMITS_RECORDS if emits_several(self.stage.code) else MAP_ROWS

    def run_map(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Run a map over rows in order.

        Raises:
            OutOfTotem: where the budget does not suffice.
        """
        kinds = [parameter.type.kind for parameter in self.stage.parameters]
        for batch in batches:
            columns = [to_values(batch.column(i), kind) for i, kind in enumerate(kinds)]
            self._take(self.machine.map(self.number, columns, batch.num_rows))
            self._done(batch.num_rows)

    def run_reduce(self, groups: Iterable[Groups]) -> None:
        """Run a reduce over groups in order.

        Raises:
            OutOfTotem: where the budget does not suffice.
        """
        most = self.most_records
        for some in groups:
            for start in range(0, len(some.keys), most):
                keys, arrays = some.keys[start : start + most], some.arrays[start : start + most]
                self._take(self.machine.reduce(self.number, zip(keys, arrays, strict=True)))
            self._done(some.rows)

    def _done(self, rows: int) -> None:
        self.rows += rows
        self.tell(self.rows)

    def _take(self, emitted: Emitted) -> None:
        if emitted.failures.count and self.failed is None:
            self.failed = emitted.failures
        fields = self.stage.emitted.columns
        arrays = [
            to_array(values, emitted_field.type.kind)
            for values, emitted_field in zip(emitted.columns, fields, strict=True)
        ]
        names = [f"c{i}" for i in range(len(arrays))]
        self.taker.add(pa.RecordBatch.from_arrays(arrays, names=names))


def emits_several(code: Code) -> bool:
    """Whether a record may emit more than once: by several emits, or by one within a loop."""
    emits, open_blocks = 0, []
    for instruction in code.instructions:
        name = instruction.operation
        if name in _BLOCKS:
            open_blocks.append(name)
        elif name == "end":
            open_blocks.pop()
        elif name == "emit":
            emits += 1
            if not _LOOPS.isdisjoint(open_blocks):
                return True
    return emits > 1


def is_reduce(stage: Stage) -> bool:
    """Whether a stage takes groups."""
    return stage.kind is not StageKind.MAP
