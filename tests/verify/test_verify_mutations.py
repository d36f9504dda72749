"""Modules changed at random: refused, or sound in every way, and harmless when run.

Changes are made to instructions, not to bytes, so that they get past the container to the
verifier: another operation, type or number, a line left out, said twice or moved.
"""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.bytecode.constants import is_value
from totemlang.bytecode.module import Code, Instruction, Module
from totemlang.check.library import default_library
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import OperationFailed, OutOfTotem, Refused
from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.operations import EVERYTHING, OPERATIONS
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules
from totemlang.verify.verified import VerifiedCode, VerifiedModule
from totemlang.verify.verifier import verify
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter

SCRIPTS = [
    """\
int a = 3, b = 4
long l = 5
double d = 0.5
bool c = a < b and d < 1 or a == 3
string s = "words of several", t = "x"
int[] xs = [1, 2, 3], ys = [3, 2, 1]
double[] ds = [0.5, 1.5]
string[] ss = words(s)
for i = 0; i < 3; i++ do
    xs[i] = ys[i]
    xs[i] += i * 2
    if c then
        continue
    end if
    for x in ys do
        a = a + x
        if a > 100 then
            break
        end if
    end for
end for
while a < 200 and c limit 12 do
    a += 30
    d = d / 2
end while
ds = sort(ds)
b = min(a, b) + len(ss) - xs[0] // 2
s = concat(s, t, substr(s, 1, 3))
l = sum(xs) * 2 ** 3
""",
    """\
date day = date("2019-02-25")
timestamp ts = timestamp("2019-02-25T10:30:00")
duration span = hours(3)
int n = 0, h = hour(ts)
float f = 1.5
long big = 4
bool late = ts > timestamp(day)
function int twice(int x)
    return x * 2
end function
function double[] doubled(double[] xs)
    double[] ys = xs
    for i = 0; i < len(ys); i++ do
        ys[i] *= 2
    end for
    return ys
end function
double[] ds = doubled([1.0, 2.0])
ds[1] = ds[0] * 3
n = twice(h) + twice(n)
for k = big; k > 0; k -= 2 do
    span = span + minutes(5)
    ts = ts + span
    f = f * f
    n += weekday(day)
end for
double m = stats.mean(ds)
late = not late or day == date(ts)
big = bit_xor(big, 5) + shift_left(big, 2)
""",
]

JOB = """\
dataset readings(string home, timestamp ts, double? kwh, int zone)
lookup prices(int zone, double price)
param double rate = 0.5

map by_home(readings row)
    if not missing(row.kwh) then
        emit (row.home, hour(row.ts) as h), value(row.kwh) * rate as kwh, row.zone
    end if
end map

reduce by_hour((string home, int h), double[] kwh, int[] zone) order by kwh
    double most = 0.0
    for x in kwh do
        most = max(most, x)
    end for
    int[] last = sort(zone)
    emit (home, h), most, default(prices[last[0]].price, 1.0) as price, count(kwh) as n
end reduce

reduce all(string[] home, int[] h, double[] most, double[] price, long[] n) order by most desc
    for i = 0; i < min(len(home), 3); i++ do
        emit (home[i], h[i]), most[i] * price[i] as cost, n[i]
    end for
end reduce
"""

BUDGET = 100_000


def compiled(text: str) -> Module:
    return Program(Source(text)).module


MODULES = [compiled(text) for text in (*SCRIPTS, JOB)]


def bodies(module: Module) -> list[Code]:
    """The bodies that are changed: of user functions, script and stages."""
    found = [f.code for f in module.functions if not f.library]
    found += [module.script] if module.script is not None else []
    return found + [stage.code for stage in module.stages]


def with_body(module: Module, number: int, code: Code) -> Module:
    """The module with one of its bodies changed."""
    own = [place for place, f in enumerate(module.functions) if not f.library]
    if number < len(own):
        functions = list(module.functions)
        functions[own[number]] = evolve(functions[own[number]], code=code)
        return evolve(module, functions=tuple(functions))
    number -= len(own)
    if module.script is not None:
        return evolve(module, script=code)
    stages = list(module.stages)
    stages[number] = evolve(stages[number], code=code)
    return evolve(module, stages=tuple(stages))


@st.composite
def changed(draw: st.DrawFn) -> Module:
    """A module with one to three changes in one body."""
    module = draw(st.sampled_from(MODULES))
    codes = bodies(module)
    number = draw(st.integers(0, len(codes) - 1))
    code = codes[number]
    lines = list(code.instructions)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["operation", "type", "number", "drop", "twice", "move", "new"]))
        line = lines[at]
        if how == "operation":
            name = draw(st.sampled_from(sorted(OPERATIONS)))
            count = len(OPERATIONS[name].immediates)
            numbers = (*line.immediates, 0, 0)[:count]
            over = OPERATIONS[name].over
            kept = line.type if line.type in over else None
            lines[at] = Instruction(
                name, kept or (draw(st.sampled_from(over)) if over else None), numbers
            )
        elif how == "type":
            lines[at] = evolve(line, type=draw(st.sampled_from(EVERYTHING)))
        elif how == "number" and line.immediates:
            other = draw(st.integers(0, 20))
            lines[at] = evolve(line, immediates=(other, *line.immediates[1:]))
        elif how == "drop" and len(lines) > 1:
            del lines[at]
        elif how == "twice":
            lines.insert(at, line)
        elif how == "move":
            lines.insert(draw(st.integers(0, len(lines))), line)
        elif how == "new":
            source = draw(st.sampled_from(codes)).instructions
            start = draw(st.integers(0, len(source) - 1))
            lines[at:at] = source[start : start + draw(st.integers(1, 6))]
    return with_body(module, number, evolve(code, instructions=tuple(lines), spans=()))


def accepted(module: Module) -> VerifiedModule | None:
    try:
        return verify(module, default_rules(), default_prices(), default_library())
    except Refused:
        return None


@given(changed())
@settings(max_examples=500, deadline=None)
def test_a_changed_module_is_refused_or_sound(module: Module) -> None:
    verified = accepted(module)
    if verified is None:
        return
    for body in [*verified.functions, *verified.stages, verified.script]:
        if body is not None:
            expect_sound(body)


def expect_sound(body: VerifiedCode) -> None:
    """A step for each instruction, blocks that cover them once, partners that lead forward."""
    assert len(body.steps) == len(body.code.instructions)
    covered = [index for block in body.blocks for index in range(block.start, block.stop)]
    assert covered == list(range(len(body.steps)))
    for block in body.blocks:
        controls = [
            index
            for index in range(block.start, block.stop)
            if OPERATIONS[body.code.instructions[index].operation].control
        ]
        assert controls in ([], [block.stop - 1])
        assert block.fixed >= 0
    for index, step in enumerate(body.steps):
        assert step.partner == -1 or index < step.partner < len(body.steps)


@given(changed())
@settings(max_examples=300, deadline=None)
def test_a_changed_module_that_is_accepted_runs_without_harm(module: Module) -> None:
    verified = accepted(module)
    if verified is not None:
        run(verified)


def run(verified: VerifiedModule) -> None:
    """Run a module on a little data: it ends, and every value is one of its type."""
    lookups = [LookupTable({1: 0, 2: 1}, ([0.5, None],), 24)] if verified.module.lookups else []
    globals_: list[Any] = [0.5] if verified.module.globals else []
    machine = Machine(verified, globals_, lookups, Meter(BUDGET))
    try:
        if verified.script is not None:
            found = machine.run_script()
            slots = verified.script.code.slots
            for name, slot in verified.module.variables:
                assert is_value(slots[slot], constant(found[name]))
            return
        rows = run_job(verified, machine)
    except (OperationFailed, OutOfTotem):
        return
    columns = verified.module.stages[-1].emitted.columns
    for column, values in zip(columns, rows, strict=True):
        assert all(is_value(column.type, value) for value in values)


def run_job(verified: VerifiedModule, machine: Machine) -> list[list[Any]]:
    """All stages over four rows, the rows of each key put together by hand."""
    hour = 3_600_000_000
    columns: list[list[Any]] = [
        ["a", "b", "a", "a"],
        [0, hour, 0, 5 * hour],
        [1.5, None, 0.25, -2.0],
        [1, 2, 2, 9],
    ]
    out = machine.map(0, columns, 4).columns
    groups: dict[tuple[Any, ...], list[list[Any]]] = {}
    for row in zip(*out, strict=True):
        arrays = groups.setdefault(row[:2], [[] for _ in row[2:]])
        for array, value in zip(arrays, row[2:], strict=True):
            array.append(value)
    out = machine.reduce(1, sorted(groups.items())).columns
    return machine.reduce(2, [((), out)]).columns


def constant(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize("module", MODULES)
def test_the_programs_that_are_changed_are_sound_and_run(module: Module) -> None:
    verified = accepted(module)
    assert verified is not None
    run(verified)
