"""Batches of a file whose columns are what a program takes as they lie: looked through, not made.

After a batch was unpacked little else is in the processor's cache: what is done for each of them
is kept short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from attrs import define, field

from totemlang.data.coded import CODED, ROWS, are_within, is_worth_coding
from totemlang.data.kinds import ARROW
from totemlang.data.limits import Limits
from totemlang.data.normalise import LAST_DAY, LAST_MOMENT, normalised_pieces
from totemlang.schema.types import Kind

Look = Callable[[pa.Array], bool]
"""Whether an array is normalised as it lies; also False where that takes longer to see."""

_WORDS: dict[Kind, tuple[np.dtype[Any], int]] = {
    Kind.DATE: (np.dtype(np.uint32), LAST_DAY),
    Kind.TIMESTAMP: (np.dtype(np.uint64), LAST_MOMENT),
}
"""Kinds with a domain: unsigned numbers of that width, and the last one."""


def looking_through(
    columns: Sequence[str], kinds: Mapping[str, Kind], file: str, limits: Limits, *, may_code: bool
) -> Callable[[pa.RecordBatch], Iterable[pa.RecordBatch]]:
    """What makes of batches that follow each other what `normalised_pieces` makes of each."""

    def made(batch: pa.RecordBatch) -> Iterable[pa.RecordBatch]:
        return normalised_pieces(batch, columns, kinds, file, limits, may_code=may_code)

    if not may_code:
        return made
    plain = PlainColumns(columns, kinds, limits)

    def taken(batch: pa.RecordBatch) -> Iterable[pa.RecordBatch]:
        found = plain.taken(batch)
        return made(batch) if found is None else (found,)

    return taken


@define
class PlainColumns:
    """The columns that are asked for of batches which follow each other; a NaN may be any."""

    columns: Sequence[str]
    kinds: Mapping[str, Kind]
    limits: Limits
    _types: list[pa.DataType] = field(init=False)
    _looks: list[Look] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Know what each has to be."""
        kinds = [self.kinds[name] for name in self.columns]
        self._types = [CODED if kind is Kind.STRING else ARROW[kind] for kind in kinds]
        self._looks = [self._look(kind) for kind in kinds]

    def taken(self, batch: pa.RecordBatch) -> pa.RecordBatch | None:
        """The named columns of a batch, normalised; None: that takes more than a look."""
        if 8 * batch.num_rows * len(self._types) > self.limits.batch_bytes:
            return None
        arrays = []
        for name, arrow, look in zip(self.columns, self._types, self._looks, strict=True):
            array = batch.column(name)
            if array.type != arrow or not look(array):
                return None
            arrays.append(array)
        return pa.RecordBatch.from_arrays(arrays, names=self.columns)

    def _look(self, kind: Kind) -> Look:
        if kind is Kind.STRING:
            return Strings(self.limits).are_fine
        if kind in _WORDS:
            word, last = _WORDS[kind]
            return lambda array: _is_valid(array) and _are_at_most(array, word, last)
        return _is_valid


@define
class Strings:
    """Coded strings of batches which follow each other: those known from before are not read."""

    limits: Limits
    _known: pa.Array | None = field(default=None, init=False)

    def are_fine(self, array: pa.Array) -> bool:
        """Whether an array is coded, its strings worth it and not too long."""
        if not _is_valid(array):
            return False
        strings, known = array.dictionary, self._known
        if known is None or not strings.equals(known):
            # None of them can be too long where all of them together are not.
            if not is_worth_coding(array, self.limits):
                return False
            if strings.nbytes > self.limits.string_bytes or not _is_valid(strings, full=True):
                return False
            self._known = strings
        count = len(strings)
        return ROWS * count <= len(array) and are_within(array.indices, count)


def _is_valid(array: pa.Array, *, full: bool = False) -> bool:
    try:
        array.validate(full=full)
    except (pa.ArrowException, ValueError):
        return False
    return True


def _are_at_most(array: pa.Array, word: np.dtype[Any], last: int) -> bool:
    """Whether all numbers, also where a value is missing, are from 0 to the last one."""
    buffer, rows = array.buffers()[1], len(array)
    if buffer is None or not rows:
        return True
    found = np.frombuffer(buffer, word, rows, word.itemsize * array.offset)
    return int(np.maximum.reduce(found)) <= last  # a negative one is larger than all
