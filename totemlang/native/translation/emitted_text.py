"""Strings that are emitted: they stay until what was emitted is read; the record's memory does not.

A constant stays where it is. Up to sixteen bytes are copied to a pool that lasts, with whatever
follows them, which the next string overwrites: strings that are near each other are soon read. What
is longer, or finds no room, stays where it is if it lies in the batch; else a function copies it.
"""

from __future__ import annotations

from totemlang.native.translation.body import BodyWriter

_CONSTANT = "(i64.const"


def emitted_text(to: BodyWriter, text: str) -> str:
    """A string as one that stays; `text` is an expression without effects."""
    if text.startswith(_CONSTANT):
        return text
    to.local("$pooled", "i32")
    held = to.held(text, "i64")
    start, size = f"(i32.wrap_i64 {held})", f"(i64.shr_u {held} (i64.const 32))"
    in_batch = f"(i32.lt_u (i32.sub {start} (global.get $input)) (global.get $input_size))"
    room = "(i32.sub (global.get $pool_end) (global.get $pool_at))"
    fits = f"(i32.and (i64.le_u {size} (i64.const 16)) (i32.ge_u {room} (i32.const 16)))"
    return f"""(if (result i64) {fits} (then
(local.set $pooled (global.get $pool_at))
(v128.store (local.get $pooled) (v128.load {start}))
(global.set $pool_at (i32.add (local.get $pooled) (i32.wrap_i64 {size})))
(i64.or (i64.extend_i32_u (local.get $pooled)) (i64.shl {size} (i64.const 32))))
(else (if (result i64) {in_batch} (then {held}) (else (call $emitted_string {held})))))"""
