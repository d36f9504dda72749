"""The loops of many groups, in WebAssembly text: rows wait before 256 tables, then go in together.

A row in a buffer is the words of its key, then its values in words, so that nothing of the emitted
columns is needed any more; one with a long string goes in at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.cells import Cells
from totemlang.native.grouping.keys import Keys, load_column
from totemlang.native.grouping.layout import BINARY, Layout, State
from totemlang.native.grouping.loops import NO_ROOM, Loops
from totemlang.schema.types import Kind


@frozen
class Parts:
    """Texts of these loops for a layout."""

    layout: Layout
    state: State
    keys: Keys
    cells: Cells
    loops: Loops

    def functions(self) -> Iterable[str]:
        """All the functions."""
        yield self._parted()
        if self.layout.record:
            yield self._drain()

    def _parted(self) -> str:
        load = f"{self.loops.pointers()} {self.keys.load_seeds()} {self.keys.limit}"
        row = f"""{self.keys.load_parts()}
{self.loops.values()}
(local.set $unfit (i32.const 1))
(block $edge
  {self.keys.words_at_once(has_long=False)}
  (local.set $unfit (i32.const 0)))
(br_if $rare (local.get $unfit))
{self.keys.hash()}
{self.loops.table_of_hash()}
{self._buffered() if self.layout.record else "(br $rare)"}"""
        rare = f"""(if (i32.or (local.get $unfit) (i32.const {int(not self.layout.record)})) (then
  (br_if $stop {NO_ROOM})
  {self.keys.words()} {self.keys.hash()} {self.loops.table_of_hash()} {self.loops.call_one()}))"""
        if self.layout.record:  # else a buffer is full, the row in it
            rare += "(if (i32.eqz (local.get $unfit)) (then (call $drain (local.get $table))))"
        return f"""
(func (export "parted") (param $from i32) (param $rows i32) (result i32)
  (local $table i32)(local $fill i32)(local $e i32){self.loops.row_locals}{self.cells.value_locals}
  {self.keys.word_locals}
  {self.loops.rows(load, row, rare)}
  (local.get $from))"""

    def _buffered(self) -> str:
        """Let the row wait in its partition's buffer; leaves `$rare` when that is full."""
        fields, values = [], self.layout.signature.values
        for place, name in enumerate(
            [f"w{k}" for k in range(len(self.layout.words))] + [f"x{j}" for j in self.layout.read]
        ):
            is_float = name[0] == "x" and values[int(name[1:])].kind in BINARY
            fields.append(
                f"({'f64' if is_float else 'i64'}.store $own offset={8 * place}"
                f" (local.get $fill) (local.get ${name}))"
            )
        return f"""(local.set $fill (i32.load $own offset=24 (local.get $table)))
{" ".join(fields)}
(local.set $fill (i32.add (local.get $fill) (i32.const {self.layout.record})))
(i32.store $own offset=24 (local.get $table) (local.get $fill))
(br_if $rare (i32.eq (local.get $fill) (i32.load $own offset=28 (local.get $table))))"""

    def _drain(self) -> str:
        at = 8 * len(self.layout.words)
        values = []
        for place, j in enumerate(self.layout.read):
            kind = self.layout.signature.values[j].kind
            column = Kind.DOUBLE if kind in BINARY else Kind.LONG
            address = f"offset={at + 8 * place} (local.get $p)"
            values.append(f"(local.set $x{j} {load_column(column, address, '$own')})")
        return f"""
(func $drain (export "drain") (param $table i32)
  (local $e i32)(local $p i32)(local $fill i32){self.loops.update_locals}{self.cells.value_locals}
  {self.keys.word_locals}{self.loops.table_locals}
  (local.set $p (i32.load $own offset=20 (local.get $table)))
  (local.set $fill (i32.load $own offset=24 (local.get $table)))
  (i32.store $own offset=24 (local.get $table) (local.get $p))
  (block $stop
    (loop $again
      {self.loops.open_table()} {self.cells.load_windows()} {self.keys.load_seeds()}
      (block $rare
        (loop $row
          (br_if $stop (i32.eq (local.get $p) (local.get $fill)))
          {self.keys.load_words("$own", "(local.get $p)")} {self.keys.hash()}
          {" ".join(values)}
          {self.loops.find_at_once("", has_long=False)}
          {self.loops.counted_at_once()}
          (local.set $p (i32.add (local.get $p) (i32.const {self.layout.record})))
          (br $row)))
      {self.loops.call_one()}
      (local.set $p (i32.add (local.get $p) (i32.const {self.layout.record})))
      (br $again))))"""
