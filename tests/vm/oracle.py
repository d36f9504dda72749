"""A second interpreter, for tests: slow, and small enough to be seen to be right.

One loop over instructions, a stack of values, a charge at the start of each block. Meanings come
from the operation table as they stand there; nothing is lowered, combined or left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from totemlang.bytecode.module import StageKind
from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind, Shape, Type
from totemlang.source import NOWHERE
from totemlang.tables.measure import (
    BitLength,
    BytesOf,
    Constant,
    ElementBytesOf,
    Larger,
    LengthOf,
    LessOne,
    LookupRows,
    Operands,
    Plus,
    ResultBytes,
    Times,
    ValueOf,
)
from totemlang.tables.operations import CONVERSION, MATH, OPERATIONS
from totemlang.verify.verified import VerifiedCode, VerifiedModule
from totemlang.vm import checks, failures
from totemlang.vm.arrays import order_of
from totemlang.vm.dates import DATE_RANGE, TIMESTAMP_RANGE
from totemlang.vm.failures import Failure
from totemlang.vm.meanings import MEANINGS
from totemlang.vm.numbers import to_binary32

RANGES = {
    Kind.INT: INT_RANGE,
    Kind.LONG: LONG_RANGE,
    Kind.DURATION: LONG_RANGE,
    Kind.DATE: DATE_RANGE,
    Kind.TIMESTAMP: TIMESTAMP_RANGE,
}
LOOPS = ("for", "while", "foreach")


class Exhausted(Exception):
    """The budget does not suffice for the next charge."""


class Failed(Exception):
    """A failure at a source line; lines of library functions are unknown (0)."""

    def __init__(self, reason: str, line: int) -> None:
        self.reason, self.line = reason, line
        super().__init__(reason, line)


class Oracle:
    def __init__(
        self, verified: VerifiedModule, values: Sequence[Any], lookups: Sequence[Any], budget: int
    ) -> None:
        self.verified, self.values, self.lookups, self.budget = verified, values, lookups, budget
        self.used = 0
        self.by_line: Counter[int] = Counter()
        self.by_group: Counter[str] = Counter()
        self.emitted: list[list[Any]] = []

    # --- charges

    def charge(self, parts: list[tuple[str, int, int]]) -> None:
        """Charge parts (group, line, totem) together."""
        total = sum(totem for _, _, totem in parts)
        if self.used + total > self.budget:
            raise Exhausted
        self.used += total
        for group, line, totem in parts:
            if totem:
                self.by_group[group] += totem
                self.by_line[line] += totem

    def size(self, at: Type, value: Any) -> int:
        each = self.verified.prices.bytes(at.kind)
        if at.shape is Shape.ARRAY:
            return sum(self.size(at.element, element) for element in value)
        if each is not None:
            return each
        return 1 if value is None else max(1, len(value.encode()))

    def measured(self, formula: Any, types: Any, values: Any, result: Any, rows: int) -> int:
        def of(inner: Any) -> int:
            return self.measured(inner, types, values, result, rows)

        match formula:
            case Constant(number):
                return number
            case BytesOf(n):
                return self.size(types[n], values[n])
            case ElementBytesOf(n):
                each = self.verified.prices.bytes(types[n].kind)
                sizes = [self.size(types[n].element, e) for e in values[n]]
                return each if each is not None else max([1, *sizes])
            case ResultBytes():
                return self.size(*result)
            case LengthOf(n):
                return len(values[n])
            case ValueOf(n):
                return max(0, values[n])
            case LookupRows():
                return rows
            case Operands():
                return sum(map(self.size, types, values))
            case Plus(a, b):
                return of(a) + of(b)
            case Times(a, b):
                return of(a) * of(b)
            case Larger(a, b):
                return max(of(a), of(b))
            case BitLength(a):
                return of(a).bit_length()
            case LessOne(a):
                return max(of(a), 1) - 1
        raise AssertionError(formula)

    # --- bodies

    def run(self, body: VerifiedCode, slots: list[Any]) -> Any:
        """Run a body on its slots; gives what it returns or leaves on the stack."""
        code = body.code
        text = self.verified.module.source
        lines = [text.position(s.start).line if text else 0 for s in code.spans]
        lines = lines or [0] * len(code.instructions)
        parts = structure(code.instructions)
        blocks = {block.start: block for block in body.blocks}
        stack: list[Any] = []
        loops: list[list[Any]] = []  # opening, and what is left of the elements or rounds
        at = 0
        while at < len(code.instructions):
            if at in blocks:
                block = blocks[at]
                priced = [
                    (body.steps[i].group, lines[i], body.steps[i].price.fixed)
                    for i in range(block.start, block.stop)
                    if code.instructions[i].operation not in ("while", "foreach")
                ]
                if at and code.instructions[at - 1].operation == "while":
                    step = body.steps[at - 1]
                    priced.append((step.group, lines[at - 1], step.price.fixed))
                assert sum(totem for _, _, totem in priced) == block.fixed
                self.charge(priced)
            instruction, step, line = code.instructions[at], body.steps[at], lines[at]
            name, carried = instruction.operation, instruction.immediates
            try:
                if name == "return":
                    return stack.pop()
                if name in ("if", "and", "or"):
                    value = stack.pop()
                    otherwise, end = parts[at]["else"], parts[at]["end"]
                    if name == "if":
                        at = at if value else (otherwise if otherwise is not None else end)
                    elif value is (name == "or"):
                        stack.append(value)
                        at = end
                elif name == "else":
                    at = parts[at]["end"]
                elif name == "for":
                    loops.append([at])
                elif name == "while":
                    loops.append([at, stack.pop()])
                elif name == "foreach":
                    loops.append([at, list(stack.pop())])
                    at = self.next_element(body, loops, slots, parts, line)
                elif name == "do":
                    opening = loops[-1][0]
                    if not stack.pop():
                        at = parts[opening]["end"]
                        loops.pop()
                    elif code.instructions[opening].operation == "while":
                        if loops[-1][1] <= 0:
                            raise Failure(failures.TOO_MANY_ROUNDS)
                        loops[-1][1] -= 1
                elif name == "break":
                    at = parts[loops.pop()[0]]["end"]
                elif name == "continue" or (name == "end" and parts[at]["loop"]):
                    opening = loops[-1][0]
                    kind = code.instructions[opening].operation
                    if kind == "foreach":
                        at = self.next_element(body, loops, slots, parts, lines[opening])
                    elif kind == "for" and name == "continue":
                        at = parts[opening]["step"]
                    else:
                        at = opening
                elif name == "call":
                    count = len(step.operands)
                    arguments = stack[len(stack) - count :]
                    del stack[len(stack) - count :]
                    stack.append(self.call(carried[0], arguments))
                elif name == "emit":
                    count = len(step.operands)
                    self.emitted.append(stack[len(stack) - count :])
                    del stack[len(stack) - count :]
                elif name not in ("end", "step"):
                    self.plain(body, at, stack, slots, line)
            except failures.FAILURES as error:
                raise Failed(failures.reason_of(error), line) from None
            except Failed as failed:
                raise Failed(failed.reason, failed.line or line) from None
            at += 1
        return stack.pop() if stack else None

    def next_element(self, body: Any, loops: Any, slots: Any, parts: Any, line: int) -> int:
        """Begin the next round of a foreach: gives the instruction to go on behind."""
        opening, rest = loops[-1]
        if not rest:
            loops.pop()
            return parts[opening]["end"]
        instruction, step = body.code.instructions[opening], body.steps[opening]
        value = rest.pop(0)
        amount = step.price.fixed + sum(
            weight * self.measured(f, step.operands, [None], (instruction.type, value), 0)
            for weight, f in step.price.sized
        )
        self.charge([(step.group, line, amount)])
        slots[instruction.immediates[0]] = value
        return opening

    def call(self, number: int, arguments: list[Any]) -> Any:
        body = self.verified.functions[number]
        return self.run(body, arguments + zeros(body)[len(arguments) :])

    def plain(self, body: Any, at: int, stack: Any, slots: Any, line: int) -> None:
        """An operation without control."""
        instruction, step = body.code.instructions[at], body.steps[at]
        name, carried, row = instruction.operation, instruction.immediates, OPERATIONS
        row = OPERATIONS[name]
        count = len(step.operands)
        values = stack[len(stack) - count :] if count else []
        del stack[len(stack) - count :]
        rows = self.lookups[carried[0]].rows if name == "lookup" else 0
        sized = step.price.sized
        by_result = bool(sized) and any("ResultBytes" in repr(f) for _, f in sized)

        def pay(result: Any) -> None:
            amount = sum(
                w * self.measured(f, step.operands, values, (step.result, result), rows)
                for w, f in sized
            )
            self.charge([(step.group, line, amount)])

        if sized and not by_result:
            pay(None)
        if name == "const":
            value = self.verified.module.constants[carried[0]][1]
            result = list(value) if isinstance(value, tuple) else value
        elif name == "load":
            result = slots[carried[0]]
        elif name == "global":
            value = self.values[carried[0]]
            result = list(value) if isinstance(value, tuple) else value
        elif name in ("assign", "set"):
            (value,) = values
            slots[carried[0]] = list(value) if isinstance(value, list) else value
            return
        elif name in ("assign_element", "set_element"):
            MEANINGS["element"](slots[carried[0]], values[0])
            slots[carried[0]][values[0]] = values[1]
            return
        elif name == "take_element":
            stack.append(values[0])
            result = MEANINGS["element"](slots[carried[0]], values[0])
        elif name == "put_element":
            slots[carried[0]][stack.pop()] = values[0]
            return
        elif name == "lookup":
            result = self.lookups[carried[0]].cell(tuple(values), carried[1])
        elif name == "check_range":
            bounds = [self.verified.module.constants[n][1] for n in carried]
            result = checks.check_range(values[0], *bounds)
        elif name == "same_length":
            result = checks.same_length(values[0], slots[carried[0]])
        elif name in ("check_bytes", "check_length"):
            result = getattr(checks, name)(values[0], carried[0])
        else:
            result = self.meant(row, instruction, step, values)
        if by_result:
            pay(result)
        stack.append(result)

    def meant(self, row: Any, instruction: Any, step: Any, values: list[Any]) -> Any:
        """The meaning of the table, then what holds for all results of a type."""
        kind = instruction.type.kind.value if instruction.type else ""
        names = {f"v{n}": value for n, value in enumerate(values)}
        text = row.meaning.replace("{T}", kind).replace("{*}", ", ".join(names))
        result = eval(text.format(*names), {"__builtins__": {}, **MEANINGS}, names)
        at = step.result
        if at.is_array or at.is_optional:
            return result
        if row.fails and row.group in (MATH, CONVERSION) and at.kind in RANGES:
            least, most = RANGES[at.kind]
            if not least <= result <= most:
                timed = at.kind in (Kind.DATE, Kind.TIMESTAMP)
                raise Failure(failures.TIME_OUT_OF_RANGE if timed else failures.OUT_OF_RANGE)
        if row.group == MATH and at.kind is Kind.FLOAT:
            return to_binary32(result)
        return result

    # --- programs

    def script(self) -> dict[str, Any]:
        body = self.verified.script
        slots = zeros(body)
        self.run(body, slots)
        return {name: slots[slot] for name, slot in self.verified.module.variables}

    def stage(self, number: int, records: list[Any]) -> tuple[list[Any], list[int], list[Any]]:
        """Rows emitted, rows emitted by record, failures as (record, line, reason)."""
        stage, body = self.verified.module.stages[number], self.verified.stages[number]
        prices = self.verified.prices
        source = self.verified.module.source
        placed = body.code.place != NOWHERE and source
        line = source.position(body.code.place.start).line if placed else 0
        rows: list[Any] = []
        counts: list[int] = []
        failed: list[Any] = []
        for place, record in enumerate(records):
            values = [list(v) if isinstance(v, list) else v for v in record]
            read = prices.weight("read") * sum(
                self.size(p.type, v) for p, v in zip(stage.parameters, values, strict=True)
            )
            self.charge([("Read", line, read)])
            if stage.order_by is not None and stage.kind is not StageKind.MAP:
                by = stage.order_by
                column = values[by.parameter]
                kind = stage.parameters[by.parameter].type
                each = prices.bytes(kind.kind) or max(
                    [1, *(self.size(kind.element, v) for v in column)]
                )
                n = len(column)
                amount = prices.weight("relational") * each * n * n.bit_length()
                self.charge([("RelationalOperation", line, amount)])
                order = order_of(column, descending=by.descending)
                values = [[v[i] for i in order] if isinstance(v, list) else v for v in values]
            self.emitted = []
            try:
                self.run(body, values + zeros(body)[len(values) :])
            except Failed as error:
                failed.append((place, error.line, error.reason))
                self.emitted = []
            rows += self.emitted
            counts.append(len(self.emitted))
        return rows, counts, failed


def zeros(body: VerifiedCode) -> list[Any]:
    """The first values of a body's slots."""
    plain = {Kind.BOOL: False, Kind.FLOAT: 0.0, Kind.DOUBLE: 0.0, Kind.STRING: ""}
    return [
        [] if at.is_array else None if at.is_optional else plain.get(at.kind, 0)
        for at in body.code.slots
    ]


def structure(instructions: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """For each opening instruction (and each `else`, `end`) where its block goes on and ends."""
    parts: dict[int, dict[str, Any]] = {}
    opened: list[int] = []
    for at, instruction in enumerate(instructions):
        name = instruction.operation
        if name in ("if", "and", "or", *LOOPS):
            parts[at] = {"else": None, "step": None, "end": None, "loop": name in LOOPS}
            opened.append(at)
        elif name in ("else", "step"):
            parts[opened[-1]][name] = at
            parts[at] = parts[opened[-1]]
        elif name == "end":
            parts[opened[-1]]["end"] = at
            parts[at] = parts[opened.pop()]
    return parts
