"""The thesis's two vectors: the sample script, and the priced example."""

from __future__ import annotations

import pytest
from compiled import compiled, machine

from totemlang.diagnostics import OutOfTotem
from totemlang.vm.aggregate import Aggregate, aggregate_only
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.trace import trace_script
from vectors import JOB, SCRIPT

DATES = [17952, 17952, 17952, 17953, 17953, 17954]
CUSTOMERS = [1, 2, 3, 2, 3, 2]
BILLS = [100.0, 200.0, 150.0, 100.0, 50.0, 100.0]


def test_the_script_has_its_variables_and_costs_112() -> None:
    run, meter = machine(SCRIPT)
    variables = run.run_script()
    assert list(variables) == ["a", "b", "c", "d", "i"]
    shown = {name: f"{value:.7g}" for name, value in variables.items()}  # type: ignore[str-format]
    assert shown == {"a": "1", "b": "2", "c": "9", "d": "3.8", "i": "4"}
    assert meter.used == 112
    totals = run.totals()
    assert totals.used == 112
    assert totals.by_line == {1: 8, 2: 8, 3: 4, 4: 44, 5: 24, 6: 24}
    assert totals.by_group == {
        "INTassign": 12,
        "FLOATassign": 4,
        "MathOperation": 80,
        "RelationalOperation": 16,
    }
    assert totals.by_stage == {"script": 112}


def test_the_script_is_out_of_totem_at_every_smaller_budget() -> None:
    for budget in range(112):
        run, meter = machine(SCRIPT, budget)
        with pytest.raises(OutOfTotem) as raised:
            run.run_script()
        assert meter.used == budget
        assert (raised.value.stage, raised.value.budget) == ("script", budget)
    run, meter = machine(SCRIPT, 112)
    run.run_script()
    assert meter.remaining == 0


def test_the_script_is_traced_as_printed() -> None:
    trace = trace_script(compiled(SCRIPT), (), Meter(112))
    test = "RelationalOperation"
    first = ("INTassign", "INTassign", "MathOperation", "FLOATassign", "INTassign", test)
    each = ("MathOperation", "MathOperation", "MathOperation", test)
    assert trace.operators == first + 3 * each
    begun = ("int a=1", "int b=2", "c=add(a,b)", "float d=4.1", "int i=1", "i<4")
    again = ("c=add(c,i)", "d=sub(d,0.1)", "i=add(i,1)", "i<4")
    assert trace.executions == begun + 3 * again
    assert trace.is_whole
    assert trace.failure is None
    assert trace.variables is not None
    assert trace.variables["c"] == 9


@pytest.mark.parametrize("gathered", [False, True])
def test_the_priced_example_costs_198(gathered: bool) -> None:
    verified = compiled(JOB)
    meter = Meter(198)
    run = Machine(verified, (), (), meter)
    mapped = run.map(0, [DATES, CUSTOMERS, BILLS], 6)
    assert mapped.columns == [CUSTOMERS, BILLS]
    assert mapped.counts is None
    assert meter.used == 90
    assert aggregate_only(verified, 1) == (False, True)
    groups: list[tuple[tuple[int], list[object]]] = []
    for customer in (1, 2, 3):
        values = [b for c, b in zip(CUSTOMERS, BILLS, strict=True) if c == customer]
        some = Aggregate(len(values), 8 * len(values), 8, sum(values))
        groups.append(((customer,), [some if gathered else values]))
    reduced = run.reduce(1, groups)
    assert reduced.columns == [[1, 2, 3], [100.0, 400.0, 200.0]]
    assert meter.used == 198
    totals = run.totals()
    assert totals.used == 198
    assert totals.by_stage == {"by_customer": 90, "total": 108}
    assert totals.by_group == {"Read": 150, "MathOperation": 48}
    assert totals.by_line == {3: 90, 7: 60, 8: 48}
