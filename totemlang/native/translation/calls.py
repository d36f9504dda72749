"""How functions are called and left: they go on with the totem that is left, and leave the rest."""

from __future__ import annotations

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.dues import settle
from totemlang.native.translation.items import item_of, joined
from totemlang.native.values import value_types, zero
from totemlang.tables.native import FORMS
from totemlang.vm.shape import LOOPS

_SHORT = 60
_LASTING = LOOPS | {"call"}


def call(to: BodyWriter) -> None:
    """Call a function; it goes on with the totem that is left, and leaves the rest."""
    number = to.immediate
    arguments = to.take(len(to.step.operands))
    result = to.around.verified.module.functions[number].result
    left = to.local("$left", "i64")
    to.charges = True
    to.write(f"(global.set $left {left})")
    names = [to.temporary(value_type) for value_type in value_types(result)]
    to.write(f"(call $f{number} {joined(arguments)})")
    for name in reversed(names):
        to.write(f"local.set {name}")
    to.write("(local.set $left (global.get $left))")
    if to.around.traits[number].fails:
        to.fail_if_told()
    texts = [f"(local.get {name})" for name in names]
    to.push(item_of(result, texts, owned=result.is_array))


def leave_function(to: BodyWriter) -> None:
    """`return`: take the result. What stands in a buffer of a slot is copied out of it."""
    result = to.pop()
    parts = result.parts
    form = FORMS[result.type.kind]
    copied = to.owns.texts if form == "string" else to.owns.kept and not result.owned
    if copied and result.type.is_array:
        parts = (f"(call $copy_array_{form} {result.text})",)
    elif copied and form == "string":
        parts = (f"(call $copy_string {result.text})", *parts[1:])
    left = to.local("$left", "i64")
    settle_function(to)
    to.write(f"(global.set $left {left}) {' '.join(parts)} return")


def settle_function(to: BodyWriter) -> None:
    """Before a function is left: deduct what it owes, and bring its counters to memory."""
    if to.dues is None:
        return
    instructions = to.verified.code.instructions
    # Who calls looks now and then whether totem is left; a short function without calls and
    # loops needs no look of its own.
    short = len(instructions) <= _SHORT
    is_leaf = short and not any(each.operation in _LASTING for each in instructions)
    text = settle(to, to.entries, refill=not is_leaf)
    if text:
        to.meter(text)
    to.flush()


def fail_of_function(to: BodyWriter, result_types: tuple[str, ...]) -> str:
    """What a function does when an operation has failed."""
    left = to.local("$left", "i64")
    return f"(global.set $left {left}) " + " ".join(zero(each) for each in result_types)
