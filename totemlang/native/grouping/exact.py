"""What is outside of windows in WebAssembly text: it goes to the wide sums of its group.

A group has a block of wide sums, one for each window, from the first such value on.
"""

from __future__ import annotations

from totemlang.native.grouping.cells import SETTLED_BITS
from totemlang.native.grouping.layout import WIDE_BYTES, Layout, State


def exact_functions(layout: Layout, state: State) -> str:
    """The functions for what is outside of windows (none without windows)."""
    if not layout.windows:
        return ""
    block = WIDE_BYTES * layout.windows
    cells = [cell for cell in layout.cells if cell.window >= 0]
    folds = "\n".join(
        f"(call $wide_fold (i32.add (local.get $sum) (i32.const {WIDE_BYTES * w}))"
        f" (i32.add (local.get $other) (i32.const {WIDE_BYTES * w})))"
        for w in range(layout.windows)
    )
    widen = "\n".join(
        f"(call $widen (local.get $e) (i32.const {cell.window}) (i32.const {cell.offset}))"
        for cell in cells
    )
    return f"""
(func $wide_of (param $e i32) (result i32) (local $at i32)
  (local.set $at (i32.load $own offset={layout.wide} (local.get $e)))
  (if (i32.eqz (local.get $at))
    (then
      (local.set $at (call $alloc (i32.const {block})))
      (memory.fill $own (local.get $at) (i32.const 0) (i32.const {block}))
      (i32.store $own offset={layout.wide} (local.get $e) (local.get $at))))
  (local.get $at))

(func $outside (param $e i32) (param $window i32) (param $x f64) (local $tally i32)
  (local.set $tally (i32.add (i32.const {state.windows})
    (i32.shl (local.get $window) (i32.const 6))))
  (i64.store $own offset=48 (local.get $tally)
    (i64.add (i64.load $own offset=48 (local.get $tally)) (i64.const 1)))
  (call $wide_add_double (i32.add (call $wide_of (local.get $e))
    (i32.mul (local.get $window) (i32.const {WIDE_BYTES}))) (local.get $x)))

(func $widen (param $e i32) (param $window i32) (param $offset i32)
  (local $cell i32) (local $place i32) (local $sum i32)
  (local.set $cell (i32.add (local.get $e) (local.get $offset)))
  (if (i64.eqz (i64.or (i64.load $own (local.get $cell))
      (i64.load $own offset=8 (local.get $cell)))) (then (return)))
  (local.set $place (i32.load $own offset=40 (i32.add (i32.const {state.windows})
    (i32.shl (local.get $window) (i32.const 6)))))
  (local.set $sum (i32.add (call $wide_of (local.get $e))
    (i32.mul (local.get $window) (i32.const {WIDE_BYTES}))))
  (call $wide_add_whole (local.get $sum) (i64.load $own (local.get $cell)) (local.get $place))
  (call $wide_add_whole (local.get $sum) (i64.load $own offset=8 (local.get $cell))
    (i32.add (local.get $place) (i32.const {SETTLED_BITS})))
  (i64.store $own (local.get $cell) (i64.const 0))
  (i64.store $own offset=8 (local.get $cell) (i64.const 0)))

(func $fold_foreign (param $e i32) (param $window i32) (param $low i64) (param $high i64)
  (local $place i32) (local $sum i32)
  (local.set $place (i32.load $own offset=56 (i32.add (i32.const {state.windows})
    (i32.shl (local.get $window) (i32.const 6)))))
  (local.set $sum (i32.add (call $wide_of (local.get $e))
    (i32.mul (local.get $window) (i32.const {WIDE_BYTES}))))
  (call $wide_add_whole (local.get $sum) (local.get $low) (local.get $place))
  (call $wide_add_whole (local.get $sum) (local.get $high)
    (i32.add (local.get $place) (i32.const {SETTLED_BITS}))))

(func $widen_all (param $e i32) {widen})

(func $fold_wide (param $e i32) (param $other i32) (local $sum i32)
  (local.set $sum (call $wide_of (local.get $e)))
  {folds})
"""
