"""Symbols for what is not known: parameters of functions, slots that a loop changes.

Each quantity of a value becomes a symbol. What is one number (a value, a length) has one symbol for
both bounds; what stands for many (the elements of an array) has one for each.
"""

from __future__ import annotations

from collections.abc import Callable

from totemlang.cost.abstract import AbstractValue, Array, Number, Scalar, Text
from totemlang.cost.arithmetic import RANGES
from totemlang.cost.interval import Interval, exactly
from totemlang.cost.polynomial import Coefficient, Symbol, number, of
from totemlang.schema.types import FREE, Constraint, Kind, Type

LARGEST_LENGTH = 2**40
"""No array and no string is longer: it would not fit the memory of a node."""

Pair = tuple[str, str]
"""The symbols of a quantity's lower and upper bound; both empty where it has none."""

NO_SYMBOL: Pair = ("", "")


class Namer:
    """Makes symbols and remembers them by name."""

    def __init__(self, fresh_name: Callable[[str], str]) -> None:
        """`fresh_name` makes a name that is unique from a hint."""
        self._fresh_name = fresh_name
        self.symbols: dict[str, Symbol] = {}

    def symbol(
        self, hint: str, low: Coefficient | None, high: Coefficient | None, reach: int | None
    ) -> Symbol:
        """A new symbol."""
        made = Symbol(self._fresh_name(hint), low=low, high=high, reach=reach)
        self.symbols[made.name] = made
        return made

    def value(
        self, hint: str, at: Type, constraint: Constraint = FREE
    ) -> tuple[AbstractValue, tuple[Pair, ...]]:
        """A value of a type of which all quantities are symbols."""
        if not at.is_array:
            return self._scalar(hint, at.kind, constraint, single=True)
        element, pairs = self._scalar(f"{hint}[]", at.kind, constraint, single=False)
        length, length_pair = self._length(hint, constraint)
        if at.kind is not Kind.STRING:
            return Array(length, element), (length_pair, NO_SYMBOL, *pairs)
        total, total_pair = self._one(f"bytes({hint})", 0, None, LARGEST_LENGTH)
        return Array(length, element, total), (length_pair, total_pair, *pairs)

    def _length(self, hint: str, constraint: Constraint) -> tuple[Interval, Pair]:
        if constraint.length is not None:
            return exactly(constraint.length), NO_SYMBOL
        return self._one(f"len({hint})", 0, None, LARGEST_LENGTH)

    def _one(
        self, hint: str, low: Coefficient | None, high: Coefficient | None, reach: int
    ) -> tuple[Interval, Pair]:
        made = self.symbol(hint, low, high, reach)
        return exactly(of(made)), (made.name, made.name)

    def _scalar(
        self, hint: str, kind: Kind, constraint: Constraint, *, single: bool
    ) -> tuple[Scalar, tuple[Pair, ...]]:
        low: Coefficient | None
        high: Coefficient | None
        if kind is Kind.STRING:
            low, high, reach = 1, constraint.max_bytes, LARGEST_LENGTH
            high = None if high is None else max(1, high)
        elif kind in RANGES:
            low, high = _whole(constraint.lower), _whole(constraint.upper)
            if kind is Kind.BOOL:
                return Number(Interval(number(0), number(1))), (NO_SYMBOL,)
            reach = max(map(abs, RANGES[kind]))
        else:
            return Number(), (NO_SYMBOL,)
        if single:
            interval, pair = self._one(hint, low, high, reach)
        else:
            least = self.symbol(f"min({hint})", low, high, reach)
            most = self.symbol(f"max({hint})", low, high, reach)
            interval, pair = Interval(of(least), of(most)), (least.name, most.name)
        return (Text(interval) if kind is Kind.STRING else Number(interval)), (pair,)


def _whole(bound: float | None) -> Coefficient | None:
    return bound if isinstance(bound, int) else None
