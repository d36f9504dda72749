"""Rows labelled by their keys in WebAssembly text: for reduces that need the elements themselves.

A group's label is its place among the groups of a table. Once all rows have labels, and the groups
their order, each row's place in the order of keys is a matter of counting.
"""

from __future__ import annotations

from totemlang.native.grouping.cells import Cells
from totemlang.native.grouping.keys import Keys
from totemlang.native.grouping.layout import Layout, State
from totemlang.native.grouping.loops import Loops


def labels_function(layout: Layout, state: State, keys: Keys, cells: Cells, loops: Loops) -> str:
    """`labels` writes the label of each row to `$out`; `places` turns labels into places.

    Both write to the source memory. `places` is given where the first row of each label goes and
    counts on from there, so that rows of a key keep their order.
    """
    load = f"""(local.set $table (i32.const {state.tables}))
{loops.pointers()} {keys.load_seeds()} {keys.limit} {loops.open_table()}"""
    at = layout.count
    row = f"""{keys.load_parts()}
(local.set $unfit (i32.const 1))
(block $edge
  {keys.words_at_once(has_long=True)}
  (local.set $unfit (i32.const 0)))
(br_if $rare (local.get $unfit))
{keys.hash()}
{loops.find_at_once("", has_long=True)}
(i64.store $own offset={at} (local.get $e) (i64.add (i64.const 1)
  (i64.load $own offset={at} (local.get $e))))
{_write_label("(local.get $groups)")}"""
    rare = f"""{keys.words()} {keys.hash()} {loops.call_one()}
{_write_label("(i32.sub (i32.load $own (local.get $table)) (i32.const 1))")}"""
    return f"""
(func (export "labels") (param $from i32) (param $rows i32) (param $out i32) (result i32)
  (local $e i32)(local $table i32){loops.row_locals}{keys.word_locals}{loops.table_locals}
  {loops.rows(load, row, rare)}
  (local.get $from))

(func (export "places") (param $labels i32) (param $rows i32) (param $next i32)
  (local $end i32) (local $at i32) (local $place i32)
  (local.set $end (i32.add (local.get $labels) (i32.shl (local.get $rows) (i32.const 2))))
  (block $done
    (loop $row
      (br_if $done (i32.ge_u (local.get $labels) (local.get $end)))
      (local.set $at (i32.add (local.get $next)
        (i32.shl (i32.load $source (local.get $labels)) (i32.const 2))))
      (local.set $place (i32.load $source (local.get $at)))
      (i32.store $source (local.get $at) (i32.add (local.get $place) (i32.const 1)))
      (i32.store $source (local.get $labels) (local.get $place))
      (local.set $labels (i32.add (local.get $labels) (i32.const 4)))
      (br $row))))"""


def _write_label(groups: str) -> str:
    """Write the label of the group `$e`; `groups` are one byte before the first."""
    place = f"(i32.sub (i32.sub (local.get $e) {groups}) (i32.const 1))"
    return f"""(i32.store $source (local.get $out) (i32.div_u {place} (global.get $size)))
(local.set $out (i32.add (local.get $out) (i32.const 4)))"""
