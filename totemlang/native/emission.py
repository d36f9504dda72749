"""What a stage emitted, where it lies in the machine's memory, and as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from attrs import frozen

from totemlang.data.kinds import ARROW
from totemlang.data.text_pieces import MOST_TEXT, pieces
from totemlang.native.calling import Entrance, Trapped
from totemlang.native.instance import Instance
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind
from totemlang.vm.machine import Failures


@frozen(eq=False)
class NativeEmission:
    """Emitted columns in the memory of `instance`, until the next call of the machine.

    `columns` are the addresses of each: values of fixed width, truth values as bytes, strings
    as i64. A NaN there may be any; it becomes the one NaN in `batch`.
    """

    instance: Instance
    kinds: Sequence[Kind]
    columns: Sequence[int]
    rows: int
    failures: Failures
    packed_bytes: Entrance
    gather_strings: Entrance

    def batch(self) -> pa.RecordBatch:
        """The emitted columns as Arrow, copied."""
        return self._rows(0, self.rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same in batches that hold no more text than Arrow can."""
        texts = [
            address
            for kind, address in zip(self.kinds, self.columns, strict=True)
            if kind is Kind.STRING
        ]
        if sum(self.packed_bytes(address, self.rows) for address in texts) <= MOST_TEXT:
            yield self.batch()
            return
        sizes = np.zeros(self.rows, dtype=np.int64)
        for address in texts:
            sizes += np.frombuffer(self.instance.read(address, 8 * self.rows), np.int64) >> 32
        for first, stop in pieces(sizes, MOST_TEXT):
            yield self._rows(first, stop)

    def _rows(self, first: int, stop: int) -> pa.RecordBatch:
        arrays = []
        for kind, column in zip(self.kinds, self.columns, strict=True):
            make = self._strings if kind is Kind.STRING else self._values
            arrays.append(make(kind, column + first * WIDTH[kind], stop - first))
        return pa.RecordBatch.from_arrays(arrays, names=[f"c{i}" for i in range(len(arrays))])

    def _values(self, kind: Kind, address: int, rows: int) -> pa.Array:
        if kind is Kind.BOOL:
            held = np.frombuffer(self.instance.read(address, rows), np.uint8)
            data = pa.py_buffer(np.packbits(held, bitorder="little").tobytes())
        else:
            data = pa.allocate_buffer(rows * WIDTH[kind])
            self.instance.copy_out(address, data.address, data.size)
            if kind in (Kind.FLOAT, Kind.DOUBLE):
                _make_one_nan(data, np.float32 if kind is Kind.FLOAT else np.float64)
        return pa.Array.from_buffers(ARROW[kind], rows, [None, data])

    def _strings(self, _: Kind, address: int, rows: int) -> pa.Array:
        instance = self.instance
        size = self.packed_bytes(address, rows)
        table = 4 * (rows + 1)
        try:
            block = instance.hold(table + size)
        except Trapped:
            return self._one_by_one(address, rows)
        try:
            self.gather_strings(address, rows, block, block + table)
            offsets = instance.read(block, table)
            text = instance.read(block + table, size)
        finally:
            instance.release(block)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
        return pa.Array.from_buffers(pa.string(), rows, buffers)

    def _one_by_one(self, address: int, rows: int) -> pa.Array:
        """Strings for which the machine's memory has no second place."""
        held = np.frombuffer(self.instance.read(address, 8 * rows), np.uint64)
        places, sizes = (held & 0xFFFFFFFF).tolist(), (held >> 32).tolist()
        texts = [
            self.instance.read(place, size).decode()
            for place, size in zip(places, sizes, strict=True)
        ]
        return pa.array(texts, pa.string())


def _make_one_nan(data: pa.Buffer, form: type[np.floating[Any]]) -> None:
    values = np.frombuffer(data, form)
    if np.isnan(values.min(initial=0)):  # which is NaN where any is
        values[np.isnan(values)] = form(np.nan)
