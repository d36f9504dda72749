"""The loop for groups found by the value of one key, of which numbers are kept.

Whether rows have keys that are known and values in their windows is looked at beforehand, for some
thousand at a time. What is left to do for a row is so little that the processor has many in hand
while it waits for the memory that their groups lie in.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.float_sums import ROWS, fits, greatest_lane, loaded, looked_at
from totemlang.native.grouping.keys import load_column
from totemlang.native.grouping.layout import Cell, Layout, State
from totemlang.native.grouping.loops import Loops
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

LEAST_ROWS, MOST_ROWS = 64, 1_024
"""Rows that are looked at together; see `attempt` of few.py for the multiples."""

FIRST_STEP = 16
"""Rows that go in row by row before the first look for a run, and after one."""

PATIENCE = 16
"""After rows that are not such so many times others go in row by row."""

PAIR = ("0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23", "8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31")


@frozen
class Plain:
    """Texts of this for a layout that `is_plain`."""

    layout: Layout
    state: State
    loops: Loops

    def attempt(self) -> str:
        """Take in some rows of `$rows` and do `$again`, if they are such."""
        return f"""(block $not_plain
  (br_if $not_plain (i32.le_u (local.get $step) (i32.const {FIRST_STEP})))
  (local.set $number (i32.and (i32.const {-2 * ROWS})
    (i32.sub (local.get $rows) (local.get $from))))
  (br_if $not_plain (i32.lt_u (local.get $number) (i32.const {LEAST_ROWS})))
  (if (local.get $patience) (then
    (local.set $patience (i32.sub (local.get $patience) (i32.const 1)))
    (br $not_plain)))
  (if (i32.gt_u (local.get $number) (i32.const {MOST_ROWS})) (then
    (local.set $number (i32.const {MOST_ROWS}))))
  (local.set $stop (i32.add (local.get $from) (local.get $number)))
  (if (call $known_keys (local.get $from) (local.get $number)) (then
    (if (call $fitting (local.get $from) (local.get $number)) (then
      (call $plain (local.get $from) (local.get $stop))
      (local.set $from (local.get $stop))
      (br $again)))))
  (local.set $patience (i32.const {PATIENCE})))"""

    def functions(self) -> Iterable[str]:
        """`$plain`, which takes rows in once `$known_keys` and `$fitting` have said so."""
        yield self._known_keys()
        yield self._fitting()
        yield self._plain()

    @property
    def _key(self) -> int:
        return WIDTH[self.layout.signature.keys[0]]

    def place(self, column: int) -> str:
        """Where a column of row `$from` stands."""
        start = f"(i32.load $own (i32.const {self.state.arguments + 4 * column}))"
        moved = f"(i32.mul (local.get $from) (i32.const {WIDTH[self.layout.columns[column]]}))"
        return f"(i32.add {start} {moved})"

    def _column(self, cell: Cell) -> int:
        return len(self.layout.signature.keys) + cell.value

    def _known_keys(self) -> str:
        """Whether all keys are in the range: the greatest distance from its begin tells."""
        size = f"(i32.sub (i32.load $own (i32.const {self.state.ranges + 8})) (i32.const 1))"
        lowest, distance = f"(v128.load32_splat $own (i32.const {self.state.ranges}))", "i32x4.sub"
        limit = f"(i32x4.splat {size})"
        if self._key == 8:  # where the upper halves must be 0
            lowest = f"(v128.load64_splat $own (i32.const {self.state.ranges}))"
            distance, limit = "i64x2.sub", f"(i64x2.splat (i64.extend_i32_u {size}))"
        greatest = "".join(
            f"""(local.set $u (i32x4.max_u (local.get $u)
  ({distance} (v128.load $source offset={16 * vector} (local.get $p)) (local.get $t))))"""
            for vector in range(self._key // 2)
        )
        return f"""
(func $known_keys (param $from i32) (param $number i32) (result i32)
  (local $p i32)(local $end i32)(local $t v128)(local $u v128)
  (local.set $p {self.place(0)})
  (local.set $end (i32.add (local.get $p)
    (i32.mul (local.get $number) (i32.const {self._key}))))
  (local.set $t {lowest})
  (local.set $u (v128.const i64x2 0 0))
  (loop $keys
    {greatest}
    (local.set $p (i32.add (local.get $p) (i32.const {8 * self._key})))
    (br_if $keys (i32.lt_u (local.get $p) (local.get $end))))
  (i32.eqz (v128.any_true (i32x4.gt_u (local.get $u) {limit}))))"""

    def _fitting(self) -> str:
        """Whether all values are in their windows, and clearly so."""
        columns = ""
        windows = [cell for cell in self.layout.cells if cell.window >= 0]
        most, least = (f"(i32x4.extract_lane 0 (local.get ${name}))" for name in ("most", "least"))
        for cell in windows:
            width = WIDTH[cell.kind]
            place = f"(i32.load $own (i32.const {self.state.windows + 64 * cell.window + 40}))"
            vectors = "".join(
                loaded(cell.kind, vector, "x")
                + loaded(cell.kind, vector + 1, "y")
                + looked_at(sees_nan=True)
                for vector in range(0, 4, 2)
            )
            columns += f"""
(local.set $p {self.place(self._column(cell))})
(local.set $end (i32.add (local.get $p) (i32.mul (local.get $number) (i32.const {width}))))
(local.set $least (v128.const i64x2 -1 -1)) (local.set $most (v128.const i64x2 0 0))
(loop $turn
  {vectors}
  (local.set $p (i32.add (local.get $p) (i32.const {ROWS * width})))
  (br_if $turn (i32.lt_u (local.get $p) (local.get $end))))
{greatest_lane("$most", "max")}
{greatest_lane("$least", "min")}
(local.set $place {place})
(if (i32.eqz {fits(most, least, "(local.get $place)")}) (then (return (i32.const 0))))"""
        return f"""
(func $fitting (param $from i32) (param $number i32) (result i32)
  (local $p i32)(local $end i32)(local $place i32)
  (local $x v128)(local $y v128)(local $t v128)(local $most v128)(local $least v128)
  {columns}
  (i32.const 1))"""

    def _plain(self) -> str:
        """Two rows at a time; what takes calls goes in singly."""
        layout, keys, cells = self.layout, self.loops.keys, self.loops.cells
        pointers = "".join(f"(local $p{c} i32)" for c in range(len(layout.columns)))
        windows = ready = pairs = advance = ""
        for cell in (cell for cell in layout.cells if cell.window >= 0):
            w, at = cell.window, self.state.windows + 64 * cell.window
            windows += "".join(
                f"(local ${name}{w} v128)" for name in ("high", "low_", "bits", "first", "second")
            )
            ready += f"""
(local.set $high{w} (v128.load64_splat $own (i32.const {at})))
(local.set $low_{w} (v128.load64_splat $own (i32.const {at + 8})))
(local.set $bits{w} (v128.load $own (i32.const {at + 16})))"""
            pairs += self._pair(cell)
        for column, kind in enumerate(layout.columns):
            ready += f"(local.set $p{column} {self.place(column)})"
            advance += (
                f"(local.set $p{column} (i32.add (local.get $p{column})"
                f" (i32.const {2 * WIDTH[kind]})))"
            )
        given = " ".join(f"(local.get $x{j})" for j in layout.read)
        values = self.loops.values()
        return f"""
(func $plain (param $from i32) (param $rows i32) (local $base i32)(local $e i32)(local $last i32)
  (local $t v128)(local $x v128)(local $u v128)(local $count i64){pointers}{windows}
  {keys.part_locals}{cells.value_locals}
  (local.set $last (i32.sub (local.get $rows) (i32.const 1)))
  (local.set $base (i32.sub (i32.load $own (i32.const {self.state.direct}))
    (i32.mul (i32.load $own (i32.const {self.state.ranges})) (i32.const {layout.size}))))
  (block $done
    (loop $again
      (br_if $done (i32.ge_u (local.get $from) (local.get $rows)))
      {ready}
      (block $rare
        (br_if $rare (i32.ge_u (local.get $from) (local.get $last)))
        (loop $pair
          {pairs}
          {self._row(0, "first")}
          {self._row(1, "second")}
          {advance}
          (br_if $pair (i32.lt_u (local.get $from) (local.get $last))))
        (br $again))
      {"".join(f"(local.set $p{c} {self.place(c)})" for c in range(len(layout.columns)))}
      {keys.load_parts()} {values} {self._group(0)}
      (call $direct_one (local.get $e) (local.get $a0) {given})
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $again))))"""

    def _group(self, row: int) -> str:
        key = f"(i32.load $source offset={row * self._key} (local.get $p0))"
        return f"""(local.set $e (i32.add (local.get $base)
  (i32.mul {key} (i32.const {self.layout.size}))))"""

    def _row(self, row: int, name: str) -> str:
        at, keys = self.layout.count, len(self.layout.signature.keys)
        values = "".join(
            f"(local.set $x{j} {self._loaded(keys + j, row)})\n" for j in self._one_by_one
        )
        kept = "".join(
            self.loops.cells.update_one(cell)
            if cell.window < 0
            else f"""(v128.store $own offset={cell.offset} (local.get $e) (i64x2.add
  (v128.load $own offset={cell.offset} (local.get $e)) (local.get ${name}{cell.window})))
"""
            for cell in self.layout.cells
        )
        # A new group is begun here: to leave the loop for each would take longer than its row.
        return f"""{self._group(row)} {values}
(local.set $count (i64.load $own offset={at} (local.get $e)))
(if (i64.eqz (i64.and (local.get $count) (i64.const 0xffff))) (then
  (br_if $rare (i64.ne (local.get $count) (i64.const 0)))
  (i64.store $own (local.get $e) {self._loaded(0, row)})
  {self.loops.cells.begin()}))
(i64.store $own offset={at} (local.get $e) (i64.add (local.get $count) (i64.const 1)))
{kept}
(local.set $from (i32.add (local.get $from) (i32.const 1)))"""

    @property
    def _one_by_one(self) -> list[int]:
        """Values of which something else is kept than a total of floats."""
        return sorted({cell.value for cell in self.layout.cells if cell.window < 0})

    def _loaded(self, column: int, row: int) -> str:
        kind = self.layout.columns[column]
        return load_column(kind, f"offset={row * WIDTH[kind]} (local.get $p{column})")

    def _pair(self, cell: Cell) -> str:
        """Divide the values of two rows, see cells.py."""
        w, p = cell.window, f"$p{self._column(cell)}"
        value = f"(v128.load $source (local.get {p}))"
        if cell.kind is Kind.FLOAT:
            value = f"(f64x2.promote_low_f32x4 (v128.load64_zero $source (local.get {p})))"
        text = f"""(local.set $x {value})
(local.set $t (f64x2.add (local.get $x) (local.get $high{w})))
(local.set $u (f64x2.add (local.get $low_{w})
  (f64x2.sub (local.get $x) (f64x2.sub (local.get $t) (local.get $high{w})))))
"""
        for name, order in zip(("first", "second"), PAIR, strict=True):
            text += f"""(local.set ${name}{w} (i64x2.sub
  (i8x16.shuffle {order} (local.get $u) (local.get $t)) (local.get $bits{w})))
"""
        return text
