"""What stands on the stack while bytecode becomes Python: expressions that are not yet written."""

from __future__ import annotations

from attrs import frozen

from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind, Type
from totemlang.vm.dates import DATE_RANGE, TIMESTAMP_RANGE

Interval = tuple[int, int]

RANGES: dict[Kind, Interval] = {
    Kind.INT: INT_RANGE,
    Kind.LONG: LONG_RANGE,
    Kind.DURATION: LONG_RANGE,
    Kind.DATE: DATE_RANGE,
    Kind.TIMESTAMP: TIMESTAMP_RANGE,
}
"""What whole numbers, dates and times may be."""

BOUNDED: dict[Kind, Interval] = {**RANGES, Kind.BOOL: (0, 1)}
"""The kinds that count in whole steps."""

MAX_DEPTH = 12
"""Expressions nested deeper are cut in two: Python's parser has its limits."""


@frozen
class Comparison:
    """`slot operator bound`: the bound as an expression, and the interval it lies in."""

    slot: int
    operator: str
    bound: str
    within: Interval


@frozen
class Item:
    """An expression of type `type`, to be evaluated where it is used or before.

    `simple` tells that it is a name or literal, which may be repeated. `fails_at` is the
    instruction of an operation in it that may fail (-1: none), `unchecked` that its value is still
    to be range-checked or rounded. `within` holds what is known of a whole number. `owned` marks
    an array that nothing else refers to, `loaded` the slot that the value is loaded from.
    """

    text: str
    type: Type
    simple: bool = False
    fails_at: int = -1
    unchecked: bool = False
    within: Interval | None = None
    depth: int = 0
    owned: bool = False
    loaded: int = -1
    compares: Comparison | None = None
    number: float | None = None
    """The value of a literal number."""
    is_there: bool = False
    """Whether a value that may be missing by its type is known not to be."""

    @property
    def may_fail(self) -> bool:
        """Whether evaluating it can raise a failure."""
        return self.fails_at >= 0 or self.unchecked

    @property
    def interval(self) -> Interval:
        """What is known of a whole number, at least what its type says."""
        return self.within or BOUNDED[self.type.kind]

    def named(self, name: str) -> Item:
        """The same value, held by a variable."""
        return Item(
            name,
            self.type,
            simple=True,
            within=self.within,
            owned=self.owned,
            is_there=self.is_there,
        )
