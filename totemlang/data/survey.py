"""What can be said of a column after looking at all its values once, in bounded memory."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from totemlang.data.coded import indices_of, is_coded
from totemlang.data.distinct import DistinctCount
from totemlang.data.normalise import one_nan
from totemlang.schema.types import Kind

_ORDERED = {
    Kind.INT: pa.int32(),
    Kind.LONG: pa.int64(),
    Kind.FLOAT: pa.float32(),
    Kind.DOUBLE: pa.float64(),
    Kind.DATE: pa.int32(),
    Kind.TIMESTAMP: pa.int64(),
    Kind.DURATION: pa.int64(),
}


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
        """Take in the next values of the column, normalised; a NaN may be any."""
        self.rows += len(array)
        self.missing += array.null_count
        if self.kind is Kind.STRING and is_coded(array):
            self._add_coded(array)
            return
        values = one_nan(array.drop_null() if array.null_count else array)
        if self.kind is Kind.STRING:
            self._add_sizes(values, array.null_count)
        elif self.kind in _ORDERED:
            values = values.view(_ORDERED[self.kind])
            self._add_bounds(values)
        if self.distinct is not None:
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

    def _add_coded(self, array: pa.Array) -> None:
        """Each different string is looked at once, with the number of its rows."""
        indices = indices_of(array)
        if array.null_count:
            indices = indices[array.is_valid().to_numpy(zero_copy_only=False)]
        counts = np.bincount(indices, minlength=len(array.dictionary))
        found = counts > 0
        lengths = pc.binary_length(array.dictionary).to_numpy()
        self.max_bytes = max(self.max_bytes, int(lengths[found].max(initial=0)))
        self.total_bytes += int(np.dot(counts, np.maximum(lengths, 1))) + array.null_count
        if self.distinct is not None:
            # Strings that no row has are none of the column's.
            self.distinct.add(array.dictionary.filter(pa.array(found)))

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
