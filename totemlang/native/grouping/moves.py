"""What moves or ends groups, in WebAssembly text: to other tables, to and from other groupings.

Groups come from elsewhere as copies.py has them: one behind the other, places within them counted
from the begin of what goes with them (long keys, string extremes, wide sums).
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.cells import Cells
from totemlang.native.grouping.keys import Keys
from totemlang.native.grouping.layout import BINARY, Layout, State
from totemlang.native.grouping.loops import Loops


@frozen
class Moves:
    """Texts of these functions for a layout."""

    layout: Layout
    state: State
    keys: Keys
    cells: Cells
    loops: Loops

    def functions(self) -> Iterable[str]:
        """All the functions."""
        yield self._rehome()
        yield self._absorb()
        if self.layout.is_direct:
            yield self._absorb_directly()
            yield self._join()
        yield self._end()
        yield self._spell()
        if self.layout.windows:
            yield self._each("widen", "(call $widen_all (local.get $e))")

    def _choose_table(self) -> str:
        return f"""(if (i32.load $own (i32.const {self.state.direct + 4}))
  (then {self.loops.table_of_hash()})
  (else (local.set $table (i32.const {self.state.tables}))))"""

    def _each(self, name: str, what: str, declare: str = "", first: str = "") -> str:
        """A function that does something for each group `$e` of `$number` at `$at`."""
        present = (
            f"(i64.ne (i64.load $own offset={self.layout.count} (local.get $e)) (i64.const 0))"
        )
        return f"""
(func (export "{name}") (param $at i32) (param $number i32) (local $e i32) (local $end i32)
  {declare}
  {first}
  (local.set $e (local.get $at))
  (local.set $end (i32.add (local.get $at) (i32.mul (local.get $number) (global.get $size))))
  (block $done
    (loop $groups
      (br_if $done (i32.ge_u (local.get $e) (local.get $end)))
      (if {present} (then {what}))
      (local.set $e (i32.add (local.get $e) (global.get $size)))
      (br $groups))))"""

    def _rehome(self) -> str:
        """Groups that are nowhere else by key go to the tables as they are."""
        what = f"""{self.keys.load_words("$own", "(local.get $e)")} {self.keys.hash()}
{self._choose_table()}
(memory.copy $own $own (call $place (local.get $table) (local.get $h)) (local.get $e)
  (global.get $size))"""
        declare = f"{self.keys.word_locals}(local $table i32)"
        return self._each("rehome", what, declare, self.keys.load_seeds())

    def _absorb(self) -> str:
        """Groups of another grouping, which lie in the source memory."""
        longs = "\n".join(
            f"(if (i64.ge_u (local.get $w{k}) (i64.const {17 << 32})) (then (local.set $w{k}"
            f" (i64.add (local.get $w{k}) (i64.extend_i32_u (local.get $texts))))))"
            for k in self.layout.long_words
        )
        return f"""
(func (export "absorb") (param $o i32) (param $number i32) (param $texts i32)
  (local $e i32)(local $table i32)(local $size i64){self.keys.word_locals}
  {self.loops.table_locals}
  {self.keys.load_seeds()}
  (block $done
    (loop $groups
      (br_if $done (i32.eqz (local.get $number)))
      {self.keys.load_words("$source", "(local.get $o)")} {longs} {self.keys.hash()}
      {self._choose_table()}
      {self.loops.open_table()}
      {self.loops.find()}
      {self.cells.fold()}
      (local.set $number (i32.sub (local.get $number) (i32.const 1)))
      (local.set $o (i32.add (local.get $o) (global.get $size)))
      (br $groups))))"""

    def _absorb_directly(self) -> str:
        """The same where groups are found by value; those of no rows are passed over."""
        kinds = len(self.keys.kinds)
        return f"""
(func (export "absorb_directly") (param $o i32) (param $number i32) (param $texts i32)
  (local $e i32)(local $base i32)(local $size i64){self.keys.word_locals}
  {self.keys.part_locals}{self.keys.range_locals()}
  {self.keys.load_ranges()}
  (local.set $base (i32.load $own (i32.const {self.state.direct})))
  (block $done
    (block $stop
      (loop $groups
        (br_if $done (i32.eqz (local.get $number)))
        (if (i64.ne (i64.load $source offset={self.layout.count} (local.get $o)) (i64.const 0))
          (then
            {self.keys.load_words("$source", "(local.get $o)")}
            {" ".join(self.keys.part_of_words(part) for part in range(kinds))}
            {self.keys.direct("(local.get $base)")}
            (if (i64.eqz (i64.load $own offset={self.layout.count} (local.get $e)))
              (then {self.keys.keep_words()} {self.cells.begin()}))
            {self.cells.fold()}))
        (local.set $number (i32.sub (local.get $number) (i32.const 1)))
        (local.set $o (i32.add (local.get $o) (global.get $size)))
        (br $groups)))
    (unreachable)))"""

    def _join(self) -> str:
        """Groups of another grouping are folded into those in the same places here."""
        return f"""
(func (export "join") (param $e i32) (param $o i32) (param $number i32) (param $texts i32)
  (local $end i32)(local $size i64){self.keys.word_locals}
  (local.set $end (i32.add (local.get $o) (i32.mul (local.get $number) (global.get $size))))
  (block $done
    (loop $groups
      (br_if $done (i32.ge_u (local.get $o) (local.get $end)))
      (if (i64.ne (i64.load $source offset={self.layout.count} (local.get $o)) (i64.const 0))
        (then
          (if (i64.eqz (i64.load $own offset={self.layout.count} (local.get $e))) (then
            {self.keys.load_words("$source", "(local.get $o)")}
            {self.keys.keep_words()} {self.cells.begin()}))
          {self.cells.fold(self.cells.settle())}))
      (local.set $o (i32.add (local.get $o) (global.get $size)))
      (local.set $e (i32.add (local.get $e) (global.get $size)))
      (br $groups))))"""

    def _end(self) -> str:
        """Settles groups for good: a total of floats becomes a double in its first word."""
        lines = ["(call $settle (local.get $e))"]
        lines += [
            f"(f64.store $own offset={cell.offset} (local.get $e)"
            f" (call $total{cell.window} (local.get $e)))"
            for cell in self.layout.cells
            if cell.what == "total" and cell.kind in BINARY
        ]
        return self._each("end", "\n".join(lines))

    def _spell(self) -> str:
        """Strings of the groups whose places stand at `$at`, one behind the other at `$out`.

        At `$offset` of each group stands a packed place, or with `$short` the words of a key.
        """
        return """
(func (export "spell") (param $at i32) (param $number i32) (param $offset i32) (param $short i32)
  (param $out i32) (local $word i64) (local $cell i32) (local $bytes i32)
  (block $done
    (loop $groups
      (br_if $done (i32.eqz (local.get $number)))
      (local.set $cell (i32.add (i32.load $own (local.get $at)) (local.get $offset)))
      (local.set $word (i64.load $own
        (i32.add (local.get $cell) (i32.shl (local.get $short) (i32.const 4)))))
      (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 32))))
      (if (i32.and (local.get $short) (i32.le_u (local.get $bytes) (i32.const 16)))
        (then (v128.store $own (local.get $out) (v128.load $own (local.get $cell))))
        (else (memory.copy $own $own (local.get $out) (i32.wrap_i64 (local.get $word))
          (local.get $bytes))))
      (local.set $out (i32.add (local.get $out) (local.get $bytes)))
      (local.set $number (i32.sub (local.get $number) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br $groups))))"""
