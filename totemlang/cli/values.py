"""How values are written: for machines as JSON says it, for people in as few digits as serve."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from totemlang.schema.types import Kind, Type

if TYPE_CHECKING:
    import pyarrow as pa

    from totemlang.bytecode.module import Value

_EPOCH = datetime(1970, 1, 1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY = 86_400_000_000
_SHORTEST = 10
"""Significant digits of a double that people are shown; JSON and files have them all."""


def json_value(declared: Type, value: Value) -> Any:
    """A value as JSON: the shortest number that reads back, floats with 7 significant digits.

    NaN and infinities are strings, dates and timestamps ISO 8601, durations microseconds,
    missing is null, arrays are arrays. Values come as the VM has them.
    """
    if value is None:
        return None
    if isinstance(value, tuple | list):
        return [json_value(declared.element, element) for element in value]
    if declared.kind is Kind.DATE and isinstance(value, int):
        return date.fromordinal(value + _EPOCH_DAY).isoformat()
    if declared.kind is Kind.TIMESTAMP and isinstance(value, int):
        return (_EPOCH + timedelta(microseconds=value)).isoformat()
    if isinstance(value, float):
        return _json_float(declared.kind, value)
    return value


def shown(declared: Type, value: Value) -> str:
    """A value as people read it, on one line but for what a string holds."""
    if value is None:
        return "missing"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_within(declared.element, element) for element in value) + "]"
    if declared.kind is Kind.DURATION and isinstance(value, int):
        return _duration(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        digits = 7 if declared.kind is Kind.FLOAT else _SHORTEST
        return f"{value:.{digits}g}"
    written = json_value(declared, value)
    return written.replace("T", " ") if declared.kind is Kind.TIMESTAMP else str(written)


def csv_value(declared: Type, value: Value) -> str:
    """A value as a CSV file has it: that of JSON without quotes, missing as nothing."""
    written = json_value(declared, value)
    if written is None:
        return ""
    return written if isinstance(written, str) else json.dumps(written)


def column_type(column: pa.ChunkedArray) -> Type:
    """The type of a column of a result."""
    from totemlang.data.kinds import KIND_OF

    return Type(KIND_OF[column.type])


def column_values(column: pa.ChunkedArray) -> Sequence[Value]:
    """The values of a column of a result as the VM has them: dates and times as numbers."""
    import pyarrow as pa

    kind = column_type(column).kind
    if kind is Kind.DATE:
        column = column.cast(pa.int32())
    elif kind in (Kind.TIMESTAMP, Kind.DURATION):
        column = column.cast(pa.int64())
    values: list[Value] = column.to_pylist()
    return values


def _json_float(kind: Kind, value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.7g}") if kind is Kind.FLOAT else value


def _within(element: Type, value: Value) -> str:
    """An element of an array: strings in quotes, since a comma may stand in them."""
    text = shown(element, value)
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) else text


def _duration(microseconds: int) -> str:
    """`2 d 03:00:00`, `-00:00:01.5`: days where there are any, then the clock."""
    days, rest = divmod(abs(microseconds), _DAY)
    seconds, fraction = divmod(rest, 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if fraction:
        clock += f".{fraction:06}".rstrip("0")
    return ("-" if microseconds < 0 else "") + (f"{days} d " if days else "") + clock
