"""What can be known of the variable of a counted loop, and whether a range can count it."""

from __future__ import annotations

from totemlang.vm.items import RANGES, Comparison, Item
from totemlang.vm.parts import Open
from totemlang.vm.translator import Translator


def comparison_at(to: Translator) -> Comparison | None:
    left, right = to.stack[-2:]
    if left.loaded < 0 or left.type.kind not in RANGES:
        return None
    return Comparison(left.loaded, to.instruction.operation, right.text, right.interval)


def learn_from_test(to: Translator, opened: Open, test: Item) -> None:
    """What is known of the variable within the body, from its first value and the test."""
    found = test.compares
    if found is None or found.slot != opened.slot:
        return
    kind = to.verified.code.slots[opened.slot].kind
    first = opened.start or RANGES[kind]
    low, high = RANGES[kind]
    if found.operator in ("lt", "le"):
        low, high = first[0], min(high, found.within[1] - (found.operator == "lt"))
    else:
        low, high = max(low, found.within[0] + (found.operator == "gt")), first[1]
    opened.facts = (low, max(low, high))


def range_of(to: Translator, opened: Open, test: Item) -> str:
    """What a `for` counts over, if its bound stays what it is and no step can be out of range."""
    found, frame = test.compares, opened.frame
    if found is None or opened.facts is None or to.apart:
        return ""
    instructions = to.verified.code.instructions
    for at in range(frame.opening + 2, frame.do):
        bound = instructions[at]
        is_slot = bound.operation == "load"
        if is_slot and to.shape.stores_within(bound.immediates[0], frame.do, frame.end):
            return ""
    (by,) = instructions[frame.step + 2].immediates
    step = to.around.constants[by][1]
    least, most = RANGES[to.verified.code.slots[opened.slot].kind]
    if not isinstance(step, int):
        raise AssertionError("the verifier lets a loop step by whole numbers alone")
    if instructions[frame.step + 3].operation == "sub":
        step = -step
    if not least <= opened.facts[step > 0] + step <= most:
        return ""
    beyond = {"le": " + 1", "ge": " - 1"}.get(found.operator, "")
    opened.step = step
    first = to.name("u", frame.opening)
    return f"range({first}, {found.bound}{beyond}, {int(step)})"
