"""What groupings of one stage have in common: signature, secrets of the hash, limits, prices."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from totemlang.native.grouping.layout import Asked, Layout, Signature, State
from totemlang.native.grouping.sums import Agreed
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable


@frozen(eq=False)
class GroupingPlan:
    """One for all workers' groupings of a stage: only groupings of one plan can be merged.

    Attributes:
        keys: kinds of the key parts (none: one group of all rows).
        values: the value columns and what is asked of them.
        prices: bytes of kinds, for the sizes that aggregates carry.
        limit: bytes of memory from which on a grouping writes to scratch files.
        folder: where those are made (None: the system's place for them).
        most_direct: values of keys, together, up to which groups are found directly by value.
        most_hashed: groups up to which one table holds them, found by hash.
    """

    keys: tuple[Kind, ...]
    values: tuple[Asked, ...]
    prices: PriceTable
    limit: int
    folder: str | None = None
    most_direct: int = 1 << 22
    most_hashed: int = 1 << 15
    layout: Layout = field(init=False)
    state: State = field(init=False)
    agreed: Agreed = field(factory=Agreed, init=False)
    seeds: npt.NDArray[np.uint64] = field(init=False)
    """Odd factors that nobody can know before, so that no keys can be made to collide."""

    def __attrs_post_init__(self) -> None:
        """Lay groups out and draw the seeds."""
        layout = Layout(Signature(self.keys, self.values))
        drawn = [secrets.randbits(64) | 1 for _ in range(len(layout.words) + 2)]
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "state", State(layout))
        object.__setattr__(self, "seeds", np.array(drawn, dtype=np.uint64))

    @property
    def signature(self) -> Signature:
        """What its code depends on."""
        return self.layout.signature


def everything(kinds: Sequence[Kind]) -> tuple[Asked, ...]:
    """All that can be asked of value columns of these kinds."""
    return tuple(Asked(kind) for kind in kinds)
