"""Constants as a program writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from totemlang.bytecode.module import Value
from totemlang.schema.types import Kind, Type
from totemlang.vm.dates import DAY, calendar_day
from totemlang.vm.numbers import to_binary32


def value_text(at: Type, value: Value) -> str:
    """A constant as a program writes it; a float with the fewest digits that mean it."""
    if value is None:
        return "missing"
    if isinstance(value, tuple):
        return "[" + ",".join(value_text(at.element, element) for element in value) + "]"
    return _KINDS.get(at.kind, str)(value)


def _float_text(value: float) -> str:
    texts: Sequence[str] = [f"{value:.{digits}g}" for digits in range(1, 10)]
    return next((t for t in texts if to_binary32(float(t)) == value), str(value))


def _timestamp_text(value: int) -> str:
    moment = datetime(1970, 1, 1) + timedelta(microseconds=value)
    return f'timestamp("{moment.isoformat()}")'


def _duration_text(value: int) -> str:
    for unit, size in (("days", DAY), ("hours", DAY // 24), ("minutes", DAY // 1440)):
        if value % size == 0:
            return f"{unit}({value // size})"
    return f"seconds({value / 1_000_000:g})"


_KINDS: dict[Kind, Callable[..., str]] = {
    Kind.BOOL: lambda value: "true" if value else "false",
    Kind.FLOAT: _float_text,
    Kind.DOUBLE: repr,
    Kind.STRING: lambda value: json.dumps(value, ensure_ascii=False),
    Kind.DATE: lambda value: f'date("{calendar_day(value).isoformat()}")',
    Kind.TIMESTAMP: _timestamp_text,
    Kind.DURATION: _duration_text,
}
