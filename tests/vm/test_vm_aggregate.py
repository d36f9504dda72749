"""Aggregates: where they are enough, a group need not be held, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
from compiled import compiled
from random_modules import RandomModule

from totemlang.schema.types import Kind, Type
from totemlang.vm.aggregate import Aggregate, aggregate_only
from totemlang.vm.arrays import max_of, max_of_double, min_of, min_of_double
from totemlang.vm.exact_sum import exact_sum
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.sizes import string_bytes

HEAD = """\
dataset d(int k, double x, double y)
function double spread(double[] v)
    return max(v) - min(v)
end function
function double first(double[] v, double[] w)
    return v[0] + sum(w)
end function
map m(d row)
    emit row.k, row.x, row.y
end map
"""


@pytest.mark.parametrize(
    ("reduce", "expected"),
    [
        ("(int k, double[] x, double[] y)\n emit k, sum(x), count(y), len(x)", (True, True)),
        ("(int k, double[] x, double[] y)\n emit k, spread(x), stats.mean(y)", (True, True)),
        ("(int k, double[] x, double[] y)\n emit k, first(x, y)", (False, True)),
        ("(int k, double[] x, double[] y)\n emit k, x[0], min(y)", (False, True)),
        ("(int k, double[] x, double[] y)\n double[] z = x\n emit k, z[0], max(y)", (False, True)),
        ("(int k, double[] x, double[] y)\n emit k, contains(x, 1.0), y[1]", (False, False)),
        ("(int k, double[] x, double[] y)\n emit k, sum(x), sum(sort(y))", (True, False)),
        ("(int k, double[] x, double[] y) order by x\n emit k, sum(x), sum(y)", (True, True)),
        ("(int k, double[] x, double[] y) order by x\n emit k, sum(x), y[0]", (False, False)),
        ("(int k, double[] x, double[] y) order by y\n emit k, sum(x), y[0]", (True, False)),
    ],
)  # fmt: skip
def test_what_a_stage_asks_of_its_arrays(reduce: str, expected: tuple[bool, bool]) -> None:
    verified = compiled(f"{HEAD}reduce r{reduce}\nend reduce\n")
    assert aggregate_only(verified, 1) == (False, *expected)
    assert aggregate_only(verified, 0) == (False, False, False)


def gathered(at: Type, values: list[Any], each: int | None) -> Aggregate:
    """The aggregate of an array, made the plain way."""
    sizes = [string_bytes(v) if each is None else each for v in values]
    total: Any = None
    if at.kind in (Kind.INT, Kind.LONG, Kind.DURATION):
        total = sum(values)
    elif at.kind in (Kind.FLOAT, Kind.DOUBLE):
        total = exact_sum(values)
    floating = at.kind in (Kind.FLOAT, Kind.DOUBLE)
    least = (min_of_double if floating else min_of)(values) if values else None
    greatest = (max_of_double if floating else max_of)(values) if values else None
    return Aggregate(len(values), sum(sizes), max(sizes, default=0), total, least, greatest)


def test_an_aggregate_gives_what_its_array_gives() -> None:
    replaced = 0
    for seed in range(60):
        random = RandomModule(seed, job=True)
        verified = random.verified()
        only = aggregate_only(verified, 1)
        stage = random.stages[1]
        records, results = random.records(1, 3), []
        for use in (False, True):
            groups = []
            for record in records:
                values = list(record)
                for place, parameter in enumerate(stage.parameters):
                    if use and only[place]:
                        each = verified.prices.bytes(parameter.type.kind)
                        values[place] = gathered(parameter.type, record[place], each)
                        replaced += 1
                groups.append(values)
            meter = Meter(10**15)
            run = Machine(verified, random.values, random.tables, meter)
            key = stage.key_parts
            emitted = run.reduce(1, [(tuple(g[:key]), g[key:]) for g in groups])
            totals = run.totals()
            results.append((repr(emitted), meter.used, totals))
        assert results[0] == results[1]
    assert replaced > 10
