"""Groups of which a stage asks only sums, counts and extremes, combined before they are whole.

A *partial* row stands for some rows of one key: how many they are and, for each value column, its
bytes, exact total and extremes. Partial rows of a key fold into one without loss, so how rows were
combined leaves no trace in results or charges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen

from totemlang.bytecode.module import Value
from totemlang.data.kinds import ARROW
from totemlang.data.python_values import to_array, to_values
from totemlang.engine.ordering import Grouped
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable
from totemlang.vm.aggregate import Aggregate
from totemlang.vm.arrays import max_of, max_of_double, min_of, min_of_double
from totemlang.vm.exact_sum import ExactSum

_WHOLE = frozenset({Kind.INT, Kind.LONG, Kind.DURATION})
_BINARY = frozenset({Kind.FLOAT, Kind.DOUBLE})


@define
class _Partial:
    """What is known of some values of one column; all fields as in `Aggregate`, sums exact."""

    total_bytes: int
    longest_bytes: int
    units: int
    special: int
    least: Value
    greatest: Value

    def fold(self, other: _Partial, kind: Kind) -> None:
        """Take in what is known of further values."""
        self.total_bytes += other.total_bytes
        self.longest_bytes = max(self.longest_bytes, other.longest_bytes)
        self.units += other.units
        self.special |= other.special
        self.least = _least([self.least, other.least], kind)
        self.greatest = _greatest([self.greatest, other.greatest], kind)


@frozen
class Combiner:
    """Combines rows of `keys` and `values` (kinds of the columns, in order)."""

    keys: tuple[Kind, ...]
    values: tuple[Kind, ...]
    prices: PriceTable
    schema: pa.Schema = field(init=False)
    """Of partial rows: the key parts, the count, then six columns for each value column."""

    def __attrs_post_init__(self) -> None:
        """Lay out the partial rows."""
        fields = [pa.field(f"k{i}", ARROW[kind]) for i, kind in enumerate(self.keys)]
        fields.append(pa.field("count", pa.int64()))
        for i, kind in enumerate(self.values):
            fields += [
                pa.field(f"bytes{i}", pa.int64()),
                pa.field(f"longest{i}", pa.int64()),
                pa.field(f"units{i}", pa.binary()),
                pa.field(f"special{i}", pa.int8()),
                pa.field(f"least{i}", ARROW[kind]),
                pa.field(f"greatest{i}", ARROW[kind]),
            ]
        object.__setattr__(self, "schema", pa.schema(fields))

    def combine(self, rows: Grouped) -> pa.RecordBatch:
        """One partial row for each group of rows; no group is empty."""
        counts = np.diff(rows.starts).tolist()
        columns = [
            self._combined(rows, len(self.keys) + i, kind) for i, kind in enumerate(self.values)
        ]
        return self._batch(rows, counts, columns)

    def fold(self, partial: Grouped) -> pa.RecordBatch:
        """One partial row for each group of partial rows."""
        counts, columns = self._folded(partial)
        return self._batch(partial, counts, columns)

    def aggregates(self, partial: Grouped) -> tuple[list[int], list[list[Aggregate]]]:
        """For each group of partial rows its count, and for each value column the aggregates."""
        counts, columns = self._folded(partial)
        return counts, [
            [_aggregate(kind, count, part) for count, part in zip(counts, column, strict=True)]
            for kind, column in zip(self.values, columns, strict=True)
        ]

    def nothing(self) -> list[Aggregate]:
        """The aggregates of no rows at all, one a value column."""
        none = _Partial(0, 0, 0, 0, None, None)
        return [_aggregate(kind, 0, none) for kind in self.values]

    def _combined(self, rows: Grouped, column: int, kind: Kind) -> list[_Partial]:
        array = rows.batch.column(column)
        values = to_values(array, kind)
        size = self.prices.bytes(kind)
        lengths = (
            np.maximum(pc.binary_length(array).to_numpy(zero_copy_only=False), 1)
            if size is None
            else None
        )
        numbers = array.to_numpy(zero_copy_only=False) if kind in _BINARY else None
        found = []
        edges = rows.starts.tolist()
        for start, stop in pairwise(edges):
            part = values[start:stop]
            total, longest = size or 0, size or 0
            if lengths is not None:
                total, longest = int(lengths[start:stop].sum()), int(lengths[start:stop].max())
            else:
                total *= stop - start
            exact = ExactSum()
            if numbers is not None:
                exact.extend(numbers[start:stop])
            elif kind in _WHOLE:
                exact.units = sum(part)  # type: ignore[arg-type]
            found.append(
                _Partial(
                    total,
                    longest,
                    exact.units,
                    _special(exact),
                    _least(part, kind),
                    _greatest(part, kind),
                )
            )
        return found

    def _folded(self, partial: Grouped) -> tuple[list[int], list[list[_Partial]]]:
        starts = partial.starts[:-1]
        counted = partial.batch.column("count").to_numpy(zero_copy_only=False)
        counts = np.add.reduceat(counted, starts).tolist() if len(starts) else []
        columns = []
        edges = partial.starts.tolist()
        for i, kind in enumerate(self.values):
            parts = self._partials(partial.batch, i, kind)
            folded = []
            for start, stop in pairwise(edges):
                first = parts[start]
                for other in parts[start + 1 : stop]:
                    first.fold(other, kind)
                folded.append(first)
            columns.append(folded)
        return counts, columns

    def _partials(self, batch: pa.RecordBatch, i: int, kind: Kind) -> list[_Partial]:
        sizes = (batch.column(f"{name}{i}").to_pylist() for name in ("bytes", "longest"))
        units = [int.from_bytes(u, "little", signed=True) for u in batch[f"units{i}"].to_pylist()]
        special = batch[f"special{i}"].to_pylist()
        extremes = (to_values(batch[f"{name}{i}"], kind) for name in ("least", "greatest"))
        return [_Partial(*row) for row in zip(*sizes, units, special, *extremes, strict=True)]

    def _batch(
        self, rows: Grouped, counts: list[int], columns: Sequence[Sequence[_Partial]]
    ) -> pa.RecordBatch:
        first = pa.array(rows.starts[:-1])
        arrays = [rows.batch.column(part).take(first) for part in range(len(self.keys))]
        arrays.append(pa.array(counts, pa.int64()))
        for kind, column in zip(self.values, columns, strict=True):
            units = [
                p.units.to_bytes(p.units.bit_length() // 8 + 1, "little", signed=True)
                for p in column
            ]
            arrays += [
                pa.array([p.total_bytes for p in column], pa.int64()),
                pa.array([p.longest_bytes for p in column], pa.int64()),
                pa.array(units, pa.binary()),
                pa.array([p.special for p in column], pa.int8()),
                to_array([p.least for p in column], kind),
                to_array([p.greatest for p in column], kind),
            ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def key_tuples(rows: Grouped, keys: Sequence[Kind]) -> Iterator[tuple[Value, ...]]:
    """The key of each group as values of the machine."""
    first = pa.array(rows.starts[:-1])
    parts = [to_values(rows.batch.column(i).take(first), kind) for i, kind in enumerate(keys)]
    return zip(*parts, strict=True)


def _special(exact: ExactSum) -> int:
    return exact.positive_infinity + 2 * exact.negative_infinity + 4 * exact.not_a_number


def _least(values: Sequence[Value], kind: Kind) -> Value:
    found: Value = min_of_double(values) if kind in _BINARY else min_of(values)  # type: ignore[arg-type]
    return found


def _greatest(values: Sequence[Value], kind: Kind) -> Value:
    found: Value = max_of_double(values) if kind in _BINARY else max_of(values)  # type: ignore[arg-type]
    return found


def _aggregate(kind: Kind, count: int, part: _Partial) -> Aggregate:
    total: int | float | None = None
    if kind in _WHOLE:
        total = part.units
    elif kind in _BINARY:
        special = part.special
        total = ExactSum(
            part.units, bool(special & 1), bool(special & 2), bool(special & 4)
        ).result()
    return Aggregate(count, part.total_bytes, part.longest_bytes, total, part.least, part.greatest)
