"""The loops that take rows in, in WebAssembly text: by value of the key, by hash, by partition.

Each goes on from row `$from` and gives the row that it stopped before: the number of rows if it
took all, else the first that it cannot take as things stand.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.cells import Cells
from totemlang.native.grouping.keys import Keys, load_column
from totemlang.native.grouping.layout import TABLE_BYTES, Layout, State
from totemlang.native.values import WIDTH

_TABLE_LOCALS = (
    "(local $groups i32)(local $slots i32)(local $mask i32)(local $slot i32)(local $s i32)"
)

NO_ROOM = "(i64.gt_u (i64.load $own (i32.const 8)) (i64.load $own (i32.const 24)))"
"""Whether so much memory is handed out that new keys must wait."""


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
        yield self._hashed("hashed", has_long=False)
        if self.layout.long_words:
            yield self._hashed("hashed_long", has_long=True)
        yield self._one()

    @property
    def _columns(self) -> list[int]:
        """The columns that are read."""
        keys = len(self.keys.kinds)
        return [*range(keys), *(keys + j for j in self.layout.read)]

    @property
    def row_locals(self) -> str:
        """Declares what taking a row in needs, the words aside."""
        pointers = "".join(f"(local $p{c} i32)" for c in self._columns)
        others = (
            "(local $limit i32)(local $unfit i32)(local $at i32)(local $last i32)(local $own i32)"
        )
        return f"{pointers}{others}{self.keys.part_locals}{self.update_locals}"

    @property
    def update_locals(self) -> str:
        """Declares what `update` needs, the group and the values aside."""
        return f"{self.cells.window_locals}(local $count i64)(local $size i64)"

    @property
    def table_locals(self) -> str:
        """Declares what `find` needs beside the words."""
        return _TABLE_LOCALS

    def pointers(self) -> str:
        """Set where the columns of row `$from` stand."""
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

    def values(self) -> str:
        """Set the values of the row at the columns' places."""
        keys, kinds = len(self.keys.kinds), self.layout.columns
        return "\n".join(
            f"(local.set $x{j} {load_column(kinds[keys + j], f'(local.get $p{keys + j})')})"
            for j in self.layout.read
        )

    def _counted(self) -> str:
        """Count the row; every 2^16 rows the group is settled."""
        at = self.layout.count
        return f"""(local.set $count (i64.load $own offset={at} (local.get $e)))
(if (i64.eqz (i64.and (local.get $count) (i64.const 0xffff)))
  (then (call $settle (local.get $e))))
(i64.store $own offset={at} (local.get $e) (i64.add (local.get $count) (i64.const 1)))"""

    def counted_more(self) -> str:
        """Count `$more` rows beyond `$count`; where 2^16 are passed the group is settled."""
        after = "(i64.add (local.get $count) (local.get $more))"
        passed = [
            f"(i64.shr_u (i64.sub {count} (i64.const 1)) (i64.const 16))"
            for count in ("(local.get $count)", after)
        ]
        return f"""(i64.store $own offset={self.layout.count} (local.get $e) {after})
(if (i64.ne {passed[0]} {passed[1]}) (then (call $settle (local.get $e))))"""

    def counted_at_once(self) -> str:
        """Count the row and take it in without calls, or leave the block `$rare` before."""
        at = self.layout.count
        return f"""(local.set $count (i64.load $own offset={at} (local.get $e)))
(br_if $rare (i64.eqz (i64.and (local.get $count) (i64.const 0xffff))))
{self.cells.check()}
(i64.store $own offset={at} (local.get $e) (i64.add (local.get $count) (i64.const 1)))
{self.cells.apply()}"""

    def rows(self, load: str, row: str, rare: str) -> str:
        """Take in row after row. `load` is done before the first and after each rare one.

        `row` leaves the block `$rare` for what takes calls, which `rare` makes: where there is none
        in a loop, all it needs stays in registers. It leaves `$stop` for good.
        """
        return f"""
(block $stop
  (loop $again
    {load}
    (block $rare
      (loop $row
        (br_if $stop (i32.ge_u (local.get $from) (local.get $rows)))
        {row}
        {self._advance()}
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $row)))
    {rare}
    (local.set $from (i32.add (local.get $from) (i32.const 1)))
    (br $again)))"""

    def _direct(self) -> str:
        parts = "".join(f"(param $a{i} i64)" for i in range(len(self.keys.kinds)))
        given = " ".join(
            f"(local.get {name})"
            for name in [f"$a{i}" for i in range(len(self.keys.kinds))] + self._value_names
        )
        load = f"""{self.pointers()} {self.cells.load_windows()} {self.keys.load_ranges()}
(local.set $base (i32.load $own (i32.const {self.state.direct})))"""
        row = f"""{self.keys.load_parts()}
{self.keys.direct("(local.get $base)")}
{self.values()}
{self.counted_at_once()}"""
        return f"""
(func $direct_one (param $e i32){parts}{self._value_parameters}
  {self.keys.word_locals}{self.update_locals}
  {self.cells.load_windows()}
  (if (i64.eqz (i64.load $own offset={self.layout.count} (local.get $e))) (then
    {self.keys.words()} {self.keys.keep_words()} {self.cells.begin()}))
  {self._counted()}
  {self.cells.update()})

(func $direct_rows (param $from i32) (param $rows i32) (result i32)
  (local $e i32)(local $base i32){self.row_locals}{self.cells.value_locals}
  {self.keys.range_locals()}
  {self.rows(load, row, f"(call $direct_one (local.get $e) {given})")}
  (local.get $from))"""

    @property
    def _value_names(self) -> list[str]:
        return [f"$x{j}" for j in self.layout.read]

    @property
    def _value_parameters(self) -> str:
        return self.cells.value_locals.replace("(local", "(param")

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

    def find(self) -> str:
        """Set `$e` to the group of the words in the table that is open, a new one if need be."""
        return f"""
(block $found
  (if (local.get $slots) (then
    (local.set $slot (i32.and (i32.shl (i32.wrap_i64 (local.get $h)) (i32.const 2))
      (local.get $mask)))
    (block $missing
      (loop $probe
        (local.set $s (i32.load $own (i32.add (local.get $slots) (local.get $slot))))
        (br_if $missing (i32.eqz (local.get $s)))
        (block $next
          (local.set $e (i32.add (local.get $groups) (local.get $s)))
          {self.keys.differs()}
          (br $found))
        (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 4)) (local.get $mask)))
        (br $probe)))))
  (local.set $e (call $place (local.get $table) (local.get $h)))
  {self.open_table()}
  {self.keys.keep_words()}
  {self.cells.begin()})"""

    def find_at_once(self, unless: str, *, has_long: bool) -> str:
        """As `find`, without calls: leaves the block `$rare` where the group is missing.

        `unless` is done before it leaves. `has_long` if strings may be longer than 16 bytes.
        """
        return f"""
(block $found
  (local.set $slot (i32.and (i32.shl (i32.wrap_i64 (local.get $h)) (i32.const 2))
    (local.get $mask)))
  (block $missing
    (br_if $missing (i32.eqz (local.get $slots)))
    (loop $probe
      (local.set $s (i32.load $own (i32.add (local.get $slots) (local.get $slot))))
      (br_if $missing (i32.eqz (local.get $s)))
      (block $next
        (local.set $e (i32.add (local.get $groups) (local.get $s)))
        {self.keys.differs_at_once(has_long=has_long)}
        (br $found))
      (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 4)) (local.get $mask)))
      (br $probe)))
  {unless}
  (br $rare))"""

    def _hashed(self, name: str, *, has_long: bool) -> str:
        full = f"""(br_if $stop {NO_ROOM})
(br_if $stop (i32.ge_u (i32.load $own offset=4 (local.get $table)) (local.get $most)))"""
        load = f"""(local.set $table (i32.const {self.state.tables}))
{self.pointers()} {self.cells.load_windows()} {self.keys.load_seeds()} {self.keys.limit}
{self.open_table()}"""
        row = f"""{self.keys.load_parts()}
{self.values()}
(local.set $unfit (i32.const 1))
(block $edge
  {self.keys.words_at_once(has_long=has_long)}
  (local.set $unfit (i32.const 0)))
(if (local.get $unfit) (then {full} (br $rare)))
{self.keys.hash()}
{self.find_at_once(full, has_long=has_long)}
{self.counted_at_once()}"""
        rare = f"""{self.keys.words()} {self.keys.hash()}
{self.call_one()}"""
        return f"""
(func ${name}_rows (param $from i32) (param $rows i32) (param $most i32) (result i32)
  (local $e i32)(local $table i32){self.row_locals}{self.cells.value_locals}
  {self.keys.word_locals}{self.table_locals}
  {self.rows(load, row, rare)}
  (local.get $from))"""

    def call_one(self) -> str:
        """Set `$e` to the group of the words after the row was taken in with calls."""
        names = [f"$w{k}" for k in range(len(self.layout.words))] + self._value_names
        given = " ".join(f"(local.get {name})" for name in names)
        return f"(local.set $e (call $one (local.get $table) (local.get $h) {given}))"

    def _one(self) -> str:
        words = "".join(f"(param $w{k} i64)" for k in range(len(self.layout.words)))
        return f"""
(func $one (param $table i32)(param $h i64){words}{self._value_parameters} (result i32)
  (local $e i32){self.update_locals}{self.table_locals}
  {self.open_table()} {self.cells.load_windows()}
  {self.find()}
  {self._counted()}
  {self.cells.update()}
  (local.get $e))"""

    def table_of_hash(self) -> str:
        """Set the table to that of the partition of the hash."""
        return f"""(local.set $table (i32.add (i32.const {self.state.tables})
(i32.mul (i32.wrap_i64 (i64.shr_u (local.get $h) (i64.const 56))) (i32.const {TABLE_BYTES}))))"""
