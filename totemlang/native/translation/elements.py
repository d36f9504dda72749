"""How elements of arrays are found, with what stays the same in loops looked up before them.

Where the elements of an array stand and how many they are is read once before the outermost loop
around in which it stays the same. A position that the loop itself keeps within the array is not
looked at again.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.items import Item, read_again
from totemlang.native.values import SHIFT, VALUE, load
from totemlang.schema.types import Kind
from totemlang.vm.failures import OUTSIDE_ARRAY

NOWHERE, RECORDS = -2, -1
"""Instead of the instruction that opens a loop: none; that over the records of a stage."""


@frozen
class View:
    """Where the elements of an array stand, and how many they are: expressions of 32 bits."""

    data: str
    length: str


def take(to: BodyWriter, array: Item, position: Item) -> Item:
    """The element of an array at a position, or a failure."""
    at = array.type.element
    where = place(to, array, position)
    return Item(at, to.held(f"({load(at.kind)} {where})", VALUE[at.kind]))


def place(to: BodyWriter, array: Item, position: Item) -> str:
    """The address of the element at a position, or a failure."""
    view = _view(to, array)
    index = position.narrow
    if not index:
        to.fail_if(f"(i64.ge_u {position.text} (i64.extend_i32_u {view.length}))", OUTSIDE_ARRAY)
        index = f"(i32.wrap_i64 {position.text})"
    elif not _is_inside(to, array, index):
        # A negative one is more than any length.
        to.fail_if(f"(i32.ge_u {index} {view.length})", OUTSIDE_ARRAY)
    return f"(i32.add {view.data} (i32.shl {index} (i32.const {SHIFT[array.type.kind]})))"


def known_length(to: BodyWriter, array: Item) -> str:
    """The elements of an array that stands for itself, not for what is known of a group; or ""."""
    source, number = array.origin
    if source == "global" or (source == "load" and number >= to.parameters):
        return _view(to, array).length
    return ""


def announce(to: BodyWriter, opening: int) -> None:
    """A `for` begins: a counter from 0 that stays below the length of an array is inside of it."""
    frame = to.shape.frames[opening]
    compare = frame.do - 1
    test = to.verified.code.instructions[opening + 1 : frame.do]
    names = [each.operation for each in test if each.operation != "widen_long"]
    if names not in (["load", source, size, "lt"] for source in _SOURCES for size in _SIZES):
        return
    counter = to.ranges[compare][0]
    if counter is None or counter.low < 0:
        return
    source = test[-3]
    array = (source.operation, source.immediates[0])
    if source.operation == "load" and to.shape.stores_within(array[1], opening, frame.end):
        return
    to.inside[opening] = (to.slot(test[0].immediates[0]).text, array)


_SOURCES = ("load", "global")
_SIZES = ("len", "count")


def _is_inside(to: BodyWriter, array: Item, index: str) -> bool:
    return any(
        opening in to.opened and (index, array.origin) == found
        for opening, found in to.inside.items()
    )


def _view(to: BodyWriter, array: Item) -> View:
    loop = _outermost(to, array)
    if loop == NOWHERE:
        return View(f"(i32.load {array.text})", f"(i32.load offset=4 {array.text})")
    key = (loop, array.text)
    if key not in to.views:
        number = len(to.views)
        to.local(f"$d{number}", "i32")
        to.local(f"$k{number}", "i32")
        to.views[key] = number
        text = read_again(number, array.text)
        if loop == RECORDS:
            to.before.append(text)
        else:
            to.lines[to.heads[loop]] += text
    number = to.views[key]
    return View(f"(local.get $d{number})", f"(local.get $k{number})")


def _outermost(to: BodyWriter, array: Item) -> int:
    """The outermost loop around in which an array stays where and as long as it is."""
    source, number = array.origin
    if not source or (array.type.kind is Kind.STRING and to.owns.kept):
        return NOWHERE
    if source == "global" and to.has_records:
        return RECORDS
    for opening in to.opened:
        if opening not in to.heads:
            continue
        end = to.shape.frames[opening].end
        if source == "global" or not to.shape.stores_within(number, opening, end):
            return opening
    return NOWHERE
