"""From any Arrow array that a file may hold to one of the nine normalised ones.

Timestamps with a zone become UTC, finer units become microseconds where that is exact, narrow
whole numbers become wider ones, NaN becomes the one NaN. What cannot be kept is bad data.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totemlang.data.coded import coded, is_worth_coding, longest
from totemlang.data.kinds import ARROW, is_text, natural_kind
from totemlang.data.limits import Limits
from totemlang.data.text_pieces import all_bytes
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind

FIRST_DAY, LAST_DAY = -719_162, 2_932_896
_DAY = 86_400_000_000
FIRST_MOMENT, LAST_MOMENT = FIRST_DAY * _DAY, (LAST_DAY + 1) * _DAY - 1


_FAULTS = (
    pa.ArrowException,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    struct.error,
)
"""What readers raise for files that are not what they say."""


@contextmanager
def reading(file: str, what: str) -> Iterator[None]:
    """Turn whatever goes wrong in a reader into bad data; its own words may hold values."""
    try:
        yield
    except BadData:
        raise
    except MemoryError:
        raise BadData(f"{file}: asks for more memory than there is") from None
    except _FAULTS:
        raise BadData(f"{file}: {what}") from None


def normalise(
    array: pa.Array, kind: Kind, column: str, file: str, *, any_nan: bool = False
) -> pa.Array:
    """The values as an array of `ARROW[kind]`, which is the natural kind or one that it widens to.

    `any_nan`: a NaN may be any; nobody looks for it.

    Raises:
        BadData: for a value that the kind cannot hold, naming file and column.
    """
    natural = natural_kind(array.type)
    if natural is None:
        raise BadData(f"{file}: column {column!r} has the type {array.type}, which no kind reads")
    with reading(file, f"column {column!r} holds a value that {natural.value} cannot hold"):
        _validate(array)
        found = _to_natural(array, natural)
        _check_domain(found, natural, column, file)
        if kind is not natural:
            found = pc.cast(found, ARROW[kind], safe=False)
        return found if any_nan else one_nan(found)


def normalised(
    batch: pa.RecordBatch,
    columns: Sequence[str],
    kinds: Mapping[str, Kind],
    file: str,
    limits: Limits,
    *,
    kept_coded: Collection[str] = (),
    any_nan: bool = False,
) -> pa.RecordBatch:
    """The named columns of a batch, in that order, each normalised to its kind.

    Those in `kept_coded`, which are worth it, are coded strings. `any_nan`: see `normalise`.

    Raises:
        BadData: as `normalise`, and for a string longer than the limit.
    """
    arrays = []
    for name in columns:
        array = batch.column(name)
        if name in kept_coded:
            with reading(file, f"column {name!r} holds a value that string cannot hold"):
                array = coded(array)
        else:
            array = normalise(array, kinds[name], name, file, any_nan=any_nan)
        if kinds[name] is Kind.STRING:
            _check_strings(array, limits, name, file)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def normalised_pieces(
    batch: pa.RecordBatch,
    columns: Sequence[str],
    kinds: Mapping[str, Kind],
    file: str,
    limits: Limits,
    *,
    may_code: bool = False,
) -> Iterator[pa.RecordBatch]:
    """The same in pieces that stay under the limit of bytes when dictionaries are written out.

    `may_code`: those of strings that are worth it stay, and the strings are coded; and a NaN may
    be any.

    Raises:
        BadData: as `normalised`.
    """
    kept = [name for name in columns if may_code and is_worth_coding(batch.column(name), limits)]
    written = [name for name in columns if name not in kept]
    for piece in _cut(batch, written, limits):
        yield normalised(piece, columns, kinds, file, limits, kept_coded=kept, any_nan=may_code)


def _cut(batch: pa.RecordBatch, written: Sequence[str], limits: Limits) -> Iterator[pa.RecordBatch]:
    plain_bytes = sum(_plain_bytes(batch.column(name)) for name in written)
    if batch.num_rows > 1 and plain_bytes > limits.batch_bytes:
        half = batch.num_rows // 2
        yield from _cut(batch.slice(0, half), written, limits)
        yield from _cut(batch.slice(half), written, limits)
    else:
        yield batch


def _plain_bytes(column: pa.Array) -> int:
    if pa.types.is_dictionary(column.type) and is_text(column.type.value_type):
        lengths = pc.binary_length(column.dictionary)
        return pc.sum(lengths.take(column.indices)).as_py() or 0
    if is_text(column.type):
        together = all_bytes(column)
        if together is not None:
            return max(together, 0)
        return pc.sum(pc.binary_length(column)).as_py() or 0
    return 8 * len(column)


def _check_strings(array: pa.Array, limits: Limits, column: str, file: str) -> None:
    if longest(array, limits.string_bytes) > limits.string_bytes:
        raise BadData(
            f"{file}: column {column!r} holds a string over {limits.string_bytes:,} bytes"
        )


def _to_natural(array: pa.Array, kind: Kind) -> pa.Array:
    arrow = array.type
    if pa.types.is_dictionary(arrow):
        array = array.dictionary_decode()
        return _to_natural(array, kind)
    if kind is Kind.TIMESTAMP and arrow != ARROW[kind]:
        array = pc.cast(array, pa.timestamp("us", arrow.tz))
        return array.view(pa.int64()).view(ARROW[kind])
    if pa.types.is_decimal(arrow) and kind is Kind.DOUBLE:
        return pc.cast(pc.cast(array, pa.string()), pa.float64())
    return array if arrow == ARROW[kind] else pc.cast(array, ARROW[kind])


def one_nan(array: pa.Array) -> pa.Array:
    """The same values with every NaN made the canonical one (positive, quiet, no payload)."""
    if not pa.types.is_floating(array.type):
        return array
    values = _values(array)
    if not len(values) or not np.isnan(values.min()):  # the least is NaN where any is
        return array
    nan = np.isnan(values)
    if array.null_count:  # where a value is missing there often stands a NaN
        nan &= _present(array)
    if not nan.any():
        return array
    return pc.if_else(pa.array(nan), pa.scalar(np.nan, array.type), array)


def _present(array: pa.Array) -> Any:
    """Which values of an array are not missing."""
    skipped, stop = array.offset & 7, (array.offset & 7) + len(array)
    held = np.frombuffer(array.buffers()[0], np.uint8, (stop + 7) >> 3, array.offset >> 3)
    return np.unpackbits(held, count=stop, bitorder="little")[skipped:].view(np.bool_)


def _values(array: pa.Array) -> Any:
    """The values of numbers as they lie, whatever stands where they are missing."""
    buffer = array.buffers()[1]
    dtype = array.type.to_pandas_dtype()
    if buffer is None:
        return np.zeros(0, dtype)
    return np.frombuffer(buffer, dtype, len(array), array.offset * np.dtype(dtype).itemsize)


def _validate(array: pa.Array) -> None:
    """Raise where an array is not what its type says. Plain ASCII is seen at a glance."""
    array.validate()
    if not pa.types.is_string(array.type) or not _is_ascii(array):
        array.validate(full=True)


def _is_ascii(array: pa.Array) -> bool:
    """Whether strings, the offsets of which have their room, stand in order and are all ASCII."""
    _, offsets, text = array.buffers()
    if offsets is None or text is None or not len(array):
        return False
    edges = np.frombuffer(offsets, np.int32, len(array) + 1, 4 * array.offset)
    first, last = int(edges[0]), int(edges[-1])
    if not 0 <= first < last <= text.size or bool((edges[1:] < edges[:-1]).any()):
        return False
    return int(np.frombuffer(text, np.uint8, last - first, first).max()) < 128


def _are_at_most(numbers: pa.Array, high: int) -> bool:
    """Whether all numbers, also missing ones, are from 0 to a limit: seen at a glance."""
    found = _values(numbers)
    if not len(found):
        return True
    unsigned = np.uint64 if found.dtype.itemsize == 8 else np.uint32
    return int(found.view(unsigned).max()) <= high  # a negative one is larger than all


def _check_domain(array: pa.Array, kind: Kind, column: str, file: str) -> None:
    if kind is Kind.DATE:
        numbers, low, high = array.view(pa.int32()), FIRST_DAY, LAST_DAY
    elif kind is Kind.TIMESTAMP:
        numbers, low, high = array.view(pa.int64()), FIRST_MOMENT, LAST_MOMENT
    else:
        return
    if _are_at_most(numbers, high):
        return
    found = pc.min_max(numbers).as_py()
    if found["min"] is not None and (found["min"] < low or found["max"] > high):
        raise BadData(f"{file}: column {column!r} holds a {kind.value} outside the years 1 to 9999")
