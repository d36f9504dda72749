"""Results as JSON values.

Doubles are the shortest number that reads back, floats have at most 7 significant digits, NaN and
infinities are strings; dates are `YYYY-MM-DD`, timestamps `YYYY-MM-DDThh:mm:ss[.ffffff]`, durations
whole microseconds; missing is null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from totemlang.bytecode.module import Value
from totemlang.data.python_values import to_values
from totemlang.schema.types import Field, Kind, Type

Json = bool | int | float | str | None | list["Json"]

_EPOCH = datetime(1970, 1, 1)
_EPOCH_DAY = date(1970, 1, 1)


def json_value(value: Value, kind: Kind) -> Json:
    """A value of the machine as JSON; an array (list or tuple) as a list."""
    if isinstance(value, list | tuple):
        return [json_value(element, kind) for element in value]
    if value is None or isinstance(value, bool | str):
        return value
    if kind is Kind.DATE:
        return (_EPOCH_DAY + timedelta(days=int(value))).isoformat()
    if kind is Kind.TIMESTAMP:
        return (_EPOCH + timedelta(microseconds=int(value))).isoformat()
    if kind not in (Kind.FLOAT, Kind.DOUBLE):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(format(value, ".7g")) if kind is Kind.FLOAT else value


def json_columns(columns: Sequence[Field]) -> list[dict[str, str]]:
    """Names and types of a result's columns."""
    return [{"name": column.name, "type": str(column.type)} for column in columns]


def json_rows(table: pa.Table, columns: Sequence[Field]) -> list[list[Json]]:
    """The rows of a result."""
    values = [
        [
            json_value(value, column.type.kind)
            for chunk in chunks.chunks
            for value in to_values(chunk, column.type.kind)
        ]
        for column, chunks in zip(columns, table.columns, strict=True)
    ]
    return [list(row) for row in zip(*values, strict=True)]


def json_variables(variables: Mapping[str, tuple[Type, Value]]) -> dict[str, Any]:
    """The variables of a script by name."""
    return {name: json_value(value, type_.kind) for name, (type_, value) in variables.items()}
