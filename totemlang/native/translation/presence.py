"""Which values are known to be there: where `missing` said so, `value` needs no test of its own.

One pass follows conditions through `not`, `and`, `or`, branches and loops. What is known are slots
of optionals that hold a value; a store to a slot ends what was known of it.
"""

from __future__ import annotations

from attrs import define, evolve, field, frozen

from totemlang.bytecode.module import Instruction
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import LOOPS, STORING, Shape

Slots = frozenset[int]

_NONE: Slots = frozenset()
_LEAVING = frozenset({"break", "continue", "return"})


@frozen
class _Value:
    """What is known of a value on the stack.

    An optional is that of a slot (-1: of none), or `is_there` for sure. A truth value tells which
    slots hold something if it is true, and which if it is false.
    """

    slot: int = -1
    is_there: bool = False
    if_true: Slots = _NONE
    if_false: Slots = _NONE


_ANY = _Value()


@define
class _Open:
    """A block of control: what was known before, its condition, and what the first branch knew."""

    operation: str
    opening: int
    before: Slots | None
    condition: _Value = _ANY
    first: Slots | None = None
    has_other: bool = False


def surely_there(verified: VerifiedCode, shape: Shape) -> frozenset[int]:
    """The `value` instructions that find a value whenever they are reached."""
    instructions = verified.code.instructions
    if not any(each.operation == "value" for each in instructions):
        return frozenset()
    reader = _Reader(verified, shape)
    for at, instruction in enumerate(instructions):
        reader.read(at, instruction)
    return frozenset(reader.sure)


@define
class _Reader:
    """`known` is None where control does not come."""

    verified: VerifiedCode
    shape: Shape
    known: Slots | None = _NONE
    stack: list[_Value] = field(factory=list)
    opened: list[_Open] = field(factory=list)
    sure: set[int] = field(factory=set)

    def read(self, at: int, instruction: Instruction) -> None:
        """Follow an instruction."""
        name = instruction.operation
        if name in LOOPS:
            self.open_loop(at, name)
        elif name in ("if", "and", "or"):
            self.open_branch(at, name)
        elif name == "else":
            self.other_branch()
        elif name == "do":
            self.learn(self.stack.pop().if_true)
        elif name == "step":
            # Some come here by `continue`.
            self.known = self.opened[-1].before
        elif name == "end":
            self.end()
        elif name in _LEAVING:
            self.known = None
        elif name in STORING:
            self.store(instruction.immediates[0])
        else:
            self.operation(at, instruction)

    def learn(self, slots: Slots) -> None:
        """These slots hold a value from here on."""
        if self.known is not None:
            self.known |= slots

    def forget(self, slot: int) -> None:
        """Nothing is known of a slot any more."""
        if self.known is not None:
            self.known -= {slot}

    def is_known(self, held: _Value) -> bool:
        """Whether an optional is there."""
        return held.is_there or (self.known is not None and held.slot in self.known)

    # --- what takes and leaves values

    def operation(self, at: int, instruction: Instruction) -> None:
        name, step = instruction.operation, self.verified.steps[at]
        if name == "take_element":  # the position stays below
            self.stack.append(_ANY)
            return
        count = 2 if name == "put_element" else len(step.operands)
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        left = _ANY
        if name == "load":
            left = _Value(slot=instruction.immediates[0])
        elif name == "present":
            left = _Value(is_there=True)
        elif name == "not":
            left = evolve(_ANY, if_true=taken[0].if_false, if_false=taken[0].if_true)
        elif name == "missing" and taken[0].slot >= 0:
            left = _Value(if_false=frozenset({taken[0].slot}))
        elif name == "value":
            if self.is_known(taken[0]):
                self.sure.add(at)
            elif taken[0].slot >= 0:
                self.learn(frozenset({taken[0].slot}))
        if step.result is not None:
            self.stack.append(left)

    def store(self, slot: int) -> None:
        held = self.stack.pop()
        if self.is_known(held):
            self.learn(frozenset({slot}))
        else:
            self.forget(slot)

    # --- control

    def open_loop(self, at: int, name: str) -> None:
        if name != "for":  # the array, or the limit of rounds
            self.stack.pop()
        frame = self.shape.frames[at]
        if self.known is not None:
            self.known = frozenset(
                slot
                for slot in self.known
                if not self.shape.stores_within(slot, frame.opening, frame.end)
            )
        self.opened.append(_Open(name, at, self.known))

    def open_branch(self, at: int, name: str) -> None:
        condition = self.stack.pop()
        self.opened.append(_Open(name, at, self.known, condition))
        self.learn(condition.if_false if name == "or" else condition.if_true)

    def other_branch(self) -> None:
        opened = self.opened[-1]
        opened.first, opened.has_other = self.known, True
        self.known = opened.before
        self.learn(opened.condition.if_false)

    def end(self) -> None:
        opened = self.opened.pop()
        if opened.operation in LOOPS:
            # Rounds and `break` lead here: nothing stored within is known, all else still is.
            self.known = opened.before
        elif opened.operation == "if":
            last = self.known
            if not opened.has_other:
                self.known = opened.before
                self.learn(opened.condition.if_false)
                opened.first = self.known
            self.known = _either(opened.first, last)
        else:
            self.end_logic(opened)

    def end_logic(self, opened: _Open) -> None:
        """Of `and`: true if both are; false if the left is, or the right where the left is true.

        Of `or` the same with true and false changed.
        """
        left, right = opened.condition, self.stack.pop()
        self.known = opened.before
        if opened.operation == "and":
            both = left.if_true | right.if_true
            self.stack.append(
                _Value(if_true=both, if_false=left.if_false & (left.if_true | right.if_false))
            )
        else:
            neither = left.if_false | right.if_false
            self.stack.append(
                _Value(if_true=left.if_true & (left.if_false | right.if_true), if_false=neither)
            )


def _either(one: Slots | None, other: Slots | None) -> Slots | None:
    """What is known where control comes from one of two places."""
    if one is None or other is None:
        return other if one is None else one
    return one & other
