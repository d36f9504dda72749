"""Rows brought together by key, for reduces that need the elements: labelled, counted, scattered.

The same as sorting them by key with equal keys in their order, at a fraction of the time: every row
is looked at once to find its key, and only the keys that there are are sorted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import frozen

from totemlang.data.kinds import KIND_OF
from totemlang.native.grouping.incoming import lay_down, plain_values
from totemlang.native.grouping.output import Reader
from totemlang.native.grouping.place import Instance, Room, own_place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.tables import Tables
from totemlang.schema.types import Kind
from totemlang.tables.prices import default_prices
from totemlang.vm.tier import Starts

_SLICE = 1 << 18
_HERE = 64

Numbers = npt.NDArray[np.int64]


def brought_together(batch: pa.RecordBatch, keys: Sequence[Kind]) -> tuple[pa.RecordBatch, Starts]:
    """The rows in the order of their first columns, the keys, and where each group begins.

    Rows of a key keep their order. There is at least one key, no key is null, and no batch has
    2^32 rows. The last number is that of all rows.
    """
    labelled = _label(batch, keys)
    counts = np.bincount(labelled.labels, minlength=len(labelled.order))[labelled.order]
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    places = labelled.places(starts)
    again = pa.array(np.repeat(np.arange(len(counts)), counts))
    columns = [key.take(again) for key in labelled.keys]
    inverse: pa.Array | None = None
    for column in batch.columns[len(keys) :]:
        if column.null_count or pa.types.is_string(column.type):
            if inverse is None:
                inverse = _inverse(places)
            columns.append(column.take(inverse))
        else:
            columns.append(_scattered(column, places))
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema), starts


@frozen(eq=False)
class _Labelled:
    """For each row the label of its key; the keys ascending and the label of each."""

    labels: npt.NDArray[np.uint32]
    keys: list[pa.Array]
    order: Numbers
    instance: Instance
    staging: Room

    def places(self, starts: Starts) -> Numbers:
        """Where each row goes."""
        following = np.empty(len(self.order), dtype=np.uint32)
        following[self.order] = starts[:-1]
        labels_at = _HERE + (4 * len(following) + 63 & -64)
        self.staging.reach(labels_at + 4 * _SLICE)
        self.staging.view(_HERE, len(following), np.uint32)[:] = following
        places = np.empty(len(self.labels), dtype=np.int64)
        for start in range(0, len(places), _SLICE):
            some = self.labels[start : start + _SLICE]
            lying = self.staging.view(labels_at, len(some), np.uint32)
            lying[:] = some
            self.instance.call("places", labels_at, len(some), _HERE)
            places[start : start + _SLICE] = lying
        return places


def _label(batch: pa.RecordBatch, keys: Sequence[Kind]) -> _Labelled:
    plan = GroupingPlan(tuple(keys), (), default_prices(), 0)
    store = own_place().store
    room, staging = Room.new(store), Room.new(store)
    instance = Instance.new(store, plan.signature, room.memory, staging.memory)
    tables = Tables(plan.layout, plan.state, room, instance, 1 << 40, plan.seeds)
    tables.hash()
    labels = np.empty(batch.num_rows, dtype=np.uint32)
    arguments = room.view(plan.state.arguments, len(keys), np.uint32)
    columns = batch.select(range(len(keys)))
    for start in range(0, batch.num_rows, _SLICE):
        piece = columns.slice(start, _SLICE)
        rows = piece.num_rows
        arguments[:] = lay_down(piece, keys, staging, _HERE + (4 * rows + 63 & -64))
        instance.call("labels", 0, rows, _HERE)
        labels[start : start + rows] = staging.view(_HERE, rows, np.uint32)
    reader = Reader(plan.layout, room, instance, plan.prices)
    found, order = reader.keys(tables.groups())
    return _Labelled(labels, found, order, instance, staging)


def _inverse(places: Numbers) -> pa.Array:
    inverse = np.empty_like(places)
    inverse[places] = np.arange(len(places))
    return pa.array(inverse)


def _scattered(column: pa.Array, places: Numbers) -> pa.Array:
    kind = KIND_OF[column.type]
    values = plain_values(column, kind)
    scattered = np.empty_like(values)
    scattered[places] = values
    if kind is Kind.BOOL:
        return pa.array(scattered.view(np.bool_))
    return pa.Array.from_buffers(column.type, len(values), [None, pa.py_buffer(scattered)])
