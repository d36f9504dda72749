"""How checks of declared types are written; the value stays what it is."""

from __future__ import annotations

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.items import Item
from totemlang.tables.native import FORMS


def check(to: BodyWriter) -> None:
    """`check_bytes`, `check_length`, `check_range` and `same_length`."""
    item = to.stack[-1]
    call = _CALLS[to.instruction.operation](to, item)
    if not item.there:
        to.write(call)
    else:
        to.write(f"(if {item.there} (then {call}))")
    to.fail_if_told()


def _bytes(to: BodyWriter, item: Item) -> str:
    name = "check_bytes_all" if item.type.is_array else "check_bytes"
    return f"(call ${name} {item.text} (i64.const {to.immediate}))"


def _length(to: BodyWriter, item: Item) -> str:
    return f"(call $check_length {item.text} (i64.const {to.immediate}))"


def _same(to: BodyWriter, item: Item) -> str:
    return f"(call $same_length {item.text} {to.slot(to.immediate).text})"


def _range(to: BodyWriter, item: Item) -> str:
    bounds = [to.around.constants[number].text for number in to.instruction.immediates]
    kind = item.type.kind
    name = "check_range_all" if item.type.is_array else "check_range"
    return f"(call ${name}_{FORMS[kind]} {item.text} {' '.join(bounds)})"


_CALLS = {
    "check_bytes": _bytes,
    "check_length": _length,
    "check_range": _range,
    "same_length": _same,
}
