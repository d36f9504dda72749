"""Every operation of the table at every type, on awkward values, in both tiers."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pytest

from native.native_pairs import Pair
from totemlang.bytecode.constants import Pool
from totemlang.bytecode.module import (
    Code,
    Dataset,
    Emitted,
    Instruction,
    Module,
    Stage,
    StageKind,
)
from totemlang.check.library import Library
from totemlang.schema.types import INT, LONG, Field, Kind, Type
from totemlang.source import Source
from totemlang.tables.operations import OPERATIONS, Operation, pattern_type
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules
from totemlang.verify.verifier import verify
from totemlang.vm.numbers import to_binary32
from vm.compiled import compiled
from vm.random_modules import VALUES

MOST_RECORDS = 600
_APART = {
    *("const", "load", "global", "assign", "set", "lookup", "same_length", "take_element"),
    *("put_element", "set_element", "assign_element", "check_bytes", "check_length"),
    *("check_range", "present"),
}
CASES = [
    (row.name, at)
    for row in OPERATIONS.values()
    if not row.control and row.name not in _APART and row.result
    for at in (row.over or (None,))
]


class Writer:
    """A map that does one operation on its columns and emits the result."""

    def __init__(self, name: str, at: Type | None) -> None:
        """Write it."""
        row = OPERATIONS[name]
        self.columns: list[Type] = []
        self.code: list[Instruction] = []
        self.pool = Pool()
        carried: tuple[int, ...] = ()
        if name in ("array", "concat"):
            patterns = ("string",) * 3 if name == "concat" else ("T",) * 3
            carried = (3,)
        else:
            patterns = row.operands
        for pattern in patterns:
            self.operand(pattern_type(pattern, at))
        self.put(name, at, *carried)
        self.result = pattern_type(row.result, at)
        self.emit(row)

    def put(self, name: str, at: Type | None = None, *carried: int) -> None:
        self.code.append(Instruction(name, at, carried))

    def operand(self, at: Type) -> None:
        """A column, or an array of three columns."""
        for _ in range(3 if at.is_array else 1):
            self.columns.append(at.element if at.is_array else at)
            self.put("load", self.columns[-1], len(self.columns) - 1)
        if at.is_array:
            self.put("array", at.element, 3)

    def emit(self, row: Operation) -> None:
        """The result is a value emitted, or several."""
        result = self.result.element
        held = [*self.columns, self.result, result]
        slot = len(self.columns)
        key = self.pool.number(INT, 1)
        self.put("assign" if row.name.startswith("widen") else "set", self.result, slot)
        load = Instruction("load", self.result, (slot,))
        if self.result.is_array:
            self.code.append(load)
            self.put("foreach", result, slot + 1)
            load = Instruction("load", result, (slot + 1,))
        self.put("const", INT, key)
        self.code.append(load)
        self.put("emit")
        if self.result.is_array:
            self.put("end")
        fields = tuple(Field(f"c{n}", at) for n, at in enumerate(self.columns))
        emitted = Emitted((Field("k", INT), Field("v", result)), 1)
        body = Code(tuple(held), tuple(self.code))
        stage = Stage("m", StageKind.MAP, fields, 0, None, emitted, body)
        self.module = Module(
            default_rules().hash,
            default_prices().hash,
            self.pool.constants,
            (),
            (),
            dataset=Dataset("d", fields),
            stages=(stage,),
            source=Source(""),
        )

    def values(self, at: Type) -> list[Any]:
        found = list(VALUES[at.kind])
        if at.kind is Kind.LONG:
            found += [2**31, -(2**31) - 1, 4, 64]
        return [None, *found] if at.is_optional else found


def records(writer: Writer, name: str) -> list[list[Any]]:
    choices = [writer.values(at) for at in writer.columns]
    if name == "fill":
        choices[0] = [-1, 0, 1, 3, 2**40]
    count = 1
    for each in choices:
        count *= len(each)
    if count <= MOST_RECORDS:
        return [list(each) for each in itertools.product(*choices)]
    rng = random.Random(name)
    return [[rng.choice(each) for each in choices] for _ in range(MOST_RECORDS)]


@pytest.mark.parametrize(("name", "at"), CASES, ids=lambda each: str(each or ""))
def test_it_is_the_same_in_both_tiers(name: str, at: Type | None) -> None:
    writer = Writer(name, at)
    verified = verify(writer.module, default_rules(), default_prices(), Library.of_texts({}))
    pair = Pair(verified)
    pair.check_stage(0, records(writer, name))
    assert pair.given_up == 0


def test_the_cases_name_all_types() -> None:
    assert {at.element for _, at in CASES if at is not None} == {Type(kind) for kind in Kind}
    assert LONG in {at for _, at in CASES}


AWKWARD = [
    *(sign * value for sign in (1.0, -1.0) for value in (0.0, 0.5, 1.5, 2.5, 5e-324, 1e300)),
    *(0.49999999999999994, 4503599627370495.5, 4503599627370497.5, 3e9 + 0.5, math.nan),
    *(math.nextafter(sign * 2.0**63, towards) for sign in (1, -1) for towards in (-9e99, 0, 9e99)),
    *(2.0**63, -(2.0**63), math.inf, -math.inf),
]


@pytest.mark.parametrize("name", ["floor", "ceil", "round"])
@pytest.mark.parametrize("kind", ["double", "float"])
def test_floats_made_whole_at_the_ends_of_long(name: str, kind: str) -> None:
    text = f"""dataset rows({kind} v)

map m(rows row)
    emit {name}(row.v) as v
end map
"""
    pair = Pair(compiled(text))
    for value in AWKWARD:
        held = to_binary32(value) if kind == "float" else value
        pair.check_stage(0, [[1.25], [held], [math.nan], [-1.25]])


DAY = 86_400_000_000
FIRST_DAY, LAST_DAY = -719_162, 2_932_896


def test_parts_of_times_at_the_borders_of_days_hours_and_minutes() -> None:
    days = [*range(FIRST_DAY, LAST_DAY, 997), *range(-800, 800, 31), LAST_DAY]
    starts = [day * DAY for day in days]
    moments = [start + within for start in starts for within in (0, 1, DAY - 1)]
    moments += [
        start + hour * 3_600_000_000 + more
        for start in (starts[0], starts[-1], 0)
        for hour in range(24)
        for more in (-1, 0, 59_999_999, 60_000_000, 3_599_999_999)
        if start + hour > FIRST_DAY * DAY or more >= 0
    ]
    text = """dataset rows(timestamp t, date d)

map m(rows row)
    emit year(row.t) as a, month(row.t) as b, day(row.t) as c, weekday(row.t) as e,
        hour(row.t) as f, minute(row.t) as g, date(row.t) as h, timestamp(row.d) as i,
        weekday(row.d) as j
end map
"""
    Pair(compiled(text)).check_stage(0, [[each, each // DAY] for each in moments])
