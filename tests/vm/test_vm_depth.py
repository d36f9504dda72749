"""Control nested far deeper than Python itself can nest, and modules as large as they may be."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from oracle import Exhausted, Failed, Oracle
from random_modules import Body, RandomModule

from totemlang.bytecode.limits import MAX_NESTING
from totemlang.bytecode.module import Function, Module
from totemlang.check.library import Library
from totemlang.diagnostics import OperationFailed, OutOfTotem
from totemlang.schema.types import BOOL, INT, LONG, Field
from totemlang.source import Source
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules
from totemlang.verify.verified import VerifiedModule
from totemlang.verify.verifier import verify
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import prepare


class Deep(RandomModule):
    """A script that calls one function; both nest control as deep as asked."""

    def __init__(self, seed: int, levels: int) -> None:
        self.levels = levels
        super().__init__(seed, job=False)
        self.callable = [self.a_deep_function()]
        body = Body(self, [])
        total = body.new(INT)
        body.const(INT, 0)
        body.put("assign", INT, total)
        self.nest(body, total, levels)
        body.load(total)
        body.put("call", None, 0)
        body.put("set", INT, body.new(INT))
        script = body.code()
        self.module = Module(
            default_rules().hash,
            default_prices().hash,
            self.pool.constants,
            (),
            tuple(self.callable),
            script,
            tuple((f"v{n}", n) for n, at in enumerate(script.slots) if at == INT),
            source=Source("\n" * (self.line + 2)),
        )
        self.values = ()

    def a_function(self, number: int) -> Function:
        return self.a_deep_function()

    def a_deep_function(self) -> Function:
        body = Body(self, [INT])
        body.returns = INT
        total = body.new(INT)
        body.load(0)
        body.put("assign", INT, total)
        self.nest(body, total, self.levels)
        body.load(total)
        body.put("return")
        return Function("deep", (Field("p", INT),), INT, body.code())

    def nest(self, body: Body, total: int, levels: int) -> None:
        """Blocks of control within each other, with ways out of them."""
        self.add(body, total, 1)
        if not levels:
            return
        self.line += 1
        opening = self.rng.choice(["if", "if", "else", "for", "while", "foreach", "and"])
        if opening in ("if", "else"):
            self.condition(body, total, opening == "if")
            body.put("if")
            if opening == "else":
                self.add(body, total, 5)
                body.put("else")
            self.nest(body, total, levels - 1)
            body.put("end")
        elif opening == "and":
            self.condition(body, total, True)
            body.put(self.rng.choice(["and", "or"]))
            self.condition(body, total, True)
            body.put("end")
            body.put("if")
            self.nest(body, total, levels - 1)
            body.put("end")
        elif opening == "for":
            slot = body.new(INT)
            body.const(INT, 0)
            body.put("assign", INT, slot)
            body.put("for", INT, slot)
            body.load(slot)
            body.const(INT, self.rounds())
            if self.rng.random() < 0.5:  # a bound that has to be checked, so a test of its own
                body.load(total)
                body.put("add", INT)
                body.load(total)
                body.put("sub", INT)
            body.put("lt", INT)
            body.put("do")
            self.loop(body, total, levels)
            body.put("step")
            body.load(slot)
            body.const(INT, 1)
            body.put("add", INT)
            body.put("set", INT, slot)
            body.put("end")
        elif opening == "while":
            body.const(LONG, self.rounds())
            body.put("while")
            self.condition(body, total, self.rng.random() < 0.1)
            body.put("do")
            self.loop(body, total, levels)
            body.put("end")
        else:
            body.const(INT.array, tuple(range(self.rounds())))
            slot = body.new(INT)
            body.put("foreach", INT, slot)
            self.loop(body, total, levels)
            body.put("end")
        self.add(body, total, 2)

    def loop(self, body: Body, total: int, levels: int) -> None:
        body.loops += 1
        self.nest(body, total, levels - 1)
        if self.rng.random() < 0.5:
            self.condition(body, total, self.rng.random() < 0.3)
            body.put("if")
            self.add(body, total, 3)
            if body.returns is not None and self.rng.random() < 0.3:
                body.load(total)
                body.put("return")
            else:
                body.put(self.rng.choice(["break", "continue"]))
            body.put("end")
        body.loops -= 1

    def rounds(self) -> int:
        return self.rng.choice([1, 1, 1, 1, 1, 1, 1, 2])

    def condition(self, body: Body, total: int, likely: bool) -> None:
        body.load(total)
        body.const(INT, self.rng.choice([2, 3, 5, 7]))
        body.put("mod", INT)
        body.const(INT, 0)
        body.put("ne" if likely else "eq", INT)

    def add(self, body: Body, total: int, amount: int) -> None:
        body.load(total)
        body.const(INT, amount)
        body.put("add", INT)
        body.put("set", INT, total)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("levels", [8, 16, 60, MAX_NESTING - 2])
def test_deep_control_agrees(seed: int, levels: int) -> None:
    deep = Deep(seed, levels)
    verified = deep.verified()
    prepared = prepare(verified)
    used = compare(verified, prepared, 10**6)
    choose = random.Random(seed)
    for _ in range(6):
        compare(verified, prepared, choose.randrange(used + 2))


def compare(verified: VerifiedModule, prepared: Any, budget: int) -> int:
    oracle = Oracle(verified, (), (), budget)
    expected: Any
    found: Any
    try:
        expected = oracle.script()
    except Failed as error:
        expected = (error.reason, error.line)
    except Exhausted:
        expected = "exhausted"
    meter = Meter(budget)
    machine = Machine(verified, (), (), meter, prepared=prepared)
    try:
        found = machine.run_script()
    except OperationFailed as error:
        found = (error.reason, error.line)
    except OutOfTotem:
        found = "exhausted"
    assert found == expected
    if expected != "exhausted":
        assert meter.used == oracle.used
        assert machine.totals().by_line == {n: t for n, t in oracle.by_line.items() if t}
    return oracle.used


def hostile(pattern: str, times: int) -> VerifiedModule:
    """A module of one pattern again and again."""
    module = RandomModule(0, job=False)
    body = Body(module, [])
    flag = body.new(BOOL)
    body.const(BOOL, True)
    body.put("assign", BOOL, flag)
    whole = body.new(INT)
    body.const(INT, 1)
    body.put("assign", INT, whole)
    if pattern == "deep":  # many short blocks, all as deep as may be
        for _ in range(MAX_NESTING - 2):
            body.load(flag)
            body.put("if")
    if pattern == "sum":
        body.load(whole)
    if pattern == "stack":
        for _ in range(5000):
            body.load(whole)
    for _ in range(times):
        if pattern in ("deep", "wide"):
            body.load(flag)
            body.put("if")
            body.put("end")
        elif pattern == "sum":
            body.load(whole)
            body.put("add", INT)
        elif pattern == "stack":
            body.load(whole)
            body.put("neg", INT)
            body.put("neg", INT)
            body.load(whole)
            body.put("add", INT)
            body.put("add", INT)
    if pattern == "deep":
        for _ in range(MAX_NESTING - 2):
            body.put("end")
    if pattern == "sum":
        body.put("set", INT, whole)
    if pattern == "stack":
        body.put("array", INT, 5000)
        body.put("set", INT.array, body.new(INT.array))
    made = Module(
        default_rules().hash, default_prices().hash, module.pool.constants, (), (), body.code()
    )
    return verify(made, default_rules(), default_prices(), Library.of_texts({}))


@pytest.mark.parametrize(
    ("pattern", "times"), [("deep", 6_000), ("wide", 15_000), ("sum", 300), ("stack", 150)]
)
def test_hostile_size_takes_bounded_time(pattern: str, times: int) -> None:
    verified = hostile(pattern, times)
    started = time.perf_counter()
    machine = Machine(verified, (), (), Meter(10**9))
    machine.run_script()
    machine.totals()
    assert time.perf_counter() - started < 20
