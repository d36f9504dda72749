"""A grouping without key in WebAssembly text: all rows are a stretch of the one group.

Rows that others have added up come as their `count` and as totals, one for each window.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.cells import Cells
from totemlang.native.grouping.layout import Layout, State
from totemlang.native.grouping.stretch import Stretches

_STRETCH = 1 << 16
"""Rows after which the group is settled."""


@frozen
class Whole:
    """Text of the function for a layout without keys."""

    layout: Layout
    state: State
    cells: Cells
    stretches: Stretches

    def functions(self) -> Iterable[str]:
        """All the functions."""
        at = self.layout.count
        yield f"""
(func (export "whole") (param $from i32) (param $rows i32) (result i32)
  (local $e i32)(local $number i32)
  (local.set $e (i32.load $own (i32.const {self.state.direct})))
  (if (i64.eqz (i64.load $own offset={at} (local.get $e))) (then {self.cells.begin()}))
  (loop $stretch
    (local.set $number (i32.sub (local.get $rows) (local.get $from)))
    (if (i32.gt_u (local.get $number) (i32.const {_STRETCH})) (then
      (local.set $number (i32.const {_STRETCH}))))
    {self.stretches.calls("(local.get $number)")}
    (i64.store $own offset={at} (local.get $e) (i64.add (i64.load $own offset={at} (local.get $e))
      (i64.extend_i32_u (local.get $number))))
    (call $settle (local.get $e))
    (local.set $from (i32.add (local.get $from) (local.get $number)))
    (br_if $stretch (i32.lt_u (local.get $from) (local.get $rows))))
  (local.get $rows))"""
        yield f"""
(func (export "count") (param $rows i32) (local $e i32)
  (local.set $e (i32.load $own (i32.const {self.state.direct})))
  (if (i64.eqz (i64.load $own offset={at} (local.get $e))) (then {self.cells.begin()}))
  (i64.store $own offset={at} (local.get $e) (i64.add (i64.load $own offset={at} (local.get $e))
    (i64.extend_i32_u (local.get $rows)))))"""
        for cell in self.layout.cells:
            if cell.window >= 0:
                yield f"""
(func (export "total{cell.window}") (param $low i64) (param $high i64) (param $place i32)
  (local $e i32)(local $sum i32)
  (local.set $e (i32.load $own (i32.const {self.state.direct})))
  {self.stretches.flush(cell)})"""
