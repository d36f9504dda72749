"""What the machine promises around operations: records, failures, order, lookups, limits."""

from __future__ import annotations

import math

import pytest
from compiled import PLENTY, compiled, machine

from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import OperationFailed, OutOfTotem, UsageError
from totemlang.vm import failures
from totemlang.vm.global_values import TOO_COSTLY, global_values
from totemlang.vm.machine import Failures, Machine
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import prepare
from totemlang.vm.trace import trace_script

HALVES = """\
dataset d(int a, int b)

map halves(d row)
    emit row.a, row.b
    if row.b >= 0 then
        emit row.a // row.b as a, row.b
    end if
end map
"""


def test_emits_of_a_record_take_effect_together_or_not_at_all() -> None:
    run, meter = machine(HALVES)
    emitted = run.map(0, [[10, 20, 30, 40], [2, 0, -1, 5]], 4)
    assert emitted.columns == [[10, 5, 30, 40, 8], [2, 2, -1, 5, 5]]
    assert emitted.counts == [2, 0, 1, 2]
    assert emitted.failures == Failures(1, 1, 6, failures.DIVISION_BY_ZERO)
    # The record that failed has paid for reading, the test, and the block of the division.
    assert meter.used == 4 * (8 + 4) + 3 * 16
    assert run.totals().used == meter.used


def test_batches_do_not_run_into_each_other() -> None:
    run, _ = machine(HALVES)
    first = run.map(0, [[1, 2], [0, 0]], 2)
    second = run.map(0, [[3], [1]], 1)
    assert (first.failures.count, first.counts) == (2, [0, 0])
    assert second.failures == Failures()
    assert second.columns == [[3, 3], [1, 1]]
    assert run.map(0, [[], []], 0).columns == [[], []]


def test_counts_are_left_out_where_each_record_emits_once() -> None:
    run, _ = machine(
        "dataset d(int a)\nmap m(d row)\n    emit row.a, row.a + 2147483600\nend map\n"
    )
    assert run.map(0, [[1, 2]], 2).counts is None
    failed = run.map(0, [[1, 2000, 3]], 3)
    assert failed.counts == [1, 0, 1]
    assert failed.columns[0] == [1, 3]
    assert failed.failures == Failures(1, 1, 3, failures.OUT_OF_RANGE)


def test_a_reduce_puts_groups_in_order_and_keeps_ties() -> None:
    run, meter = machine(
        """\
dataset d(int k, double x, int n)
map m(d row)
    emit row.k, row.x, row.n
end map
reduce r(int k, double[] x, int[] n) order by x desc
    for i = 0; i < len(n); i++ do
        emit k, x[i], n[i]
    end for
end reduce
"""
    )
    group = [[0.0, 1.5, -0.0, math.nan, 1.5, -math.inf], [1, 2, 3, 4, 5, 6]]
    emitted = run.reduce(1, [((7,), group)])
    assert emitted.columns[2] == [4, 2, 5, 1, 3, 6]
    assert emitted.counts == [6]
    assert group[1] == [1, 2, 3, 4, 5, 6]  # what was handed in is not changed
    totals = run.totals()
    assert totals.by_line[5] == 4 + 6 * 12 + 8 * 6 * 3
    assert totals.used == meter.used


def test_a_reduce_without_key_takes_one_group() -> None:
    run, _ = machine(
        """\
dataset d(string k, int n)
map m(d row)
    emit row.k, row.n
end map
reduce all(string[] k, int[] n)
    emit min(k), sum(n), count(k)
end reduce
"""
    )
    emitted = run.reduce(1, [((), [["b", "äa", ""], [1, 2, 3]])])
    assert emitted.columns == [[""], [6], [3]]
    # read (1 + 3 + 1) + 3 · 4; two comparisons of the longest; two additions; an index
    assert run.totals().used == 5 + 12 + 2 * 3 + 2 * 2 * 4 + 3 * 8


def test_lookups_are_read_once_and_asked_by_key() -> None:
    verified = compiled(
        """\
dataset d(string k, int n)
lookup names((string k, int n), string name)
map m(d row)
    emit row.n, default(names[(row.k, row.n)].name, "none") as name
end map
"""
    )
    table = LookupTable({("a", 1): 0, ("b", 2): 1}, (["eins", None],), 17)
    meter = Meter(PLENTY)
    run = Machine(verified, (), (table,), meter)
    run.read_lookups("m")
    assert meter.used == 17
    emitted = run.map(0, [["a", "b", "c"], [1, 2, 3]], 3)
    assert emitted.columns == [[1, 2, 3], ["eins", "none", "none"]]
    reads, asks = 3 * (1 + 4), 3 * 5 * 2
    assert meter.used == 17 + reads + asks + 3 * (4 + 1 + 1) + (4 + 4 + 4)
    assert run.totals().by_line[2] == 17


def test_nan_leaves_as_the_one_nan() -> None:
    run, _ = machine(
        "dataset d(double x)\nmap m(d row)\n    emit 1 as k, row.x, row.x - row.x as y\nend map\n"
    )
    negative = -math.nan
    emitted = run.map(0, [[negative, math.inf]], 2)
    found = [value for column in emitted.columns[1:] for value in column]
    assert [math.copysign(1, v) for v in found if v != v] == [1.0, 1.0, 1.0]
    script, _ = machine("double x = 1e308 * 10\nx = x - x\n")
    assert math.copysign(1, script.run_script()["x"]) == 1.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("int a = 2147483647\n\na = a + 1\n", failures.OUT_OF_RANGE, 3),
        ("long a = 1, b = 0\na = a % b\n", failures.DIVISION_BY_ZERO, 2),
        ("int[] a = [1]\nint b = a[\n  a[0]\n]\n", failures.OUTSIDE_ARRAY, 2),
        ("int[] a = [1]\nint i = a[0]\na[i - 2] = 2\n", failures.OUTSIDE_ARRAY, 3),
        ("int[] a = [1]\na = [1, 2]\n", failures.OTHER_LENGTH, 2),
        ('string[2] s = "ab"\ns = concat(s, "€")\n', failures.STRING_TOO_LONG, 2),
        ("double x = 0.5\nint n = int(x)\n", failures.NOT_WHOLE, 2),
        ("while true limit 3 do\n    int a = 1\nend while\n", failures.TOO_MANY_ROUNDS, 1),
        ('double[] a = fill(0, 1.0)\ndouble m = min(a)\n', failures.EMPTY, 2),
        ("double[] x = fill(0, 1.0)\nx[0] = stats.quantile(x, 0.5)\n", failures.OUTSIDE_ARRAY, 2),
        ("int[] a = fill(16777217, 0)\n", failures.TOO_LARGE, 1),
    ],
)  # fmt: skip
def test_a_script_fails_with_a_line_and_a_reason_without_value(
    text: str, reason: str, line: int
) -> None:
    run, meter = machine(text)
    with pytest.raises(OperationFailed) as raised:
        run.run_script()
    assert raised.value.line == line
    assert raised.value.reason == reason
    assert run.totals().used == meter.used


def test_totem_beyond_small_numbers_is_exact() -> None:
    text = "long n = 9007199254740993\nint[] a = fill(n, 0)\n"
    price = 8 + 8 + 4 * 9007199254740993 - 8
    run, meter = machine(text, price)
    with pytest.raises(OperationFailed, match="memory"):
        run.run_script()
    assert meter.used == price
    run, meter = machine(text, price - 1)
    with pytest.raises(OutOfTotem):
        run.run_script()


def test_parameters_and_constants_come_before_the_run() -> None:
    text = """\
param int n
param double[] w = fill(n, 0.5)
int half = n // 2
double total = sum(w) + half
"""
    verified = compiled("param int n\nparam double[] w = fill(3, 0.5)\nint a = n + len(w)\n")
    assert global_values(verified, {"n": 4}) == (4, (0.5, 0.5, 0.5))
    assert global_values(verified, {"n": 4, "w": (1.0,)}) == (4, (1.0,))
    with pytest.raises(UsageError, match="n has no default"):
        global_values(verified, {})
    run = Machine(verified, (4, (1.0, 2.0)), (), Meter(PLENTY))
    assert run.run_script() == {"a": 6}
    del text


def test_initial_values_need_nothing_of_the_rest() -> None:
    text = """\
dataset d(int x)
param int n
param int[] steps = [n, n * 2, 7 // n]
function int twice(int x)
    return 2 * x
end function
map m(d row)
    emit twice(row.x) as x, steps[0] as first
end map
"""
    verified = compiled(text)
    assert global_values(verified, {"n": 4}) == (4, (4, 8, 1))
    assert global_values(verified, {"n": 4}, prepared=prepare(verified)) == (4, (4, 8, 1))
    with pytest.raises(OperationFailed) as raised:
        global_values(verified, {"n": 0})
    assert (raised.value.reason, raised.value.line) == (failures.DIVISION_BY_ZERO, 3)


def test_initial_values_are_free_but_not_without_bound() -> None:
    failing = compiled("param int n\nparam int m = 1 // n\nint a = m\n")
    with pytest.raises(OperationFailed) as raised:
        global_values(failing, {"n": 0})
    assert (raised.value.reason, raised.value.line) == (failures.DIVISION_BY_ZERO, 2)
    wasteful = "param double[] x0 = fill(65536, 0.5)\n" + "".join(
        f"param double[] x{n} = sort(x{n - 1})\n" for n in range(1, 40)
    )
    with pytest.raises(OperationFailed, match=TOO_COSTLY):
        global_values(compiled(wasteful + "int a = 1\n"), {})


def test_machines_do_not_share_state() -> None:
    verified = compiled("float x = 0.1\nx = x + 0.2\n")
    one, other = (Machine(verified, (), (), Meter(PLENTY)) for _ in range(2))
    assert one.run_script() == other.run_script()
    assert one.totals() == other.totals()


def test_totals_of_machines_add_up() -> None:
    verified = compiled(HALVES)
    meter = Meter(PLENTY)
    one, other = (Machine(verified, (), (), meter) for _ in range(2))
    one.map(0, [[1], [1]], 1)
    other.map(0, [[1, 2], [0, 3]], 2)
    both = one.totals().plus(other.totals())
    assert both.used == meter.used == sum(both.by_line.values())
    assert both.by_stage == {"halves": both.used}


def test_a_trace_shows_nested_operations_and_stops_where_the_script_does() -> None:
    text = """\
int a = 1, b = 2
int c = a + b * 2
bool f = a < b and not (c > 1)
int[] xs = [1, 2]
xs[1] += c
for x in xs do
    c += x
end for
a = b // (c - c)
b = 3
"""
    trace = trace_script(compiled(text), (), Meter(PLENTY))
    assert trace.failure is not None
    assert trace.failure.line == 9
    assert trace.variables is None
    assert trace.executions == (
        "int a=1", "int b=2", "mul(b,2)", "c=add(a,mul(b,2))",
        "a<b", "f=and(a<b,not(c>1))", "c>1", "not(c>1)",
        "xs=[1,2]", "xs[1]", "xs[1]=add(xs[1],c)",
        "x in xs", "c=add(c,x)", "x in xs", "c=add(c,x)",
        "sub(c,c)", "a=floor_div(b,sub(c,c))",
    )  # fmt: skip


def test_a_trace_is_bounded() -> None:
    text = "int c = 0\nfor i = 0; i < 1000; i++ do\n    c += 1\nend for\n"
    trace = trace_script(compiled(text), (), Meter(PLENTY), limit=100)
    assert not trace.is_whole
    assert len(trace.executions) < 300
    assert trace.variables == {"c": 1000, "i": 1000}


def test_a_map_that_cannot_fail_is_computed_by_columns() -> None:
    """The same rows and totem as record by record: here from a second map that could fail."""
    head = "dataset d(string k, double? w, double x, int n)\nmap m(d row)\n"
    emits = "    emit row.k, 2 * row.x as y, row.x, row.n < 3 as few, 7 as seven, sqrt(0.5) as r\n"
    columns: list[list[object]] = [
        ["a", "", "ö"],
        [None, 1.0, 2.0],
        [-0.0, math.nan, 1.5],
        [1, 2, 3],
    ]
    found = []
    for text in (head + emits, head + '    int a = 1 // len("a")\n' + emits):
        run, meter = machine(text + "end map\n")
        emitted = run.map(0, columns, 3)  # type: ignore[arg-type]
        assert run.totals().used == meter.used
        found.append((repr(emitted.columns), emitted.counts, meter.used))
    assert found[0][:2] == found[1][:2]
    # The other map has a length and a division besides.
    assert found[1][2] - found[0][2] == 3 * (3 * 4 + 16)
