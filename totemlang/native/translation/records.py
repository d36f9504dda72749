"""How the record at hand comes into the slots of a stage.

The machine puts a table of columns at the stage's *frame*, 16 bytes a parameter: of a column
{values, bits or 0, -, -}, of a string column {offsets, bits or 0, bytes, 0} or, where its strings
are coded, {indices, bits or 0, packed strings, 1}, of an array {headers, -, -, -}, 16 bytes a
group. The bits tell of optionals which are there, the lowest first.
"""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.native.translation.body import BodyWriter
from totemlang.native.values import SHIFT, load
from totemlang.schema.types import Field, Kind

FRAME_ENTRY = 16
"""Bytes of a parameter's entry in the frame."""

ROW = "(local.get $row)"

_MOST_HELD = 5
"""Pointers held in locals, which have a register each; others are read from memory each time.

A processor has few. What has none costs a store in each round of a loop, more than reading it.
"""

_WORDS = "xyzw"
"""The words of an entry, as their locals are called."""


def read_record(
    to: BodyWriter, frame: int, parameters: Sequence[Field], used: list[int], others: int
) -> str:
    """Write how the record at hand comes into slots; gives what is done before the loop.

    `others` are the pointers that are held besides.
    """
    names = [f"${word}{slot}" for slot in used for word in _words(parameters[slot])]
    head: list[str] = []
    held: dict[str, str] = {}
    for name in names:
        address = f"(i32.const {frame + FRAME_ENTRY * int(name[2:]) + 4 * _WORDS.index(name[1])})"
        held[name] = f"(i32.load {address})"
        if len(head) < _MOST_HELD - others:
            head.append(f"(local.set {name} {held[name]})")
            held[name] = to.local(name, "i32")
    for slot in used:
        _read(to, slot, parameters[slot], {word: held.get(f"${word}{slot}", "") for word in _WORDS})
    return "\n".join(head)


def column_at(frame: int, slot: int) -> str:
    """Where the values of a column stand."""
    return f"(i32.load (i32.const {frame + FRAME_ENTRY * slot}))"


def bits_of(frame: int, parameters: int) -> dict[int, int]:
    """By parameter, where it stands where the bits of its column are."""
    return {slot: frame + FRAME_ENTRY * slot + 4 for slot in range(parameters)}


def _words(parameter: Field) -> str:
    at = parameter.type
    flags = "y" if at.is_optional else ""
    return f"x{flags}zw" if at.kind is Kind.STRING and not at.is_array else f"x{flags}"


def _read(to: BodyWriter, slot: int, parameter: Field, held: dict[str, str]) -> None:
    at, base = parameter.type, held["x"]
    if at.is_array:
        to.set_slot(slot, (f"(i32.add {base} (i32.shl {ROW} (i32.const 4)))",))
        return
    word = f"(i32.shl (i32.shr_u {ROW} (i32.const 5)) (i32.const 2))"
    # Shifting looks at the last five bits of the row alone.
    bits = f"(i32.shr_u (i32.load (i32.add {held['y']} {word})) {ROW})"
    there = f"(i32.and {bits} (i32.const 1))"
    if at.kind is Kind.STRING:
        text = _text(base, held["z"], held["w"])
        if at.is_optional:
            text = f"(select {text} (i64.const 0) {there})"
    else:
        where = f"(i32.add {base} (i32.shl {ROW} (i32.const {SHIFT[at.kind]})))"
        text = f"({load(at.kind)} {where})"
    to.set_slot(slot, (text, there) if at.is_optional else (text,))


def _text(base: str, strings: str, is_coded: str) -> str:
    where = f"(i32.add {base} (i32.shl {ROW} (i32.const 2)))"
    start, stop = f"(i32.load {where})", f"(i32.load offset=4 {where})"
    size = f"(i64.extend_i32_u (i32.sub {stop} {start}))"
    pointer = f"(i64.extend_i32_u (i32.add {start} {strings}))"
    plain = f"(i64.or {pointer} (i64.shl {size} (i64.const 32)))"
    packed = f"(i64.load (i32.add {strings} (i32.shl (i32.load {where}) (i32.const 3))))"
    return f"(if (result i64) {is_coded} (then {packed}) (else {plain}))"
