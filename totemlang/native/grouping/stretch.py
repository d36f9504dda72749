"""Rows of one group in WebAssembly text: a column after the other, several values at once.

Each kept thing has a function `$fast{n}` of the group, where its column begins and the rows (at
most 2^16), which counts nothing; what is left over or does not fit goes value by value.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.cells import SETTLED_BITS, Cells
from totemlang.native.grouping.float_sums import (
    CHUNK,
    LEAST_ABOVE,
    MOST_ABOVE,
    NAMES,
    ROWS,
    fits,
    sum_function,
)
from totemlang.native.grouping.keys import load_column
from totemlang.native.grouping.lanes import extreme, whole_total
from totemlang.native.grouping.layout import BINARY, WIDE_BYTES, Cell, Layout, State
from totemlang.native.grouping.windows import ASKED_PLACE, PLACE
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

_CHUNK = 1_024
"""Rows whose values are checked together."""

_LOWEST, _HIGHEST = 100, 2_000
"""Exponents (with 1,023) above values between which the constants of sums are plain numbers."""

_SPREAD = MOST_ABOVE - LEAST_ABOVE
_HEADROOM = 4


def place_without_keys(state: State, cell: Cell) -> str:
    """Where the sums of a chunk lie: where values have asked for, or else in their window."""
    window = state.windows + 64 * cell.window
    asked = f"(i32.load $own (i32.const {window + ASKED_PLACE}))"
    return f"(select {asked} (i32.load $own (i32.const {window + PLACE})) {asked})"


@frozen
class Stretches:
    """Texts of these functions for a layout."""

    layout: Layout
    state: State
    cells: Cells

    def functions(self) -> Iterable[str]:
        """All the functions."""
        for kind in dict.fromkeys(c.kind for c in self.layout.cells if c.window >= 0):
            yield sum_function(kind)
        for number, cell in enumerate(self.layout.cells):
            yield self._slow(number, cell)
            yield self._floats(number, cell) if cell.window >= 0 else self._fast(number, cell)

    def calls(self, number: str) -> str:
        """Take in `number` rows from `$from` on for the group `$e`, all but their count."""
        lines = []
        for place, cell in enumerate(self.layout.cells):
            column = len(self.layout.signature.keys) + cell.value
            start = f"(i32.load $own (i32.const {self.state.arguments + 4 * column}))"
            at = f"(i32.mul (local.get $from) (i32.const {WIDTH[cell.kind]}))"
            lines.append(f"(call $fast{place} (local.get $e) (i32.add {start} {at}) {number})")
        return "\n".join(lines)

    def _slow(self, number: int, cell: Cell) -> str:
        """Value by value."""
        j, width = cell.value, WIDTH[cell.kind]
        form = "f64" if cell.kind in BINARY else "i64"
        windows = f"{self.cells.window_locals}(local $size i64)"
        return f"""
(func $slow{number} (param $e i32) (param $p i32) (param $number i32) (local $end i32)
  (local $x{j} {form}){windows}
  {self.cells.load_windows()}
  (local.set $end (i32.add (local.get $p) (i32.mul (local.get $number) (i32.const {width}))))
  (block $done
    (loop $row
      (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
      (local.set $x{j} {load_column(cell.kind, "(local.get $p)")})
      {self.cells.update_one(cell)}
      (local.set $p (i32.add (local.get $p) (i32.const {width})))
      (br $row))))"""

    def _floats(self, number: int, cell: Cell) -> str:
        """A total of floats, a chunk after the other; one that does not fit value by value.

        Without keys the sums of each chunk lie where its values ask for, and go to the wide sum;
        with keys they lie in the window of the groups.
        """
        window, width = self.state.windows + 64 * cell.window, WIDTH[cell.kind]
        without_keys = not self.layout.signature.keys
        place = f"(i32.load $own (i32.const {window + PLACE}))"
        if without_keys:
            place = place_without_keys(self.state, cell)
        flush = f"""(i64.store $own offset={cell.offset} (local.get $e)
  (i64.add (i64.load $own offset={cell.offset} (local.get $e)) (local.get $low)))
(i64.store $own offset={cell.offset + 8} (local.get $e)
  (i64.add (i64.load $own offset={cell.offset + 8} (local.get $e)) (local.get $high)))"""
        if without_keys:
            flush = self.flush(cell)
        other_place = self._other_place(window, flush) if without_keys else "(br $unfit)"
        return f"""
(func $fast{number} (param $e i32) (param $p i32) (param $number i32)
  (local $end i32)(local $rows i32)(local $place i32)(local $most i32)(local $least i32)
  (local $low i64)(local $high i64)(local $low_sum i64)(local $high_sum i64)(local $sum i32)
  (local.set $place {place})
  (block $done
    (loop $chunk
      (local.set $rows (i32.and (local.get $number) (i32.const {-ROWS})))
      (br_if $done (i32.eqz (local.get $rows)))
      (if (i32.gt_u (local.get $rows) (i32.const {CHUNK})) (then
        (local.set $rows (i32.const {CHUNK}))))
      (local.set $end (i32.add (local.get $p)
        (i32.mul (local.get $rows) (i32.const {width}))))
      (call {NAMES[cell.kind]} (local.get $p) (local.get $end) (local.get $place))
      (local.set $least) (local.set $most) (local.set $high_sum) (local.set $low_sum)
      (block $taken
        (block $unfit
          (if (i32.eqz {fits("(local.get $most)", "(local.get $least)", "(local.get $place)")})
            (then {other_place}))
          (local.set $low (i64.add (local.get $low) (local.get $low_sum)))
          (local.set $high (i64.add (local.get $high) (local.get $high_sum)))
          (br $taken))
        (call $slow{number} (local.get $e) (local.get $p) (local.get $rows)))
      (local.set $number (i32.sub (local.get $number) (local.get $rows)))
      (local.set $p (local.get $end))
      (br $chunk)))
  {flush}
  (call $slow{number} (local.get $e) (local.get $p) (local.get $number)))"""

    def flush(self, cell: Cell) -> str:
        """Bring sums of floats (`$low`, `$high` at `$place`) to the wide sum of group `$e`."""
        return f"""(if (i64.ne (i64.or (local.get $low) (local.get $high)) (i64.const 0)) (then
  (local.set $sum (i32.add (call $wide_of (local.get $e))
    (i32.const {WIDE_BYTES * cell.window})))
  (call $wide_add_whole (local.get $sum) (local.get $low) (local.get $place))
  (call $wide_add_whole (local.get $sum) (local.get $high)
    (i32.add (local.get $place) (i32.const {SETTLED_BITS})))
  (local.set $low (i64.const 0)) (local.set $high (i64.const 0))))"""

    def _other_place(self, window: int, flush: str) -> str:
        """Choose a place that fits the chunk, and try again; leaves `$unfit` if there is none."""
        return f"""(br_if $unfit (i32.ge_u (local.get $most) (i32.const {_HIGHEST << 21})))
{flush}
(local.set $most (i32.shr_u (i32.add (local.get $most) (i32.const {(1 << 21) - 1}))
  (i32.const 21)))
(if (i32.lt_u (local.get $most) (i32.const {_LOWEST})) (then
  (local.set $most (i32.const {_LOWEST}))))
(local.set $least (i32.add (i32.shr_u (local.get $least) (i32.const 21))
  (i32.const {_SPREAD})))
(br_if $unfit (i32.lt_u (local.get $least) (local.get $most)))
(local.set $most (i32.add (local.get $most) (i32.const {_HEADROOM})))
(local.set $place (i32.sub (select (local.get $most) (local.get $least)
    (i32.lt_u (local.get $most) (local.get $least))) (i32.const {MOST_ABOVE})))
(i32.store $own (i32.const {window + ASKED_PLACE}) (local.get $place))
(br $chunk)"""

    def _fast(self, number: int, cell: Cell) -> str:
        """Several values at once as far as possible, then value by value."""
        if cell.what == "total":
            begin, turn, finish, lanes = whole_total(cell)
        elif cell.what in ("least", "greatest") and cell.kind not in (Kind.STRING, Kind.BOOL):
            begin, turn, finish, lanes = extreme(number, cell)
        else:
            return f"""
(func $fast{number} (param $e i32) (param $p i32) (param $number i32)
  (call $slow{number} (local.get $e) (local.get $p) (local.get $number)))"""
        step = WIDTH[cell.kind] * lanes
        return f"""
(func $fast{number} (param $e i32) (param $p i32) (param $number i32)
  (local $end i32)(local $rows i32)(local $start i32)(local $low i64)(local $high i64)
  (local $x v128)(local $y v128)(local $a v128)(local $b v128)(local $bad v128)
  (local $kept i64)(local $f f64)
  (block $done
    (loop $chunk
      (local.set $rows (i32.and (local.get $number) (i32.const {-lanes})))
      (br_if $done (i32.eqz (local.get $rows)))
      (if (i32.gt_u (local.get $rows) (i32.const {_CHUNK})) (then
        (local.set $rows (i32.const {_CHUNK}))))
      (local.set $number (i32.sub (local.get $number) (local.get $rows)))
      (local.set $start (local.get $p))
      (local.set $end (i32.add (local.get $p)
        (i32.mul (local.get $rows) (i32.const {WIDTH[cell.kind]}))))
      {begin}
      (loop $turn
        {turn}
        (local.set $p (i32.add (local.get $p) (i32.const {step})))
        (br_if $turn (i32.lt_u (local.get $p) (local.get $end))))
      {finish}
      (br $chunk)))
  (call $slow{number} (local.get $e) (local.get $p) (local.get $number)))"""
