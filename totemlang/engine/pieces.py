"""Whole groups in the order of their keys: by their rows, or by aggregates of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa
from attrs import frozen

from totemlang.engine.ordering import Grouped
from totemlang.vm.tier import Emission, StageMachine


@frozen(eq=False)
class Aggregated:
    """Groups of which only aggregates are known: a row each (`vm.tier.aggregate_schema`)."""

    batch: pa.RecordBatch

    @property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.batch.num_rows)

    @property
    def rows(self) -> int:
        """Rows that the groups stand for."""
        return int(self.batch.column("count").to_numpy(zero_copy_only=False).sum())


class Shared(Protocol):
    """Groups that several workers hold parts of: put together by who reduces them."""

    @property
    def groups(self) -> int:
        """Number of groups, at most."""

    def cut(self, groups: int) -> Iterator[Shared]:
        """The same, about so many groups at a time. Nothing is put together yet."""

    def reduced(
        self, machine: StageMachine, stage: int, groups: int
    ) -> Iterator[tuple[Emission, int]]:
        """What a machine makes of them, some after the other, and the rows they stand for.

        About `groups` are reduced at once. For one machine, once.
        """


Pieces = Grouped | Aggregated


def cut(found: Pieces, groups: int, rows: int) -> Iterator[Pieces]:
    """The same groups, at most `groups` and about `rows` rows of them at a time, none divided.

    Groups known by aggregates count as a row each.
    """
    if isinstance(found, Aggregated):
        step = min(groups, rows)
        for first in range(0, found.groups, step):
            yield Aggregated(found.batch.slice(first, step))
        return
    starts, first = found.starts, 0
    while first < found.groups:
        full = int(np.searchsorted(starts, starts[first] + rows, side="right")) - 1
        last = max(first + 1, min(full, first + groups, found.groups))
        low, high = int(starts[first]), int(starts[last])
        yield Grouped(found.batch.slice(low, high - low), starts[first : last + 1] - low)
        first = last
