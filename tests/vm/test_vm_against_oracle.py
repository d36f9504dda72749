"""The machine against the second interpreter: same bits, same totem, same end at any budget."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from typing import Any

import pytest
from compiled import compiled
from oracle import Exhausted, Failed, Oracle
from random_modules import RandomModule, makers

from totemlang.diagnostics import OperationFailed, OutOfTotem
from totemlang.tables.operations import EVERYTHING, OPERATIONS
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import prepare

PLENTY = 10**15
SEEDS = int(os.environ.get("TOTEM_VM_SEEDS", "60"))
FIRST = int(os.environ.get("TOTEM_VM_FIRST_SEED", "0"))


def bits(value: Any) -> Any:
    """A value with its exact bits, any NaN as one."""
    if isinstance(value, float):
        return "NaN" if value != value else struct.pack(">d", value)
    if isinstance(value, list | tuple):
        return [bits(element) for element in value]
    return (type(value), value)


def budgets(used: int) -> list[int]:
    """All budgets up to one more than was used, or a good many of them."""
    if used <= 60:
        return list(range(used + 2))
    around = {0, 1, used - 1, used, used + 1, used + 5, used + 13}
    return sorted(around | set(range(0, used, max(1, used // 40))))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_scripts_agree(seed: int) -> None:
    random = RandomModule(seed, job=False)
    verified = random.verified()
    prepared = prepare(verified)

    def slow(budget: int) -> tuple[Any, Oracle]:
        oracle = Oracle(verified, random.values, (), budget)
        try:
            return {n: bits(v) for n, v in oracle.script().items()}, oracle
        except Failed as error:
            return (error.reason, error.line), oracle
        except Exhausted:
            return "exhausted", oracle

    def fast(budget: int) -> tuple[Any, Meter, Machine]:
        meter = Meter(budget)
        machine = Machine(verified, random.values, (), meter, prepared=prepared)
        try:
            return {n: bits(v) for n, v in machine.run_script().items()}, meter, machine
        except OperationFailed as error:
            return (error.reason, error.line), meter, machine
        except OutOfTotem:
            return "exhausted", meter, machine

    expected, oracle = slow(PLENTY)
    found, meter, machine = fast(PLENTY)
    assert found == expected
    if expected != "exhausted":
        totals = machine.totals()
        assert meter.used == totals.used == oracle.used
        assert totals.by_line == {line: n for line, n in oracle.by_line.items() if n}
        assert totals.by_group == {group: n for group, n in oracle.by_group.items() if n}
    for budget in budgets(oracle.used):
        expected, oracle = slow(budget)
        found, meter, machine = fast(budget)
        assert found == expected
        assert meter.used == (budget if expected == "exhausted" else oracle.used)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_stages_agree(seed: int) -> None:
    random = RandomModule(seed, job=True)
    verified = random.verified()
    prepared = prepare(verified)
    for number in range(len(random.stages)):
        records = random.records(number, random.rng.randrange(6))

        def slow(budget: int) -> tuple[Any, Oracle]:
            oracle = Oracle(verified, random.values, random.tables, budget)
            try:
                return oracle.stage(number, records), oracle  # noqa: B023
            except Exhausted:
                return "exhausted", oracle

        def fast(budget: int) -> tuple[Any, Meter, Machine]:
            meter = Meter(budget)
            machine = Machine(verified, random.values, random.tables, meter, prepared=prepared)
            try:
                return run_stage(machine, random, number, records), meter, machine  # noqa: B023
            except OutOfTotem:
                return "exhausted", meter, machine

        expected, oracle = slow(PLENTY)
        found, meter, machine = fast(PLENTY)
        compare(expected, found)
        if expected != "exhausted":
            totals = machine.totals()
            assert meter.used == totals.used == oracle.used
            assert totals.by_line == {line: n for line, n in oracle.by_line.items() if n}
            assert totals.by_group == {group: n for group, n in oracle.by_group.items() if n}
            assert sum(totals.by_stage.values()) == oracle.used
        for budget in budgets(oracle.used):
            expected, oracle = slow(budget)
            found, meter, machine = fast(budget)
            compare(expected, found)
            assert meter.used == (budget if expected == "exhausted" else oracle.used)


LOOPS = [
    "int x = 1\nfor i = 0; i < 40; i++ do\n    x = x * 3\nend for\n",
    "int x = 1\nfor i = 3; i >= 0; i-- do\n    x = 12 // i\nend for\nint y = x\n",
    "int[] a = [1, 2, 3]\nint s = 0\nfor i = 0; i <= len(a); i += 2 do\n    s += a[i]\nend for\n",
    "int n = 5, s = 0\nfor i = 0; i < n; i++ do\n    n = n - 1\n    s += 2000000000\nend for\n",
    "int s = 0, t = 2147483647\nfor i = 2147483640; i <= t; i += 3 do\n    s++\nend for\n",
    "int s = 0\nfor i = 0; i < 9; i += 2 do\n    if i == 4 then\n        continue\n    end if\n"
    "    if i == 6 then\n        break\n    end if\n    s += 10 // (8 - i)\nend for\n",
    "int s = 0\nfor i = 5; i < 5; i++ do\n    s++\nend for\nfor j = 5; j > -5; j -= 4 do\n"
    "    for k = 0; k < j; k++ do\n        s += k\n    end for\nend for\n",
    "long m = 3\nint s = 0\nfor i = 0; i < m + 1; i++ do\n    s += len(fill(i, 1.5))\nend for\n",
]


@pytest.mark.parametrize("text", LOOPS)
def test_loops_agree_at_every_budget(text: str) -> None:
    """Where charges of a round are one, a failure within it or too little totem still tell."""
    verified = compiled(text)
    prepared = prepare(verified)
    full = Oracle(verified, (), (), PLENTY)
    with suppress(Failed):
        full.script()
    for budget in range(full.used + 60):
        oracle, meter = Oracle(verified, (), (), budget), Meter(budget)
        machine = Machine(verified, (), (), meter, prepared=prepared)
        expected: Any
        found: Any
        try:
            expected = oracle.script()
        except Failed as error:
            expected = error.reason, error.line
        except Exhausted:
            expected = "exhausted"
        try:
            found = machine.run_script()
        except OperationFailed as error:
            found = error.reason, error.line
        except OutOfTotem:
            found = "exhausted"
        assert found == expected
        assert meter.used == (budget if expected == "exhausted" else oracle.used)
        if expected != "exhausted":
            assert machine.totals().by_line == {n: t for n, t in oracle.by_line.items() if t}


def run_stage(machine: Machine, random: RandomModule, number: int, records: list[Any]) -> Any:
    stage = random.stages[number]
    if stage.kind.value == "map":
        width = len(stage.parameters)
        columns = [[record[c] for record in records] for c in range(width)]
        return machine.map(number, columns, len(records))
    groups = [(tuple(r[: stage.key_parts]), r[stage.key_parts :]) for r in records]
    return machine.reduce(number, iter(groups))


def compare(expected: Any, found: Any) -> None:
    if expected == "exhausted" or found == "exhausted":
        assert found == expected
        return
    rows, counts, failed = expected
    assert [bits(list(row)) for row in zip(*found.columns, strict=True)] == [bits(r) for r in rows]
    assert (found.counts if found.counts is not None else [1] * len(counts)) == counts
    assert found.failures.count == len(failed)
    if failed:
        first = found.failures
        assert (first.record, first.line, first.reason) == failed[0]


def test_every_operation_is_drawn() -> None:
    """The comparison means something: random modules hold all types and nearly all operations."""
    assert set(makers()) >= set(EVERYTHING)
    drawn: set[str] = set()
    for seed in range(40):
        module = RandomModule(seed, job=True).module
        for part in (*module.functions, *module.stages):
            drawn |= {i.operation for i in part.code.instructions}
    assert len(set(OPERATIONS) - drawn) < 8
