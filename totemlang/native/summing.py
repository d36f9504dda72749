"""Sums of what a map emits, without its rows: records whose values are all there, two at a time.

Where a reduce without key asks nothing but sums of doubles and how many there are, and what such
records emit is known from the text (see `translation.certain`), nobody needs the rows. This is the
text of the functions that `streaming.wat` calls then: `$there` finds the records, `$summed` takes
them in as exact sums, of which `grouping.float_sums` tells. What does not fit is left to the map.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, field, frozen

from totemlang.native.grouping.float_sums import CHUNK, NAN, fits, function_of_sums
from totemlang.native.grouping.layout import Cell, Layout, State
from totemlang.native.grouping.stretch import place_without_keys
from totemlang.native.layout import CHUNK_STATE, CHUNK_TAKEN, ROWS_OUT, ROWS_STREAMED
from totemlang.native.translation.certain import Certain, Column, Expression, Literal, lanes
from totemlang.native.translation.records import FRAME_ENTRY
from totemlang.native.values import number
from totemlang.schema.types import Kind

BLOCK = CHUNK
"""Records are taken in blocks of so many."""

_PRODUCT = "mul"


def can_sum(certain: Certain, layout: Layout) -> bool:
    """Whether a grouping asks for no more than sums of doubles that a map makes of doubles."""
    if layout.signature.keys or not 0 < layout.windows == len(layout.cells):
        return False
    made_of = [_columns(certain.emitted[cell.value]) for cell in layout.cells]
    kinds = {column.type.kind for columns in made_of for column in columns}
    return all(made_of) and kinds == {Kind.DOUBLE}


@frozen
class Summing:
    """Texts for a map whose columns are told by the table at `frame`, and for a grouping."""

    certain: Certain
    frame: int
    layout: Layout
    state: State

    @property
    def taken_by(self) -> tuple[str, ...]:
        """The functions of the grouping that sums go to."""
        return ("count", *(f"total{cell.window}" for cell in self.layout.cells))

    def imports(self) -> str:
        """What the functions call: the map's charge, and the grouping's count and totals."""
        totals = "\n".join(
            f'(import "grouping" "{name}" (func ${name} (param i64 i64 i32)))'
            for name in self.taken_by[1:]
        )
        return f"""(import "machine" "pay" (func $pay (param i32 i64) (result i64)))
(import "grouping" "count" (func $count (param i32)))
{totals}"""

    def functions(self) -> str:
        """All the functions."""
        return "\n".join([self._there(), _BOUNDS, *self._sums(), self._summed()])

    def _there(self) -> str:
        """How many records from one on are there: whole blocks; or less nothing those to map.

        These are all up to a block that is there.
        """
        looked_at = sorted(self.certain.looked_at)
        words = [
            f"(v128.load $source offset={at} (i32.add {self._entry(slot, 4)} (local.get $word)))"
            for slot in looked_at
            for at in range(0, BLOCK // 8, 16)
        ]
        all_words = "(v128.const i64x2 -1 -1)"
        for word in words:
            all_words = f"(v128.and {all_words} {word})"
        return f"""
(func $is_there (param $from i32) (result i32) (local $word i32)
  (local.set $word (i32.shr_u (local.get $from) (i32.const 3)))
  (i8x16.all_true (i8x16.eq {all_words} (v128.const i64x2 -1 -1))))
(func $there (param $from i32) (param $stop i32) (result i32) (local $at i32) (local $first i32)
  (if (i32.and (local.get $from) (i32.const 7)) (then  ;; not where a byte of bits begins
    (local.set $at (i32.and (i32.add (local.get $from) (i32.const 7)) (i32.const -8)))
    (if (i32.gt_u (local.get $at) (local.get $stop)) (then (local.set $at (local.get $stop))))
    (return (i32.sub (local.get $from) (local.get $at)))))
  (local.set $at (local.get $from))
  (block $end
    (br_if $end (i32.lt_u (i32.sub (local.get $stop) (local.get $from)) (i32.const {BLOCK})))
    (local.set $first (call $is_there (local.get $from)))
    (loop $block
      (local.set $at (i32.add (local.get $at) (i32.const {BLOCK})))
      (br_if $end (i32.lt_u (i32.sub (local.get $stop) (local.get $at)) (i32.const {BLOCK})))
      (br_if $block (i32.eq (call $is_there (local.get $at)) (local.get $first)))))
  (if (result i32) (local.get $first)
    (then (i32.sub (local.get $at) (local.get $from)))
    (else
      (if (i32.lt_u (i32.sub (local.get $stop) (local.get $at)) (i32.const {BLOCK})) (then
        (local.set $at (local.get $stop))))
      (i32.sub (local.get $from) (local.get $at)))))"""

    def _sums(self) -> Iterable[str]:
        """A function for each total: of a block the sums, most and least."""
        for cell in self.layout.cells:
            expression = self.certain.emitted[cell.value]
            pointers = {f"p{slot}": 8 for slot in _slots([expression])}
            yield function_of_sums(
                f"$sum{cell.window}",
                pointers,
                _Values(expression),
                looks=self._factors(cell) is None,
            )

    def _factors(self, cell: Cell) -> tuple[int, int] | None:
        """The windows of two totals that this one is the product of: they tell its bounds."""
        expression = self.certain.emitted[cell.value]
        if isinstance(expression, Column | Literal) or expression.name != _PRODUCT:
            return None
        windows = {
            self.certain.emitted[each.value]: each.window
            for each in self.layout.cells
            if isinstance(self.certain.emitted[each.value], Column)
        }
        found = [windows.get(operand, -1) for operand in expression.operands]
        return (found[0], found[1]) if min(found) >= 0 else None

    def _summed(self) -> str:
        """Take records in, and charge them; gives the totem left, or -1 if they do not fit."""
        cells = self.layout.cells
        slots = _slots([self.certain.emitted[cell.value] for cell in cells])
        columns = "".join(f"(local $p{slot} i32)" for slot in slots)
        kept = "".join(
            f"(local $place{w} i32)(local $low{w} i64)(local $high{w} i64)"
            f"(local $most{w} i32)(local $least{w} i32)"
            for w in range(self.layout.windows)
        )
        begin = "\n".join(
            f"(local.set $p{slot} (i32.add {self._entry(slot, 0)}"
            " (i32.shl (local.get $from) (i32.const 3))))"
            for slot in slots
        )
        onward = "\n".join(
            f"(local.set $p{slot} (i32.add (local.get $p{slot}) (i32.const {8 * BLOCK})))"
            for slot in slots
        )
        taken = "\n".join(
            f"(call $total{w} (local.get $low{w}) (local.get $high{w}) (local.get $place{w}))"
            for w in range(self.layout.windows)
        )
        return f"""
(func $summed (param $from i32) (param $rows i32) (param $left i64) (result i64)
  (local $n i32)(local $low i64)(local $high i64){columns}{kept}
  {begin}
  {"".join(self._place(cell) for cell in cells)}
  (local.set $n (local.get $rows))
  (block $unfit
    (loop $block
      {"".join(self._block(cell) for cell in sorted(cells, key=self._is_derived))}
      {onward}
      (br_if $block (local.tee $n (i32.sub (local.get $n) (i32.const {BLOCK})))))
    (local.set $left (call $pay (local.get $rows) (local.get $left)))
    (i32.store $source (i32.const {CHUNK_STATE}) (i32.const 2))
    (call $count (local.get $rows))
    {taken}
    (return (local.get $left)))
  (i64.const -1))"""

    def _entry(self, slot: int, word: int) -> str:
        """A word of a column's entry in the frame: where its values are, its bits."""
        return f"(i32.load $source (i32.const {self.frame + FRAME_ENTRY * slot + word}))"

    def _is_derived(self, cell: Cell) -> bool:
        return self._factors(cell) is not None

    def _place(self, cell: Cell) -> str:
        """Note where its sums lie."""
        return f"(local.set $place{cell.window} {place_without_keys(self.state, cell)})"

    def _block(self, cell: Cell) -> str:
        """Add up a block, unless it does not fit."""
        w, factors = cell.window, self._factors(cell)
        slots = _slots([self.certain.emitted[cell.value]])
        given = " ".join(f"(local.get $p{slot})" for slot in slots)
        bounds = ""
        if factors is not None:
            named = (f"(local.get ${{0}}{factors[0]}) (local.get ${{0}}{factors[1]})").format
            bounds = f"""(br_if $unfit (i32.eq (local.get $most{w}) (i32.const {NAN})))
(local.set $most{w} (call $most_of_product {named("most")}))
(local.set $least{w} (call $least_of_product {named("least")}))"""
        most, least, place = (f"(local.get ${name}{w})" for name in ("most", "least", "place"))
        return f"""
(call $sum{w} {given} (i32.add (local.get $p{slots[0]}) (i32.const {8 * BLOCK})) {place})
(local.set $least{w}) (local.set $most{w}) (local.set $high) (local.set $low)
{bounds}
(br_if $unfit (i32.eqz {fits(most, least, place)}))
(local.set $low{w} (i64.add (local.get $low{w}) (local.get $low)))
(local.set $high{w} (i64.add (local.get $high{w}) (local.get $high)))"""


WITHOUT_ROWS = f"""
(if (local.get $takes) (then
  (local.set $there (call $there (local.get $from) (local.get $stop)))
  (if (i32.gt_s (local.get $there) (i32.const 0))
    (then
      (local.set $after
        (call $summed (local.get $from) (local.get $there) (local.get $left)))
      (local.set $stop (i32.add (local.get $from) (local.get $there)))
      (if (i64.ge_s (local.get $after) (i64.const 0)) (then
        (local.set $left (local.get $after))
        (local.set $from (local.get $stop))
        (i32.store $source (i32.const {ROWS_OUT}) (i32.const 0))
        (i32.store $source (i32.const {CHUNK_TAKEN}) (i32.const 0))
        (i64.store $source (i32.const {ROWS_STREAMED})
          (i64.add (i64.load $source (i32.const {ROWS_STREAMED}))
            (i64.extend_i32_u (local.get $there))))
        (br $next))))
    (else (local.set $stop (i32.sub (local.get $from) (local.get $there)))))))
"""
"""What the loop over chunks does first: no row was emitted last where it need not map."""

_BOUNDS = f"""
(func $bound (param $exponent i32) (result i32)
  (if (i32.lt_s (local.get $exponent) (i32.const 0)) (then (return (i32.const 0))))
  (if (i32.gt_s (local.get $exponent) (i32.const 2047)) (then
    (local.set $exponent (i32.const 2047))))
  (i32.shl (local.get $exponent) (i32.const 21)))
(func $most_of_product (param $one i32) (param $other i32) (result i32)
  (call $bound (i32.sub (i32.add (i32.shr_u (local.get $one) (i32.const 21))
    (i32.shr_u (local.get $other) (i32.const 21))) (i32.const {1023 - 2}))))
(func $least_of_product (param $one i32) (param $other i32) (result i32)
  (call $bound (i32.sub (i32.add (i32.shr_u (local.get $one) (i32.const 21))
    (i32.shr_u (local.get $other) (i32.const 21))) (i32.const 1023))))
"""
"""Of products of numbers that are below the powers of two above `most`, and not below that of
`least` if they are not zero: rounding leads to none of these powers' other side. Most and least are
the upper halves of doubles without their signs."""


@define
class _Values:
    """Sets a local to two values of an expression; see `function_of_sums`."""

    expression: Expression
    _vector: int = field(default=0, init=False)

    def __call__(self, vector: int, name: str) -> str:
        self._vector = vector
        return f"(local.set ${name} {self._text(self.expression)})\n"

    def _text(self, expression: Expression) -> str:
        if isinstance(expression, Column):
            return f"(v128.load $source offset={16 * self._vector} (local.get $p{expression.slot}))"
        if isinstance(expression, Literal):
            return f"(f64x2.splat {number(Kind.DOUBLE, expression.value)})"
        return lanes(expression.name, [self._text(each) for each in expression.operands])


def _columns(expression: Expression) -> set[Column]:
    if isinstance(expression, Column):
        return {expression}
    if isinstance(expression, Literal):
        return set()
    return {column for each in expression.operands for column in _columns(each)}


def _slots(expressions: Sequence[Expression]) -> list[int]:
    return sorted({column.slot for each in expressions for column in _columns(each)})
