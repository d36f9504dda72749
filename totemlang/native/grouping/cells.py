"""What is kept of each value in WebAssembly text: begun, updated by a row, folded, settled.

Locals: `$e` the group, `$x{j}` value `j` (f64 of floats, else i64), `$o` the same group of another
table, which lies in the source memory with its texts and wide sums from `$texts` on.

A total of floats has a window of 90 bits: each value is the sum of two whole numbers of about 45
bits, found by adding and taking away two constants, and both are added up in 64 bits. Every 2^16
rows of a group they are settled. What is not in the window goes to the group's wide sum.
"""

from __future__ import annotations

from totemlang.native.grouping.layout import BINARY, Cell, Layout, State
from totemlang.schema.types import Kind

SETTLED_BITS = 45
"""The lower number of a total of floats has so many bits once it is settled."""

_LEAST = {"least": "i64.const 0x7fffffffffffffff", "greatest": "i64.const 0x8000000000000000"}


class Cells:
    """Texts for the cells of a layout."""

    def __init__(self, layout: Layout, state: State) -> None:
        """Prepare them."""
        self.layout, self.state = layout, state

    @property
    def value_locals(self) -> str:
        """Declares the values that are read."""
        values = self.layout.signature.values
        return "".join(
            f"(local $x{j} {'f64' if values[j].kind in BINARY else 'i64'})"
            for j in self.layout.read
        )

    @property
    def window_locals(self) -> str:
        """Declares the windows."""
        each = (
            "(local $high{0} f64)(local $low_{0} f64)(local $most{0} f64)(local $bits{0} v128)"
            "(local $t{0} f64)(local $u{0} f64)(local $r{0} f64)"
        )
        return "".join(each.format(w) for w in range(self.layout.windows))

    def load_windows(self) -> str:
        """Set the windows."""
        lines = []
        for w in range(self.layout.windows):
            at = self.state.windows + 64 * w
            lines.append(
                f"(local.set $high{w} (f64.load $own (i32.const {at})))"
                f"(local.set $low_{w} (f64.load $own (i32.const {at + 8})))"
                f"(local.set $bits{w} (v128.load $own (i32.const {at + 16})))"
                f"(local.set $most{w} (f64.load $own (i32.const {at + 32})))"
            )
        return "\n".join(lines)

    def begin(self) -> str:
        """Set all but the key for a group of no rows."""
        lines = [_store("i64", self.layout.count, "(i64.const 0)")]
        for cell in self.layout.cells:
            if cell.what in ("total", "bytes"):
                lines.append(_store("i64", cell.offset, "(i64.const 0)"))
                lines.append(_store("i64", cell.offset + 8, "(i64.const 0)"))
            elif cell.kind is Kind.STRING:
                lines.append(_store("i64", cell.offset, "(i64.const -1)"))
            elif cell.kind in BINARY:
                start = "inf" if cell.what == "least" else "-inf"
                lines.append(_store("f64", cell.offset, f"(f64.const {start})"))
            else:
                lines.append(_store("i64", cell.offset, f"({_LEAST[cell.what]})"))
        if self.layout.windows:
            lines.append(_store("i64", self.layout.wide, "(i64.const 0)"))
        return "\n".join(lines)

    def check(self) -> str:
        """Leave the block `$rare` if a value is not in its window; nothing is changed before."""
        lines = []
        for cell in self.layout.cells:
            if cell.window < 0:
                continue
            w, x = cell.window, f"(local.get $x{cell.value})"
            lines.append(f"""{self._divide(cell, x)}
(br_if $rare (f64.ne (local.get $r{w}) (f64.sub (local.get $u{w}) (local.get $low_{w}))))
(br_if $rare (f64.gt (f64.mul {x} {x}) (local.get $most{w})))""")
        return "\n".join(lines)

    def apply(self) -> str:
        """Take in the values of a row that was checked: without calls, but for string extremes."""
        return "\n".join(
            self._update(cell) if cell.window < 0 else self._add_pair(cell)
            for cell in self.layout.cells
        )

    def update(self) -> str:
        """Take in the values of any row."""
        return "\n".join(self._update(cell) for cell in self.layout.cells)

    def update_one(self, cell: Cell) -> str:
        """Take in the value of a row for one cell."""
        return self._update(cell)

    def _update(self, cell: Cell) -> str:
        x, at = f"(local.get $x{cell.value})", cell.offset
        if cell.what == "bytes":
            return f"""(local.set $size (i64.shr_u {x} (i64.const 32)))
(local.set $size (select (local.get $size) (i64.const 1) (i64.ne (local.get $size) (i64.const 0))))
{_store("i64", at, f"(i64.add {_load('i64', at)} (local.get $size))")}
{_store("i64", at + 8, _larger(_load("i64", at + 8), "(local.get $size)"))}"""
        if cell.what == "total":
            return self._windowed(cell, x) if cell.window >= 0 else _added(cell, x)
        return _extreme(cell, x)

    def _windowed(self, cell: Cell, x: str) -> str:
        w = cell.window
        return f"""{self._divide(cell, x)}
(if (i32.and (f64.eq (local.get $r{w}) (f64.sub (local.get $u{w}) (local.get $low_{w})))
    (f64.le (f64.mul {x} {x}) (local.get $most{w})))
  (then {self._add_pair(cell)})
  (else (call $outside (local.get $e) (i32.const {w}) {x})))"""

    def _divide(self, cell: Cell, x: str) -> str:
        w = cell.window
        return f"""(local.set $t{w} (f64.add {x} (local.get $high{w})))
(local.set $r{w} (f64.sub {x} (f64.sub (local.get $t{w}) (local.get $high{w}))))
(local.set $u{w} (f64.add (local.get $r{w}) (local.get $low_{w})))"""

    def _add_pair(self, cell: Cell) -> str:
        w, at = cell.window, cell.offset
        pair = f"(v128.load $own offset={at} (local.get $e))"
        parts = f"(f64x2.replace_lane 1 (f64x2.splat (local.get $u{w})) (local.get $t{w}))"
        return f"""(v128.store $own offset={at} (local.get $e)
  (i64x2.add {pair} (i64x2.sub {parts} (local.get $bits{w}))))"""

    def fold(self, settle: str = "(call $settle (local.get $e))") -> str:
        """Take in another group of the same key; both are settled before and after."""
        lines = [
            settle,
            _store(
                "i64",
                self.layout.count,
                f"(i64.add {_load('i64', self.layout.count)} {_other('i64', self.layout.count)})",
            ),
        ]
        for cell in self.layout.cells:
            lines.append(self._fold(cell))
        if self.layout.windows:
            lines.append(
                f"""(if (i64.ne {_other("i64", self.layout.wide)} (i64.const 0)) (then
  (call $fold_wide (local.get $e) (i32.add (local.get $texts)
    (i32.wrap_i64 {_other("i64", self.layout.wide)})))))"""
            )
        lines.append(settle)
        return "\n".join(lines)

    def _fold(self, cell: Cell) -> str:
        at = cell.offset
        if cell.what == "bytes":
            total = f"(i64.add {_load('i64', at)} {_other('i64', at)})"
            longest = _larger(_load("i64", at + 8), _other("i64", at + 8))
            return _store("i64", at, total) + _store("i64", at + 8, longest)
        if cell.what == "total" and (cell.window >= 0 or cell.kind is Kind.INT):
            added = (
                f"(v128.store $own offset={at} (local.get $e) (i64x2.add"
                f" (v128.load $own offset={at} (local.get $e))"
                f" (v128.load $source offset={at} (local.get $o))))"
            )
            if cell.window < 0:
                return added
            state = self.state.windows + 64 * cell.window
            return f"""(if (i32.eq (i32.load $own (i32.const {state + 40}))
    (i32.load $own (i32.const {state + 56})))
  (then {added})
  (else (call $fold_foreign (local.get $e) (i32.const {cell.window})
    {_other("i64", at)} {_other("i64", at + 8)})))"""
        if cell.what == "total":
            carried = f"(i64.add {_load('i64', at + 8)} {_other('i64', at + 8)})"
            return f"""{_store("i64", at, f"(i64.add {_load('i64', at)} {_other('i64', at)})")}
{_store("i64", at + 8, _with_carry(carried, _load("i64", at), _other("i64", at)))}"""
        if cell.kind is Kind.STRING:
            place = f"(i64.add {_other('i64', at)} (i64.extend_i32_u (local.get $texts)))"
            return f"""(if (i64.ne {_other("i64", at)} (i64.const -1)) (then
  (call ${cell.what}_text (i32.add (local.get $e) (i32.const {at})) {place})))"""
        return _extreme(cell, _other("f64" if cell.kind in BINARY else "i64", at))

    def settle(self) -> str:
        """Carry from lower to higher numbers; what grows too large goes to the wide sum."""
        lines = []
        for cell in self.layout.cells:
            bits = 32 if cell.kind is Kind.INT else SETTLED_BITS
            if cell.what != "total" or (cell.window < 0 and cell.kind is not Kind.INT):
                continue
            low, high = _load("i64", cell.offset), _load("i64", cell.offset + 8)
            up = f"(i64.add {high} (i64.shr_s {low} (i64.const {bits})))"
            lines.append(_store("i64", cell.offset + 8, up))
            rest = f"(i64.and {low} (i64.const {(1 << bits) - 1}))"
            lines.append(_store("i64", cell.offset, rest))
            if cell.window >= 0:
                lines.append(
                    f"(if (i64.gt_u (i64.add {high} (i64.const {1 << 61})) (i64.const {1 << 62}))"
                    f" (then (call $widen (local.get $e) (i32.const {cell.window})"
                    f" (i32.const {cell.offset}))))"
                )
        return "\n".join(lines)


def _load(form: str, offset: int) -> str:
    return f"({form}.load $own offset={offset} (local.get $e))"


def _other(form: str, offset: int) -> str:
    return f"({form}.load $source offset={offset} (local.get $o))"


def _store(form: str, offset: int, value: str) -> str:
    return f"({form}.store $own offset={offset} (local.get $e) {value})"


def _larger(one: str, other: str) -> str:
    return f"(select {one} {other} (i64.gt_u {one} {other}))"


def _with_carry(high: str, low: str, added: str) -> str:
    """`high`, and one more if the low word, to which was added, has passed its end."""
    return f"(i64.add {high} (i64.extend_i32_u (i64.lt_u {low} {added})))"


def _added(cell: Cell, x: str) -> str:
    """A whole number to a total of 128 bits; ints, in 64 bits, are settled in time."""
    at = cell.offset
    low = _store("i64", at, f"(i64.add {_load('i64', at)} {x})")
    if cell.kind is Kind.INT:
        return low
    signed = f"(i64.add {_load('i64', at + 8)} (i64.shr_s {x} (i64.const 63)))"
    return low + _store("i64", at + 8, _with_carry(signed, _load("i64", at), x))


def _extreme(cell: Cell, x: str) -> str:
    at = cell.offset
    if cell.kind in BINARY:  # the order of the language is that of these instructions
        name = "min" if cell.what == "least" else "max"
        return _store("f64", at, f"(f64.{name} {_load('f64', at)} {x})")
    if cell.kind is Kind.STRING:
        return f"(call ${cell.what}_text (i32.add (local.get $e) (i32.const {at})) {x})"
    compare = "i64.lt_s" if cell.what == "least" else "i64.gt_s"
    kept = _load("i64", at)
    return _store("i64", at, f"(select {x} {kept} ({compare} {x} {kept}))")
