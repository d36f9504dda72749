"""How many different values an expression can take over a whole stage: what bounds the keys.

An expression is a function of the columns that it reads, and of a time column perhaps only of its
day or hour. So it takes no more values than those have, whatever it computes.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd, prod

from attrs import frozen


@frozen
class SourceColumn:
    """A column of the stage at hand: at most `distinct` values, whole ones from `low` to `high`.

    Where values may be missing (`optional`), that is a value more.
    """

    name: str
    distinct: int | None = None
    low: int | None = None
    high: int | None = None
    optional: bool = False

    def cells(self, period: int) -> int | None:
        """The most values that column // period takes."""
        known = [self.distinct] if self.distinct is not None else []
        if self.low is not None and self.high is not None:
            known.append(max(0, self.high // period - self.low // period + 1))
        return min(known) + self.optional if known else None


MOST = 2**63
"""Counts beyond say nothing: no data set has so many rows. Products of them would grow for ever."""

Sources = frozenset[tuple[SourceColumn, int]]
"""Columns, each with a period: the value depends on column // period only."""


def merged(parts: Iterable[Sources]) -> Sources:
    """What depends on all of these: of each column, the finest period that divides all."""
    periods: dict[SourceColumn, int] = {}
    for sources in parts:
        for column, period in sources:
            periods[column] = gcd(periods.get(column, 0), period)
    return frozenset(periods.items())


def cells(sources: Sources) -> int | None:
    """The most values of something that depends on these columns."""
    counts = [column.cells(period) for column, period in sources]
    known = [c for c in counts if c is not None]
    return prod(known) if len(known) == len(counts) else None


@frozen
class Variety:
    """At most `choices` values; a function of `sources` (None: of more than that).

    `bare` is the column that the value is, untouched. An optional value's absence is no choice.
    """

    choices: int | None = None
    sources: Sources | None = None
    bare: str = ""

    @property
    def most(self) -> int | None:
        """The best bound of the number of values."""
        found = [self.choices, cells(self.sources) if self.sources is not None else None]
        return min((f for f in found if f is not None), default=None)


ANYTHING = Variety()
ONE_VALUE = Variety(1, frozenset())


def combined(parts: Iterable[Variety]) -> Variety:
    """The variety of what is computed from all of these together."""
    given = list(parts)
    if given and all(part is ANYTHING for part in given):
        return ANYTHING
    counts = [part.most for part in given]
    known = [c for c in counts if c is not None]
    sources = [part.sources for part in given if part.sources is not None]
    return Variety(
        _count(prod(known)) if len(known) == len(counts) else None,
        merged(sources) if len(sources) == len(given) else None,
    )


def either(left: Variety, right: Variety) -> Variety:
    """The variety of what is the one or the other, who knows why."""
    one, other = left.most, right.most
    same = left.bare if left.bare == right.bare else ""
    if same:
        return Variety(min(one, other) if one and other else one or other, None, same)
    return Variety(_count(one + other) if one is not None and other is not None else None)


def _count(count: int) -> int | None:
    return count if count <= MOST else None


def tuples(parts: Iterable[Variety]) -> int | None:
    """The most different tuples of these: parts that depend on one column are taken together."""
    by_column: dict[SourceColumn, list[Variety]] = {}
    alone: list[int | None] = []
    for part in parts:
        if part.sources is not None and len(part.sources) == 1:
            ((column, _),) = part.sources
            by_column.setdefault(column, []).append(part)
        else:
            alone.append(part.most)
    for group in by_column.values():
        alone.append(combined(group).most)
    known = [count for count in alone if count is not None]
    return prod(known) if len(known) == len(alone) else None
