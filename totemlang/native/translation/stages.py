"""How a stage is written: one loop over the records of a batch, rows or groups.

The machine puts a table of columns at the stage's *frame*, 16 bytes a parameter: of a column
{values, present flags or 0, -, -}, of a string column {offsets, present flags or 0, bytes, 0} or,
where its strings are coded, {indices, present flags or 0, packed strings, 1}, of an array
{headers, -, -, -}, 16 bytes a group. Emitted columns stand where the stage's *outputs* say: a
pointer each, and behind them the rows that there is room for. Where those of the call at hand
stand the stage leaves at its *places*, a pointer each.
"""

from __future__ import annotations

from totemlang.bytecode.module import Code, Stage
from totemlang.native.layout import (
    FAILED_COUNT,
    FAILED_REASON,
    FAILED_RECORD,
    ROWS_OUT,
)
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.control import translate
from totemlang.native.translation.dues import begin, dues_of, first_tick, settle_last, tick_record
from totemlang.native.translation.emitted_text import emitted_text
from totemlang.native.translation.filters import emits_repeatedly
from totemlang.native.translation.items import Item
from totemlang.native.translation.sizes import SizeWriter
from totemlang.native.values import SHIFT, WIDTH, load, store, value_types, zero
from totemlang.schema.types import Field, Kind
from totemlang.tables.measure import BitLength, ElementBytesOf, LengthOf
from totemlang.tables.native import FORMS

FRAME_ENTRY = 16
"""Bytes of a parameter's entry in the frame."""

_ROW = "(local.get $row)"
_FROM = "(local.get $from)"
_OUT = "(local.get $out)"


def emits_once(code: Code) -> bool:
    """Whether every record that does not fail emits exactly once, and nothing can fail after."""
    emits = [at for at, each in enumerate(code.instructions) if each.operation == "emit"]
    return emits == [len(code.instructions) - 1]


def write_stage(to: BodyWriter, stage: Stage, frame: int, outputs: int, places: int) -> str:
    """The functions of a stage: that over rows of a batch and, for several emits, one for room.

    The first takes the rows from one to another (exclusive) and the totem left, and gives that
    left then.
    """
    counted = not emits_once(to.verified.code)
    repeats = emits_repeatedly(to.verified.code)
    columns = sorted(used_parameters(to, stage))
    for name in ("$row", "$out", "$first_out", "$mark"):
        to.local(name, "i32")
    to.locals.setdefault("$left", "i64")
    to.has_records = True
    begin(to, dues_of(to.verified, to.shape, to.prepaid))
    to.entries = f"(i64.extend_i32_u (i32.sub (i32.add {_ROW} (i32.const 1)) (local.get $from)))"
    head = [first_tick() if to.dues is not None else ""]
    head += [_load_columns(to, stage, frame, columns), _load_outputs(to, stage, outputs)]
    if to.memory.anywhere or stage.order_by is not None:
        head.append("(local.set $mark (global.get $heap))")
    for slot in columns:
        _load_record(to, slot, stage.parameters[slot])
    if stage.order_by is not None:
        _write_order(to, stage)
    for slot in to.shape.to_clear:
        parts = tuple(zero(each) for each in value_types(to.verified.code.slots[slot]))
        to.set_slot(slot, parts)

    def emit(writer: BodyWriter, items: list[Item], condition: str) -> None:
        _emit(writer, items, stage, outputs if repeats else -1, condition)

    translate(to, emit)
    body, to.lines = to.lines, []
    tick_record(to)
    after, to.lines = to.lines, []
    to.meter(settle_last(to, "(i64.extend_i32_u (i32.sub (local.get $rows) (local.get $from)))"))
    to.flush()
    fails = to.fails
    lines = [
        f'(func $m{to.number} (export "m{to.number}") (param $from i32) (param $rows i32)'
        " (param $left i64) (result i64)",
        to.declarations(frozenset({"$left"})),
        *head,
        *to.before,
        f"(local.set $row {_FROM})",
        f"(if (i32.ge_u {_FROM} (local.get $rows)) (then"
        f" (i32.store (i32.const {ROWS_OUT}) (i32.const 0)) (return (local.get $left))))",
        "loop $records",
        f"(local.set $first_out {_OUT})" if fails and counted else "",
        "block $done block $fail" if fails else "",
        *body,
        _after_failure(counted) if fails else "",
        "(call $reset (local.get $mark))" if to.memory.anywhere or stage.order_by else "",
        *after,
        f"(local.set $row (i32.add {_ROW} (i32.const 1)))",
        f"(br_if $records (i32.lt_u {_ROW} (local.get $rows)))",
        "end",
        *to.lines,
        f"(i32.store (i32.const {ROWS_OUT}) {_OUT})",
        *(
            f"(i32.store (i32.const {places + 4 * column}) (local.get $o{column}))"
            for column in range(len(stage.emitted.columns))
        ),
        "(local.get $left))",
    ]
    if repeats:
        lines.append(_grow(to.number, stage, outputs))
    return "\n".join(line for line in lines if line)


def used_parameters(to: BodyWriter, stage: Stage) -> frozenset[int]:
    """The parameters that the stage looks at."""
    used = set(to.shape.reads)
    if stage.order_by is not None:
        used.add(stage.order_by.parameter)
    return frozenset(used & set(range(len(stage.parameters))))


# --- what is read


def _load_columns(to: BodyWriter, stage: Stage, frame: int, columns: list[int]) -> str:
    lines = []
    for slot in columns:
        parameter = stage.parameters[slot]
        names = [f"$x{slot}"]
        if parameter.type.is_optional:
            names.append(f"$y{slot}")
        if parameter.type.kind is Kind.STRING and not parameter.type.is_array:
            names += [f"$z{slot}", f"$w{slot}"]
        for name in names:
            to.local(name, "i32")
            offset = frame + FRAME_ENTRY * slot + {"x": 0, "y": 4, "z": 8, "w": 12}[name[1]]
            lines.append(f"(local.set {name} (i32.load (i32.const {offset})))")
    return "\n".join(lines)


def _load_record(to: BodyWriter, slot: int, parameter: Field) -> None:
    """Bring the record at hand into a slot."""
    at, base = parameter.type, f"(local.get $x{slot})"
    if at.is_array:
        to.set_slot(slot, (f"(i32.add {base} (i32.shl {_ROW} (i32.const 4)))",))
        return
    there = f"(i32.load8_u (i32.add (local.get $y{slot}) {_ROW}))"
    if at.kind is Kind.STRING:
        where = f"(i32.add {base} (i32.shl {_ROW} (i32.const 2)))"
        start, stop = f"(i32.load {where})", f"(i32.load offset=4 {where})"
        size = f"(i64.extend_i32_u (i32.sub {stop} {start}))"
        pointer = f"(i64.extend_i32_u (i32.add {start} (local.get $z{slot})))"
        text = f"(i64.or {pointer} (i64.shl {size} (i64.const 32)))"
        packed = (
            f"(i64.load (i32.add (local.get $z{slot}) (i32.shl (i32.load {where}) (i32.const 3))))"
        )
        text = f"(if (result i64) (local.get $w{slot}) (then {packed}) (else {text}))"
        if at.is_optional:
            text = f"(select {text} (i64.const 0) {there})"
    else:
        where = f"(i32.add {base} (i32.shl {_ROW} (i32.const {SHIFT[at.kind]})))"
        text = f"({load(at.kind)} {where})"
    to.set_slot(slot, (text, there) if at.is_optional else (text,))


def _write_order(to: BodyWriter, stage: Stage) -> None:
    """Charge putting the group in order, and put it."""
    by = stage.order_by
    if by is None:
        raise AssertionError("a stage without an order")
    column = to.slot(by.parameter)
    form = FORMS[column.type.kind]
    weight = to.around.prices.weight("relational")
    count = LengthOf(0)
    writer = SizeWriter([column], None, to.around.prices.bytes)
    amount = to.held(writer.price([(weight, ElementBytesOf(0) * count * BitLength(count))]), "i64")
    to.charge(amount)
    to.add_up(f"z{to.number}ordered", amount)
    # An aggregate has no elements to put in order.
    to.local("$order", "i32")
    to.write(f"(if (i32.eqz (i32.load offset=8 {column.text})) (then")
    to.write(
        f"(local.set $order (call $order_{form} {column.text} (i32.const {int(by.descending)})))"
    )
    for slot in sorted(used_parameters(to, stage) - {by.parameter}):
        if slot < stage.key_parts:
            continue
        item = to.slot(slot)
        taken = f"(call $take_{FORMS[item.type.kind]} {item.text} (local.get $order))"
        to.set_slot(slot, (taken,))
    to.set_slot(by.parameter, (f"(call $take_{form} {column.text} (local.get $order))",))
    to.write("))")


# --- what is emitted


def _load_outputs(to: BodyWriter, stage: Stage, outputs: int) -> str:
    lines = []
    count = len(stage.emitted.columns)
    for column in range(count):
        to.local(f"$o{column}", "i32")
        lines.append(f"(local.set $o{column} (i32.load (i32.const {outputs + 4 * column})))")
    to.local("$room", "i32")
    lines.append(f"(local.set $room (i32.load (i32.const {outputs + 4 * count})))")
    return "\n".join(lines)


def _emit(to: BodyWriter, items: list[Item], stage: Stage, outputs: int, condition: str) -> None:
    """Store a row behind those emitted so far. A NaN may be any: see `NativeEmission`.

    A row from each record has room; `outputs` says where to ask for more, or -1.
    """
    if outputs >= 0:
        to.write(f"(if (i32.ge_u {_OUT} (local.get $room)) (then (call $g{to.number})")
        to.write(_load_outputs(to, stage, outputs))
        to.write("))")
    for column, item in enumerate(items):
        kind = item.type.kind
        text = item.text
        if kind is Kind.STRING:
            text = emitted_text(to, text)
        where = f"(i32.add (local.get $o{column}) (i32.shl {_OUT} (i32.const {SHIFT[kind]})))"
        to.write(f"({store(kind)} {where} {text})")
    to.write(f"(local.set $out (i32.add {_OUT} {condition or '(i32.const 1)'}))")


def _after_failure(counted: bool) -> str:
    """Take back what the record had emitted, and note the first that failed."""
    back = "(local.set $out (local.get $first_out))" if counted else ""
    count = f"(i32.load (i32.const {FAILED_COUNT}))"
    return f"""br $done
end
{back}
(if (i32.eqz {count}) (then
 (i32.store (i32.const {FAILED_RECORD}) {_ROW})
 (i32.store (i32.const {FAILED_REASON}) (global.get $failed))))
(i32.store (i32.const {FAILED_COUNT}) (i32.add {count} (i32.const 1)))
(global.set $failed (i32.const 0))
end"""


def _grow(number: int, stage: Stage, outputs: int) -> str:
    """A function that makes room for twice as many rows."""
    count = len(stage.emitted.columns)
    room = outputs + 4 * count
    lines = [
        f"(func $g{number} (local $old i32) (local $new i32) (local $room i32)",
        f"(local.set $room (i32.load (i32.const {room})))",
        "(if (i32.ge_u (local.get $room) (i32.const 0x8000000)) (then unreachable))",
    ]
    for column, field in enumerate(stage.emitted.columns):
        where = f"(i32.const {outputs + 4 * column})"
        size = f"(i32.mul (local.get $room) (i32.const {WIDTH[field.type.kind]}))"
        lines += [
            f"(local.set $old (i32.load {where}))",
            f"(local.set $new (call $hold (i32.shl {size} (i32.const 1))))",
            f"(memory.copy (local.get $new) (local.get $old) {size})",
            f"(i32.store {where} (local.get $new))",
            "(call $release (local.get $old))",
        ]
    lines.append(f"(i32.store (i32.const {room}) (i32.shl (local.get $room) (i32.const 1))))")
    return "\n".join(lines)
