"""Groups of which a stage asks only sums, counts and extremes, combined before they are whole.

A *partial* row stands for some rows of one key: how many they are and, for each value column, its
bytes, exact total and extremes. Partial rows of a key fold into one without loss, so how rows were
combined leaves no trace in results or charges.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import define, field, frozen

from totemlang.data.kinds import ARROW
from totemlang.engine.ordering import Grouped, Positions
from totemlang.engine.reductions import (
    BINARY,
    NEGATIVE_INFINITY,
    NOT_A_NUMBER,
    POSITIVE_INFINITY,
    WHOLE,
    added,
    byte_lengths,
    exact_sums,
    greatest,
    least,
    whole_sums,
)
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable
from totemlang.vm.exact_sum import ExactSum
from totemlang.vm.tier import aggregate_schema


@define(eq=False)
class _Column:
    """What is known of a value column, one element a group; sums in units or whole numbers."""

    total_bytes: Positions
    longest_bytes: Positions
    units: list[int]
    marks: npt.NDArray[np.int8]
    least: pa.Array
    greatest: pa.Array


@frozen
class Combiner:
    """Combines rows of `keys` and `values` (kinds of the columns, in order)."""

    keys: tuple[Kind, ...]
    values: tuple[Kind, ...]
    prices: PriceTable
    schema: pa.Schema = field(init=False)
    """Of partial rows: the key parts, the count, then six columns for each value column."""
    summed: pa.Schema = field(init=False)
    """Of groups that are whole."""

    def __attrs_post_init__(self) -> None:
        """Lay out the partial rows."""
        fields = [pa.field(f"k{i}", ARROW[kind]) for i, kind in enumerate(self.keys)]
        fields.append(pa.field("count", pa.int64()))
        for i, kind in enumerate(self.values):
            fields += [
                pa.field(f"bytes{i}", pa.int64()),
                pa.field(f"longest{i}", pa.int64()),
                pa.field(f"units{i}", pa.binary()),
                pa.field(f"marks{i}", pa.int8()),
                pa.field(f"least{i}", ARROW[kind]),
                pa.field(f"greatest{i}", ARROW[kind]),
            ]
        object.__setattr__(self, "schema", pa.schema(fields))
        object.__setattr__(self, "summed", aggregate_schema(self.keys, self.values))

    def combine(self, rows: Grouped) -> pa.RecordBatch:
        """One partial row for each group of rows; no group is empty."""
        first = len(self.keys)
        columns = [
            self._combined(rows.batch.column(first + i), kind, rows.starts)
            for i, kind in enumerate(self.values)
        ]
        return self._batch(rows, np.diff(rows.starts), columns)

    def fold(self, partial: Grouped) -> pa.RecordBatch:
        """One partial row for each group of partial rows."""
        counts, columns = self._folded(partial)
        return self._batch(partial, counts, columns)

    def aggregates(self, partial: Grouped) -> pa.RecordBatch:
        """A row for each group of partial rows, as `vm.tier.aggregate_schema` has it."""
        counts, columns = self._folded(partial)
        first = pa.array(partial.starts[:-1])
        arrays = [partial.batch.column(part).take(first) for part in range(len(self.keys))]
        arrays.append(pa.array(counts, pa.int64()))
        for kind, column in zip(self.values, columns, strict=True):
            arrays += [
                pa.array(column.total_bytes, pa.int64()),
                pa.array(column.longest_bytes, pa.int64()),
                *_totals(kind, column),
                column.least,
                column.greatest,
            ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.summed)

    def _combined(self, array: pa.Array, kind: Kind, starts: Positions) -> _Column:
        counts = np.diff(starts)
        each = self.prices.bytes(kind)
        if each is None:
            lengths = byte_lengths(array)
            total = np.add.reduceat(lengths, starts[:-1])
            longest = np.maximum.reduceat(lengths, starts[:-1])
        else:
            total, longest = counts * each, np.full(len(counts), each, dtype=np.int64)
        units, marks = [0] * len(counts), np.zeros(len(counts), dtype=np.int8)
        if kind in BINARY:
            units, marks = exact_sums(array, starts)
        elif kind in WHOLE:
            units = whole_sums(array, starts)
        lowest, highest = least(array, kind, starts), greatest(array, kind, starts)
        return _Column(total, longest, units, marks, lowest, highest)

    def _folded(self, partial: Grouped) -> tuple[Positions, list[_Column]]:
        starts, batch = partial.starts, partial.batch
        firsts = starts[:-1]
        counts = np.add.reduceat(_numbers(batch, "count"), firsts)
        columns = []
        for i, kind in enumerate(self.values):
            units = [
                int.from_bytes(unit, "little", signed=True)
                for unit in batch.column(f"units{i}").to_pylist()
            ]
            columns.append(
                _Column(
                    np.add.reduceat(_numbers(batch, f"bytes{i}"), firsts),
                    np.maximum.reduceat(_numbers(batch, f"longest{i}"), firsts),
                    added(units, starts),
                    np.bitwise_or.reduceat(batch.column(f"marks{i}").to_numpy(), firsts),
                    least(batch.column(f"least{i}"), kind, starts),
                    greatest(batch.column(f"greatest{i}"), kind, starts),
                )
            )
        return counts, columns

    def _batch(
        self, rows: Grouped, counts: Positions, columns: Sequence[_Column]
    ) -> pa.RecordBatch:
        first = pa.array(rows.starts[:-1])
        arrays = [rows.batch.column(part).take(first) for part in range(len(self.keys))]
        arrays.append(pa.array(counts, pa.int64()))
        for column in columns:
            units = [
                unit.to_bytes(unit.bit_length() // 8 + 1, "little", signed=True)
                for unit in column.units
            ]
            arrays += [
                pa.array(column.total_bytes, pa.int64()),
                pa.array(column.longest_bytes, pa.int64()),
                pa.array(units, pa.binary()),
                pa.array(column.marks, pa.int8()),
                column.least,
                column.greatest,
            ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _numbers(batch: pa.RecordBatch, name: str) -> Positions:
    numbers: Positions = batch.column(name).to_numpy(zero_copy_only=False)
    return numbers


def _totals(kind: Kind, column: _Column) -> tuple[pa.Array, pa.Array]:
    """The total of each group as far as 64 bits hold it, and whether they do not."""
    groups = len(column.units)
    if kind in WHOLE:
        over = [not -(2**63) <= unit < 2**63 for unit in column.units]
        units = [0 if is_over else u for u, is_over in zip(column.units, over, strict=True)]
        return pa.array(units, pa.int64()), pa.array(over, pa.bool_())
    fits = pa.array(np.zeros(groups, dtype=bool))
    if kind not in BINARY:
        return pa.nulls(groups), fits
    totals = [
        ExactSum(
            units,
            bool(marks & POSITIVE_INFINITY),
            bool(marks & NEGATIVE_INFINITY),
            bool(marks & NOT_A_NUMBER),
        ).result()
        for units, marks in zip(column.units, column.marks.tolist(), strict=True)
    ]
    return pa.array(totals, pa.float64(), from_pandas=False), fits
