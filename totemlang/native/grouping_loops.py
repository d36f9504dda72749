"""The loops that take rows in, in WebAssembly text: by value of the key, by hash, by partition.

Each goes on from row `$from` and gives the row that it stopped before: the number of rows if it
took all, else the first that it cannot take as things stand.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping_cells import Cells
from totemlang.native.grouping_keys import Keys, load_column
from totemlang.native.grouping_layout import BINARY, TABLE_BYTES, Layout, State
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

_TABLE_LOCALS = (
    "(local $groups i32)(local $slots i32)(local $mask i32)(local $slot i32)(local $s i64)"
)


@frozen
class Loops:
    """Texts of the loops of a layout."""

    layout: Layout
    state: State
    keys: Keys
    cells: Cells

    def functions(self) -> Iterable[str]:
        """All the functions."""
        if self.layout.is_direct:
            yield self._direct()
        yield self._settle()
        yield self._hash_of()
        yield self._hashed()
        yield self._one()
        yield self._parted()
        if self.layout.record:
            yield self._drain()

    @property
    def _columns(self) -> list[int]:
        """The columns that are read."""
        keys = len(self.keys.kinds)
        return [*range(keys), *(keys + j for j in self.layout.read)]

    @property
    def _row_locals(self) -> str:
        pointers = "".join(f"(local $p{c} i32)" for c in self._columns)
        return f"{pointers}{self.keys.part_locals}{self.update_locals}"

    @property
    def update_locals(self) -> str:
        """Declares what `update` needs, the group and the values aside."""
        return f"{self.cells.window_locals}(local $count i64)(local $size i64)"

    @property
    def table_locals(self) -> str:
        """Declares what `find` needs beside the words."""
        return _TABLE_LOCALS

    def _pointers(self) -> str:
        lines = []
        for c in self._columns:
            start = f"(i32.load $own (i32.const {self.state.arguments + 4 * c}))"
            width = WIDTH[self.layout.columns[c]]
            moved = f"(i32.add {start} (i32.mul (local.get $from) (i32.const {width})))"
            lines.append(f"(local.set $p{c} {moved})")
        return "\n".join(lines)

    def _advance(self) -> str:
        return "\n".join(
            f"(local.set $p{c} (i32.add (local.get $p{c})"
            f" (i32.const {WIDTH[self.layout.columns[c]]})))"
            for c in self._columns
        )

    def _values(self) -> str:
        keys, kinds = len(self.keys.kinds), self.layout.columns
        return "\n".join(
            f"(local.set $x{j} {load_column(kinds[keys + j], f'(local.get $p{keys + j})')})"
            for j in self.layout.read
        )

    def _counted(self, begin: str = "") -> str:
        """Count the row; settle the group every 2^16 rows (or begin it before the first)."""
        settled = "(call $settle (local.get $e))"
        if begin:
            settled = f"(if (i64.eqz (local.get $count)) (then {begin}) (else {settled}))"
        at = self.layout.count
        return f"""(local.set $count (i64.load $own offset={at} (local.get $e)))
(if (i64.eqz (i64.and (local.get $count) (i64.const 0xffff))) (then {settled}))
(i64.store $own offset={at} (local.get $e) (i64.add (local.get $count) (i64.const 1)))"""

    def _direct(self) -> str:
        begin = f"{self.keys.words()} {self.keys.keep_words()} {self.cells.begin()}"
        return f"""
(func (export "direct") (param $from i32) (param $rows i32) (result i32)
  (local $e i32)(local $base i32){self._row_locals}{self.cells.value_locals}
  {self.keys.word_locals}{self.keys.range_locals()}
  {self._pointers()} {self.cells.load_windows()} {self.keys.load_ranges()}
  (local.set $base (i32.load $own (i32.const {self.state.direct})))
  (block $outside
    (loop $row
      (br_if $outside (i32.ge_u (local.get $from) (local.get $rows)))
      {self.keys.load_parts()}
      {self.keys.direct("(local.get $base)")}
      {self._values()}
      {self._counted(begin)}
      {self.cells.update()}
      {self._advance()}
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $row)))
  (local.get $from))"""

    def _settle(self) -> str:
        return f"(func $settle (param $e i32) {self.cells.settle()})"

    def _hash_of(self) -> str:
        return f"""
(func $hash_of (param $e i32) (result i64) {self.keys.word_locals}
  {self.keys.load_seeds()} {self.keys.load_words("$own", "(local.get $e)")} {self.keys.hash()}
  (local.get $h))"""

    def open_table(self) -> str:
        """Set the locals of the table `$table`."""
        return """(local.set $groups (i32.sub (i32.load $own (local.get $table)) (i32.const 1)))
(local.set $slots (i32.load $own offset=12 (local.get $table)))
(local.set $mask (i32.load $own offset=16 (local.get $table)))"""

    def find(self, unless: str = "") -> str:
        """Set `$e` to the group of the words in the table that is open, a new one if need be.

        `unless` is done first where a new one is needed, and may leave.
        """
        return f"""
(block $found
  (if (local.get $slots) (then
    (local.set $slot (i32.and (i32.shl (i32.wrap_i64 (local.get $h)) (i32.const 3))
      (local.get $mask)))
    (block $missing
      (loop $probe
        (local.set $s (i64.load $own (i32.add (local.get $slots) (local.get $slot))))
        (br_if $missing (i64.eqz (local.get $s)))
        (block $next
          (br_if $next (i64.ne (i64.const 0)
            (i64.shr_u (i64.xor (local.get $s) (local.get $h)) (i64.const 32))))
          (local.set $e (i32.add (local.get $groups) (i32.wrap_i64 (local.get $s))))
          {self.keys.differs()}
          (br $found))
        (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 8)) (local.get $mask)))
        (br $probe)))))
  {unless}
  (local.set $e (call $place (local.get $table) (local.get $h)))
  {self.open_table()}
  {self.keys.keep_words()}
  {self.cells.begin()})"""

    def _hashed(self) -> str:
        full = "(i32.ge_u (i32.load $own offset=4 (local.get $table)) (local.get $most))"
        return f"""
(func (export "hashed") (param $from i32) (param $rows i32) (param $most i32) (result i32)
  (local $e i32)(local $table i32){self._row_locals}{self.cells.value_locals}
  {self.keys.word_locals}{self.table_locals}
  {self._pointers()} {self.cells.load_windows()} {self.keys.load_seeds()}
  (local.set $table (i32.const {self.state.tables}))
  {self.open_table()}
  (block $stop
    (loop $row
      (br_if $stop (i32.ge_u (local.get $from) (local.get $rows)))
      {self.keys.load_parts()} {self.keys.words()} {self.keys.hash()}
      {self.find(f"(br_if $stop {full})")}
      {self._values()}
      {self._counted()}
      {self.cells.update()}
      {self._advance()}
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $row)))
  (local.get $from))"""

    def _one(self) -> str:
        words = "".join(f"(param $w{k} i64)" for k in range(len(self.layout.words)))
        values = self.cells.value_locals.replace("(local", "(param")
        return f"""
(func $one (param $table i32)(param $h i64){words}{values}
  (local $e i32){self.update_locals}{self.table_locals}
  {self.open_table()} {self.cells.load_windows()}
  {self.find()}
  {self._counted()}
  {self.cells.update()})"""

    def _parted(self) -> str:
        words = [f"(local.get $w{k})" for k in range(len(self.layout.words))]
        values = [f"(local.get $x{j})" for j in self.layout.read]
        one = f"(call $one (local.get $table) (local.get $h) {' '.join(words + values)})"
        return f"""
(func (export "parted") (param $from i32) (param $rows i32) (result i32)
  (local $table i32)(local $fill i32){self._row_locals}{self.cells.value_locals}
  {self.keys.word_locals}
  {self._pointers()} {self.keys.load_seeds()}
  (block $stop
    (loop $row
      (br_if $stop (i32.ge_u (local.get $from) (local.get $rows)))
      {self.keys.load_parts()} {self.keys.words()} {self.keys.hash()}
      {self._values()}
      {self.table_of_hash()}
      {self._buffered(one) if self.layout.record else one}
      {self._advance()}
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $row)))
  (local.get $from))"""

    def table_of_hash(self) -> str:
        """Set the table to that of the partition of the hash."""
        return f"""(local.set $table (i32.add (i32.const {self.state.tables})
(i32.mul (i32.wrap_i64 (i64.shr_u (local.get $h) (i64.const 56))) (i32.const {TABLE_BYTES}))))"""

    def _buffered(self, one: str) -> str:
        """Let the row wait in its partition's buffer; one with a long string goes in at once."""
        fields, values = [], self.layout.signature.values
        for place, name in enumerate(
            [f"w{k}" for k in range(len(self.layout.words))] + [f"x{j}" for j in self.layout.read]
        ):
            is_float = name[0] == "x" and values[int(name[1:])].kind in BINARY
            fields.append(
                f"({'f64' if is_float else 'i64'}.store $own offset={8 * place}"
                f" (local.get $fill) (local.get ${name}))"
            )
        store = f"""(local.set $fill (i32.load $own offset=24 (local.get $table)))
{" ".join(fields)}
(local.set $fill (i32.add (local.get $fill) (i32.const {self.layout.record})))
(i32.store $own offset=24 (local.get $table) (local.get $fill))
(if (i32.eq (local.get $fill) (i32.load $own offset=28 (local.get $table)))
  (then (call $drain (local.get $table))))"""
        if not self.layout.long_words:
            return store
        long = "(i32.const 0)"
        for k in self.layout.long_words:
            long = f"(i32.or {long} (i64.ge_u (local.get $w{k}) (i64.const {17 << 32})))"
        return f"(if {long} (then {one}) (else {store}))"

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
  (local $e i32)(local $p i32)(local $fill i32){self.update_locals}{self.cells.value_locals}
  {self.keys.word_locals}{self.table_locals}
  {self.open_table()} {self.cells.load_windows()} {self.keys.load_seeds()}
  (local.set $p (i32.load $own offset=20 (local.get $table)))
  (local.set $fill (i32.load $own offset=24 (local.get $table)))
  (i32.store $own offset=24 (local.get $table) (local.get $p))
  (block $done
    (loop $row
      (br_if $done (i32.eq (local.get $p) (local.get $fill)))
      {self.keys.load_words("$own", "(local.get $p)")} {self.keys.hash()}
      {self.find()}
      {" ".join(values)}
      {self._counted()}
      {self.cells.update()}
      (local.set $p (i32.add (local.get $p) (i32.const {self.layout.record})))
      (br $row))))"""
