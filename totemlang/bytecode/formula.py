"""Formulas of sizes as people read them: `2·len(0)`, `max(bytes(0), bytes(1))`.

Numbers in brackets are operands, the deepest on the stack first.
"""

from __future__ import annotations

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

_ATOMS = {ResultBytes: "bytes(result)", Operands: "bytes(operands)", LookupRows: "rows"}
_OF_OPERAND = {
    BytesOf: "bytes({})",
    ElementBytesOf: "longest({})",
    LengthOf: "len({})",
    ValueOf: "value({})",
}


def formula(measure: Measure) -> str:
    """A formula in one line."""
    match measure:
        case Constant(value):
            return str(value)
        case BytesOf(n) | ElementBytesOf(n) | LengthOf(n) | ValueOf(n):
            return _OF_OPERAND[type(measure)].format(n)
        case Plus(left, right):
            return f"{formula(left)} + {formula(right)}"
        case Times(left, right):
            return f"{_factor(left)}·{_factor(right)}"
        case Larger(left, right):
            return f"max({formula(left)}, {formula(right)})"
        case BitLength(of):
            return f"bit_length({formula(of)})"
        case LessOne(of):
            return f"(max({formula(of)}, 1) - 1)"
        case _:
            return _ATOMS[type(measure)]


def term(weight: int, measure: Measure) -> str:
    """A multiple of a formula."""
    if isinstance(measure, Constant):
        return str(weight * measure.value)
    return _factor(measure) if weight == 1 else f"{weight}·{_factor(measure)}"


def _factor(measure: Measure) -> str:
    text = formula(measure)
    return f"({text})" if isinstance(measure, Plus) else text
