"""Groups given to a reduce, in WebAssembly text: written where it reads them, keys in columns.

`give` goes over groups that lie one behind the other and passes over those of no rows. Where it
writes to stands in the grouping's state, 16 bytes a column: of a key part its values (of strings
the offsets, then the bytes), of a value its headers, its records and the bytes of one such value.
A column that nobody looks at has the place 0.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.aggregate_records import AGGREGATE, HEADER
from totemlang.native.grouping.cells import SETTLED_BITS, Cells
from totemlang.native.grouping.keys import Keys
from totemlang.native.grouping.layout import BINARY, WHOLE, WIDE_BYTES, Cell, Layout, State
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

GIFT = 16
"""Bytes of a column in the state."""

_STORE = {1: "i64.store8", 4: "i64.store32", 8: "i64.store"}


def totals_functions(layout: Layout, state: State) -> str:
    """For each total of floats the function of a settled group that rounds it."""
    return "\n".join(_rounded(layout, state, cell) for cell in layout.cells if cell.window >= 0)


def _rounded(layout: Layout, state: State, cell: Cell) -> str:
    window, offset, bits = cell.window, cell.offset, SETTLED_BITS
    place = f"(i32.load $own (i32.const {state.windows + 64 * window + 40}))"
    return f"""
(func $total{window} (param $e i32) (result f64)
  (local $low i64)(local $high i64)(local $negative i32)(local $wide i32)
  (local.set $wide (i32.load $own offset={layout.wide} (local.get $e)))
  (if (local.get $wide) (then
    (call $widen (local.get $e) (i32.const {window}) (i32.const {offset}))
    (return (call $wide_total
      (i32.add (local.get $wide) (i32.const {WIDE_BYTES * window}))))))
  (local.set $low (i64.load $own offset={offset} (local.get $e)))
  (local.set $high (i64.load $own offset={offset + 8} (local.get $e)))
  ;; settled: low is below 2^{bits}, so nothing is carried
  (local.set $low (i64.or (local.get $low) (i64.shl (local.get $high) (i64.const {bits}))))
  (local.set $high (i64.shr_s (local.get $high) (i64.const {64 - bits})))
  (local.set $negative (i64.lt_s (local.get $high) (i64.const 0)))
  (if (local.get $negative) (then
    (local.set $low (i64.sub (i64.const 0) (local.get $low)))
    (local.set $high (i64.sub (i64.xor (local.get $high) (i64.const -1))
      (i64.extend_i32_u (i64.ne (local.get $low) (i64.const 0)))))
    (local.set $high (i64.add (local.get $high) (i64.const 1)))))
  (call $rounded (local.get $negative) (local.get $high) (local.get $low) {place}))"""


@frozen
class Giving:
    """Texts of `give` for a layout. String extremes cannot be given so."""

    layout: Layout
    state: State
    keys: Keys
    cells: Cells

    def functions(self) -> Iterable[str]:
        """The function, where it can be."""
        if not self.layout.text_extremes:
            yield self._give()

    def _give(self) -> str:
        keys = range(len(self.keys.kinds))
        values = range(len(self.layout.signature.values))
        declared = "".join(f"(local $k{i} i32)(local $t{i} i32)(local $n{i} i32)" for i in keys)
        declared += "".join(
            f"(local $h{j} i32)(local $r{j} i32)(local $each{j} i64)" for j in values
        )
        opened = [self._open(f"$k{i}", f"$t{i}", i) for i in keys]
        opened += [self._open(f"$h{j}", f"$r{j}", len(keys) + j) for j in values]
        opened += [
            f"(local.set $each{j} (i64.load $own (i32.const"
            f" {self.state.gifts + GIFT * (len(keys) + j) + 8})))"
            for j in values
        ]
        given = [self._key(i) for i in keys] + [self._value(j) for j in values]
        ends = [
            f"(if (local.get $k{i}) (then (i32.store $source (local.get $k{i}) (local.get $n{i}))))"
            for i in keys
            if self.keys.kinds[i] is Kind.STRING
        ]
        return f"""
(func (export "give") (param $at i32) (param $number i32)
  (local $e i32)(local $end i32)(local $count i64)(local $low i64)(local $high i64){declared}
  {" ".join(opened)}
  (local.set $end (i32.add (local.get $at) (i32.mul (local.get $number) (global.get $size))))
  (block $done
    (loop $groups
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $count (i64.load $own offset={self.layout.count} (local.get $at)))
      (if (i64.ne (local.get $count) (i64.const 0)) (then
        (local.set $e (local.get $at))
        {self.cells.settle()}
        {" ".join(given)}))
      (local.set $at (i32.add (local.get $at) (global.get $size)))
      (br $groups)))
  {" ".join(ends)})"""

    def _open(self, first: str, second: str, column: int) -> str:
        at = self.state.gifts + GIFT * column
        return (
            f"(local.set {first} (i32.load $own (i32.const {at})))"
            f"(local.set {second} (i32.load $own (i32.const {at + 4})))"
        )

    def _key(self, part: int) -> str:
        kind = self.keys.kinds[part]
        if kind is Kind.STRING:
            return self._text(part)
        k = next(k for k, word in enumerate(self.layout.words) if part in word.parts)
        parts, value = self.layout.words[k].parts, f"(i64.load $own offset={8 * k} (local.get $at))"
        if len(parts) == 2 and part == parts[0]:
            value = f"(i64.shr_s {value} (i64.const 32))"
        width = WIDTH[kind]
        return f"""(if (local.get $k{part}) (then
  ({_STORE[width]} $source (local.get $k{part}) {value})
  (local.set $k{part} (i32.add (local.get $k{part}) (i32.const {width})))))"""

    def _text(self, part: int) -> str:
        first = next(k for k, word in enumerate(self.layout.words) if part in word.parts)
        size = "(i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 32)))"
        to = f"(i32.add (local.get $t{part}) (local.get $n{part}))"
        return f"""(if (local.get $k{part}) (then
  (i32.store $source (local.get $k{part}) (local.get $n{part}))
  (local.set $k{part} (i32.add (local.get $k{part}) (i32.const 4)))
  (local.set $low (i64.load $own offset={8 * first + 16} (local.get $at)))
  (if (i64.lt_u (local.get $low) (i64.const {17 << 32}))
    (then (v128.store $source {to} (v128.load $own offset={8 * first} (local.get $at))))
    (else (memory.copy $source $own {to} (i32.wrap_i64 (local.get $low)) {size})))
  (local.set $n{part} (i32.add (local.get $n{part}) {size}))))"""

    def _value(self, value: int) -> str:
        kind = self.layout.signature.values[value].kind
        cells = {cell.what: cell for cell in self.layout.cells if cell.value == value}
        total, over = _total(cells.get("total"), kind)
        bytes_, longest = (
            f"(i64.mul (local.get $count) (local.get $each{value}))",
            f"(local.get $each{value})",
        )
        if "bytes" in cells:
            bytes_, longest = _own(cells["bytes"].offset), _own(cells["bytes"].offset + 8)
        record = [
            _to(value, "count", "(local.get $count)"),
            _to(value, "bytes", bytes_),
            _to(value, "longest", longest),
            _to(value, "total", total),
            _to(value, "over", over),
            _to(value, "least", _extreme(cells.get("least"))),
            _to(value, "greatest", _extreme(cells.get("greatest"))),
        ]
        most = "(i64.const 0x7fffffff)"
        length = f"(select (local.get $count) {most} (i64.lt_u (local.get $count) {most}))"
        # A header's data pointer and what is unused are zeros.
        return f"""(if (local.get $h{value}) (then
  (i64.store32 $source offset={_place(HEADER, "data")} (local.get $h{value}) (i64.const 0))
  (i64.store32 $source offset={_place(HEADER, "length")} (local.get $h{value}) {length})
  (i32.store $source offset={_place(HEADER, "aggregate")} (local.get $h{value})
    (local.get $r{value}))
  (i32.store $source offset={_place(HEADER, "none")} (local.get $h{value}) (i32.const 0))
  {" ".join(record)}
  (local.set $h{value} (i32.add (local.get $h{value}) (i32.const {HEADER.itemsize})))
  (local.set $r{value} (i32.add (local.get $r{value}) (i32.const {AGGREGATE.itemsize})))))"""


def _place(record: object, name: str) -> int:
    found: int = record.fields[name][1]  # type: ignore[attr-defined]
    return found


def _own(offset: int) -> str:
    return f"(i64.load $own offset={offset} (local.get $at))"


def _to(value: int, name: str, what: str) -> str:
    return f"(i64.store $source offset={_place(AGGREGATE, name)} (local.get $r{value}) {what})"


def _total(cell: Cell | None, kind: Kind) -> tuple[str, str]:
    """The total in 64 bits, and whether it does not fit; what nobody asked for is 0."""
    fits = "(i64.const 0)"
    if cell is None or (kind not in BINARY and kind not in WHOLE):
        return "(i64.const 0)", fits
    if kind in BINARY:
        return f"(i64.reinterpret_f64 (call $total{cell.window} (local.get $at)))", fits
    low, high = _own(cell.offset), _own(cell.offset + 8)
    beyond = f"(i64.shr_s {low} (i64.const 63))"
    if kind is Kind.INT:
        low = f"(i64.add {low} (i64.shl {high} (i64.const 32)))"
        beyond = f"(i64.extend32_s {high})"
    return low, f"(i64.extend_i32_u (i64.ne {high} {beyond}))"


def _extreme(cell: Cell | None) -> str:
    if cell is None:
        return "(i64.const 0)"
    if cell.kind is not Kind.FLOAT:
        return _own(cell.offset)
    value = f"(f32.demote_f64 (f64.load $own offset={cell.offset} (local.get $at)))"
    return f"(i64.extend_i32_u (i32.reinterpret_f32 {value}))"
