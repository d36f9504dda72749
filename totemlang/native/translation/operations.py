"""How each operation without control is written: values, arithmetic, lookups, stores, checks."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from totemlang.native.translation import checks, elements, lookup_cells, stores, whole
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.charges import charge_before, price
from totemlang.native.translation.items import Item
from totemlang.native.values import (
    SHIFT,
    VALUE,
    WIDTH,
    chosen,
    load,
    store,
    value_types,
)
from totemlang.schema.types import Kind, Type
from totemlang.tables.native import FORMS, Native
from totemlang.tables.operations import OPERATIONS
from totemlang.vm.failures import MISSING

# --- values


def constant(to: BodyWriter) -> None:
    """A constant of the pool."""
    to.push(to.around.constants[to.immediate])


def load_slot(to: BodyWriter) -> None:
    """A slot. Nothing is stored to it while its value stands on the stack."""
    to.push(evolve(to.slot(to.immediate), origin=("load", to.immediate)))


def global_value(to: BodyWriter) -> None:
    """A parameter or constant of the program, read from where the machine put it."""
    at = to.step.result
    if at is None:
        raise AssertionError("a global without a type")
    address = f"(i32.const {to.around.globals[to.immediate]})"
    how = "i32.load" if at.is_array or at.kind is Kind.BOOL else load(at.kind)
    to.push(Item(at, f"({how} {address})", origin=("global", to.immediate)))


def present(to: BodyWriter) -> None:
    """A value where one may be missing."""
    item = to.pop()
    to.push(Item(item.type.optional, item.text, "(i32.const 1)"))


# --- operations by their row


def operation(to: BodyWriter) -> None:
    """Any operation that the table writes."""
    row = OPERATIONS[to.instruction.operation]
    at, result = to.instruction.type, to.step.result
    if row.native is None or result is None:
        raise AssertionError(f"{row.name} has a rule of its own")
    operands = to.take(len(to.step.operands))
    way = row.native.at(at.kind if at is not None else None)
    late = charge_before(to, operands)
    item = whole.shortened(to, row.name, operands, result)
    if item is None:
        item = expression(to, way, at, result, operands)
    to.push(item)
    if late:
        to.charge_sized(price(to, operands, item))


def expression(
    to: BodyWriter, way: Native, at: Type | None, result: Type, operands: list[Item]
) -> Item:
    """Write an operation on its operands, with the tests of its failures."""
    names = [operand.text for operand in operands]
    words = _words(at)
    if way.before:
        to.fail_if(way.before.format(*names, **words), way.reason)
    if way.wide:
        words["w"] = to.held(way.wide.format(*names, **words), "i64")
    text = way.value.format(*names, **words)
    if way.value == "{0}":
        return Item(result, operands[0].text, operands[0].there)
    item = Item(result, to.held(text, value_types(result)[0]), owned=result.is_array)
    if way.fails_if:
        failing = way.fails_if.format(*names, r=item.text, **words)
        unless, other = way.unless.format(*names), way.other.format(*names)
        to.fail_if(failing, way.reason, unless, other, way.other_reason)
    if way.fails:
        to.fail_if_told()
    return item


def _words(at: Type | None) -> dict[str, str]:
    if at is None:
        return {}
    kind = at.kind
    return {"V": VALUE[kind], "F": FORMS[kind], "K": kind.value, "L": str(SHIFT[kind])}


def length(to: BodyWriter) -> None:
    """Elements of an array, code points of a string."""
    if to.instruction.type is not None and to.instruction.type.is_array:
        (array,) = to.take(1)
        charge_before(to, [array])
        result = to.step.result
        known = elements.known_length(to, array)
        if known and result is not None:
            to.push(Item(result, to.held(known, "i32")))
            return
        if result is None:
            raise AssertionError("a length without a result")
        to.push(expression(to, Native("(call $length {0})", fails=True), None, result, [array]))
    else:
        operation(to)


# --- arrays and strings of any number of operands


def array(to: BodyWriter) -> None:
    """An array of its elements."""
    elements = to.take(to.immediate)
    at = to.instruction.type
    if at is None:
        raise AssertionError("an array without a type")
    charge_before(to, elements)
    header = to.push_result(
        at.array, f"(call $new_array_{FORMS[at.kind]} (i32.const {len(elements)}))", owned=True
    )
    data = to.held(f"(i32.load {header.text})", "i32")
    width = WIDTH[at.kind]
    for place, element in enumerate(elements):
        to.write(f"({store(at.kind)} offset={place * width} {data} {element.text})")
    if at.kind is Kind.STRING:
        to.pop()
        to.push_result(at.array, f"(call $bounded_string {header.text})", owned=True)
        to.fail_if_told()


def concat(to: BodyWriter) -> None:
    """Strings one after the other."""
    parts = to.take(to.immediate)
    charge_before(to, parts)
    result = to.step.result
    if result is None:
        raise AssertionError("a string without a result")
    if len(parts) == 2:
        texts = " ".join(part.text for part in parts)
        to.push_result(result, f"(call $concatenate_2 {texts})")
    else:
        held = to.held(f"(call $alloc (i32.const {8 * len(parts)}))", "i32")
        for place, part in enumerate(parts):
            to.write(f"(i64.store offset={8 * place} {held} {part.text})")
        to.push_result(result, f"(call $concatenate {held} (i32.const {len(parts)}))")
    to.fail_if_told()


# --- missing values


def missing(to: BodyWriter) -> None:
    """Whether there is no value."""
    (item,) = to.take(1)
    at = to.step.result
    if at is None:
        raise AssertionError("a test without a result")
    to.push(Item(at, f"(i32.eqz {item.there})" if item.there else "(i32.const 0)"))


def negation(to: BodyWriter) -> None:
    """`not`; twice is nothing."""
    (item,) = to.take(1)
    text = item.text
    inner = text.removeprefix(_NOT)
    to.push(Item(item.type, inner[:-1] if inner != text else f"{_NOT}{text})"))


_NOT = "(i32.eqz "


def default(to: BodyWriter) -> None:
    """The value, or another where it is missing."""
    item, otherwise = to.take(2)
    if item.there:
        text = chosen(otherwise.type.kind, item.text, otherwise.text, item.there)
        to.push_result(otherwise.type, text)
    else:
        to.push(item)
    _charge_result(to)


def value(to: BodyWriter) -> None:
    """The value; missing fails."""
    (item,) = to.take(1)
    if item.there and to.at not in to.free.sure:
        to.fail_if(f"(i32.eqz {item.there})", MISSING)
    to.push(Item(item.type.element, item.text))
    _charge_result(to)


def _charge_result(to: BodyWriter) -> None:
    if to.step.price.sized:
        to.charge_sized(price(to, [], to.stack[-1]))


# --- elements


def element(to: BodyWriter) -> None:
    """The element at a position."""
    array, position = to.take(2)
    item = elements.take(to, array, position)
    to.push(item)
    if to.step.price.sized:
        to.charge_sized(price(to, [array, position], item))


def take_element(to: BodyWriter) -> None:
    """The element to be updated; its position stays below it."""
    position = to.stack[-1]
    item = elements.take(to, evolve(to.slot(to.immediate), origin=("load", to.immediate)), position)
    to.push(item)
    if to.step.price.sized:
        to.charge_sized(price(to, [position], item))


def store_element(to: BodyWriter) -> None:
    """`assign_element` and `set_element`: a value into a place of the array in a slot."""
    position, item = to.take(2)
    charge_before(to, [position, item])
    stores.write_element(to, to.immediate, position, item)


def put_element(to: BodyWriter) -> None:
    """Store into the position that `take_element` left."""
    position, item = to.take(2)
    stores.write_element(to, to.immediate, position, item)


def assign(to: BodyWriter) -> None:
    """`assign` and `set`: a value into a slot."""
    (item,) = to.take(1)
    charge_before(to, [item])
    stores.write_slot(to, to.immediate, item)


HANDLERS: dict[str, Callable[[BodyWriter], None]] = {
    "const": constant,
    "load": load_slot,
    "global": global_value,
    "present": present,
    "assign": assign,
    "set": assign,
    "len": length,
    "array": array,
    "concat": concat,
    "missing": missing,
    "not": negation,
    "default": default,
    "value": value,
    "lookup": lookup_cells.lookup,
    "element": element,
    "take_element": take_element,
    "put_element": put_element,
    "set_element": store_element,
    "assign_element": store_element,
    "check_bytes": checks.check,
    "check_length": checks.check,
    "check_range": checks.check,
    "same_length": checks.check,
}
"""Operations with a rule of their own; all others are `operation`."""
