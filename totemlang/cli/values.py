"""How values are written for people, in as few digits as serve, and in CSV files.

JSON and the other files have every digit; see `engine.result_json`.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta

from totemlang.bytecode.module import Value
from totemlang.schema.types import Kind, Type

_EPOCH = datetime(1970, 1, 1)
_DAY = 86_400_000_000
_DIGITS = {Kind.FLOAT: 7, Kind.DOUBLE: 10}
"""Significant digits that people are shown."""


def shown(declared: Type, value: Value) -> str:
    """A value of the machine as people read it, on one line but for what a string holds."""
    if value is None:
        return "missing"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_within(declared.element, element) for element in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _whole(declared.kind, value)
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return f"{value:.{_DIGITS.get(declared.kind, 10)}g}"
    return value


def csv_value(written: object) -> str:
    """A JSON value as a CSV file has it: without quotes, and missing as nothing."""
    if written is None:
        return ""
    return written if isinstance(written, str) else json.dumps(written)


def _whole(kind: Kind, value: int) -> str:
    """A whole number, or the date or time that it stands for."""
    if kind is Kind.DATE:
        return str((_EPOCH + timedelta(days=value)).date())
    if kind is Kind.TIMESTAMP:
        return str(_EPOCH + timedelta(microseconds=value))
    return _duration(value) if kind is Kind.DURATION else str(value)


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
