"""A batch that the native tier gave up, run by the interpreter: correct, slow, as Arrow again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from attrs import frozen

from totemlang.data.python_values import to_batch, to_batches, to_values
from totemlang.schema.types import Field, Kind
from totemlang.vm.aggregate import Aggregate
from totemlang.vm.machine import Emitted, Failures, Group
from totemlang.vm.tier import Starts


@frozen(eq=False)
class HeldEmission:
    """What the interpreter emitted."""

    emitted: Emitted
    kinds: Sequence[Kind]

    @property
    def failures(self) -> Failures:
        """Records that failed."""
        return self.emitted.failures

    @property
    def rows(self) -> int:
        """Rows emitted."""
        return self.emitted.rows

    def batch(self) -> pa.RecordBatch:
        """The emitted columns as Arrow."""
        return to_batch(self.emitted.columns, self.kinds)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same in batches that hold no more text than Arrow can."""
        return to_batches(self.emitted.columns, self.kinds)


def lists_of(batch: pa.RecordBatch, parameters: Sequence[Field]) -> list[list[Any]]:
    """The columns as the interpreter takes them."""
    return [to_values(batch.column(i), p.type.kind) for i, p in enumerate(parameters)]


def groups_of(
    batch: pa.RecordBatch, parameters: Sequence[Field], key_parts: int, starts: Starts
) -> Iterator[Group]:
    """The groups of sorted rows."""
    columns = lists_of(batch, parameters)
    for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        yield (
            tuple(column[start] for column in columns[:key_parts]),
            [column[start:stop] for column in columns[key_parts:]],
        )


def aggregates_of(
    groups: pa.RecordBatch, parameters: Sequence[Field], key_parts: int
) -> Iterator[Group]:
    """The groups of which aggregates are left."""
    keys = [
        to_values(groups.column(f"k{i}"), parameter.type.kind)
        for i, parameter in enumerate(parameters[:key_parts])
    ]
    counts = groups.column("count").to_pylist()
    columns = [
        _aggregates(groups, i, parameter.type.kind, counts)
        for i, parameter in enumerate(parameters[key_parts:])
    ]
    for at in range(groups.num_rows):
        yield tuple(key[at] for key in keys), [column[at] for column in columns]


def _aggregates(
    groups: pa.RecordBatch, value: int, kind: Kind, counts: list[int]
) -> list[Aggregate]:
    def of(name: str) -> list[Any]:
        found: list[Any] = groups.column(f"{name}{value}").to_pylist()
        return found

    least, greatest = (to_values(groups.column(f"{n}{value}"), kind) for n in ("least", "greatest"))
    totals = [
        _BEYOND if over else total for total, over in zip(of("total"), of("over"), strict=True)
    ]
    return [
        Aggregate(*each)
        for each in zip(counts, of("bytes"), of("longest"), totals, least, greatest, strict=True)
    ]


_BEYOND = 1 << 64
"""A sum that fits nothing."""
