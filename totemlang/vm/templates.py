"""The expression that each operation is written as, given what is known of its operands."""

from __future__ import annotations

from collections.abc import Callable

from totemlang.schema.types import Kind, Type
from totemlang.tables.operations import Operation
from totemlang.vm.inline import DIVIDED_BY_NUMBER, FLOOR_TO_PERIOD, INLINE, meaning_of
from totemlang.vm.items import Item
from totemlang.vm.python_text import literal

BEYOND = str(1 << 62)
"""A position that no array has: where a negative one must fail."""


def template_of(row: Operation, at: Type | None, operands: list[Item]) -> str:
    """The expression for an operation, `{0}` … for its operands."""
    if row.name in SPECIAL:
        return SPECIAL[row.name](operands)
    meaning = meaning_of(row, at.kind if at is not None else None)
    if "{*}" in meaning:
        text = meaning.replace("{*}", ", ".join(f"{{{n}}}" for n in range(len(operands))))
        strings = row.name == "array" and at is not None and at.kind is Kind.STRING
        return f"bounded({text})" if strings else text
    return INLINE.get(meaning, f"({meaning})")


def _divide(operands: list[Item]) -> str:
    divisor = operands[1]
    if divisor.number:
        return DIVIDED_BY_NUMBER
    return INLINE["divide({0}, {1})"]


def _element(operands: list[Item]) -> str:
    if operands[1].interval[0] >= 0:
        return "{0}[{1}]"
    return f"{{0}}[{{1}} if {{1}} >= 0 else {BEYOND}]"


def _floor_to(operands: list[Item]) -> str:
    if (operands[1].number or 0) > 0:
        return FLOOR_TO_PERIOD
    return "floor_to({0}, {1})"


def _widen_double(operands: list[Item]) -> str:
    (operand,) = operands
    if operand.type.kind in (Kind.FLOAT, Kind.DOUBLE):
        return "{0}"  # and not + 0.0, which would lose the sign of -0.0
    return widened(operand) or INLINE["float({0})"]


def widened(operand: Item | None) -> str | None:
    """A literal number as a literal double."""
    if operand is None or operand.number is None:
        return None
    return literal(float(operand.number))


def _convert_whole(operands: list[Item]) -> str:
    kind = operands[0].type.kind
    if kind is Kind.BOOL:
        return "(1 if {0} else 0)"
    return "{0}" if kind in (Kind.INT, Kind.LONG) else "whole({0})"


def _to_float(operands: list[Item]) -> str:
    return "{0}" if operands[0].type.kind is Kind.FLOAT else "narrow({0})"


def _is_there(item: Item) -> bool:
    """Whether a value cannot be missing: Python warns of literals compared with None."""
    return item.is_there or not item.type.is_optional


def _missing(operands: list[Item]) -> str:
    return "False" if _is_there(operands[0]) else "({0} is None)"


def _default(operands: list[Item]) -> str:
    return "{0}" if _is_there(operands[0]) else INLINE["default({0}, {1})"]


def _value(operands: list[Item]) -> str:
    return "{0}" if _is_there(operands[0]) else "value({0})"


SPECIAL: dict[str, Callable[[list[Item]], str]] = {
    "div": _divide,
    "ratio": lambda operands: "divide({0}, {1})",
    "element": _element,
    "floor_to": _floor_to,
    "widen_double": _widen_double,
    "widen_long": lambda operands: "{0}",
    "present": lambda operands: "{0}",
    "to_int": _convert_whole,
    "to_long": _convert_whole,
    "to_float": _to_float,
    "to_double": _widen_double,
    "missing": _missing,
    "default": _default,
    "value": _value,
}
