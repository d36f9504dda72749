"""Functions that every native module has beside the runtime: totem, failures, sizes, emits."""

from __future__ import annotations

from totemlang.native.layout import CHAIN, CHAIN_LENGTH, FAILED_COUNT, MOST_CHAIN


def support_text(stops: int, memory_pages: int) -> str:
    """Everything but bodies, data and runtime. `stops` is where failures are counted."""
    return f"""
(import "host" "more" (func $more (param i64) (result i64)))
(memory $memory (export "memory") {memory_pages})
(global $failed (mut i32) (i32.const 0))
(global $left (mut i64) (i64.const 0))
(global $static_end (mut i32) (i32.const 0))
(global $input (mut i32) (i32.const 0))
(global $input_size (mut i32) (i32.const 0))
(global $pool (mut i32) (i32.const 0))
(global $pool_at (mut i32) (i32.const 0))
(global $pool_end (mut i32) (i32.const 0))

(func (export "start") (param $base i32)
  (global.set $static_end (local.get $base))
  (call $start_memory (local.get $base)))
(func (export "hold") (param $bytes i32) (result i32) (call $hold (local.get $bytes)))
(func (export "release") (param $block i32) (call $release (local.get $block)))
(func (export "heap") (result i32) (global.get $heap))
(func (export "reset") (param $mark i32) (global.set $failed (i32.const 0))
  (call $reset (local.get $mark)))

;; The bytes of the batch's strings: what is emitted may go on pointing there.
(func (export "begin") (param $input i32) (param $size i32) (local $next i32)
  (global.set $input (local.get $input))
  (global.set $input_size (local.get $size))
  (global.set $failed (i32.const 0))
  (block $none (loop $more
    (br_if $none (i32.eqz (global.get $pool)))
    (local.set $next (i32.load (global.get $pool)))
    (call $release (global.get $pool))
    (global.set $pool (local.get $next))
    (br $more)))
  (global.set $pool_at (i32.const 0))
  (global.set $pool_end (i32.const 0)))

;; A string that stays until the next batch.
(func $emitted_string (param $text i64) (result i64) (local $at i32) (local $size i32)
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (if (i32.or (i32.lt_u (local.get $at) (global.get $static_end))
      (i32.lt_u (i32.sub (local.get $at) (global.get $input)) (global.get $input_size)))
    (then (return (local.get $text))))
  (local.set $size (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  (if (i32.gt_u (local.get $size) (i32.sub (global.get $pool_end) (global.get $pool_at)))
    (then (call $widen_pool (local.get $size))))
  (call $move (global.get $pool_at) (local.get $at) (local.get $size))
  (local.set $at (global.get $pool_at))
  (global.set $pool_at (i32.add (local.get $at) (local.get $size)))
  (i64.or (i64.extend_i32_u (local.get $at))
    (i64.and (local.get $text) (i64.const 0xffffffff00000000))))

(func $widen_pool (param $size i32) (local $block i32)
  (if (i32.lt_u (local.get $size) (i32.const 65536)) (then (local.set $size (i32.const 65528))))
  (local.set $block (call $hold (i32.add (local.get $size) (i32.const 8))))
  (i32.store (local.get $block) (global.get $pool))
  (global.set $pool (local.get $block))
  (global.set $pool_at (i32.add (local.get $block) (i32.const 8)))
  (global.set $pool_end (i32.add (global.get $pool_at) (local.get $size))))

;; More totem where less than none is left; the run ends where there is no more.
(func $refill (param $left i64) (result i64) (local $got i64)
  (local.set $got (call $more (i64.sub (i64.const 0) (local.get $left))))
  (if (i64.lt_s (local.get $got) (i64.const 0)) (then unreachable))
  (i64.add (local.get $left) (local.get $got)))

;; An operation has failed, at a place; callers tell theirs on the way out.
(func $fail (param $reason i32) (param $place i32)
  (global.set $failed (local.get $reason))
  (call $stop (local.get $place)))
(func $stop (param $place i32) (local $counter i32) (local $length i32)
  (local.set $counter
    (i32.add (i32.const {stops}) (i32.shl (local.get $place) (i32.const 3))))
  (i64.store (local.get $counter) (i64.add (i64.load (local.get $counter)) (i64.const 1)))
  (if (i32.load (i32.const {FAILED_COUNT})) (then (return)))
  (local.set $length (i32.load (i32.const {CHAIN_LENGTH})))
  (if (i32.ge_u (local.get $length) (i32.const {MOST_CHAIN})) (then unreachable))
  (i32.store (i32.add (i32.const {CHAIN}) (i32.shl (local.get $length) (i32.const 2)))
    (local.get $place))
  (i32.store (i32.const {CHAIN_LENGTH}) (i32.add (local.get $length) (i32.const 1))))

;; Sizes: where one would not fit, the interpreter takes the batch. Usual ones need no division.
(func $times (param $one i64) (param $other i64) (result i64)
  (if (i64.eqz (i64.shr_u (i64.or (local.get $one) (local.get $other)) (i64.const 31)))
    (then (return (i64.mul (local.get $one) (local.get $other)))))
  (if (i64.eqz (local.get $other)) (then (return (i64.const 0))))
  (if (i64.gt_u (local.get $one)
      (i64.div_u (i64.const 0x3fffffffffffffff) (local.get $other)))
    (then unreachable))
  (i64.mul (local.get $one) (local.get $other)))
(func $plus (param $one i64) (param $other i64) (result i64) (local $sum i64)
  (local.set $sum (i64.add (local.get $one) (local.get $other)))
  (if (i64.gt_u (local.get $sum) (i64.const 0x3fffffffffffffff)) (then unreachable))
  (local.get $sum))
(func $larger_size (param $one i64) (param $other i64) (result i64)
  (select (local.get $one) (local.get $other) (i64.gt_u (local.get $one) (local.get $other))))
(func $less_one (param $size i64) (result i64)
  (i64.sub (local.get $size)
    (i64.extend_i32_u (i64.ne (local.get $size) (i64.const 0)))))
"""
