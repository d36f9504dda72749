"""Size-dependent prices as expressions: whole numbers of 64 bits that never overflow unnoticed.

Each formula comes with the most bits that its value may have. Where a product might not fit, it is
made by a function that ends the run of the batch instead: the interpreter then charges exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from totemlang.native.translation.items import Item
from totemlang.schema.types import Kind
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

MOST_BITS = 62
_STRING_BITS, _ARRAY_BITS, _LENGTH_BITS, _VALUE_BITS, _BIT_LENGTH_BITS = 32, 60, 60, 63, 7


@frozen
class Size:
    """An expression and the bits that its value takes at most."""

    text: str
    bits: int


@frozen
class SizeWriter:
    """Writes formulas for one instruction. `lookup_rows` reads the rows of the lookup asked."""

    operands: Sequence[Item]
    result: Item | None
    bytes_of_kind: Callable[[Kind], int | None]
    lookup_rows: str = ""

    def price(self, terms: Sequence[tuple[int, Measure]]) -> str:
        """The totem of the terms of a price."""
        sizes = [_product(_constant(weight), self.size(formula)) for weight, formula in terms]
        total = sizes[0]
        for size in sizes[1:]:
            total = _sum(total, size)
        return total.text

    def size(self, formula: Measure) -> Size:
        """A formula as an expression."""
        return _WRITERS[type(formula)](self, formula)

    def value_bytes(self, item: Item) -> Size:
        """Bytes of a value; of an array, of all its elements."""
        each = self.bytes_of_kind(item.type.kind)
        if not item.type.is_array:
            if each is not None:
                return _constant(each)
            size = f"(i64.shr_u {item.text} (i64.const 32))"
            nothing = f"(i64.extend_i32_u (i64.eqz {size}))"
            return Size(f"(i64.add {size} {nothing})", _STRING_BITS)
        if each is None:
            return Size(f"(call $strings_bytes {item.text})", _ARRAY_BITS)
        return _product(_length(item), _constant(each))

    def constant(self, formula: Constant) -> Size:
        return _constant(formula.value)

    def bytes_of(self, formula: BytesOf) -> Size:
        return self.value_bytes(self.operands[formula.operand])

    def element_bytes_of(self, formula: ElementBytesOf) -> Size:
        item = self.operands[formula.operand]
        each = self.bytes_of_kind(item.type.kind)
        if each is not None:
            return _constant(each)
        return Size(f"(call $longest_bytes {item.text})", _STRING_BITS)

    def result_bytes(self, _: ResultBytes) -> Size:
        if self.result is None:
            raise AssertionError("a price by the bytes of a result that is not there")
        return self.value_bytes(self.result)

    def length_of(self, formula: LengthOf) -> Size:
        return _length(self.operands[formula.operand])

    def value_of(self, formula: ValueOf) -> Size:
        text = self.operands[formula.operand].text
        zero = "(i64.const 0)"
        return Size(f"(select {text} {zero} (i64.gt_s {text} {zero}))", _VALUE_BITS)

    def rows_of_lookup(self, _: LookupRows) -> Size:
        return Size(self.lookup_rows, _STRING_BITS)

    def all_operands(self, _: Operands) -> Size:
        total = _constant(0)
        for item in self.operands:
            total = _sum(total, self.value_bytes(item))
        return total

    def plus(self, formula: Plus) -> Size:
        return _sum(self.size(formula.left), self.size(formula.right))

    def times(self, formula: Times) -> Size:
        return _product(self.size(formula.left), self.size(formula.right))

    def larger(self, formula: Larger) -> Size:
        left, right = self.size(formula.left), self.size(formula.right)
        bits = max(left.bits, right.bits)
        return Size(f"(call $larger_size {left.text} {right.text})", bits)

    def bit_length(self, formula: BitLength) -> Size:
        return Size(f"(call $bit_length {self.size(formula.of).text})", _BIT_LENGTH_BITS)

    def less_one(self, formula: LessOne) -> Size:
        of = self.size(formula.of)
        return Size(f"(call $less_one {of.text})", of.bits)


def _constant(value: int) -> Size:
    return Size(f"(i64.const {value})", value.bit_length())


def _length(item: Item) -> Size:
    return Size(f"(call $count {item.text})", _LENGTH_BITS)


def _product(left: Size, right: Size) -> Size:
    for one, other in ((left, right), (right, left)):
        if one.text == "(i64.const 1)":
            return other
    bits = left.bits + right.bits
    if bits <= MOST_BITS:
        return Size(f"(i64.mul {left.text} {right.text})", bits)
    return Size(f"(call $times {left.text} {right.text})", MOST_BITS)


def _sum(left: Size, right: Size) -> Size:
    for one, other in ((left, right), (right, left)):
        if one.text == "(i64.const 0)":
            return other
    bits = max(left.bits, right.bits) + 1
    if bits <= MOST_BITS:
        return Size(f"(i64.add {left.text} {right.text})", bits)
    return Size(f"(call $plus {left.text} {right.text})", MOST_BITS)


_WRITERS: dict[type[Measure], Callable[[SizeWriter, Any], Size]] = {
    Constant: SizeWriter.constant,
    BytesOf: SizeWriter.bytes_of,
    ElementBytesOf: SizeWriter.element_bytes_of,
    ResultBytes: SizeWriter.result_bytes,
    LengthOf: SizeWriter.length_of,
    ValueOf: SizeWriter.value_of,
    LookupRows: SizeWriter.rows_of_lookup,
    Operands: SizeWriter.all_operands,
    Plus: SizeWriter.plus,
    Times: SizeWriter.times,
    Larger: SizeWriter.larger,
    BitLength: SizeWriter.bit_length,
    LessOne: SizeWriter.less_one,
}
