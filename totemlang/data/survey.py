"""What can be said of a column after looking at all its values once, in bounded memory."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from totemlang.schema.types import Kind

DISTINCT_VALUES = 2_000_000
DISTINCT_BYTES = 256 * 2**20

_ORDERED = {
    Kind.INT: pa.int32(),
    Kind.LONG: pa.int64(),
    Kind.FLOAT: pa.float32(),
    Kind.DOUBLE: pa.float64(),
    Kind.DATE: pa.int32(),
    Kind.TIMESTAMP: pa.int64(),
    Kind.DURATION: pa.int64(),
}
_MERGE_AT_LEAST = 65_536


@define
class DistinctCount:
    """Counts different values exactly, up to a cap of values and of bytes held."""

    most_values: int = DISTINCT_VALUES
    most_bytes: int = DISTINCT_BYTES
    _seen: pa.Array | None = field(default=None, init=False)
    _new: list[pa.Array] = field(factory=list, init=False)
    _new_count: int = field(default=0, init=False)
    is_over: bool = field(default=False, init=False)
    _final: int | None = field(default=None, init=False)

    def add(self, values: pa.Array) -> None:
        """Take in the values of an array without missing ones."""
        if self.is_over or not len(values):
            return
        found = pc.unique(values)
        self._new.append(found)
        self._new_count += len(found)
        if self._new_count >= max(_MERGE_AT_LEAST, len(self._seen or ())):
            self._merge()

    @property
    def count(self) -> int | None:
        """Number of different values, None if there are more than the cap."""
        if self._final is not None:
            return self._final
        self._merge()
        if self.is_over:
            return None
        return len(self._seen) if self._seen is not None else 0

    def finish(self) -> None:
        """Nothing more is added: the values need not be held."""
        self._final = self.count
        self._seen, self._new, self.is_over = None, [], self._final is None

    def _merge(self) -> None:
        if not self._new or self.is_over:
            return
        parts = self._new if self._seen is None else [self._seen, *self._new]
        self._seen = pc.unique(pa.chunked_array(parts))
        self._new, self._new_count = [], 0
        if len(self._seen) > self.most_values or self._seen.nbytes > self.most_bytes:
            self._seen, self.is_over = None, True


@define
class ColumnSurvey:
    """A running survey. `lower` and `upper` are exact; None before any value.

    `is_bounded` turns False for ever with the first NaN or infinity. Sizes are of strings:
    `total_bytes` counts at least 1 a value and 1 a missing one.
    """

    kind: Kind
    distinct: DistinctCount | None = field(factory=DistinctCount)
    rows: int = field(default=0, init=False)
    missing: int = field(default=0, init=False)
    lower: int | float | None = field(default=None, init=False)
    upper: int | float | None = field(default=None, init=False)
    is_bounded: bool = field(default=True, init=False)
    max_bytes: int = field(default=0, init=False)
    total_bytes: int = field(default=0, init=False)

    def add(self, array: pa.Array) -> None:
        """Take in the next values of the column, normalised."""
        self.rows += len(array)
        self.missing += array.null_count
        values = array.drop_null() if array.null_count else array
        if self.kind is Kind.STRING:
            self._add_sizes(values, array.null_count)
        elif self.kind in _ORDERED:
            values = values.view(_ORDERED[self.kind])
            self._add_bounds(values)
        if self.distinct is not None:
            if self.kind in (Kind.FLOAT, Kind.DOUBLE):
                zero = values.to_numpy(zero_copy_only=False) + 0.0  # −0.0 and 0.0 are equal
                values = pa.array(zero)
            self.distinct.add(values)

    def finish(self) -> None:
        """Nothing more is added."""
        if self.distinct is not None:
            self.distinct.finish()

    @property
    def counts_distinct(self) -> bool:
        """Whether it knows how many different values there are."""
        return self.distinct is not None and self.distinct.count is not None

    def _add_sizes(self, values: pa.Array, missing: int) -> None:
        lengths = pc.binary_length(values).to_numpy(zero_copy_only=False)
        if len(lengths):
            self.max_bytes = max(self.max_bytes, int(lengths.max()))
        self.total_bytes += int(np.maximum(lengths, 1).sum(dtype=np.int64)) + missing

    def _add_bounds(self, values: pa.Array) -> None:
        if not len(values):
            return
        numbers = values.to_numpy(zero_copy_only=False)
        least, most = numbers.min().item(), numbers.max().item()
        if isinstance(least, float) and not (math.isfinite(least) and math.isfinite(most)):
            self.is_bounded = False
            return
        self.lower = least if self.lower is None else min(self.lower, least)
        self.upper = most if self.upper is None else max(self.upper, most)
