"""The machine against the second interpreter: same bits, same totem, same end at any budget."""

from __future__ import annotations

import os
import struct
from typing import Any

import pytest
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
