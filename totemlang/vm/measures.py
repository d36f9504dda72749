"""Formulas of size-dependent prices as Python expressions over the operands' names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

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
from totemlang.vm.items import Item

Sized = tuple[tuple[int, Measure], ...]


@frozen
class MeasureWriter:
    """Writes formulas for one instruction; operands and result are names or literals.

    `bytes_of_kind` are the bytes in the price table (None: a string's own); `lookup` numbers the
    lookup asked, whose number of rows stands in `r` with that number.
    """

    operands: Sequence[Item]
    result: Item | None
    bytes_of_kind: Callable[[Kind], int | None]
    lookup: int = -1

    def price(self, terms: Sized) -> str:
        """The totem of the terms of a price."""
        return " + ".join(
            self.text(formula) if weight == 1 else f"{weight} * {self.text(formula)}"
            for weight, formula in terms
        )

    def text(self, formula: Measure) -> str:
        """A formula as an expression that needs no brackets within a product."""
        return _WRITERS[type(formula)](self, formula)

    def value_bytes(self, item: Item) -> str:
        """Bytes of a value; of an array, of all its elements."""
        each = self.bytes_of_kind(item.type.kind)
        if item.type.is_array:
            return f"strings_bytes({item.text})" if each is None else f"(len({item.text}) * {each})"
        return f"string_bytes({item.text})" if each is None else str(each)

    def constant(self, formula: Constant) -> str:
        return str(int(formula.value))

    def bytes_of(self, formula: BytesOf) -> str:
        return self.value_bytes(self.operands[formula.operand])

    def element_bytes_of(self, formula: ElementBytesOf) -> str:
        item = self.operands[formula.operand]
        each = self.bytes_of_kind(item.type.kind)
        return f"longest_bytes({item.text})" if each is None else str(each)

    def result_bytes(self, _: ResultBytes) -> str:
        if self.result is None:
            raise AssertionError("a price by the bytes of a result that is not there")
        return self.value_bytes(self.result)

    def length_of(self, formula: LengthOf) -> str:
        return f"len({self.operands[formula.operand].text})"

    def value_of(self, formula: ValueOf) -> str:
        item = self.operands[formula.operand]
        return item.text if item.interval[0] >= 0 else f"max({item.text}, 0)"

    def lookup_rows(self, _: LookupRows) -> str:
        return f"r{self.lookup}"

    def all_operands(self, _: Operands) -> str:
        return "(" + (" + ".join(map(self.value_bytes, self.operands)) or "0") + ")"

    def plus(self, formula: Plus) -> str:
        return f"({self.text(formula.left)} + {self.text(formula.right)})"

    def times(self, formula: Times) -> str:
        return f"{self.text(formula.left)} * {self.text(formula.right)}"

    def larger(self, formula: Larger) -> str:
        return f"max({self.text(formula.left)}, {self.text(formula.right)})"

    def bit_length(self, formula: BitLength) -> str:
        return f"({self.text(formula.of)}).bit_length()"

    def less_one(self, formula: LessOne) -> str:
        return f"(max({self.text(formula.of)}, 1) - 1)"


_WRITERS: dict[type[Measure], Callable[[MeasureWriter, Any], str]] = {
    Constant: MeasureWriter.constant,
    BytesOf: MeasureWriter.bytes_of,
    ElementBytesOf: MeasureWriter.element_bytes_of,
    ResultBytes: MeasureWriter.result_bytes,
    LengthOf: MeasureWriter.length_of,
    ValueOf: MeasureWriter.value_of,
    LookupRows: MeasureWriter.lookup_rows,
    Operands: MeasureWriter.all_operands,
    Plus: MeasureWriter.plus,
    Times: MeasureWriter.times,
    Larger: MeasureWriter.larger,
    BitLength: MeasureWriter.bit_length,
    LessOne: MeasureWriter.less_one,
}


def needs_result(terms: Sized) -> bool:
    """Whether a price depends on the result, so that it can only be charged after the operation."""
    rest = [formula for _, formula in terms]
    while rest:
        formula = rest.pop()
        if isinstance(formula, ResultBytes):
            return True
        if isinstance(formula, Plus | Times | Larger):
            rest += [formula.left, formula.right]
        elif isinstance(formula, BitLength | LessOne):
            rest.append(formula.of)
    return False
