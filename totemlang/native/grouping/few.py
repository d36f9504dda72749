"""The loop for few groups, found by value, of which only totals of floats are asked.

Some thousand rows go to small sums aside, two for each group, so that rows of one group wait for
each other half as long. Nothing is looked at between: whether all keys were among those known is
looked at before, whether all values were in their windows afterwards. If not, all is forgotten and
the rows go another way; else the sums are added to those of the groups.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.layout import Cell, Layout, State
from totemlang.native.grouping.loops import Loops
from totemlang.native.grouping.plain import FIRST_STEP, PAIR, PATIENCE, Plain
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

LEAST_ROWS, MOST_ROWS = 256, 1_024
"""Rows that go in together."""

_TOGETHER = 4
"""Rows of a turn."""


@frozen
class Few:
    """Texts of this for a layout that has room for few groups (`layout.few`)."""

    layout: Layout
    state: State
    loops: Loops
    plain: Plain

    def functions(self) -> Iterable[str]:
        """`$few`, which gives whether it took in rows of known keys, and what it calls."""
        yield self._taken()
        yield self._few()

    def attempt(self) -> str:
        """Take in some rows of `$rows` and do `$again`, if that is possible."""
        return f"""(block $not_few
  (br_if $not_few (i32.le_u (local.get $step) (i32.const {FIRST_STEP})))
  (local.set $number (i32.and (i32.const {-_TOGETHER * 4})
    (i32.sub (local.get $rows) (local.get $from))))
  (br_if $not_few (i32.lt_u (local.get $number) (i32.const {LEAST_ROWS})))
  (br_if $not_few (i64.gt_u (i64.load $own (i32.const {self.state.ranges + 8}))
    (i64.const {self.layout.few})))
  (if (local.get $patience) (then
    (local.set $patience (i32.sub (local.get $patience) (i32.const 1)))
    (br $not_few)))
  (if (i32.gt_u (local.get $number) (i32.const {MOST_ROWS})) (then
    (local.set $number (i32.const {MOST_ROWS}))))
  (if (call $known_keys (local.get $from) (local.get $number)) (then
    (if (call $few (local.get $from) (local.get $number)) (then
      (local.set $from (i32.add (local.get $from) (local.get $number)))
      (br $again)))))
  (local.set $patience (i32.const {PATIENCE})))"""

    @property
    def _cells(self) -> tuple[Cell, ...]:
        return self.layout.cells

    @property
    def _key(self) -> int:
        return WIDTH[self.layout.signature.keys[0]]

    def _few(self) -> str:
        layout = self.layout
        pointers = "".join(f"(local $p{c.window} i32)" for c in self._cells)
        windows = "".join(
            f"(local $high{c.window} v128)(local $low_{c.window} v128)(local $most{c.window} v128)"
            for c in self._cells
        )
        ready = "".join(self._ready(cell) for cell in self._cells)
        advance = "".join(
            f"(local.set $p{c.window} (i32.add (local.get $p{c.window})"
            f" (i32.const {_TOGETHER * WIDTH[c.kind]})))"
            for c in self._cells
        )
        out = "(local.get $bad)"
        for cell in self._cells:
            limit = (
                f"(v128.load64_splat $own (i32.const {self.state.windows + 64 * cell.window + 32}))"
            )
            out = f"(v128.or {out} (f64x2.gt (local.get $most{cell.window}) {limit}))"
        count = 16 * layout.windows
        groups = ""
        for row in range(_TOGETHER):
            key = f"(i32.load $source offset={row * self._key} (local.get $p))"
            groups += f"""(local.set $e{row} (i32.add (local.get $base)
  (i32.mul {key} (i32.const {layout.few_size}))))
(i64.store $own offset={count + self._copy(row)} (local.get $e{row}) (i64.add (i64.const 1)
  (i64.load $own offset={count + self._copy(row)} (local.get $e{row}))))
"""
        places = "".join(f"(local $e{row} i32)" for row in range(_TOGETHER))
        return f"""
(func $few (param $from i32) (param $number i32) (result i32)
  (local $p i32)(local $end i32)(local $base i32){places}{pointers}{windows}
  (local $bad v128)(local $x v128)(local $t v128)(local $r v128)(local $u v128)
  (local.set $p {self.plain.place(0)})
  (local.set $end (i32.add (local.get $p)
    (i32.mul (local.get $number) (i32.const {self._key}))))
  (local.set $base (i32.sub (i32.const {self.state.few})
    (i32.mul (i32.load $own (i32.const {self.state.ranges})) (i32.const {layout.few_size}))))
  (local.set $bad (v128.const i64x2 0 0))
  {ready}
  (loop $turn
    {groups}
    {"".join(self._added(cell, vector) for cell in self._cells for vector in range(2))}
    {advance}
    (local.set $p (i32.add (local.get $p) (i32.const {_TOGETHER * self._key})))
    (br_if $turn (i32.lt_u (local.get $p) (local.get $end))))
  (if (v128.any_true {out}) (then
    (memory.fill $own (i32.const {self.state.few}) (i32.const 0)
      (i32.const {2 * layout.few_bytes}))
    (return (i32.const 0))))
  (call $few_taken)
  (i32.const 1))"""

    def _ready(self, cell: Cell) -> str:
        w, at = cell.window, self.state.windows + 64 * cell.window
        column = len(self.layout.signature.keys) + cell.value
        return f"""
(local.set $p{w} {self.plain.place(column)})
(local.set $high{w} (v128.load64_splat $own (i32.const {at})))
(local.set $low_{w} (v128.load64_splat $own (i32.const {at + 8})))
(local.set $most{w} (v128.const i64x2 0 0))"""

    def _copy(self, row: int) -> int:
        """Where the sums that a row goes to begin."""
        return row % 2 * self.layout.few_bytes

    def _added(self, cell: Cell, vector: int) -> str:
        """Divide two values, see cells.py, and add them to their groups."""
        w, p = cell.window, f"(local.get $p{cell.window})"
        value = f"(v128.load $source offset={16 * vector} {p})"
        if cell.kind is Kind.FLOAT:
            value = f"(f64x2.promote_low_f32x4 (v128.load64_zero $source offset={8 * vector} {p}))"
        text = f"""(local.set $x {value})
(local.set $t (f64x2.add (local.get $x) (local.get $high{w})))
(local.set $r (f64x2.sub (local.get $x) (f64x2.sub (local.get $t) (local.get $high{w}))))
(local.set $u (f64x2.add (local.get $r) (local.get $low_{w})))
(local.set $bad (v128.or (local.get $bad) (f64x2.ne (local.get $r)
  (f64x2.sub (local.get $u) (local.get $low_{w})))))
(local.set $most{w}
  (f64x2.pmax (f64x2.mul (local.get $x) (local.get $x)) (local.get $most{w})))
"""
        for lane, order in enumerate(PAIR):
            at = f"offset={16 * w + self._copy(lane)} (local.get $e{2 * vector + lane})"
            text += f"""(v128.store $own {at} (i64x2.add (v128.load $own {at})
  (i8x16.shuffle {order} (local.get $u) (local.get $t))))
"""
        return text

    def _taken(self) -> str:
        """Add the sums to those of the groups, less the bits of the constants, and clear them."""
        layout, keys, cells = self.layout, self.loops.keys, self.loops.cells
        other, at = layout.few_bytes, 16 * layout.windows
        sums = clear = ""
        for cell in self._cells:
            bits = f"(v128.load $own (i32.const {self.state.windows + 64 * cell.window + 16}))"
            both = [
                f"(v128.load $own offset={16 * cell.window + copy} (local.get $p))"
                for copy in (0, other)
            ]
            mine = f"offset={cell.offset} (local.get $e)"
            sums += f"""(v128.store $own {mine} (i64x2.add (v128.load $own {mine})
  (i64x2.sub (i64x2.add {both[0]} {both[1]}) (i64x2.mul {bits} (i64x2.splat (local.get $more))))))
"""
        for copy in (0, other):
            for word in range(0, layout.few_size, 16):
                clear += (
                    f"(v128.store $own offset={word + copy} (local.get $p)"
                    " (v128.const i64x2 0 0))\n"
                )
        count = f"(i64.load $own offset={layout.count} (local.get $e))"
        return f"""
(func $few_taken (local $p i32)(local $end i32)(local $e i32)(local $more i64)(local $count i64)
  {keys.part_locals}{keys.word_locals}
  (local.set $p (i32.const {self.state.few}))
  (local.set $end (i32.add (local.get $p) (i32.mul (i32.const {layout.few_size})
    (i32.load $own (i32.const {self.state.ranges + 8})))))
  (local.set $e (i32.load $own (i32.const {self.state.direct})))
  (local.set $a0 (i64.load $own (i32.const {self.state.ranges})))
  (loop $groups
    (local.set $more (i64.add (i64.load $own offset={at} (local.get $p))
      (i64.load $own offset={at + other} (local.get $p))))
    (if (i64.ne (local.get $more) (i64.const 0)) (then
      (local.set $count {count})
      (if (i64.eqz (local.get $count)) (then
        {keys.words()} {keys.keep_words()} {cells.begin()}))
      {sums}
      {clear}
      {self.loops.counted_more()}))
    (local.set $p (i32.add (local.get $p) (i32.const {layout.few_size})))
    (local.set $e (i32.add (local.get $e) (i32.const {layout.size})))
    (local.set $a0 (i64.add (local.get $a0) (i64.const 1)))
    (br_if $groups (i32.lt_u (local.get $p) (local.get $end)))))"""
