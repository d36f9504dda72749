"""Filters without a branch: `if … then emit … end if` stores always, and counts if it holds.

A condition on data is hard to foresee for a processor, and a row that is not emitted is written
over by the next. It is done where computing the row cannot fail, takes no memory, costs little.
"""

from __future__ import annotations

from totemlang.bytecode.module import Code
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.memory_use import TAKING
from totemlang.schema.types import Kind
from totemlang.tables.operations import OPERATIONS
from totemlang.vm.shape import LOOPS

_MOST = 24
"""Instructions that a row may take to compute."""

_APART = frozenset({"lookup", "assign", "set", "emit", "pow"})


def is_filter(to: BodyWriter, at: int) -> bool:
    """Whether the `if` at an instruction is such a filter."""
    frame = to.shape.frames[at]
    emit = frame.end - 1
    instructions, steps = to.verified.code.instructions, to.verified.steps
    if frame.otherwise >= 0 or not 0 < emit - at <= _MOST:
        return False
    if instructions[emit].operation != "emit":
        return False
    if any(each.kind is Kind.STRING for each in steps[emit].operands):
        return False
    for place in range(at + 1, emit):
        row = OPERATIONS[instructions[place].operation]
        if row.control or row.fails or row.name in _APART or row.name in TAKING:
            return False
        if steps[place].price.sized:
            return False
    return True


def emits_repeatedly(code: Code) -> bool:
    """Whether a record may emit more than once: by several emits, or by one within a loop."""
    emits = loops = 0
    opened: list[bool] = []
    for instruction in code.instructions:
        name = instruction.operation
        if name in _OPENING:
            opened.append(name in LOOPS)
            loops += opened[-1]
        elif name == "end":
            loops -= opened.pop()
        elif name == "emit":
            emits += 1
            if loops:
                return True
    return emits > 1


_OPENING = LOOPS | {"if", "and", "or"}
