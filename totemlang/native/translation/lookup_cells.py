"""How a cell of a lookup is asked for by its key."""

from __future__ import annotations

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.charges import price
from totemlang.native.translation.items import Item
from totemlang.native.values import SHIFT, key_signature, load, value_types, zero


def lookup(to: BodyWriter) -> None:
    """A cell of a lookup by its key: the columns stand beside each other, flags behind values."""
    table, column = to.instruction.immediates
    definition = to.around.verified.module.lookups[table]
    keys = to.take(len(definition.keys))
    result = to.step.result
    if result is None:
        raise AssertionError("a lookup without a result")
    address = to.around.lookups[table]
    signature = key_signature(key.type.kind for key in keys)
    texts = " ".join(key.text for key in keys)
    row = to.held(f"(call $lookup_{signature} (i32.const {address}) {texts})", "i32")
    kind = result.kind
    first = value_types(result)[0]
    cell, there = to.temporary(first), to.temporary("i32")
    base = address + 24 + 4 * len(keys) + 8 * column
    to.write(
        f"(local.set {cell} {zero(first)}) (local.set {there} (i32.const 0))"
        f"(if (i32.ge_s {row} (i32.const 0)) (then"
        f" (local.set {cell} ({load(kind)} (i32.add (i32.load (i32.const {base}))"
        f" (i32.shl {row} (i32.const {SHIFT[kind]})))))"
        f" (local.set {there} (i32.load8_u (i32.add (i32.load (i32.const {base + 4})) {row})))))"
    )
    item = Item(result, f"(local.get {cell})", f"(local.get {there})")
    to.push(item)
    if to.step.price.sized:
        rows = f"(i64.load32_u (i32.const {address + 16}))"
        to.charge_sized(price(to, keys, item, rows))
