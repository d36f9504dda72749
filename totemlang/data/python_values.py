"""Between Arrow arrays and the plain Python values that the machine computes with.

Dates are days and times microseconds since 1970, missing is None, a float is the Python float that
its 32 bits mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from totemlang.bytecode.module import Value
from totemlang.data.kinds import ARROW
from totemlang.data.text_pieces import MOST_TEXT, pieces
from totemlang.schema.types import Kind

_WHOLE = {
    Kind.INT: pa.int32(),
    Kind.LONG: pa.int64(),
    Kind.DATE: pa.int32(),
    Kind.TIMESTAMP: pa.int64(),
    Kind.DURATION: pa.int64(),
}


def to_values(array: pa.Array, kind: Kind) -> list[Value]:
    """The values of a normalised array. Equal strings of it are one Python object."""
    if kind is Kind.STRING:
        return _strings(array)
    if kind in _WHOLE:
        array = array.view(_WHOLE[kind])
    if array.null_count:
        found: list[Value] = array.to_pylist()
        return found
    values: list[Value] = array.to_numpy(zero_copy_only=False).tolist()
    return values


def to_array(values: Sequence[Value], kind: Kind) -> pa.Array:
    """Values of the machine as a normalised array."""
    if kind in (Kind.STRING, Kind.BOOL):
        return pa.array(values, ARROW[kind], from_pandas=False)
    if kind in _WHOLE:
        return pa.array(values, _WHOLE[kind], from_pandas=False).view(ARROW[kind])
    return pa.array(values, ARROW[kind], from_pandas=False)


def to_batch(columns: Sequence[Sequence[Value]], kinds: Sequence[Kind]) -> pa.RecordBatch:
    """Columns of values as normalised arrays `c0`, `c1`, …"""
    arrays = [to_array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=[f"c{i}" for i in range(len(arrays))])


def to_batches(
    columns: Sequence[Sequence[Value]], kinds: Sequence[Kind]
) -> Iterator[pa.RecordBatch]:
    """The same in batches that hold no more text than Arrow can."""
    sizes = np.zeros(len(columns[0]), dtype=np.int64)
    for values, kind in zip(columns, kinds, strict=True):
        if kind is Kind.STRING:
            letters = (len(text) for text in values if isinstance(text, str))
            sizes += 4 * np.fromiter(letters, np.int64, len(sizes))
    if int(sizes.sum()) <= MOST_TEXT:
        yield to_batch(columns, kinds)
        return
    for first, stop in pieces(sizes, MOST_TEXT):
        yield to_batch([values[first:stop] for values in columns], kinds)


def _strings(array: pa.Array) -> list[Value]:
    encoded = array.dictionary_encode()
    words = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    codes = encoded.indices
    if codes.null_count:
        codes = codes.fill_null(len(words) - 1)
    found: list[Value] = words[codes.to_numpy(zero_copy_only=False)].tolist()
    return found
