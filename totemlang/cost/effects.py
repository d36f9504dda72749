"""What plain instructions leave on the stack and in slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve

from totemlang.bytecode.module import Instruction
from totemlang.cost.abstract import AbstractValue, Array, Number
from totemlang.cost.analysis import Analysis
from totemlang.cost.applied import Applied
from totemlang.cost.literals import known_value
from totemlang.cost.size_rules import ranged, same_length, stored_element
from totemlang.cost.transfer import result_of, variety_with_absence
from totemlang.cost.variety import Variety, combined
from totemlang.verify.verified import Step

Slots = list[AbstractValue]
Effect = Callable[
    [Analysis, Instruction, Step, Sequence[AbstractValue], Slots], AbstractValue | None
]
"""Takes operands (deepest first), may change slots, gives what goes on the stack."""


def computed(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue | None:
    """An operation that depends on its operands alone."""
    if step.result is None:
        return None
    return result_of(
        Applied(
            instruction.operation,
            instruction.type,
            instruction.immediates,
            step.operands,
            operands,
            step.result,
        ),
        analysis.worked,
    )


def _constant(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue:
    at, value = analysis.verified.module.constants[instruction.immediates[0]]
    return known_value(at, value)


def _load(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue:
    return slots[instruction.immediates[0]]


def _global(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue:
    return analysis.globals[instruction.immediates[0]]


def _store(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> None:
    slots[instruction.immediates[0]] = operands[0]


def _store_element(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> None:
    slot = instruction.immediates[0]
    array, element = slots[slot], operands[-1]
    assert isinstance(array, Array)
    assert not isinstance(element, Array)
    slots[slot] = stored_element(array, element)


def _take_element(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue:
    array = slots[instruction.immediates[0]]
    assert isinstance(array, Array)
    return array.element


def _check_range(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue:
    constants = analysis.verified.module.constants
    low, high = (known_value(*constants[number]) for number in instruction.immediates)
    assert isinstance(low, Number)
    assert isinstance(high, Number)
    return ranged(operands[0], low.value, high.value)


def _same_length(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue:
    array, other = operands[0], slots[instruction.immediates[0]]
    assert isinstance(array, Array)
    assert isinstance(other, Array)
    return same_length(array, other)


def _lookup(
    analysis: Analysis,
    instruction: Instruction,
    step: Step,
    operands: Sequence[AbstractValue],
    slots: Slots,
) -> AbstractValue:
    """A cell, of no more values than its column has, nor than the keys that are asked."""
    number, column = instruction.immediates
    value = analysis.lookups[number].columns[column]
    assert not isinstance(value, Array)
    asked = combined(
        variety_with_absence(operand, at)
        for operand, at in zip(operands, step.operands, strict=True)
    )
    counts = [count for count in (value.variety.most, asked.most) if count is not None]
    return evolve(value, variety=Variety(min(counts, default=None), asked.sources))


EFFECTS: Mapping[str, Effect] = {
    "const": _constant,
    "load": _load,
    "global": _global,
    "assign": _store,
    "set": _store,
    "assign_element": _store_element,
    "set_element": _store_element,
    "take_element": _take_element,
    "put_element": _store_element,
    "check_range": _check_range,
    "same_length": _same_length,
    "lookup": _lookup,
}
"""Instructions that name a slot, a constant, a global or a lookup."""
