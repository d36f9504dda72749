"""Which reduces give rows that become one across providers: the merge rule, read from code.

The reduce must emit its own key unchanged, at most one row a key, and each value must be the sum,
count, minimum or maximum of one of its arrays, the same in every emit.
"""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.bytecode.module import Instruction, Stage, StageKind

AGGREGATES = {
    "sum": "sum",
    "exact_sum": "sum",
    "sum_time": "sum",
    "count": "count",
    "min_of": "min",
    "max_of": "max",
}
"""Operations on an array parameter whose results for equal keys become one, and how."""

_UNCHANGED = frozenset({"widen_long", "check_bytes", "check_range"})
"""What may be done to a part of a key: its value stays."""

_LOOPS = frozenset({"for", "while", "foreach"})
_OTHERS = frozenset({"and", "or"})


def mergeable(stage: Stage) -> tuple[str, ...] | None:
    """How the values of equal keys become one, by value; None where they cannot.

    The code of the stage is sound: its operands are where they should be.
    """
    emitted = stage.emitted
    values = emitted.columns[emitted.key_parts :]
    if stage.kind is not StageKind.REDUCE or emitted.key_parts != stage.key_parts:
        return None
    if not all(column.constraint.is_free for column in values):
        return None
    code = stage.code.instructions
    if not _emits_once(code):
        return None
    found = {
        _combined(stage, code, index, len(values))
        for index, instruction in enumerate(code)
        if instruction.operation == "emit"
    }
    return found.pop() if len(found) == 1 else None


def _emits_once(code: Sequence[Instruction]) -> bool:
    """Whether at most one emit is reached in a run, by the branches alone."""
    most = 0
    outer: list[tuple[str, int, int]] = []
    for instruction in code:
        operation = instruction.operation
        if operation == "if" or operation in _LOOPS or operation in _OTHERS:
            outer.append((operation, most, 0))
            most = 0
        elif operation == "else" and outer:
            opened, before, _ = outer.pop()
            outer.append((opened, before, most))
            most = 0
        elif operation == "end" and outer:
            opened, before, other = outer.pop()
            if opened in _LOOPS and most:
                return False
            most = before + max(most, other)
        elif operation == "emit":
            most += 1
    return most <= 1


def _combined(
    stage: Stage, code: Sequence[Instruction], emit: int, values: int
) -> tuple[str, ...] | None:
    """How the values of one emit combine: its operands are read back from the instruction."""
    start = emit - 2 * values
    if start < 0:
        return None
    combine = []
    for place in range(start, emit, 2):
        how = AGGREGATES.get(code[place + 1].operation)
        if how is None or not _loads_array(stage, code[place]):
            return None
        combine.append(how)
    for part in reversed(range(stage.key_parts)):
        start -= 1
        while start > 0 and code[start].operation in _UNCHANGED:
            start -= 1
        if start < 0 or code[start].operation != "load" or code[start].immediates != (part,):
            return None
    return tuple(combine)


def _loads_array(stage: Stage, instruction: Instruction) -> bool:
    if instruction.operation != "load" or len(instruction.immediates) != 1:
        return False
    (slot,) = instruction.immediates
    return stage.key_parts <= slot < len(stage.parameters)
