"""How each operation without control is written: values, arithmetic, stores."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from totemlang.schema.types import Kind
from totemlang.tables.operations import CONVERSION, MATH, OPERATIONS, Operation
from totemlang.vm.inline import CONDITIONAL
from totemlang.vm.intervals import result_interval
from totemlang.vm.items import RANGES, Item
from totemlang.vm.measures import needs_result
from totemlang.vm.python_text import literal
from totemlang.vm.templates import BEYOND, SPECIAL, template_of, widened
from totemlang.vm.translator import Translator

_ROUNDED_ALREADY = frozenset({"neg", "abs", "pow"})


# --- values


def constant(to: Translator) -> None:
    """A constant of the pool: numbers as literals, all else by its number."""
    number = to.instruction.immediates[0]
    at, value = to.around.constants[number]
    written = None if at.is_array else literal(value)
    item = Item(written or f"k{number}", at, simple=True, is_there=value is not None)
    if written is not None and type(value) is int:
        item = evolve(item, number=value, within=(value, value))
    elif written is not None and type(value) is float:
        item = evolve(item, number=value)
    to.push(item)


def load(to: Translator) -> None:
    """A slot."""
    slot = to.instruction.immediates[0]
    at = to.verified.code.slots[slot]
    within = to.facts.get(slot) if at.is_scalar else None
    to.push(Item(to.name("s", slot), at, simple=True, within=within, loaded=slot))


def global_value(to: Translator) -> None:
    """A parameter or constant of the program."""
    number = to.instruction.immediates[0]
    to.push(Item(f"g{number}", to.around.globals[number], simple=True))


# --- operations by their meaning


def operation(to: Translator) -> None:
    """Any operation that is its row of the table and no more."""
    row = OPERATIONS[to.instruction.operation]
    count = len(to.step.operands)
    start = len(to.stack) - count
    template = template_of(row, to.instruction.type, to.stack[start:])
    terms = to.step.price.sized
    before = bool(terms) and not needs_result(terms)
    for place in range(start, len(to.stack)):
        item = to.checked(place)
        times = template.count("{" + str(place - start) + "}")
        at_once = times == 0 or template in CONDITIONAL or _elsewhere(to, item)
        if (item.may_fail and at_once) or ((before or times > 1) and not item.simple):
            to.settle(place)
    if before:
        to.settle_failing()
        to.charge_sized(to.sized_price(terms, to.stack[start:], None))
    operands = [to.pop() for _ in range(count)][::-1]
    item = _result(to, row, template, operands)
    to.push(item)
    if terms and not before:
        item = to.settle(len(to.stack) - 1)
        to.charge_sized(to.sized_price(terms, operands, item))


def _elsewhere(to: Translator, item: Item) -> bool:
    """Whether a failure of this part would be told from another source line than this one's."""
    return to.lines[item.fails_at] != to.lines[to.at]


def _result(to: Translator, row: Operation, template: str, operands: list[Item]) -> Item:
    """The expression on its operands, with what is known of its value."""
    texts = [operand.text for operand in operands]
    text = _filled(template, texts)
    at = to.step.result
    if at is None:
        raise AssertionError("an operation without result is a statement")
    fails_at = next((o.fails_at for o in operands if o.fails_at >= 0), -1)
    counted = row.group in (MATH, CONVERSION) or row.name in SPECIAL or row.name in _KNOWN
    within = result_interval(row.name, operands) if at.kind in RANGES and counted else None
    unchecked = False
    if row.fails and row.group in (MATH, CONVERSION) and at.kind in RANGES:
        least, most = RANGES[at.kind]
        unchecked = within is None or within[0] < least or within[1] > most
        fails_at = to.at
    elif at.kind is Kind.FLOAT and row.group == MATH and row.name not in _ROUNDED_ALREADY:
        unchecked = True
    elif row.fails:
        fails_at = to.at
    if fails_at == to.at and not unchecked and _cannot_fail(row, operands):
        fails_at = next((o.fails_at for o in operands if o.fails_at >= 0), -1)
    if template == "{0}" and not unchecked:
        within = within or operands[0].within
        return evolve(operands[0], type=at, within=within, is_there=at.is_optional)
    if template == widened(operands[0] if operands else None):
        return Item(text, at, simple=True, number=float(operands[0].number or 0))
    depth = 1 + max((o.depth for o in operands), default=0)
    return Item(text, at, False, fails_at, unchecked, within, depth, at.is_array)


def _filled(template: str, texts: list[str]) -> str:
    """The template with the operands in their places; operands are never looked into."""
    return template.format(*texts) if texts else template


_ALWAYS_DONE = frozenset({"add", "sub", "mul", "neg", "abs", "scale", "len", "between"}) | {
    "later",
    "earlier",
    "days",
    "hours",
    "minutes",
    "seconds",
}
_KNOWN = frozenset({"len", "count", "min", "max"})


def _cannot_fail(row: Operation, operands: list[Item]) -> bool:
    """Whether an operation whose result is in range has nothing else that could fail."""
    if row.name in ("to_int", "to_long"):
        return operands[0].type.kind in (Kind.BOOL, Kind.INT, Kind.LONG)
    if row.name in ("floor_div", "mod", "times_in"):
        return operands[1].interval[0] > 0
    if row.name in ("later", "earlier"):
        return operands[0].type.kind is Kind.TIMESTAMP
    return row.name in _ALWAYS_DONE


def lookup(to: Translator) -> None:
    """A cell of a lookup by its key."""
    table, column = to.instruction.immediates
    count = len(to.step.operands)
    start = len(to.stack) - count
    for place in range(start, len(to.stack)):
        to.simple(place)
    to.settle_failing()
    operands = [to.pop() for _ in range(count)][::-1]
    key = ", ".join(operand.text for operand in operands)
    text = f"l{table}c{column}({key})" if count == 1 else f"l{table}c{column}(({key}))"
    result = to.step.result
    if result is None:
        raise AssertionError("a lookup without result")
    item = to.store_temporary(Item(text, result))
    to.push(item)
    if to.step.price.sized:
        to.charge_sized(to.sized_price(to.step.price.sized, operands, item))


# --- checks


def check(to: Translator) -> None:
    """A check of a declared type or variable: gives the value back."""
    name = to.instruction.operation
    (value,) = to.take_statement(1)
    carried = to.instruction.immediates
    if name == "check_range":
        bounds = [to.around.constants[number][1] for number in carried]
        written = [literal(b) or f"k{n}" for b, n in zip(bounds, carried, strict=True)]
        arguments = ", ".join(written)
    elif name == "same_length":
        arguments = to.name("s", carried[0])
    else:
        arguments = str(int(carried[0]))
    text = f"{name}({value.text}, {arguments})"
    depth = value.depth + 1
    to.push(evolve(value, text=text, simple=False, fails_at=to.at, depth=depth, number=None))


# --- stores


def store(to: Translator) -> None:
    """`assign` and `set`: a value into a slot. An array is copied unless it is the slot's alone."""
    slot = to.instruction.immediates[0]
    terms = to.step.price.sized
    if terms:
        to.simple(len(to.stack) - 1)
    value = to.pop()
    if terms:
        to.charge_sized(to.sized_price(terms, [value], None))
    at = to.verified.code.slots[slot]
    if at.is_array and not value.owned:
        value = evolve(value, text=f"list({value.text})", simple=False)
    stored = to.store(to.target("s", slot), value)
    to.facts.pop(slot, None)
    if at.is_scalar and at.kind in RANGES and stored.within is not None:
        to.facts[slot] = stored.within


def store_element(to: Translator) -> None:
    """`assign_element` and `set_element`: a value into a place of the array in a slot."""
    start = len(to.stack) - 2
    to.simple(start)
    if to.step.price.sized:
        to.simple(start + 1)
    position, value = to.take_statement(2)
    if to.step.price.sized:
        to.charge_sized(to.sized_price(to.step.price.sized, [position, value], None))
    _write_element(to, position, value)


def _write_element(to: Translator, position: Item, value: Item) -> None:
    array = to.name("s", to.instruction.immediates[0])
    if position.interval[0] >= 0:
        place = position.text
    else:
        place = f"{position.text} if {position.text} >= 0 else {BEYOND}"
    if value.may_fail and _elsewhere(to, value):
        value = to.store_temporary(value)
    to.write(f"{array}[{place}] = {value.text}", to.site(), fails=True)


def take_element(to: Translator) -> None:
    """The element to be updated; its position stays below it."""
    slot = to.instruction.immediates[0]
    position = to.simple(len(to.stack) - 1)
    text = to.name("s", slot)
    if position.interval[0] >= 0:
        text = f"{text}[{position.text}]"
    else:
        text = f"{text}[{position.text} if {position.text} >= 0 else {BEYOND}]"
    element = to.verified.code.slots[slot].element
    to.push(Item(text, element, fails_at=to.at, depth=1))
    if to.step.price.sized:
        item = to.settle(len(to.stack) - 1)
        to.charge_sized(to.sized_price(to.step.price.sized, [position], item))


def put_element(to: Translator) -> None:
    """Store into the position that `take_element` left."""
    position, value = to.take_statement(2)
    _write_element(to, position, value)


HANDLERS: dict[str, Callable[[Translator], None]] = {
    "const": constant,
    "load": load,
    "global": global_value,
    "lookup": lookup,
    "check_bytes": check,
    "check_length": check,
    "check_range": check,
    "same_length": check,
    "assign": store,
    "set": store,
    "assign_element": store_element,
    "set_element": store_element,
    "take_element": take_element,
    "put_element": put_element,
}
"""Operations that are more than a template; all others are `operation`."""
