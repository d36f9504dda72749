"""Between which numbers each whole number of a body lies, whatever the data: intervals.

What cannot leave the range of its type needs no check, and a number that is never negative is
divided the short way. A slot lies within all that is ever stored to it, wherever that stands; a
counter also within the bound of its loop, while that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from totemlang.bytecode.module import Instruction
from totemlang.native.translation.items import Item
from totemlang.schema.types import Kind, Type
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import Frame, Shape

_MOST_WALKS = 5
"""Walks through a body, after the first two of which what still grows is let go."""


@frozen
class Range:
    """All whole numbers from `low` to `high`."""

    low: int
    high: int

    def join(self, other: Range) -> Range:
        """The numbers of both, and those between."""
        return Range(min(self.low, other.low), max(self.high, other.high))

    def within(self, other: Range) -> bool:
        """Whether `other` has all these numbers."""
        return other.low <= self.low and self.high <= other.high

    def cut(self, other: Range) -> Range:
        """The numbers that are in both; where there are none, those of `other`."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Range(low, high) if low <= high else other

    @property
    def only(self) -> int | None:
        """The number, if there is but one."""
        return self.low if self.low == self.high else None


INT = Range(-(2**31), 2**31 - 1)
LONG = Range(-(2**63), 2**63 - 1)
WHOLE = {Kind.INT: INT, Kind.LONG: LONG}
"""The ranges of the types that are looked at."""

_PARTS = {
    "month": Range(1, 12),
    "day": Range(1, 31),
    "weekday": Range(0, 7),
    "hour": Range(0, 23),
    "minute": Range(0, 59),
}


def range_of_type(at: Type | None) -> Range | None:
    """The range of a type; None for what is not looked at."""
    if at is None or at.is_array or at.is_optional:
        return None
    return WHOLE.get(at.kind)


Operands = tuple[Range | None, ...]


def operand_ranges(
    verified: VerifiedCode, shape: Shape, constants: Sequence[Item], parameters: int
) -> tuple[Operands, ...]:
    """For each instruction the ranges of what it takes from the stack, the deepest first.

    Slots before `parameters` are set from outside.
    """
    if not any(each.operation in _SERVED for each in verified.code.instructions):
        return _by_type(verified)
    slots: list[Range | None] = [None] * len(verified.code.slots)
    for slot, at in enumerate(verified.code.slots):
        if slot < parameters:
            slots[slot] = range_of_type(at)
        elif slot in shape.to_clear and range_of_type(at) is not None:
            slots[slot] = Range(0, 0)
    first = tuple(slots)
    for count in range(_MOST_WALKS):
        walk = _Walk(verified, shape, constants, slots, list(first))
        found = walk.whole()
        if walk.holds:
            # What was let go too far comes back: less may be stored where less is held.
            closer = _Walk(verified, shape, constants, walk.stored, list(first))
            nearer = closer.whole()
            return nearer if closer.holds else found
        slots = _widened(verified, slots, walk.stored, count)
    return _by_type(verified)


def _by_type(verified: VerifiedCode) -> tuple[Operands, ...]:
    return tuple(tuple(range_of_type(each) for each in step.operands) for step in verified.steps)


def _widened(
    verified: VerifiedCode, before: list[Range | None], after: list[Range | None], count: int
) -> list[Range | None]:
    """What slots are taken to hold next: an end that has moved twice moves as far as it may."""
    found: list[Range | None] = []
    for slot, (old, new) in enumerate(zip(before, after, strict=True)):
        whole = range_of_type(verified.code.slots[slot])
        if old is None or new is None or whole is None:
            found.append(new if old is None else old)
        elif count < 1 or new.within(old):
            found.append(old.join(new))
        elif count > 2:
            found.append(whole)
        else:
            low = old.low if new.low >= old.low else whole.low
            found.append(Range(low, old.high if new.high <= old.high else whole.high))
    return found


@define
class _Walk:
    """One walk through a body, slots taken to hold `slots`: what is `stored` to them then?"""

    verified: VerifiedCode
    shape: Shape
    constants: Sequence[Item]
    slots: list[Range | None]
    stored: list[Range | None]
    _stack: list[Range | None] = field(factory=list)
    _bounded: dict[int, Range] = field(factory=dict)
    """Slots of counters while their loops run."""
    _parts: dict[int, Frame] = field(factory=dict)
    """The loops with a counter, by their `do` and by their `end`."""
    _bound: Range | None = None
    """What was last compared with."""

    def whole(self) -> tuple[Operands, ...]:
        instructions = self.verified.code.instructions
        for frame in self.shape.frames.values():
            if instructions[frame.opening].operation == "for":
                self._parts[frame.do] = self._parts[frame.end] = frame
        return tuple(self._next(at) for at in range(len(instructions)))

    @property
    def holds(self) -> bool:
        """Whether slots hold no more than they were taken to."""
        return all(
            stored is None or (taken is not None and stored.within(taken))
            for stored, taken in zip(self.stored, self.slots, strict=True)
        )

    def _next(self, at: int) -> Operands:
        instruction, step = self.verified.code.instructions[at], self.verified.steps[at]
        name, stack = instruction.operation, self._stack
        if at in self._parts:
            self._loop(at, self._parts[at])
        if name == "put_element":  # its place lies below the value
            del stack[len(stack) - 2]
        start = len(stack) - len(step.operands)
        operands = tuple(stack[start:])
        del stack[start:]
        if name == "take_element":
            stack.append(operands[0])
        if name in ("assign", "set"):
            self._store(instruction.immediates[0], operands[0])
        elif name == "foreach":
            slot = instruction.immediates[0]
            self._store(slot, range_of_type(self.verified.code.slots[slot]))
        elif name in _COMPARISONS:
            self._bound = operands[1]
        if step.result is not None and name not in ("and", "or"):  # the right side leaves theirs
            stack.append(self._result(instruction, operands, step.result))
        return operands

    def _store(self, slot: int, value: Range | None) -> None:
        held = self.stored[slot]
        if value is not None:
            self.stored[slot] = value if held is None else held.join(value)

    def _loop(self, at: int, frame: Frame) -> None:
        """The test of a `for` is done, or its end has come: its counter keeps the bound or not."""
        instructions = self.verified.code.instructions
        (slot,) = instructions[frame.opening].immediates
        whole, bound = range_of_type(self.verified.code.slots[slot]), self._bound
        if at == frame.end:
            self._bounded.pop(slot, None)
        elif whole is not None and bound is not None:
            name = instructions[frame.do - 1].operation
            low, high = whole.low, whole.high
            if name in ("lt", "le"):
                high = bound.high - (name == "lt")
            elif name in ("gt", "ge"):
                low = bound.low + (name == "gt")
            if low <= high:
                self._bounded[slot] = self._held(slot, whole).cut(Range(low, high).cut(whole))

    def _held(self, slot: int, whole: Range) -> Range:
        return self._bounded.get(slot) or self.slots[slot] or self.stored[slot] or whole

    def _result(self, instruction: Instruction, operands: Operands, at: Type) -> Range | None:
        name = instruction.operation
        whole = range_of_type(at)
        if whole is None:
            return None
        if name == "const":
            number = self.constants[instruction.immediates[0]].number
            return Range(number, number) if isinstance(number, int) else whole
        if name == "load":
            return self._held(instruction.immediates[0], whole)
        if name == "check_range":
            low, high = (self.constants[place].number for place in instruction.immediates)
            if isinstance(low, int) and isinstance(high, int) and low <= high and operands[0]:
                return operands[0].cut(Range(low, high))
        if name in ("len", "count"):
            return Range(0, whole.high)
        if name in _PARTS:
            return _PARTS[name]
        if name == "to_int" or name == "to_long":
            return _converted(instruction.type, operands, whole)
        found = result_range(name, operands)
        return whole if found is None else found.cut(whole)


_COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})

_SERVED = frozenset({"add", "sub", "mul", "neg", "abs", "floor_div", "mod", "element"})
"""Operations that are written shorter where more is known."""


def _converted(at: Type | None, operands: Operands, whole: Range) -> Range:
    if at is not None and at.kind is Kind.BOOL:
        return Range(0, 1)
    return whole if operands[0] is None else operands[0].cut(whole)


def result_range(name: str, operands: Operands) -> Range | None:
    """Where the result of an operation on whole numbers lies, unless it fails; None: anywhere."""
    if not operands or any(each is None for each in operands):
        return None
    ranges = [each for each in operands if each is not None]
    rule = _RULES.get(name)
    return None if rule is None else rule(*ranges)


def _add(a: Range, b: Range) -> Range:
    return Range(a.low + b.low, a.high + b.high)


def _subtract(a: Range, b: Range) -> Range:
    return Range(a.low - b.high, a.high - b.low)


def _multiply(a: Range, b: Range) -> Range:
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Range(min(corners), max(corners))


def _negate(a: Range) -> Range:
    return Range(-a.high, -a.low)


def _absolute(a: Range) -> Range:
    low = 0 if a.low <= 0 <= a.high else min(abs(a.low), abs(a.high))
    return Range(low, max(abs(a.low), abs(a.high)))


def _floor_divide(a: Range, b: Range) -> Range | None:
    if b.low <= 0:
        return None
    corners = [x // y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Range(min(corners), max(corners))


def _modulo(a: Range, b: Range) -> Range | None:
    if b.low > 0:
        return a if a.low >= 0 and a.high < b.low else Range(0, b.high - 1)
    return Range(b.low + 1, 0) if b.high < 0 else None


def _and(a: Range, b: Range) -> Range | None:
    highest = [each.high for each in (a, b) if each.low >= 0]
    return Range(0, min(highest)) if highest else None


def _shift_right(a: Range, b: Range) -> Range | None:
    by = b.only
    return Range(a.low >> by, a.high >> by) if by is not None and 0 <= by < 64 else None


_RULES: dict[str, Callable[..., Range | None]] = {
    "widen_long": lambda a: a,
    "add": _add,
    "sub": _subtract,
    "mul": _multiply,
    "neg": _negate,
    "abs": _absolute,
    "floor_div": _floor_divide,
    "mod": _modulo,
    "min": lambda a, b: Range(min(a.low, b.low), min(a.high, b.high)),
    "max": lambda a, b: Range(max(a.low, b.low), max(a.high, b.high)),
    "bit_and": _and,
    "shift_right": _shift_right,
}
