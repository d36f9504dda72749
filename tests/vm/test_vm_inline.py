"""Inline forms say what the operation table says: on every value that matters."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from random_modules import VALUES

from totemlang.schema.types import DOUBLE, FLOAT, Kind, Type, parse_type
from totemlang.tables.operations import OPERATIONS, Operation, pattern_type
from totemlang.vm.failures import FAILURES, reason_of
from totemlang.vm.inline import FLOOR_TO_PERIOD, INLINE, meaning_of
from totemlang.vm.loading import NAMESPACE
from totemlang.vm.meanings import MEANINGS

NOTHING: dict[str, Any] = {"__builtins__": {}}


OTHERWISE = {("ratio", None)} | {
    (name, at) for name in ("widen_double", "to_double") for at in (FLOAT, DOUBLE)
}
"""Durations are divided by the function; what is a double already needs no inline form."""


def inlined() -> list[tuple[str, Operation, Type | None]]:
    found = []
    for row in OPERATIONS.values():
        for at in row.over or (None,):
            meaning = meaning_of(row, at.kind if at else None) if row.meaning else ""
            if meaning in INLINE and (row.name, at) not in OTHERWISE:
                found.append((meaning, row, at))
    return found


def values_of(pattern: str, at: Type | None) -> list[Any]:
    of = pattern_type(pattern, at)
    values: list[Any] = VALUES[of.kind]
    if of.is_array:
        return [values[:n] for n in range(4)]
    return [None, *values] if of.is_optional else values


def outcome(text: str, operands: tuple[Any, ...], names: dict[str, Any]) -> Any:
    held = {f"v{n}": value for n, value in enumerate(operands)}
    try:
        value = eval(text.format(*held), {**names, **held})
    except FAILURES as error:
        return reason_of(error)
    if isinstance(value, float):
        return "nan" if value != value else value.hex()
    return type(value), value


@pytest.mark.parametrize(
    ("meaning", "row", "at"), inlined(), ids=lambda part: getattr(part, "name", None) or str(part)
)
def test_inline_is_meaning(meaning: str, row: Operation, at: Type | None) -> None:
    choices = [values_of(pattern, at) for pattern in row.operands]
    for operands in itertools.product(*choices):
        expected = outcome(meaning, operands, {**NOTHING, **MEANINGS})
        found = outcome(INLINE[meaning], operands, {**NOTHING, **NAMESPACE})
        assert found == expected, operands


def test_every_inline_form_belongs_to_a_row() -> None:
    assert {meaning for meaning, _, _ in inlined()} == set(INLINE)


def test_floor_to_a_positive_period() -> None:
    for moment in VALUES[Kind.TIMESTAMP]:
        for period in (1, 1_800_000_000, 7 * 86_400_000_000):
            names = {**NOTHING, **NAMESPACE}
            expected = outcome("floor_to({0}, {1})", (moment, period), names)
            assert outcome(FLOOR_TO_PERIOD, (moment, period), names) == expected


def test_every_meaning_of_the_table_can_be_evaluated() -> None:
    """Each row without a rule of its own, at each type, gives a value or a known failure."""
    for row in OPERATIONS.values():
        if row.control or not row.meaning or row.meaning in ("constant", "slot", "global"):
            continue
        for at in row.over or (None,):
            patterns = [p for p in row.operands if p not in ("*", "string*")]
            if len(patterns) < len(row.operands):
                continue
            operands = tuple(values_of(p, at)[-1] for p in patterns)
            operands = tuple(_mild(value) for value in operands)
            text = meaning_of(row, at.kind if at else None)
            outcome(text, operands, {**NOTHING, **MEANINGS})


def _mild(value: Any) -> Any:
    """Nothing that makes `fill` long."""
    if type(value) is int and abs(value) > 1000:
        return 3
    return 1.0 if isinstance(value, float) and math.isinf(value) else value


def test_types_of_the_table_are_read_as_written() -> None:
    assert str(parse_type("double[]")) == "double[]"
