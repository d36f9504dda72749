"""Meanings written out as Python expressions where a call of their function would be slow.

Each template says the same as the meaning of the operation table beside it; tests hold them
against each other. `{0}` and `{1}` are the operands.
"""

from __future__ import annotations

from totemlang.schema.types import Kind
from totemlang.tables.operations import Operation
from totemlang.vm.dates import DAY, HOUR, MINUTE, TIMESTAMP_RANGE

_ORDERED = (k for k in Kind if k not in (Kind.FLOAT, Kind.DOUBLE))

INLINE: dict[str, str] = {
    "divide({0}, {1})": "({0} / {1} if {1} else divide_by_zero({0}, {1}))",
    "floor_divide({0}, {1})": "({0} // {1})",
    "modulo({0}, {1})": "({0} % {1})",
    "square_root({0})": "(sqrt({0}) if {0} >= 0.0 else NAN)",
    "floor({0})": "math_floor({0})",
    "ceil({0})": "math_ceil({0})",
    "half_even({0})": "round({0})",
    "float({0})": "({0} + 0.0)",
    "date_of({0})": f"({{0}} // {DAY})",
    "timestamp_of({0})": f"({{0}} * {DAY})",
    "hour_of({0})": f"({{0}} // {HOUR} % 24)",
    "minute_of({0})": f"({{0}} // {MINUTE} % 60)",
    "weekday_of_date({0})": "(({0} + 3) % 7 + 1)",
    "weekday_of_timestamp({0})": f"(({{0}} // {DAY} + 3) % 7 + 1)",
    "between_timestamp({0}, {1})": "({0} - {1})",
    "later_timestamp({0}, {1})": "({0} + {1})",
    "later_timestamp({0}, -{1})": "({0} - {1})",
    "length({0})": "len({0})",
    "count({0})": "len({0})",
    "default({0}, {1})": "({1} if {0} is None else {0})",
}
for _kind in _ORDERED:
    INLINE[f"smaller_{_kind.value}({{0}}, {{1}})"] = "({1} if {1} < {0} else {0})"
    INLINE[f"larger_{_kind.value}({{0}}, {{1}})"] = "({1} if {1} > {0} else {0})"

CONDITIONAL = frozenset({INLINE["default({0}, {1})"]})
"""Inline forms that leave an operand out where it does not decide: none of them may fail."""

FLOOR_TO_PERIOD = f"({{0}} - ({{0}} - ({TIMESTAMP_RANGE[0]})) % {{1}})"
"""`floor_to` where the period is known to be positive."""

DIVIDED_BY_NUMBER = "({0} / {1})"
"""`divide` where the divisor is a literal other than zero."""


def meaning_of(row: Operation, kind: Kind | None) -> str:
    """The meaning of an operation at a kind, as the table has it."""
    return row.meaning.replace("{T}", kind.value if kind is not None else "")
