"""What a record does whose values are all there, where that follows from the text alone.

A map is followed with every `missing` taken for false. If that decides all its conditions, such
records all take the same way and cost the same; and if on that way nothing but doubles is
reckoned, several of them can be taken at once.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field, frozen

from totemlang.bytecode.module import Instruction, Module
from totemlang.schema.types import Kind, Type
from totemlang.tables.operations import OPERATIONS
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import STORING

_IN_LANES = frozenset({"add", "sub", "mul", "div", "neg", "abs", "sqrt", "min", "max"})
"""Operations that cannot fail and that WebAssembly has for two doubles at once."""

_MOST_NODES = 64
"""Operations of an emitted row, at most; a part that stands twice counts twice."""


@frozen
class Column:
    """A parameter's value."""

    slot: int
    type: Type
    nodes: int = 1


@frozen
class Literal:
    """A double that the program names."""

    value: float
    nodes: int = 1


@frozen
class Operation:
    """An operation on doubles that cannot fail."""

    name: str
    operands: tuple[Expression, ...]
    nodes: int


Expression = Column | Literal | Operation


@frozen
class Certain:
    """The row that such a record emits.

    `opened` are the blocks of control that it goes into, once each, by the instructions that
    open them; `looked_at` the optional parameters that must be there.
    """

    emitted: tuple[Expression, ...]
    opened: tuple[int, ...]
    looked_at: frozenset[int]


def certain(module: Module, verified: VerifiedCode, parameters: int) -> Certain | None:
    """Follow the body of a map with so many parameters; None if there is no such way."""
    way = _Way(module, verified, parameters)
    try:
        way.follow()
    except _Elsewhere:
        return None
    if way.emitted is None:
        return None
    return Certain(way.emitted, tuple(way.opened), frozenset(way.looked_at))


class _Elsewhere(Exception):
    """The way is not known, or leads to what is not done for several records at once."""


_Known = Expression | bool


@define
class _Way:
    module: Module
    verified: VerifiedCode
    parameters: int
    at: int = 0
    stack: list[_Known] = field(factory=list)
    slots: dict[int, _Known] = field(factory=dict)
    opened: list[int] = field(factory=list)
    looked_at: set[int] = field(factory=set)
    emitted: tuple[Expression, ...] | None = None

    def follow(self) -> None:
        instructions = self.verified.code.instructions
        while self.at < len(instructions):
            instruction = instructions[self.at]
            handler = _HANDLERS.get(instruction.operation)
            if handler is not None:
                handler(self, instruction)
            elif instruction.operation in STORING:
                self.slots[instruction.immediates[0]] = self.stack.pop()
            else:
                self.reckon(instruction)
            self.at += 1

    # --- values

    def load(self, instruction: Instruction) -> None:
        (slot,) = instruction.immediates
        known = self.slots.get(slot)
        if known is None:
            if slot >= self.parameters:
                raise _Elsewhere
            at = self.verified.code.slots[slot]
            if at.is_array:
                raise _Elsewhere
            if at.is_optional:
                self.looked_at.add(slot)
            known = Column(slot, at)
        self.stack.append(known)

    def constant(self, instruction: Instruction) -> None:
        at, value = self.module.constants[instruction.immediates[0]]
        if at.is_array or at.is_optional or at.kind is not Kind.DOUBLE:
            raise _Elsewhere
        assert isinstance(value, float)
        self.stack.append(Literal(value))

    def unchanged(self, instruction: Instruction) -> None:
        """`value`, `present`: the value is there; `end`: the way goes on."""

    def missing(self, instruction: Instruction) -> None:
        if isinstance(self.stack.pop(), bool):
            raise _Elsewhere
        self.stack.append(False)

    def negate(self, instruction: Instruction) -> None:
        self.stack.append(not self.truth())

    def truth(self) -> bool:
        found = self.stack.pop()
        if not isinstance(found, bool):
            raise _Elsewhere
        return found

    def reckon(self, instruction: Instruction) -> None:
        """An operation on doubles."""
        step = self.verified.steps[self.at]
        doubles = all(each == step.result for each in step.operands)
        if step.result is None or step.result.kind is not Kind.DOUBLE or not doubles:
            raise _Elsewhere
        if instruction.operation not in _IN_LANES or step.price.sized:
            raise _Elsewhere
        count = len(step.operands)
        taken = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        operands = tuple(each for each in taken if not isinstance(each, bool))
        nodes = 1 + sum(each.nodes for each in operands)
        if nodes > _MOST_NODES:
            raise _Elsewhere
        self.stack.append(Operation(instruction.operation, operands, nodes))

    def emit(self, instruction: Instruction) -> None:
        if self.emitted is not None:
            raise _Elsewhere
        count = len(self.verified.steps[self.at].operands)
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        columns = tuple(each for each in taken if not isinstance(each, bool))
        if len(columns) < count or sum(each.nodes for each in columns) > _MOST_NODES:
            raise _Elsewhere
        self.emitted = columns

    # --- control

    def open_if(self, instruction: Instruction) -> None:
        if self.truth():
            self.opened.append(self.at)
        else:  # to its `else`, or its end
            self.at = self.verified.steps[self.at].partner

    def other_branch(self, instruction: Instruction) -> None:
        """The first was taken."""
        self.at = self.verified.steps[self.at].partner

    def open_logic(self, instruction: Instruction) -> None:
        left = self.truth()
        if left == (instruction.operation == "and"):
            self.opened.append(self.at)
        else:
            self.at = self.verified.steps[self.at].partner
            self.stack.append(left)

    def refuse(self, instruction: Instruction) -> None:
        raise _Elsewhere


_HANDLERS: dict[str, Callable[[_Way, Instruction], None]] = {
    "load": _Way.load,
    "const": _Way.constant,
    "value": _Way.unchanged,
    "present": _Way.unchanged,
    "missing": _Way.missing,
    "not": _Way.negate,
    "emit": _Way.emit,
    "if": _Way.open_if,
    "else": _Way.other_branch,
    "and": _Way.open_logic,
    "or": _Way.open_logic,
    "end": _Way.unchanged,
    **dict.fromkeys(("for", "while", "foreach", "return", "call", "global"), _Way.refuse),
}


def lanes(name: str, operands: list[str]) -> str:
    """An operation on doubles, written for two at once."""
    row = OPERATIONS[name]
    assert row.native is not None
    one = row.native.at(Kind.DOUBLE).value
    return one.replace("(f64.", "({V}.").format(*operands, V="f64x2")
