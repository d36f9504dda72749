"""What the engine wants of a tier: stages run over Arrow batches, metered, with exact totals.

The interpreter is the definition; a tier that fulfils this protocol gives the same bits, totem,
failures and end of totem.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from totemlang.bytecode.module import Value
from totemlang.data.kinds import ARROW
from totemlang.schema.types import Kind
from totemlang.vm.machine import Failures
from totemlang.vm.totals import Totals

Starts = npt.NDArray[np.int64]
"""Where groups begin in a batch: group `i` is rows `starts[i]` to `starts[i + 1]`."""


_TOTALS: dict[Kind, pa.DataType] = {
    Kind.INT: pa.int64(),
    Kind.LONG: pa.int64(),
    Kind.DURATION: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.DOUBLE: pa.float64(),
}


def aggregate_schema(keys: Sequence[Kind], values: Sequence[Kind]) -> pa.Schema:
    """The columns of groups that come as aggregates; see `StageMachine.reduce_aggregates`."""
    fields = [pa.field(f"k{i}", ARROW[kind]) for i, kind in enumerate(keys)]
    fields.append(pa.field("count", pa.int64()))
    for i, kind in enumerate(values):
        fields += [
            pa.field(f"bytes{i}", pa.int64()),
            pa.field(f"longest{i}", pa.int64()),
            pa.field(f"total{i}", _TOTALS.get(kind, pa.null())),
            pa.field(f"over{i}", pa.bool_()),
            pa.field(f"least{i}", ARROW[kind]),
            pa.field(f"greatest{i}", ARROW[kind]),
        ]
    return pa.schema(fields)


class Emission(Protocol):
    """What a stage emitted over a batch, in the order of records and of emits."""

    @property
    def failures(self) -> Failures:
        """Records that failed; the first by its place in the batch."""

    @property
    def rows(self) -> int:
        """Rows emitted."""

    def batch(self) -> pa.RecordBatch:
        """The emitted columns `c0`, `c1`, … in the Arrow types of `data.kinds.ARROW`.

        To be asked before the next call of the machine; the batch itself stays valid after it.
        """

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same rows in order in batches that hold no more text than Arrow can.

        They are made one after the other, to be asked for as `batch`.
        """


class StageMachine(Protocol):
    """A module with its parameters and lookups, ready to run; for one thread.

    All of the methods that run something raise `OutOfTotem` where the budget is used up.
    """

    def map(self, stage: int, batch: pa.RecordBatch) -> Emission:
        """Run a map over a batch of records, and charge reading them.

        The columns stand in the order of the stage's parameters, in the types of
        `data.kinds.ARROW`, with nulls only where the parameter is optional.
        """

    def reduce_rows(self, stage: int, batch: pa.RecordBatch, starts: Starts) -> Emission:
        """Run a reduce over groups given by their rows: key parts, then values.

        The rows are sorted by key, groups are whole: group `i` is rows `starts[i]` to
        `starts[i + 1]`. A reduce without key has one group, perhaps empty.
        """

    def reduce_aggregates(self, stage: int, groups: pa.RecordBatch) -> Emission:
        """Run a reduce over groups of which it asks sums, counts and extremes alone, a row each.

        Columns (see `aggregate_schema`): `k0`, … the key parts; `count`; then for value `i`
        `bytes{i}`, `longest{i}` (in the measure of `vm.aggregate`), `total{i}` (int64 for whole
        numbers and durations, float64 the correctly rounded sum of floats, null for other
        kinds), `over{i}` (the whole sum does not fit; `total{i}` says nothing then), `least{i}`,
        `greatest{i}` in the value's Arrow type, null in an empty group.
        """

    def run_script(self) -> dict[str, Value]:
        """Run a script; its variables at the end. Raises `OperationFailed` with its line."""

    def read_lookups(self, stage: str) -> None:
        """Charge reading the lookups, once a job, as part of a stage."""

    def totals(self) -> Totals:
        """What was charged so far, exactly. After `OutOfTotem` it says nothing."""
