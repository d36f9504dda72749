"""Branches that only store what is at hand: each store chooses between the new value and the old.

A condition on data is hard to foresee for a processor, and such a choice costs less than a wrong
guess. It is done where nothing in the branches may fail, takes memory or has a price by size.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.bytecode.module import Instruction
from totemlang.native.translation.items import Item
from totemlang.native.translation.ranges import Operands, range_of_type, result_range
from totemlang.native.values import VALUE, chosen
from totemlang.schema.types import Kind, Type
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import Shape

_MOST, _MOST_STORES = 12, 4
_FREE = frozenset({"const", "load", "widen_long", "widen_double", "not"})
_EASY = frozenset({"add", "sub", "mul", "neg", "abs", "eq", "ne", "lt", "le", "gt", "ge"})
_STORES = frozenset({"assign", "set"})
_ORDERED = frozenset({"lt", "gt"})


@frozen
class Choice:
    """The condition under which a store takes place, and the slots it compares as floats."""

    condition: str
    compared: frozenset[int] = frozenset()

    def otherwise(self) -> Choice:
        """The choice of the other branch."""
        return Choice(f"(i32.eqz {self.condition})")

    def between(self, item: Item, slot: int, held: str) -> str:
        """The value to be stored to a slot, or what it holds."""
        kind = item.type.kind
        if self.compared and item.origin == ("load", *(self.compared - {slot})):
            # The smaller or larger of two floats, for which there is an instruction.
            return f"(select {item.text} {held} {self.condition})"
        return chosen(kind, item.text, held, self.condition)


def is_choice(
    verified: VerifiedCode, shape: Shape, ranges: tuple[Operands, ...], opening: int
) -> bool:
    """Whether the `if` at an instruction is written as choices."""
    frame = shape.frames[opening]
    if not 0 < frame.end - opening - 1 <= _MOST:
        return False
    stores = 0
    for at in range(opening + 1, frame.end):
        instruction = verified.code.instructions[at]
        if at == frame.otherwise:
            continue
        if verified.steps[at].price.sized or not _is_easy(verified, ranges, at, instruction):
            return False
        stores += instruction.operation in _STORES
    return 0 < stores <= _MOST_STORES


def _is_easy(
    verified: VerifiedCode, ranges: tuple[Operands, ...], at: int, instruction: Instruction
) -> bool:
    name, step = instruction.operation, verified.steps[at]
    kinds = (*step.operands, *([step.result] if step.result is not None else []))
    if any(not _is_plain(each) for each in kinds):
        return False
    if name in _FREE or name in _STORES:
        return True
    if name not in _EASY:
        return False
    whole = range_of_type(step.result)
    if whole is None:
        return True
    found = result_range(name, ranges[at])
    return found is not None and found.within(whole)


def _is_plain(at: Type) -> bool:
    return not at.is_array and not at.is_optional and at.kind in _PLAIN


_PLAIN = frozenset({Kind.BOOL, Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DOUBLE})


def choice_at(verified: VerifiedCode, opening: int, condition: str) -> Choice:
    """The choice that an `if` makes whose condition stands in a local."""
    if opening >= 3:
        first, second, compare = verified.code.instructions[opening - 3 : opening]
        is_float = compare.type is not None and VALUE[compare.type.kind][0] == "f"
        loads = first.operation == second.operation == "load"
        if is_float and loads and compare.operation in _ORDERED:
            return Choice(condition, frozenset((first.immediates[0], second.immediates[0])))
    return Choice(condition)
