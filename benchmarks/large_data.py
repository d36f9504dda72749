"""Columns of many rows with what is nasty about columns, written as files of several kinds.

A column is made of codes, which say where equal values stand (runs, two in turns, few, many, all in
one order), and a palette, which says what the values are (near, far apart, extreme, cancelling, of
many lengths). Some columns change both on their way, so that what was fast until there has to stop.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from attrs import frozen

from totemlang.data.kinds import ARROW
from totemlang.data.normalise import FIRST_DAY, FIRST_MOMENT, LAST_DAY, LAST_MOMENT
from totemlang.schema.types import Kind

Numbers = npt.NDArray[Any]

MOST_TEXT = 40_000_000
"""Bytes of a column of strings, about."""

EXTREME = (0.0, -0.0, 5e-324, -2e-310, 2.3e-308, 1.7e308, -1.7e308, 1e308, -1e308, 2.0**-61, 1e16)
OTHER_NAN = struct.unpack("<d", struct.pack("<Q", 0xFFFC_DEAD_0000_0001))[0]
NO_NUMBERS = (math.nan, math.inf, -math.inf, OTHER_NAN)
LIMITS = {
    Kind.INT: (-(2**31), 2**31 - 1),
    Kind.LONG: (-(2**63), 2**63 - 1),
    Kind.DURATION: (-(2**63), 2**63 - 1),
    Kind.DATE: (FIRST_DAY, LAST_DAY),
    Kind.TIMESTAMP: (FIRST_MOMENT, LAST_MOMENT),
}
STEPS = {Kind.TIMESTAMP: (1, 60_000_000, 1_800_000_000, 86_400_000_000)}
ALPHABET = "abcxyzABC. ,'é€\U0001f600ÅßİK-_19"


@frozen(eq=False)
class Column:
    """A column of a data set."""

    name: str
    kind: Kind
    is_optional: bool
    values: pa.Array

    @property
    def declared(self) -> str:
        """As a program declares it."""
        return f"{self.kind.value}{'?' if self.is_optional else ''} {self.name}"


class Columns:
    """Makes columns of `rows` rows out of one source of randomness."""

    def __init__(self, random: Random, rows: int) -> None:
        """Begin."""
        self.random, self.rows = random, rows
        self._drawn = np.random.default_rng(random.getrandbits(64))

    def column(self, name: str, kind: Kind, is_optional: bool = False) -> Column:
        """A column with one to three stretches of different habits."""
        edges = [0, self.rows]
        if self.random.random() < 0.3:
            edges[1:1] = sorted(self.random.randrange(self.rows + 1) for _ in range(2))
        pieces = [self._stretch(kind, stop - start) for start, stop in pairwise(edges)]
        values = pa.concat_arrays(pieces)
        if is_optional:
            mask = pa.array(self._missing())
            values = pc.if_else(mask, pa.scalar(None, values.type), values)
        return Column(name, kind, is_optional, values)

    def _stretch(self, kind: Kind, rows: int) -> pa.Array:
        codes = self._codes(rows)
        number = int(codes.max()) + 1 if rows else 1
        if kind is Kind.STRING:
            return self._texts(codes, number)
        if kind is Kind.BOOL:
            return pa.array(codes % 2 == 1)
        if kind in (Kind.FLOAT, Kind.DOUBLE):
            made = self._binary(codes, number)
            with np.errstate(over="ignore"):
                return pa.array(made.astype(np.float32) if kind is Kind.FLOAT else made)
        wide = pa.array(self._whole(codes, number, kind))
        narrow = kind in (Kind.INT, Kind.DATE)
        return (wide.cast(pa.int32()) if narrow else wide).view(ARROW[kind])

    def _codes(self, rows: int) -> Numbers:
        """Where equal values stand."""
        way = self.random.randrange(9)
        few = self.random.choice((2, 3, 24, 100, 500))
        if way == 0:
            return np.zeros(rows, np.int64)
        if way == 1:
            return np.arange(rows) % 2
        if way == 2:
            return np.arange(rows) // self.random.choice((2, 31, 33, 300, 3_000)) % few
        if way == 3:
            return np.sort(self._drawn.integers(0, few, rows))
        if way == 4:
            return np.sort(self._drawn.integers(0, 100_000, rows))
        if way == 5:
            return self._drawn.integers(0, 100_000, rows)
        if way == 6:
            return np.minimum(self._drawn.zipf(1.3, rows), 50_000) - 1
        if way == 7:
            lengths = self._drawn.geometric(1 / self.random.choice((3, 40, 700)), rows)
            return np.repeat(self._drawn.integers(0, few, rows), lengths)[:rows]
        return self._drawn.integers(0, few, rows)

    def _missing(self) -> npt.NDArray[np.bool_]:
        way = self.random.randrange(5)
        if way == 0:
            return np.zeros(self.rows, bool)
        if way == 1:
            return np.ones(self.rows, bool)
        if way == 2:
            return self._drawn.random(-(-self.rows // 64)).repeat(64)[: self.rows] < 0.5
        return self._drawn.random(self.rows) < (0.5 if way == 3 else 0.001)

    def _whole(self, codes: Numbers, number: int, kind: Kind) -> Numbers:
        low, high = LIMITS[kind]
        way = self.random.randrange(6)
        step = self.random.choice(STEPS.get(kind, (1, 1, 2, 5, 1_000)))
        if way == 0:
            palette = self._drawn.integers(low, high, number, endpoint=True)
            if number > 1:
                palette[:2] = low, high
            return np.asarray(palette[codes])
        step = max(1, min(step, (high - low) // number))
        start = self.random.choice((0, 0, -3, low, 17_000 * step, high - number * step))
        found = max(low, min(start, high - number * step)) + codes * step
        if way == 1:
            found[self._drawn.random(len(codes)) < 0.0005] = self.random.choice((low, high, 0))
        return np.asarray(np.clip(found, low, high), np.int64)

    def _binary(self, codes: Numbers, number: int) -> Numbers:
        way = self.random.randrange(11)
        places = self.random.choice((0, 1, 3))
        palette = self._drawn.normal(self.random.choice((0, 5)), 3, number).round(places)
        if way == 0:
            palette = self._drawn.choice(np.array(EXTREME + NO_NUMBERS), number)
        elif way == 1:
            palette = self._drawn.choice(np.array(EXTREME), number)
        elif way == 2:
            palette *= 10.0 ** self._drawn.integers(-320, 300, number)
        elif way == 3:
            palette *= 10.0 ** self.random.randrange(-300, 290)
        elif way == 6:
            sign = self.random.choice((1.0, -1.0))
            palette = self._drawn.choice(sign * np.array((0.0, -0.0, 1.0, 2.5)), number)
        found = np.asarray(palette[codes])
        if way in (4, 7):
            rare = self._drawn.random(len(codes)) < self.random.choice((0.0002, 0.0002, 0.01))
            found[rare] = self._drawn.choice(np.array(EXTREME + NO_NUMBERS), int(rare.sum()))
        elif way == 5:
            found = self._drawn.random(len(codes)) * 2.0 ** self.random.randrange(-60, 60)
        return found

    def _texts(self, codes: Numbers, number: int) -> pa.Array:
        way = self.random.randrange(8)
        palette = [f"k{code}" for code in range(number)]
        if way == 0:
            palette = [f"{code:016d}" for code in range(number)]
        elif way == 1:
            palette = [f"{code:017d}" for code in range(number)]
        elif way == 2:
            palette = ["customer-with-a-long-name-" + text for text in palette]
        elif way == 3:
            palette = [self._letters(self.random.randrange(40)) for _ in palette]
        elif way == 4:
            palette = ["é" * (code % 9) + "x" * (code % 2) for code in range(number)]
        elif way == 5:
            palette = [text[:1] * (code % 33) for code, text in enumerate(palette)]
        if self.random.random() < 0.3:
            palette[0] = ""
        if self.random.random() < 0.1:
            often = max(1, int(np.count_nonzero(codes == number - 1)))
            palette[-1] = "long" * (min(66_000, MOST_TEXT // often) // 4)
        strings = pa.array(palette, pa.string())
        return pc.take(strings, pa.array(codes))

    def _letters(self, number: int) -> str:
        return "".join(self.random.choices(ALPHABET, k=number))


CODED = pa.dictionary(pa.int32(), pa.string())
"""Stands for a dictionary of whatever there is."""

NARROWER: dict[Kind, tuple[pa.DataType, ...]] = {
    Kind.STRING: (CODED, pa.large_string()),
    Kind.INT: (pa.int8(), pa.int16(), pa.uint16(), CODED),
    Kind.LONG: (pa.int32(), pa.uint32(), pa.uint64(), pa.int8()),
    Kind.DOUBLE: (pa.float32(), pa.int32(), pa.int64()),
    Kind.DATE: (pa.date64(),),
    Kind.TIMESTAMP: (pa.timestamp("ms"), pa.timestamp("s"), pa.timestamp("ns", "UTC")),
    Kind.DURATION: (pa.duration("ms"), pa.duration("ns")),
}
"""In which other types files may hold columns, where the values allow it."""


def stored(random: Random, column: Column) -> pa.Array:
    """The column as a file may hold it."""
    if random.random() < 0.3 and column.kind in NARROWER:
        kind = random.choice(NARROWER[column.kind])
        if pa.types.is_dictionary(kind):
            found = column.values.dictionary_encode()
            missing = found.indices.is_null().to_numpy(zero_copy_only=False)
            indices = np.where(missing, 10**6, found.indices.fill_null(0))
            return pa.DictionaryArray.from_arrays(
                pa.array(indices, pa.int32(), mask=missing), found.dictionary, safe=False
            )
        with suppress(pa.ArrowInvalid):
            return column.values.cast(kind)
    return column.values


def write(random: Random, folder: Path, columns: Sequence[Column]) -> dict[str, Path]:
    """The columns as an Arrow file and as a Parquet file, cut in some way."""
    found = {"arrow": folder / "rows.arrow", "parquet": folder / "rows.parquet"}
    arrays = [stored(random, column) for column in columns]
    table = pa.table(arrays, names=[column.name for column in columns])
    rows = max(1, table.num_rows)
    size = random.choice((rows, -(-rows // 3), 4_097, 70_000))
    with pa.OSFile(str(found["arrow"]), "wb") as sink, pa.ipc.new_file(sink, table.schema) as file:
        for batch in table.to_batches(size):
            file.write_batch(batch)
    pq.write_table(
        table,
        found["parquet"],
        row_group_size=random.choice((rows, -(-rows // 3), 5_000, 100_000)),
        use_dictionary=random.random() < 0.7,
        data_page_size=random.choice((1_000, 1 << 20)),
        compression=random.choice(("NONE", "SNAPPY", "ZSTD")),
    )
    return found
