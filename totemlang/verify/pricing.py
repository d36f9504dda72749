"""The price of an instruction at given types: a row's price with all that is fixed folded in.

A formula of the operation table becomes a fixed number of totem and terms `totem · formula` of
what only values tell: bytes of strings, lengths of arrays, exponents, rows of a lookup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from typing import Any

from attrs import frozen

from totemlang.schema.types import Type
from totemlang.tables.measure import (
    BitLength,
    BytesOf,
    Constant,
    ElementBytesOf,
    Larger,
    LengthOf,
    LessOne,
    LookupRows,
    Measure,
    Operands,
    Plus,
    ResultBytes,
    Times,
    ValueOf,
)
from totemlang.tables.operations import OPERATIONS, Operation
from totemlang.tables.prices import PriceTable
from totemlang.verify.verified import Price


@frozen
class Linear:
    """`constant` plus a sum of whole multiples of formulas."""

    constant: int = 0
    terms: tuple[tuple[int, Measure], ...] = ()

    @property
    def is_fixed(self) -> bool:
        """Whether it depends on no value."""
        return not self.terms

    def plus(self, other: Linear) -> Linear:
        """The sum."""
        return Linear(self.constant + other.constant, self.terms + other.terms)

    def times(self, factor: int) -> Linear:
        """The multiple; nothing is left of a multiple of zero."""
        if factor == 0:
            return Linear()
        terms = tuple((factor * weight, formula) for weight, formula in self.terms)
        return Linear(factor * self.constant, terms)

    @property
    def measure(self) -> Measure:
        """The same as one formula."""
        parts = [f if weight == 1 else Times(Constant(weight), f) for weight, f in self.terms]
        if self.constant or not parts:
            parts.append(Constant(self.constant))
        return reduce(Plus, parts)


def price_of(
    row: Operation, operands: Sequence[Type], result: Type | None, prices: PriceTable
) -> Price:
    """The price of a row on operands of these types (deepest first).

    `result` is the type of what the operation leaves or, for `foreach`, of a round's element.
    """
    if len(operands) > _MOST_OPERANDS or OPERATIONS.get(row.name) is not row:
        return _folded(row, tuple(operands), result, prices)
    return _known(row.name, tuple(operands), result, prices)


_MOST_OPERANDS = 4
"""Operands of a price that is kept; nearly all have no more."""


@lru_cache(maxsize=4096)
def _known(name: str, operands: tuple[Type, ...], result: Type | None, prices: PriceTable) -> Price:
    return _folded(OPERATIONS[name], operands, result, prices)


def _folded(
    row: Operation, operands: tuple[Type, ...], result: Type | None, prices: PriceTable
) -> Price:
    fold = _Folding(operands, result, prices)
    total = Linear()
    for weight, measure in row.price:
        total = total.plus(fold.linear(measure).times(prices.weight(weight)))
    return Price(total.constant, total.terms)


@frozen
class _Folding:
    """Folds formulas, given the types of operands and result."""

    operands: tuple[Type, ...]
    result: Type | None
    prices: PriceTable

    def linear(self, measure: Measure) -> Linear:
        """A formula with all that is fixed folded."""
        return _FOLDS[type(measure)](self, measure)

    def size(self, at: Type, formula: Measure, length: Measure | None) -> Linear:
        """The bytes of a value of type `at`: `formula` where they depend on it."""
        each = self.prices.bytes(at.kind)
        if each is None or (at.is_array and length is None):
            return Linear(0, ((1, formula),))
        if at.is_array and length is not None:
            return Linear(0, ((each, length),))
        return Linear(each)

    def constant(self, measure: Constant) -> Linear:
        return Linear(measure.value)

    def bytes_of(self, measure: BytesOf) -> Linear:
        return self.size(self.operands[measure.operand], measure, LengthOf(measure.operand))

    def element_bytes_of(self, measure: ElementBytesOf) -> Linear:
        return self.size(self.operands[measure.operand].element, measure, None)

    def result_bytes(self, measure: ResultBytes) -> Linear:
        if self.result is None:
            raise ValueError("a price by the result of an operation that has none")
        return self.size(self.result, measure, None)

    def all_operands(self, measure: Operands) -> Linear:
        sizes = [self.prices.bytes(at.kind) for at in self.operands]
        if sizes and all(size is None for size in sizes):
            return Linear(0, ((1, measure),))
        parts = (self.bytes_of(BytesOf(place)) for place in range(len(self.operands)))
        return reduce(Linear.plus, parts, Linear())

    def by_value(self, measure: Measure) -> Linear:
        return Linear(0, ((1, measure),))

    def plus(self, measure: Plus) -> Linear:
        return self.linear(measure.left).plus(self.linear(measure.right))

    def times(self, measure: Times) -> Linear:
        left, right = self.linear(measure.left), self.linear(measure.right)
        if left.is_fixed:
            return right.times(left.constant)
        if right.is_fixed:
            return left.times(right.constant)
        # A common factor of a single term goes to the front, where it is read best.
        if len(left.terms) == 1 and not left.constant:
            ((weight, formula),) = left.terms
            return Linear(0, ((weight, Times(formula, right.measure)),))
        return Linear(0, ((1, Times(left.measure, right.measure)),))

    def larger(self, measure: Larger) -> Linear:
        left, right = self.linear(measure.left), self.linear(measure.right)
        if left.is_fixed and right.is_fixed:
            return Linear(max(left.constant, right.constant))
        return Linear(0, ((1, Larger(left.measure, right.measure)),))

    def bit_length(self, measure: BitLength) -> Linear:
        of = self.linear(measure.of)
        if of.is_fixed:
            return Linear(of.constant.bit_length())
        return Linear(0, ((1, BitLength(of.measure)),))

    def less_one(self, measure: LessOne) -> Linear:
        of = self.linear(measure.of)
        if of.is_fixed:
            return Linear(max(of.constant, 1) - 1)
        return Linear(0, ((1, LessOne(of.measure)),))


_FOLDS: dict[type[Measure], Callable[[_Folding, Any], Linear]] = {
    Constant: _Folding.constant,
    BytesOf: _Folding.bytes_of,
    ElementBytesOf: _Folding.element_bytes_of,
    ResultBytes: _Folding.result_bytes,
    Operands: _Folding.all_operands,
    LengthOf: _Folding.by_value,
    ValueOf: _Folding.by_value,
    LookupRows: _Folding.by_value,
    Plus: _Folding.plus,
    Times: _Folding.times,
    Larger: _Folding.larger,
    BitLength: _Folding.bit_length,
    LessOne: _Folding.less_one,
}
