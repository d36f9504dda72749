"""How a stage is written: one loop over a batch of records, or over groups."""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import field, frozen

from totemlang.bytecode.module import Code, Stage, StageKind
from totemlang.schema.types import Kind, Type
from totemlang.tables.prices import PriceTable
from totemlang.vm.control import one, translate
from totemlang.vm.items import Item
from totemlang.vm.python_text import Site
from totemlang.vm.translator import Translator

_ZEROS: dict[Kind, str] = {
    Kind.BOOL: "False",
    Kind.FLOAT: "0.0",
    Kind.DOUBLE: "0.0",
    Kind.STRING: '""',
}


def zero(at: Type) -> str:
    """What a slot holds before anything is stored: an array of length 0 is never changed."""
    if at.is_array:
        return "empty"
    return "None" if at.is_optional else _ZEROS.get(at.kind, "0")


def clear_slots(to: Translator) -> None:
    """Give slots that may be read before they are stored their first value."""
    for slot in to.shape.to_clear:
        to.write(f"{to.target('s', slot)} = {zero(to.verified.code.slots[slot])}")


@frozen
class WrittenStage:
    """`counted`: records may emit any number of times. `sums` name what groups were charged."""

    counted: bool
    sums: dict[str, str] = field(factory=dict)


def write_stage(to: Translator, stage: Stage, prices: PriceTable) -> WrittenStage:
    """Write a stage; its first block and what it reads are paid outside of its body."""
    if stage.kind is StageKind.MAP and _write_columns(to, stage):
        return WrittenStage(counted=False)
    number = to.number
    counted = not _emits_once(to.verified.code)
    to.on_emit = _emitter(counted)
    if stage.kind is StageKind.MAP:
        sums = {}
        _open_records(to, stage)
    else:
        sums = _open_groups(to, stage, prices)
    if counted:
        to.write(f"{to.target('k')} = 0")
    to.open("try:")
    clear_slots(to)
    translate(to)
    if counted:
        to.write(f"c{number}({to.name('k')})")
    to.close()
    to.open("except FAILURES as error:")
    to.write(f"failed{number}(error, {to.name('k') if counted else 0})")
    to.close()
    to.close()
    return WrittenStage(counted, sums)


# --- whole columns


def _write_columns(to: Translator, stage: Stage) -> bool:
    """Write a map that computes one row from each, and cannot fail, column by column."""
    instructions = to.verified.code.instructions
    if len(to.verified.blocks) != 1 or not _emits_once(to.verified.code) or to.apart:
        return False
    for place in range(len(instructions) - 1):
        to.at = place
        one(to)
    items = to.stack.copy()
    if to.main.lines or any(item.may_fail for item in items):
        to.main.cut(0)
        to.stack.clear()
        to.unsettled.clear()
        to.facts.clear()
        to.amounts.clear()
        to.forget_charge()
        return False
    _name_columns(to, stage)
    for column, item in enumerate(items):
        to.write(f"v{to.number}c{column}({_column(item)})")
    return True


_SLOT = re.compile(r"\bs(\d+)\b")


def _column(item: Item) -> str:
    """The values of an expression over all records, as one Python expression."""
    slots = sorted({int(slot) for slot in _SLOT.findall(item.text)})
    text, may_be_nan = item.text, _may_be_nan(item)
    if len(slots) == 1 and text == f"s{slots[0]}":
        return f"canonical_column(x{slots[0]})" if may_be_nan else f"x{slots[0]}"
    if may_be_nan:
        text = f"v if (v := {text}) == v else NAN"
    if not slots:
        return f"[{text} for _ in range(rows)]"
    names, columns = (", ".join(f"{letter}{slot}" for slot in slots) for letter in "sx")
    return f"[{text} for {names} in {columns if len(slots) == 1 else f'zip({columns})'}]"


# --- records


def _emits_once(code: Code) -> bool:
    """Whether every record that does not fail emits exactly once, and nothing can fail after."""
    emits = [n for n, i in enumerate(code.instructions) if i.operation == "emit"]
    return emits == [len(code.instructions) - 1]


def _emitter(counted: bool) -> Callable[[Translator, list[Item]], None]:
    """What writes an `emit` of the stage. NaN leaves as the one NaN."""

    def emit(to: Translator, items: list[Item]) -> None:
        ready = [
            to.store_temporary(item) if _may_be_nan(item) and not item.simple else item
            for item in items
        ]
        for column, item in enumerate(ready):
            text = item.text
            if _may_be_nan(item):
                text = f"{text} if {text} == {text} else NAN"
            to.write(f"e{to.number}c{column}({text})")
        if counted:
            to.write(f"{to.target('k')} += 1")

    return emit


def _may_be_nan(item: Item) -> bool:
    return item.type.kind in (Kind.FLOAT, Kind.DOUBLE) and item.number is None


def _name_columns(to: Translator, stage: Stage) -> None:
    columns = ", ".join(f"x{slot}" for slot in range(len(stage.parameters)))
    to.main.header = f"def m{to.number}(rows, {columns}):"


def _open_records(to: Translator, stage: Stage) -> None:
    """One loop over a batch of records. What reading them costs, and their first block, is paid."""
    _name_columns(to, stage)
    used = {i.immediates[0] for i in to.verified.code.instructions if i.operation == "load"}
    slots = [slot for slot in range(len(stage.parameters)) if slot in used]
    targets = ", ".join(to.target("s", slot) for slot in slots)
    if not slots:
        to.open("for _ in range(rows):")
    elif len(slots) == 1:
        to.open(f"for {targets} in x{slots[0]}:")
    else:
        to.open(f"for {targets} in zip({', '.join(f'x{slot}' for slot in slots)}):")


def _open_groups(to: Translator, stage: Stage, prices: PriceTable) -> dict[str, str]:
    """One loop over groups: each is charged with its first block, counted and put in order."""
    slots = range(len(stage.parameters))
    keys = "".join(to.target("s", slot) + ", " for slot in slots[: stage.key_parts])
    arrays = "".join(to.target("s", slot) + ", " for slot in slots[stage.key_parts :])
    to.main.header = f"def m{to.number}(groups):"
    to.open(f"for ({keys}), ({arrays}) in groups:" if keys else f"for _, ({arrays}) in groups:")
    sums = {"entries": f"n{to.number}groups", "read": f"z{to.number}read"}
    fixed = to.verified.blocks[0].fixed if to.verified.blocks else 0
    site = Site(to.number, 0, paid=False)
    held = to.target("a")
    to.write(f"{held} = {_read_price(to, stage, prices)}")
    to.function.line(f"{to.function.outer('left')} -= {held} + {fixed}", site)
    to.function.line("if left < 0: left = more(left)", site)
    to.write(f"{to.function.outer(sums['read'])} += {held}")
    to.write(f"{to.function.outer(sums['entries'])} += 1")
    if stage.order_by is not None:
        sums["ordered"] = f"z{to.number}ordered"
        by = stage.order_by
        column = to.name("s", by.parameter)
        each = prices.bytes(stage.parameters[by.parameter].type.kind)
        size = f"longest_bytes({column})" if each is None else str(each)
        weight = prices.weight("relational")
        count = f"len({column})"
        to.write(f"{held} = {weight} * {size} * {count} * {count}.bit_length()")
        to.function.line(f"{to.function.outer('left')} -= {held}", site)
        to.function.line("if left < 0: left = more(left)", site)
        to.write(f"{to.function.outer(sums['ordered'])} += {held}")
        which = by.parameter - stage.key_parts
        to.write(f"({arrays}) = arranged(({arrays}), {which}, {bool(by.descending)})")
    return sums


def _read_price(to: Translator, stage: Stage, prices: PriceTable) -> str:
    """Totem for reading a group: bytes of its key and of all its values."""
    fixed, each, parts = 0, 0, []
    for slot, parameter in enumerate(stage.parameters):
        name = to.name("s", slot)
        size = prices.bytes(parameter.type.kind)
        if parameter.type.is_array:
            each += size or 0
            parts += [f"strings_bytes({name})"] if size is None else []
        else:
            fixed += size or 0
            parts += [f"string_bytes({name})"] if size is None else []
    if each:
        first = stage.key_parts
        parts.append(f"len({to.name('s', first)}) * {each}")
    weight = prices.weight("read")
    return f"{weight} * (" + " + ".join([str(fixed), *parts]) + ")"
