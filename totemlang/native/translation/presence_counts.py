"""Functions that count the records in which all of some columns have a value, by their bits."""

from __future__ import annotations

from collections.abc import Iterator

from totemlang.native.translation.body import BodyWriter


def ones(to: BodyWriter, addresses: dict[int, int]) -> Iterator[str]:
    """One for each counter that follows from columns of the records from one to another.

    `addresses` are where it stands, by column, where the bits of columns are.
    """
    for opening, columns in to.following.there.items():
        loads = [
            f"(i32.load (i32.add (i32.load (i32.const {addresses[column]}))"
            " (i32.shl (local.get $word) (i32.const 2))))"
            for column in sorted(columns)
        ]
        bits = "(local.get $mask)"
        for load in loads:
            bits = f"(i32.and {bits} {load})"
        yield f"""(func $ones{to.number}x{opening} (param $from i32) (param $rows i32) (result i64)
(local $word i32) (local $last i32) (local $mask i32) (local $ones i32)
(if (i32.ge_u (local.get $from) (local.get $rows)) (then (return (i64.const 0))))
(local.set $word (i32.shr_u (local.get $from) (i32.const 5)))
(local.set $last (i32.shr_u (i32.sub (local.get $rows) (i32.const 1)) (i32.const 5)))
(local.set $mask (i32.shl (i32.const -1) (local.get $from)))
(loop $next
(if (i32.eq (local.get $word) (local.get $last)) (then (local.set $mask
(i32.and (local.get $mask) (i32.shr_u (i32.const -1) (i32.sub (i32.const 0) (local.get $rows)))))))
(local.set $ones (i32.add (local.get $ones) (i32.popcnt {bits})))
(local.set $mask (i32.const -1))
(local.set $word (i32.add (local.get $word) (i32.const 1)))
(br_if $next (i32.le_u (local.get $word) (local.get $last))))
(i64.extend_i32_u (local.get $ones)))"""
