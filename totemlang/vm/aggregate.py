"""A column of a group, reduced to what a stage asks of it: groups need not be held in memory.

`Aggregate` stands for the array where a stage only adds up, counts and takes extremes.
`aggregate_only` tells for which parameters that holds, through functions called.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.bytecode.module import Value
from totemlang.tables.operations import OPERATIONS
from totemlang.verify.verified import VerifiedCode, VerifiedModule

AGGREGATING = frozenset({"sum", "exact_sum", "sum_time", "count", "len", "min_of", "max_of"})
"""Operations that an aggregate can answer."""


@frozen
class Aggregate:
    """What is left of an array of `count` elements.

    `total_bytes` and `longest_bytes` are in the estimator table's measure (a string at least 1;
    `longest_bytes` is 0 for no elements). `total` is the sum of whole numbers or durations, not
    yet range-checked, or the correctly rounded exact sum of floats; None for other kinds.
    `least` and `greatest` follow the order of the language (NaN wins both, -0.0 < 0.0), and are
    None for no elements.
    """

    count: int
    total_bytes: int
    longest_bytes: int
    total: int | float | None = None
    least: Value = None
    greatest: Value = None

    def __len__(self) -> int:
        """Elements of the array."""
        return self.count


def aggregate_only(verified: VerifiedModule, stage: int) -> tuple[bool, ...]:
    """For each parameter of a stage, whether it is an array that an `Aggregate` can stand for.

    A parameter that orders the group needs its elements as soon as another parameter does.
    """
    definition = verified.module.stages[stage]
    asked = asked_of(verified, stage)
    only = [
        p.type.is_array and asked[i] <= AGGREGATING for i, p in enumerate(definition.parameters)
    ]
    if definition.order_by is not None:
        arrays = {i for i, p in enumerate(definition.parameters) if p.type.is_array}
        if not all(only[i] for i in arrays):
            only[definition.order_by.parameter] = False
    return tuple(only)


def asked_of(verified: VerifiedModule, stage: int) -> tuple[frozenset[str], ...]:
    """For each parameter of a stage the operations that take it as an array, by functions too.

    "" stands for anything that needs elements one by one, or stores the array.
    """
    functions: list[tuple[frozenset[str], ...]] = []
    for function, code in zip(verified.module.functions, verified.functions, strict=True):
        functions.append(_asked(code, len(function.parameters), functions))
    count = len(verified.module.stages[stage].parameters)
    return _asked(verified.stages[stage], count, functions)


def _asked(
    body: VerifiedCode, parameters: int, functions: list[tuple[frozenset[str], ...]]
) -> tuple[frozenset[str], ...]:
    """What a body does with the arrays in the slots of its parameters."""
    asked: list[set[str]] = [set() for _ in body.code.slots]
    stack: list[int | None] = []
    for instruction, step in zip(body.code.instructions, body.steps, strict=True):
        name, immediates = instruction.operation, instruction.immediates
        if name == "put_element":  # its place lies below the value
            _pop(stack, 1)
        taken = _pop(stack, len(step.operands))
        for position, slot in enumerate(taken):
            if slot is None:
                continue
            if name == "call":
                asked[slot] |= functions[immediates[0]][position]
            else:
                asked[slot].add(name if name in AGGREGATING else "")
        if "slot" in OPERATIONS[name].immediates and name != "load":
            asked[immediates[0]].add("")
        if name == "take_element":
            stack.append(None)
        if step.result is not None and name not in ("and", "or"):  # the right side leaves theirs
            is_array = name == "load" and step.result.is_array
            stack.append(immediates[0] if is_array else None)
    return tuple(frozenset(found) for found in asked[:parameters])


def _pop(stack: list[int | None], count: int) -> list[int | None]:
    """Take the topmost `count` values, the deepest first."""
    start = len(stack) - count
    taken = stack[start:]
    del stack[start:]
    return taken
