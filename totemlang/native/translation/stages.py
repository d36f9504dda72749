"""How a stage is written: one loop over the records of a batch, rows or groups.

How the record at hand is read stands in `records`, how rows are emitted in `emitting`. A record
that fails is left to code behind the loop, which goes on with the next: a processor's registers
hold what the loop needs only if nothing in it calls.
"""

from __future__ import annotations

import re

from totemlang.bytecode.module import Stage
from totemlang.native.layout import FAILED_COUNT, FAILED_REASON, FAILED_RECORD
from totemlang.native.translation import following
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.control import translate
from totemlang.native.translation.dues import (
    ROUNDS,
    begin,
    dues_of,
    first_tick,
    in_memory,
    settle_between,
    settle_last,
    tick_record,
)
from totemlang.native.translation.emitting import Emitting
from totemlang.native.translation.items import METERING
from totemlang.native.translation.presence_counts import ones
from totemlang.native.translation.records import ROW, bits_of, read_record
from totemlang.native.translation.sizes import SizeWriter
from totemlang.native.values import value_types, zero
from totemlang.tables.measure import BitLength, ElementBytesOf, LengthOf
from totemlang.tables.native import FORMS

_READ = re.compile(r"\(local\.get (\$[sp]\d+)\)")
_SET = re.compile(r"\(local\.set (\$[sp]\d+) ")
_NEXT = f"(local.set $row (i32.add {ROW} (i32.const 1)))"
_IS_LEFT = f"(i32.lt_u {ROW} (local.get $rows))"


def write_stage(to: BodyWriter, stage: Stage, frame: int, outputs: int, places: int) -> str:
    """The functions of a stage: that over rows of a batch and, for several emits, one for room.

    The first takes the rows from one to another (exclusive) and the totem left, and gives that
    left then.
    """
    emitting = Emitting(to, stage, frame, outputs, places)
    for name in ("$row", "$out", "$first_out", "$mark"):
        to.local(name, "i32")
    to.locals.setdefault("$left", "i64")
    to.has_records = True
    begin(to, dues_of(to.verified, to.shape, to.prepaid))
    to.entries = following.UNDER_WAY
    following.find_emitted(to)
    used = sorted(used_parameters(to, stage))
    columns = read_record(to, frame, stage.parameters, used, emitting.pointers)
    reading = _taken(to)
    if stage.order_by is not None:
        _write_order(to, stage)
    for slot in to.shape.to_clear:
        parts = tuple(zero(each) for each in value_types(to.verified.code.slots[slot]))
        to.set_slot(slot, parts)
    translate(to, emitting.emit)
    body = _taken(to)
    takes_memory = to.memory.anywhere or stage.order_by is not None
    if takes_memory:
        to.write("(call $reset (local.get $mark))")
    tick_record(to)
    after = _taken(to)
    record = [*_read_only(reading, [*body, *after]), *body, *after]
    records = "(i64.extend_i32_u (i32.sub (local.get $rows) (local.get $from)))"
    to.meter(following.put_right(to, records))
    to.meter(settle_last(to, records))
    to.flush()
    end = _taken(to)
    pointers = [columns, emitting.head()]
    if to.fails or to.following.every:
        loop = _loop_that_lands(to, emitting, pointers, record, after)
    else:
        loop = [*to.before, *pointers, *_loop(record)]
    lines = [
        f'(func $m{to.number} (export "m{to.number}") (param $from i32) (param $rows i32)'
        " (param $left i64) (result i64)",
        to.declarations(frozenset({"$left"})),
        first_tick() if to.dues is not None else "",
        "(local.set $mark (global.get $heap))" if takes_memory else "",
        "(local.set $row (local.get $from))",
        f"block $none (br_if $none (i32.eqz {_IS_LEFT}))",
        *loop,
        "end",
        *end,
        emitting.tail(),
        "(local.get $left))",
    ]
    if emitting.repeats:
        lines.append(emitting.grow())
    lines += ones(to, bits_of(frame, len(stage.parameters)))
    return "\n".join(line for line in lines if line)


def _taken(to: BodyWriter) -> list[str]:
    """The lines written so far, which go elsewhere."""
    lines, to.lines = to.lines, []
    return lines


def _read_only(reading: list[str], body: list[str]) -> list[str]:
    """The lines that bring into slots what a body reads."""
    read = {name for line in body for name in _READ.findall(line)}
    return [line for line in reading if not read.isdisjoint(_SET.findall(line))]


def _loop(record: list[str]) -> list[str]:
    """Over the records that are left; none where nothing is done for them."""
    if not record:
        return []
    return ["loop $records", *record, _NEXT, f"(br_if $records {_IS_LEFT})", "end"]


def _loop_that_lands(
    to: BodyWriter, emitting: Emitting, pointers: list[str], record: list[str], after: list[str]
) -> list[str]:
    """The loop, where a record may fail or where it pauses to look for totem.

    Around what is called then, all that outlives it is kept in memory: the compiler has no register
    that does.
    """
    stop = "(local.get $rows)"
    pause, settle = [], ""
    if to.following.every:
        stop = to.local("$pause", "i32")
        step = to.local("$step", "i32")
        to.before.append(f"{METERING}(local.set $step {following.step(to, ROUNDS)})")
        ahead = f"(i32.sub (local.get $rows) {ROW})"
        pause = [
            "(local.set $pause (local.get $rows))",
            f"{METERING}(if (i32.gt_u {ahead} {step})"
            f" (then (local.set $pause (i32.add {ROW} {step}))))",
        ]
        held, again = in_memory(to, [name for name in _outliving(to) if name not in _SETTLED])
        settle = f"{METERING}{held}{settle_between(to, following.DONE)}{again}"
    before, after_call = in_memory(to, _outliving(to))
    lines = [
        "loop $again",
        *to.before,
        *pointers,
        *pause,
        "block $fail" if to.fails else "",
        "loop $records",
        "(local.set $first_out (local.get $out))" if emitting.may_take_back else "",
        *record,
        _NEXT,
        f"(br_if $records (i32.lt_u {ROW} {stop}))",
        "end",
    ]
    if settle:
        lines += [f"(br_if $none (i32.eqz {_IS_LEFT}))", settle, "br $again"]
    else:
        lines.append("br $none")
    if to.fails:
        lines += ["end", *_landing(to, emitting, before, after_call), *after, _NEXT]
        lines += [settle, f"(br_if $again {_IS_LEFT})"]
    return [*lines, "end"]


def _landing(to: BodyWriter, emitting: Emitting, before: str, after: str) -> list[str]:
    """A record that failed takes back what it had emitted, and is noted."""
    count = f"(i32.load (i32.const {FAILED_COUNT}))"
    return [
        METERING + following.after_failure(to, may_take_back=emitting.may_take_back),
        "(local.set $out (local.get $first_out))" if emitting.may_take_back else "",
        before,
        to.land(),
        after,
        f"(if (i32.eqz {count}) (then",
        f"(i32.store (i32.const {FAILED_RECORD}) {ROW})",
        f"(i32.store (i32.const {FAILED_REASON}) (global.get $failed))))",
        f"(i32.store (i32.const {FAILED_COUNT}) (i32.add {count} (i32.const 1)))",
        "(global.set $failed (i32.const 0))",
    ]


_SETTLED = ("$left", "$paid")


def _outliving(to: BodyWriter) -> list[str]:
    """The locals that one record leaves to the next."""
    names = ["$row", "$out", *_SETTLED, "$tick", *(f"${name}" for name in to.counted)]
    return ["$rows", "$from", *(name for name in names if name in to.locals)]


def used_parameters(to: BodyWriter, stage: Stage) -> frozenset[int]:
    """The parameters that the stage looks at."""
    used = set(to.shape.reads)
    if stage.order_by is not None:
        used.add(stage.order_by.parameter)
    return frozenset(used & set(range(len(stage.parameters))))


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
