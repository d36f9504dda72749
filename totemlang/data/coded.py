"""Strings that come as a dictionary: each different one is looked at once, not once a row.

A *coded* array is a dictionary array of int32 indices into strings. The strings are valid and
none of them is missing; every index is that of one of them, also where a row has no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totemlang.data.kinds import is_text
from totemlang.data.limits import Limits
from totemlang.data.text_pieces import MOST_TEXT, all_bytes, pieces

_INDEX = pa.int32()
ROWS = 2
"""So many rows a string, in the mean, are worth it to keep strings and rows apart."""

CODED = pa.dictionary(_INDEX, pa.string())
"""The Arrow type of coded strings."""


def is_coded(array: pa.Array) -> bool:
    """Whether a normalised array of strings is coded."""
    return bool(pa.types.is_dictionary(array.type))


def is_worth_coding(array: pa.Array, limits: Limits) -> bool:
    """Whether an array of a file has strings so few, and so small, that they are best kept apart.

    What says so need not hold: nothing but sizes is looked at.
    """
    if not pa.types.is_dictionary(array.type) or not is_text(array.type.value_type):
        return False
    strings = array.dictionary
    if not len(strings) or strings.null_count or ROWS * len(strings) > len(array):
        return False
    return bool(strings.nbytes <= limits.dictionary_bytes)


def coded(array: pa.Array) -> pa.Array:
    """An array that is worth coding as a coded one, looked through.

    Raises:
        pa.ArrowInvalid, ValueError: for strings that are none, and indices that have no string.
    """
    array.validate()
    strings, indices = array.dictionary, array.indices
    strings.validate(full=True)
    if strings.type != pa.string():
        strings = pc.cast(strings, pa.string())
    if indices.type != _INDEX:
        indices = pc.cast(indices, _INDEX)
    if not are_within(indices, len(strings)) and indices.null_count:
        indices = _with_zeros(indices)
    if not are_within(indices, len(strings)):
        raise ValueError("an index without a string")
    return _array(indices, strings)


def written_out(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The rows of a batch with plain strings, in pieces that hold not too many bytes of them."""
    kept_coded = [array for array in batch.columns if is_coded(array)]
    if not kept_coded:
        yield batch
        return
    sizes = np.zeros(batch.num_rows, dtype=np.int64)
    for array in kept_coded:
        lengths = pc.binary_length(array.dictionary).to_numpy()
        sizes += lengths[indices_of(array)]
    for first, stop in pieces(sizes, MOST_TEXT):
        part = batch.slice(first, stop - first)
        arrays = [a.dictionary_decode() if is_coded(a) else a for a in part.columns]
        yield pa.RecordBatch.from_arrays(arrays, names=part.schema.names)


def indices_of(array: pa.Array) -> Any:
    """The indices of a coded array as they lie, of rows without a value too."""
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(0, np.int32)
    return np.frombuffer(buffer, np.int32, len(array), 4 * array.offset)


def longest(array: pa.Array, most: int) -> int:
    """Bytes of the longest string of an array of strings, or more; exact where over `most`."""
    together = None if is_coded(array) else all_bytes(array)
    if together is not None and together <= most:
        return together  # mostly so, and nothing but two offsets was looked at
    lengths = pc.binary_length(array.dictionary if is_coded(array) else array)
    found: int = pc.max(lengths).as_py() or 0
    if found > most and is_coded(array):
        # A dictionary may have strings that none of these rows has.
        found = pc.max(pc.take(lengths, array.indices)).as_py() or 0
    return found


def sizes_of(strings: pa.Array) -> Any:
    """Bytes of each of the strings of a coded array, at least 1: one number where all have it."""
    buffer, count = strings.buffers()[1], len(strings)
    if buffer is None or not count:
        return 1
    offsets = np.frombuffer(buffer, np.int32, count + 1, 4 * strings.offset)
    sizes = np.maximum(offsets[1:] - offsets[:-1], 1)
    first = int(sizes[0])
    return first if bool((sizes == first).all()) else sizes


def total_bytes(array: pa.Array, sizes: Any = None) -> int:
    """Bytes of the rows of a coded array, at least 1 each, also of a row without a value.

    `sizes` are those of its strings, where they are known.
    """
    missing: int = array.null_count
    sizes = sizes_of(array.dictionary) if sizes is None else sizes
    if isinstance(sizes, int):
        return sizes * (len(array) - missing) + missing
    found = pc.take(pa.array(sizes), array.indices, boundscheck=False)
    return int(pc.sum(found).as_py() or 0) + missing


def _array(indices: pa.Array, strings: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(indices, strings, safe=False)


def are_within(indices: pa.Array, count: int) -> bool:
    """Whether all indices, also of rows without a value, are below a number."""
    buffer = indices.buffers()[1]
    if buffer is None or not len(indices):
        return True
    found = np.frombuffer(buffer, np.uint32, len(indices), 4 * indices.offset)
    return int(found.max()) < count  # as it lies a negative one is larger than all


def _with_zeros(indices: pa.Array) -> pa.Array:
    """The same indices with zero where there is none."""
    missing = indices.is_null().to_numpy(zero_copy_only=False)
    return pa.array(pc.fill_null(indices, 0).to_numpy(), mask=missing)
