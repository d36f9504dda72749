"""The state of the verifier on its one way through a body, and what instructions do to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum

from attrs import define, field, frozen

from totemlang.bytecode.limits import MAX_DEPTH, MAX_STACK
from totemlang.bytecode.listing import shown
from totemlang.bytecode.module import Code, Instruction
from totemlang.schema.types import Type
from totemlang.source import Span
from totemlang.verify.faults import Faults
from totemlang.verify.scope import Scope
from totemlang.verify.stack import BOUND_TO_PLACE, Entry, Role, Stack, Underflow


class Region(Enum):
    """What the instructions within a frame of control are."""

    THEN = "if"
    ELSE = "else"
    AND = "and"
    OR = "or"
    FOR_TEST = "condition of for"
    FOR_BODY = "body of for"
    FOR_STEP = "step of for"
    WHILE_TEST = "condition of while"
    WHILE_BODY = "body of while"
    EACH_BODY = "body of foreach"

    __hash__ = object.__hash__  # an enumeration's own is slow, and this is asked very often


EXPRESSIONS = frozenset({Region.AND, Region.OR, Region.FOR_TEST, Region.WHILE_TEST})
"""Regions that hold an expression and no statements."""

LOOPS = frozenset({Region.FOR_BODY, Region.WHILE_BODY, Region.EACH_BODY})
"""Regions that `break` and `continue` refer to."""


@define
class Frame:
    """An open block of control.

    `start` is its first instruction, `opening` the one whose partner comes next. `base` and
    `depth` belong to `and` and `or`: the stack's base around, the depth of the left side. `slots`
    are those that a loop uses, `direction` where a `for` leads. `falls_through` tells of an `if`
    with `else` whether control passes its first body.
    """

    region: Region
    opening: int
    start: int
    base: int = 0
    depth: int = 0
    slots: tuple[int, ...] = ()
    at: Type | None = None
    direction: Role = Role.VALUE
    falls_through: bool = False


@frozen
class Effect:
    """What an instruction takes and leaves; `measured`: what its price takes for the result."""

    operands: tuple[Type, ...] = ()
    result: Type | None = None
    measured: Type | None = None


class Stop(Exception):
    """What follows in this body cannot be judged any more."""


@define
class Walk:
    """Where the walk stands.

    `loops` counts the loops around, `tested` is the variable of the `for` whose condition is
    open (else -1), `reached` tells whether the next instruction can be reached, `protected`
    counts the loops around that use a slot. `partners` and `called` are kept for what follows.
    """

    code: Code
    scope: Scope
    faults: Faults
    index: int = 0
    stack: Stack = field(factory=Stack)
    frames: list[Frame] = field(factory=list)
    loops: int = 0
    tested: int = -1
    reached: bool = True
    protected: Counter[int] = field(factory=Counter)
    partners: dict[int, int] = field(factory=dict)
    forbidden: set[str] = field(factory=set)
    called: set[int] = field(factory=set)

    @property
    def instruction(self) -> Instruction:
        """The instruction at hand."""
        return self.code.instructions[self.index]

    @property
    def at(self) -> Type:
        """The type of the instruction at hand, which takes one."""
        at = self.instruction.type
        if at is None:
            raise AssertionError("asked for the type of an operation that takes none")
        return at

    @property
    def immediate(self) -> int:
        """The first immediate of the instruction at hand."""
        return self.instruction.immediates[0]

    @property
    def span(self) -> Span:
        """Where the instruction at hand comes from."""
        return self.code.span(self.index)

    @property
    def region(self) -> Region | None:
        """The innermost region, None in the body itself."""
        return self.frames[-1].region if self.frames else None

    def near(self, offset: int) -> Instruction | None:
        """The instruction so many places away, if there is one."""
        place = self.index + offset
        return self.code.instructions[place] if 0 <= place < len(self.code.instructions) else None

    def fault(self, code: str, message: str, hint: str = "") -> None:
        """Note what is wrong with the instruction at hand."""
        known = self.index < len(self.code.instructions)
        at = f", instruction {self.index} (`{self.instruction}`)" if known else ", at the end"
        self.faults.add(code, f"{self.scope.name}{at}: {message}", self.span, hint)

    def stop(self, code: str, message: str, hint: str = "") -> Stop:
        """Note a fault after which the body cannot be judged; the caller raises what it gets."""
        self.fault(code, message, hint)
        return Stop()

    # --- values

    def take(self, *types: Type) -> list[Entry]:
        """Take ordinary values of these types, deepest first."""
        entries = self.take_any(len(types))
        for entry, wanted in zip(entries, types, strict=True):
            if entry.role in BOUND_TO_PLACE:
                self.fault("BYT137", f"it takes {entry.role.value}")
            elif entry.type != wanted:
                self.fault("BYT132", f"it takes {wanted} and finds {entry.type}")
        return entries

    def take_any(self, count: int) -> list[Entry]:
        """Take whatever is there."""
        try:
            return self.stack.take(count)
        except Underflow:
            found = self.stack.own
            raise self.stop("BYT133", f"it takes {count} values and finds {found}") from None

    def push(self, entry: Entry) -> None:
        """Leave a value."""
        if len(self.stack) >= MAX_STACK:
            raise self.stop("BYT147", f"more than {MAX_STACK:,} values on the stack")
        if entry.depth > MAX_DEPTH:
            raise self.stop("BYT147", f"more than {MAX_DEPTH:,} operations within each other")
        self.stack.push(entry)

    def leave(self, result: Type, operands: Sequence[Entry]) -> Effect:
        """Leave the result of an operation on these operands."""
        self.push(Entry(result, depth=1 + max((e.depth for e in operands), default=0)))
        return Effect(tuple(e.type for e in operands), result, result)

    # --- slots and statements

    def slot_type(self, slot: int) -> Type:
        """The type of a slot of the body."""
        if not 0 <= slot < len(self.code.slots):
            raise self.stop("BYT131", f"there is no slot {slot}")
        return self.code.slots[slot]

    def expect_slot(self, slot: int, wanted: Type) -> None:
        """The slot must hold this type."""
        found = self.slot_type(slot)
        if found != wanted:
            self.fault("BYT134", f"slot {slot} holds {found}, not {wanted}")

    def expect_writable(self, slot: int) -> None:
        """The slot must be neither a parameter nor in use by a loop around."""
        names = self.code.slot_names
        name = shown(names[slot]) if slot < len(names) else f"slot {slot}"
        if slot < self.scope.parameters:
            self.fault("BYT135", f"{name} is a parameter, which is read-only")
        elif self.protected[slot]:
            self.fault("BYT135", f"a loop runs over {name}, which is read-only within it")

    def statement(self) -> None:
        """The instruction, its operands taken, must leave nothing and stand among statements."""
        if self.region in EXPRESSIONS:
            self.fault("BYT140", "a statement stands within an expression")
        if not self.stack.is_empty:
            raise self.stop("BYT133", f"{len(self.stack)} values are left below it")
