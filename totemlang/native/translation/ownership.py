"""Which slots own what they hold: those whose value outlives the round of a loop it was made in.

A loop that takes memory gives it back at the end of each round. A string or array that is stored
and read within one round may stand in that memory; all others are kept in buffers of their own.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.native.translation.memory_use import MemoryUse
from totemlang.schema.types import Kind, Type
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.shape import LOOPS, OPENING, Shape

_NOWHERE = -1
_ELEMENT_STORES = frozenset({"set_element", "assign_element"})


@frozen
class Ownership:
    """`kept` are the slots that own what they hold; `texts` tells whether one holds strings.

    Then a string may stand in a buffer that is about to change, and is copied wherever it stays.
    """

    kept: frozenset[int] = frozenset()
    texts: bool = False


def ownership(verified: VerifiedCode, shape: Shape, memory: MemoryUse, first: int) -> Ownership:
    """Look at a body; slots before `first` are parameters, which are never stored to."""
    if not memory.in_loops(verified, shape):
        return Ownership()
    around = _loops_around(verified, shape, memory)
    element_stores = _element_stores(verified)
    kept = {
        slot
        for slot, at in enumerate(verified.code.slots)
        if slot >= first
        and _stands_in_memory(at)
        and not _is_local(slot, verified, shape, around, element_stores.get(slot, []))
    }
    texts = any(verified.code.slots[slot].kind is Kind.STRING for slot in kept)
    return Ownership(frozenset(kept), texts)


def _stands_in_memory(at: Type) -> bool:
    return at.is_array or at.kind is Kind.STRING


def _is_local(
    slot: int, verified: VerifiedCode, shape: Shape, around: list[int], elements: list[int]
) -> bool:
    """Whether whatever is stored is read in the same round alone."""
    stores = shape.stores.get(slot, [])
    if not stores:
        return not elements
    instructions = verified.code.instructions
    if any(instructions[at].operation == "foreach" for at in stores):
        (opening, *others) = stores
        return not others and not shape.reads_outside(slot, opening, shape.frames[opening].end)
    loops = {around[at] for at in (*stores, *elements)}
    if slot in shape.to_clear or len(loops) > 1:
        return False
    (loop,) = loops
    return loop == _NOWHERE or not shape.reads_outside(slot, loop, shape.frames[loop].end)


def _element_stores(verified: VerifiedCode) -> dict[int, list[int]]:
    """Where strings are stored into places of arrays, by slot."""
    found: dict[int, list[int]] = {}
    for at, instruction in enumerate(verified.code.instructions):
        kind = instruction.type.kind if instruction.type is not None else None
        if instruction.operation in _ELEMENT_STORES and kind is Kind.STRING:
            found.setdefault(instruction.immediates[0], []).append(at)
    return found


def _loops_around(verified: VerifiedCode, shape: Shape, memory: MemoryUse) -> list[int]:
    """For each instruction the innermost loop around it that gives memory back."""
    around: list[int] = []
    opened: list[int] = [_NOWHERE]
    for at, instruction in enumerate(verified.code.instructions):
        name = instruction.operation
        around.append(opened[-1])
        if name in OPENING:
            gives_back = name in LOOPS and memory.within(at, shape.frames[at].end)
            opened.append(at if gives_back else opened[-1])
        elif name == "end":
            opened.pop()
    return around
