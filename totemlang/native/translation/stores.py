"""How values come into slots and places of arrays, and who owns the memory they stand in.

A slot that owns what it holds has a buffer of its own (see `ownership`). All others refer to memory
of the record or round at hand; there strings are never changed, and an array that something else
refers to is copied.
"""

from __future__ import annotations

from attrs import evolve

from totemlang.native.translation import elements
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.items import Item
from totemlang.native.values import store
from totemlang.schema.types import Kind
from totemlang.tables.native import FORMS


def write_slot(to: BodyWriter, slot: int, item: Item) -> None:
    """Store a value into a slot."""
    if to.choices:
        to.set_slot(slot, (to.choices[-1].between(item, slot, to.slot(slot).text),))
        return
    form = FORMS[item.type.kind]
    is_text = item.type.kind is Kind.STRING
    if item.type.is_array:
        if slot in to.owns.kept:
            where = to.buffer(slot)
            to.write(f"(call $keep_array_{form} (i32.const {where}) {item.text})")
            to.set_slot(slot, (f"(i32.const {where})",))
        elif item.owned and not (is_text and to.owns.texts):
            to.set_slot(slot, (item.text,))
        else:
            to.set_slot(slot, (f"(call $copy_array_{form} {item.text})",))
    elif is_text and slot in to.owns.kept:
        kept = f"(call $keep_string (i32.const {to.buffer(slot)}) {item.text})"
        to.set_slot(slot, (kept, *item.parts[1:]))
    else:
        to.set_slot(slot, (_staying(to, item), *item.parts[1:]))


def _staying(to: BodyWriter, item: Item) -> str:
    """A value that stays where it is put, whatever buffers of slots come to hold."""
    if item.type.kind is Kind.STRING and to.owns.texts:
        return f"(call $copy_string {item.text})"
    return item.text


def write_element(to: BodyWriter, slot: int, position: Item, item: Item) -> None:
    """Store a value into a place of the array in a slot."""
    held = to.slot(slot)
    kind = item.type.kind
    if kind is Kind.STRING and slot in to.owns.kept:
        to.write(f"(call $set_element_string {held.text} {position.text} {item.text})")
        to.fail_if_told()
        return
    where = elements.place(to, evolve(held, origin=("load", slot)), position)
    to.write(f"({store(kind)} {where} {_staying(to, item)})")
