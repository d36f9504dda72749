"""Random modules that the verifier accepts: every operation at every type, all of control.

Expressions are drawn from the operation table, so a new row is tested as soon as it stands there.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from totemlang.bytecode.constants import Pool
from totemlang.bytecode.module import (
    Code,
    Dataset,
    Emitted,
    Function,
    Global,
    GlobalKind,
    Instruction,
    Lookup,
    Module,
    OrderBy,
    Stage,
    StageKind,
)
from totemlang.check.library import Library
from totemlang.data.lookup import LookupTable
from totemlang.schema.types import BOOL, INT, LONG, STRING, Field, Kind, Type
from totemlang.source import NOWHERE, Source, Span
from totemlang.tables.operations import (
    NUMBERS,
    OPERATIONS,
    SCALARS,
    WHOLE,
    Operation,
    pattern_type,
)
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules
from totemlang.verify.verified import VerifiedModule
from totemlang.verify.verifier import verify

KEYS = (Kind.BOOL, Kind.INT, Kind.LONG, Kind.DATE, Kind.TIMESTAMP, Kind.STRING)
_APART = frozenset(
    {"const", "load", "global", "assign", "set", "lookup", "same_length", "take_element"}
    | {"put_element", "set_element", "assign_element", "check_bytes", "check_length"}
    | {"check_range"}
)
_FLOATS = [0.0, -0.0, 1.0, -1.5, 0.5, 2.0**-149, 3.0, math.inf, -math.inf, math.nan]
VALUES: dict[Kind, list[Any]] = {
    Kind.BOOL: [True, False],
    Kind.INT: [0, 1, -1, 2, 3, 7, 31, 2019, -5, 2**31 - 1, -(2**31), 46341],
    Kind.LONG: [0, 1, -1, 2, 3, 5, 63, 10**6, 2**63 - 1, -(2**63), 2**53 + 1, 3037000500],
    Kind.FLOAT: [*_FLOATS, float(2**128 - 2**104), 1.100000023841858],
    Kind.DOUBLE: [*_FLOATS, -2.5, 0.1, 1e308, -1e308, 5e-324, 1e16, 2.5, 3.5, 4294967296.5],
    Kind.DATE: [0, 18000, -719162, 2932896, 59, 18321],
    Kind.TIMESTAMP: [0, 1550000000000000, -62135596800000000, 253402300799999999, -1, 86399999999],
    Kind.DURATION: [0, 1, 86400000000, -86400000000, 1800000000, 2**63 - 1, -(2**63), 3600000001],
    Kind.STRING: ["", "a", "Größe Σ", "AB", "a b  c", "\t x\ny ", "ǅ𝒳İ", "zz", "{0}", '"); x = ("'],
}


@cache
def makers() -> dict[Type, list[tuple[Operation, Type | None, tuple[Type, ...]]]]:
    """For each type the rows of the table that make it, with the types of their operands."""
    found: dict[Type, list[Any]] = {}
    for row in OPERATIONS.values():
        if row.control or row.name in _APART or not row.result:
            continue
        for at in row.over or (None,):
            operands = tuple(pattern_type(p, at) for p in row.operands if not p.endswith("*"))
            found.setdefault(pattern_type(row.result, at), []).append((row, at, operands))
    return found


class Body:
    """Writes one random body."""

    def __init__(self, module: RandomModule, parameters: list[Type]) -> None:
        self.module, self.rng = module, module.rng
        self.slots = list(parameters)
        self.parameters = len(parameters)
        self.scope = list(range(len(parameters)))
        self.held: list[int] = []
        self.loops = 0
        self.depth = 0
        self.instructions: list[Instruction] = []
        self.spans: list[Span] = []
        self.emits: list[Type] | None = None
        self.returns: Type | None = None

    def put(self, name: str, at: Type | None = None, *carried: int) -> None:
        self.instructions.append(Instruction(name, at, carried))
        self.spans.append(Span(self.module.line, self.module.line + 1))

    def const(self, at: Type, value: Any) -> None:
        self.put("const", at, self.module.pool.number(at, value))

    def some(self, at: Type) -> Any:
        return self.module.some(at)

    # --- expressions; each gives whether its value is plain

    def expression(self, at: Type, depth: int, *, checks: bool = True) -> bool:
        rng = self.rng
        if rng.random() < 0.08:
            self.module.line += 1
        ways: list[Callable[[], bool]] = []
        held = [slot for slot in self.scope if self.slots[slot] == at]
        if held:
            ways += [lambda: self.load(rng.choice(held))] * 3
        known = [n for n, g in enumerate(self.module.globals) if g.field.type == at]
        if known:
            ways.append(lambda: self.known(at, rng.choice(known)))
        if depth <= 0 or not ways:
            ways.append(lambda: self.literal(at))
        if depth > 0:
            rows = makers().get(at, [])
            ways += [lambda: self.row(*rng.choice(rows), depth=depth)] * (6 if rows else 0)
            calls = [n for n, f in enumerate(self.module.callable) if f.result == at]
            ways += [lambda: self.call(rng.choice(calls), depth)] * (2 if calls else 0)
            if at == BOOL:
                ways += [lambda: self.logic(depth)] * 2
            if at.is_optional and self.module.lookups and self.in_stage:
                cells = [
                    (t, c)
                    for t, table in enumerate(self.module.lookups)
                    for c, column in enumerate(table.columns)
                    if column.type.element == at.element
                ]
                ways += [lambda: self.lookup(*rng.choice(cells), depth)] * (3 if cells else 0)
            if checks and not at.is_array and rng.random() < 0.05:
                return self.checked(at, depth)
        return rng.choice(ways)()

    @property
    def in_stage(self) -> bool:
        return self.emits is not None

    def load(self, slot: int) -> bool:
        self.put("load", self.slots[slot], slot)
        return True

    def known(self, at: Type, number: int) -> bool:
        self.put("global", at, number)
        return True

    def literal(self, at: Type) -> bool:
        self.const(at, self.some(at))
        return True

    def row(self, row: Operation, at: Type | None, operands: tuple[Type, ...], depth: int) -> bool:
        if row.name == "fill":
            long = 2**40 if self.rng.random() < 0.02 else self.rng.choice([-1, 0, 1, 3, 4])
            self.const(LONG, long)
            self.expression(operands[1], depth - 1)
        elif row.name in ("array", "concat"):
            count = self.rng.randrange(4)
            for _ in range(count):
                self.expression(STRING if at is None else at, depth - 1)
            self.put(row.name, at, count)
            return False
        elif row.name == "element" and self.rng.random() < 0.7:
            self.expression(operands[0], depth - 1)
            self.const(LONG, self.rng.choice([0, 0, 1, 2, -1]))
        elif row.name in ("widen_long", "widen_double", "present"):
            plain = self.expression(operands[0], depth - 1)
            self.put(row.name, at)
            return plain
        else:
            for operand in operands:
                self.expression(operand, depth - 1)
        self.put(row.name, at)
        return False

    def call(self, number: int, depth: int) -> bool:
        for parameter in self.module.callable[number].parameters:
            self.expression(parameter.type, depth - 1)
        self.put("call", None, number)
        return False

    def lookup(self, table: int, column: int, depth: int) -> bool:
        for key in self.module.lookups[table].keys:
            self.expression(key.type, depth - 1)
        self.put("lookup", self.module.lookups[table].columns[column].type.element, table, column)
        return False

    def logic(self, depth: int) -> bool:
        self.expression(BOOL, depth - 1)
        self.put(self.rng.choice(["and", "or"]))
        self.expression(BOOL, depth - 1)
        self.put("end")
        return False

    def checked(self, at: Type, depth: int) -> bool:
        plain = self.expression(at, depth, checks=False)
        if at.kind is Kind.STRING:
            self.put("check_bytes", at, self.rng.choice([0, 3, 100]))
        if at.is_array:
            self.put("check_length", at, self.rng.choice([0, 2, 3]))
        if at.kind in {n.kind for n in NUMBERS}:
            bounds = sorted(v for v in (self.some(at.element), self.some(at.element)) if v == v)
            if len(bounds) == 2:
                numbers = [self.module.pool.number(at.element, bound) for bound in bounds]
                self.put("check_range", at, *numbers)
        return plain

    # --- statements

    def statements(self, count: int) -> bool:
        """Some statements in a scope of their own; gives whether control comes to their end."""
        before = len(self.scope)
        self.depth += 1
        alive = True
        for _ in range(count):
            self.module.line += 1
            alive = self.statement()
            if not alive:
                break
        self.depth -= 1
        del self.scope[before:]
        return alive

    def statement(self) -> bool:
        rng = self.rng
        ways: list[Callable[[], Any]] = [self.declare, self.declare, self.assign, self.update]
        if self.depth < 5:
            ways += [self.branch, self.branch, self.counted, self.each, self.limited]
        if self.emits is not None:
            ways += [self.emit] * 2
        if self.depth > 1 and rng.random() < 0.12:
            return self.leave()
        found = rng.choice(ways)()
        return found is not False

    def leave(self) -> bool:
        if self.loops and self.rng.random() < 0.8:
            self.put(self.rng.choice(["break", "continue"]))
            return False
        if self.returns is not None:
            self.give_back()
            return False
        return True

    def give_back(self) -> None:
        assert self.returns is not None
        plain = self.expression(self.returns, 2)
        if plain and self.returns.is_array:
            slot = self.new(self.returns)
            self.put("assign", self.returns, slot)
            self.load(slot)
        self.put("return")

    def declare(self) -> None:
        at = self.rng.choice(list(makers()))
        plain = self.to_store(at)
        self.put("assign" if plain else "set", at, self.new(at))

    def to_store(self, at: Type) -> bool:
        if at.is_array and self.rng.random() < 0.1:
            return self.checked(at, 2)
        return self.expression(at, self.rng.randrange(4))

    def new(self, at: Type) -> int:
        self.slots.append(at)
        self.scope.append(len(self.slots) - 1)
        return len(self.slots) - 1

    def writable(self) -> list[int]:
        return [s for s in self.scope if s >= self.parameters and s not in self.held]

    def assign(self) -> None:
        slots = self.writable()
        if not slots:
            return self.declare()
        slot = self.rng.choice(slots)
        at = self.slots[slot]
        plain = self.to_store(at)
        if at.is_array and self.rng.random() < 0.8:
            self.put("same_length", at, slot)
        self.put("assign" if plain else "set", at, slot)
        return None

    def update(self) -> None:
        arrays = [s for s in self.writable() if self.slots[s].is_array]
        if not arrays:
            return self.declare()
        slot = self.rng.choice(arrays)
        at = self.slots[slot].element
        if self.rng.random() < 0.8:
            self.const(LONG, self.rng.choice([0, 0, 1, 2, -1]))
        else:
            self.expression(LONG, 2)
        operation = self.rng.choice(["add", "sub", "mul"])
        if self.rng.random() < 0.5 and at in OPERATIONS[operation].over:
            self.put("take_element", at, slot)
            self.expression(at, 2)
            self.put(operation, at)
            self.put("put_element", at, slot)
            return None
        plain = self.expression(at, 2)
        self.put("assign_element" if plain else "set_element", at, slot)
        return None

    def branch(self) -> bool:
        self.expression(BOOL, 3)
        self.put("if")
        alive = self.statements(self.rng.randrange(3))
        if self.rng.random() < 0.5:
            self.put("else")
            alive = self.statements(self.rng.randrange(3)) or alive
            self.put("end")
            return alive
        self.put("end")
        return True

    def counted(self) -> None:
        at = self.rng.choice(WHOLE)
        before = len(self.scope)
        up = self.rng.random() < 0.7
        start = self.rng.choice([0, 1, -2]) if up else self.rng.choice([3, 0])
        if up and self.rng.random() < 0.05:
            start = 2**31 - 2
        slot = self.new(at)
        self.const(at, start)
        self.put("assign", at, slot)
        self.scope.pop()
        self.put("for", at, slot)
        self.put("load", at, slot)
        wide = at == INT and self.rng.random() < 0.3
        if wide:
            self.put("widen_long", INT)
        bound = LONG if wide else at
        if self.rng.random() < 0.5:
            self.const(
                bound, min(start + self.rng.choice([2, 3, 0]) * (1 if up else -1), 2**31 - 1)
            )
        else:
            self.expression(bound, 2)
            self.const(bound, self.rng.choice([3, 2]) if up else self.rng.choice([-2, 0]))
            self.put("min" if up else "max", bound)
        self.put(self.rng.choice(["lt", "le"] if up else ["gt", "ge"]), bound)
        self.put("do")
        self.scope.append(slot)
        self.loop_body(slot)
        self.put("step")
        self.put("load", at, slot)
        self.const(at, self.rng.choice([1, 1, 2, 3]))
        self.put("add" if up else "sub", at)
        self.put("set", at, slot)
        self.put("end")
        if self.rng.random() < 0.3:
            del self.scope[before:]

    def loop_body(self, *held: int) -> None:
        self.held += held
        self.loops += 1
        self.statements(self.rng.randrange(1, 4))
        self.loops -= 1
        del self.held[len(self.held) - len(held) :]

    def each(self) -> None:
        at = self.rng.choice(SCALARS)
        self.expression(at.array, 2)
        last = self.instructions[-1]
        slot = self.new(at)
        self.put("foreach", at, slot)
        self.loop_body(slot, *(last.immediates if last.operation == "load" else ()))
        self.put("end")

    def limited(self) -> None:
        self.const(LONG, self.rng.choice([0, 1, 3, -1]))
        self.put("while")
        self.expression(BOOL, 3)
        self.put("do")
        self.loop_body()
        self.put("end")

    def emit(self) -> None:
        assert self.emits is not None
        for at in self.emits:
            self.expression(at, 2)
        self.put("emit")

    def code(self) -> Code:
        place = self.spans[0] if self.spans and self.rng.random() < 0.8 else NOWHERE
        return Code(tuple(self.slots), tuple(self.instructions), tuple(self.spans), (), place)


class RandomModule:
    """A random script or job, verified, with globals and lookups to run it on."""

    def __init__(self, seed: int, *, job: bool) -> None:
        self.rng = random.Random(seed)
        self.pool = Pool()
        self.line = 1
        self.callable: list[Function] = []
        self.globals = [self.a_global(n) for n in range(self.rng.randrange(4))]
        self.values = tuple(self.some(g.field.type) for g in self.globals)
        self.lookups: list[Lookup] = []
        self.tables: list[LookupTable] = []
        if job:
            for number in range(self.rng.randrange(3)):
                self.a_lookup(number)
        for number in range(self.rng.randrange(4)):
            self.callable.append(self.a_function(number))
        self.stages: list[Stage] = []
        script, variables = None, ()
        dataset = None
        if job:
            dataset = self.a_job()
        else:
            body = Body(self, [])
            body.statements(self.rng.randrange(1, 7))
            script = body.code()
            variables = tuple((f"v{n}", n) for n in range(len(script.slots)))
        self.module = Module(
            default_rules().hash,
            default_prices().hash,
            self.pool.constants,
            tuple(self.globals),
            tuple(self.callable),
            script,
            variables,
            dataset,
            tuple(self.lookups),
            tuple(self.stages),
            None,
            Source("\n" * (self.line + 2)),
        )

    def verified(self) -> VerifiedModule:
        return verify(self.module, default_rules(), default_prices(), Library.of_texts({}))

    def some(self, at: Type) -> Any:
        values = VALUES[at.kind]
        if at.is_array:
            return tuple(self.rng.choice(values) for _ in range(self.rng.randrange(5)))
        if at.is_optional and self.rng.random() < 0.4:
            return None
        return self.rng.choice(values)

    def a_global(self, number: int) -> Global:
        at = self.rng.choice([*SCALARS, *(t.array for t in SCALARS)])
        return Global(Field(f"g{number}", at), GlobalKind.PARAMETER, None)

    def a_lookup(self, number: int) -> None:
        keys = [Type(self.rng.choice(KEYS)) for _ in range(self.rng.randrange(1, 3))]
        columns = [self.rng.choice(SCALARS) for _ in range(self.rng.randrange(1, 3))]
        self.lookups.append(
            Lookup(
                f"lookup{number}",
                tuple(Field(f"k{n}", at) for n, at in enumerate(keys)),
                tuple(
                    Field(f"c{n}", at.optional if self.rng.random() < 0.5 else at)
                    for n, at in enumerate(columns)
                ),
            )
        )
        index: dict[Any, int] = {}
        for _ in range(self.rng.randrange(6)):
            key = tuple(self.some(at) for at in keys)
            index.setdefault(key[0] if len(key) == 1 else key, len(index))
        cells = tuple([self.some(at) for _ in index] for at in columns)
        self.tables.append(LookupTable(index, cells, 10))

    def a_function(self, number: int) -> Function:
        types = [self.rng.choice(list(makers())) for _ in range(self.rng.randrange(3))]
        result = self.rng.choice(list(makers()))
        body = Body(self, types)
        body.returns = result
        if body.statements(self.rng.randrange(3)):
            body.give_back()
        fields = tuple(Field(f"p{n}", at) for n, at in enumerate(types))
        return Function(f"f{number}", fields, result, body.code())

    def a_job(self) -> Dataset:
        rng = self.rng
        columns = [
            at.optional if rng.random() < 0.3 else at
            for at in (rng.choice(SCALARS) for _ in range(rng.randrange(1, 4)))
        ]
        keys = [Type(rng.choice(KEYS)) for _ in range(rng.randrange(1, 3))]
        values = [rng.choice(SCALARS) for _ in range(rng.randrange(1, 3))]
        self.a_stage(StageKind.MAP, columns, 0, [*keys, *values], len(keys))
        emitted = [Type(rng.choice(KEYS)), rng.choice(SCALARS)]
        if rng.random() < 0.7:
            taken = [*keys, *(value.array for value in values)]
            self.a_stage(StageKind.REDUCE, taken, len(keys), emitted, 1)
        else:
            taken = [at.array for at in [*keys, *values]]
            self.a_stage(StageKind.REDUCE_ALL, taken, 0, emitted, 1)
        return Dataset("d", tuple(Field(f"c{n}", at) for n, at in enumerate(columns)))

    def a_stage(
        self, kind: StageKind, taken: list[Type], key_parts: int, emits: list[Type], parts: int
    ) -> None:
        body = Body(self, taken)
        body.emits = emits
        body.statements(self.rng.choice([0, 0, 1, 2, 3, 4]))
        body.emit()
        order = None
        if kind is not StageKind.MAP and self.rng.random() < 0.5:
            order = OrderBy(self.rng.randrange(key_parts, len(taken)), self.rng.random() < 0.5)
        number = len(self.stages)
        self.stages.append(
            Stage(
                f"stage{number}",
                kind,
                tuple(Field(f"c{n}", at) for n, at in enumerate(taken)),
                key_parts,
                order,
                Emitted(tuple(Field(f"e{number}{n}", at) for n, at in enumerate(emits)), parts),
                body.code(),
            )
        )

    def records(self, stage: int, count: int) -> list[Any]:
        """Records for a stage; arrays of a group are equally long."""
        found = []
        for _ in range(count):
            length = self.rng.randrange(1, 5)
            record = []
            for parameter in self.stages[stage].parameters:
                at = parameter.type
                if at.is_array:
                    record.append([self.rng.choice(VALUES[at.kind]) for _ in range(length)])
                else:
                    record.append(self.some(at))
            found.append(record)
        return found
