"""Formulas of the operation table, measured on abstract operands: bytes, elements or steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from attrs import frozen

from totemlang.cost.abstract import AbstractValue, Array, Number, Text
from totemlang.cost.arithmetic import add
from totemlang.cost.bounding import binary_length, larger, positive
from totemlang.cost.evaluation import Side
from totemlang.cost.interval import Interval, exactly
from totemlang.cost.polynomial import ONE, ZERO
from totemlang.cost.size_rules import count_interval, product_of_sizes
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
from totemlang.tables.prices import PriceTable


def scalar_bytes(value: AbstractValue, at: Type, prices: PriceTable) -> Interval:
    """The bytes of one scalar: those of its kind, or of a string its own."""
    each = prices.bytes(at.kind)
    if each is not None:
        return exactly(each)
    assert isinstance(value, Text)
    return value.bytes


def value_bytes(value: AbstractValue, at: Type, prices: PriceTable) -> Interval:
    """The bytes of a value: of an array, of all its elements."""
    if not isinstance(value, Array):
        return scalar_bytes(value, at, prices)
    each = prices.bytes(at.kind)
    return value.total if each is None else product_of_sizes(value.length, exactly(each))


@frozen
class Measuring:
    """What a formula is measured on: operands with their types, the result, a lookup's rows."""

    operands: Sequence[AbstractValue]
    types: Sequence[Type]
    result: AbstractValue | None
    result_type: Type | None
    lookup_rows: Interval
    prices: PriceTable

    def measured(self, measure: Measure) -> Interval:
        """The value of a formula."""
        return MEASURES[type(measure)](self, measure)

    def constant(self, measure: Constant) -> Interval:
        return exactly(measure.value)

    def bytes_of(self, measure: BytesOf) -> Interval:
        place = measure.operand
        return value_bytes(self.operands[place], self.types[place], self.prices)

    def element_bytes_of(self, measure: ElementBytesOf) -> Interval:
        """Of strings the longest: at least as long as each has to be."""
        value = self.operands[measure.operand]
        if isinstance(value, Array):
            return scalar_bytes(value.element, self.types[measure.operand], self.prices)
        return scalar_bytes(value, self.types[measure.operand], self.prices)

    def result_bytes(self, _: ResultBytes) -> Interval:
        assert self.result is not None
        assert self.result_type is not None
        return value_bytes(self.result, self.result_type, self.prices)

    def length_of(self, measure: LengthOf) -> Interval:
        value = self.operands[measure.operand]
        assert isinstance(value, Array)
        return value.length

    def value_of(self, measure: ValueOf) -> Interval:
        value = self.operands[measure.operand]
        assert isinstance(value, Number)
        return count_interval(value.value)

    def rows_of_lookup(self, _: LookupRows) -> Interval:
        return self.lookup_rows

    def all_operands(self, _: Operands) -> Interval:
        places = range(len(self.operands))
        sizes = (value_bytes(self.operands[p], self.types[p], self.prices) for p in places)
        return reduce(add, sizes, exactly(0))

    def plus(self, measure: Plus) -> Interval:
        return add(self.measured(measure.left), self.measured(measure.right))

    def times(self, measure: Times) -> Interval:
        return product_of_sizes(self.measured(measure.left), self.measured(measure.right))

    def larger(self, measure: Larger) -> Interval:
        left, right = self.measured(measure.left), self.measured(measure.right)
        low = ZERO
        if left.low is not None and right.low is not None:
            low = larger(left.low, right.low, Side.LOWER)
        if left.high is None or right.high is None:
            return Interval(low)
        return Interval(low, larger(left.high, right.high, Side.UPPER))

    def bit_length(self, measure: BitLength) -> Interval:
        of = self.measured(measure.of)
        return Interval(
            ZERO if of.low is None else binary_length(of.low),
            None if of.high is None else binary_length(of.high),
        )

    def less_one(self, measure: LessOne) -> Interval:
        of = self.measured(measure.of)
        return Interval(
            ZERO if of.low is None else positive(of.low - ONE),
            None if of.high is None else positive(of.high - ONE),
        )


MEASURES: dict[type[Measure], Callable[[Measuring, Any], Interval]] = {
    Constant: Measuring.constant,
    BytesOf: Measuring.bytes_of,
    ElementBytesOf: Measuring.element_bytes_of,
    ResultBytes: Measuring.result_bytes,
    LengthOf: Measuring.length_of,
    ValueOf: Measuring.value_of,
    LookupRows: Measuring.rows_of_lookup,
    Operands: Measuring.all_operands,
    Plus: Measuring.plus,
    Times: Measuring.times,
    Larger: Measuring.larger,
    BitLength: Measuring.bit_length,
    LessOne: Measuring.less_one,
}
