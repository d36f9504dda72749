"""Totals of whole numbers and extremes of a stretch in WebAssembly text: several lanes at once.

Each gives what is done before a chunk, for so many values of it, after it, and how many those are.
Locals are those of `$fast{n}` in stretch.py.
"""

from __future__ import annotations

from totemlang.native.grouping.layout import BINARY, NARROW, Cell
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

_LEAST = "0x7fffffffffffffff"
_GREATEST = "0x8000000000000000"


def _both_lanes(lanes: str) -> str:
    first, second = (f"(i64x2.extract_lane {lane} (local.get {lanes}))" for lane in range(2))
    return f"(i64.add {first} {second})"


def _add_word(offset: int, value: str) -> str:
    kept = f"(i64.load $own offset={offset} (local.get $e))"
    return f"(i64.store $own offset={offset} (local.get $e) (i64.add {kept} {value}))"


def whole_total(cell: Cell) -> tuple[str, str, str, int]:
    """Whole numbers; long ones in halves of their distance from the least."""
    begin = "(local.set $a (v128.const i64x2 0 0)) (local.set $b (v128.const i64x2 0 0))"
    if cell.kind is Kind.INT:
        turn = """(local.set $x (v128.load $source (local.get $p)))
(local.set $a (i64x2.add (local.get $a) (i64x2.extend_low_i32x4_s (local.get $x))))
(local.set $b (i64x2.add (local.get $b) (i64x2.extend_high_i32x4_s (local.get $x))))"""
        both = f"(i64.add {_both_lanes('$a')} {_both_lanes('$b')})"
        return begin, turn, _add_word(cell.offset, both), 4
    turn = f"""(local.set $x (v128.xor (v128.load $source (local.get $p))
  (v128.const i64x2 {_GREATEST} {_GREATEST})))
(local.set $a (i64x2.add (local.get $a) (v128.and (local.get $x)
  (v128.const i64x2 0xffffffff 0xffffffff))))
(local.set $b (i64x2.add (local.get $b) (i64x2.shr_u (local.get $x) (i32.const 32))))"""
    low, high = (f"(i64.load $own offset={cell.offset + m} (local.get $e))" for m in (0, 8))
    finish = f"""
(local.set $low {_both_lanes("$a")}) (local.set $high {_both_lanes("$b")})
;; high * 2^32 + low - rows * 2^63; the rows are even
(local.set $kept (i64.shl (local.get $high) (i64.const 32)))
(local.set $low (i64.add (local.get $low) (local.get $kept)))
(local.set $high (i64.add (i64.shr_u (local.get $high) (i64.const 32))
  (i64.extend_i32_u (i64.lt_u (local.get $low) (local.get $kept)))))
(local.set $high (i64.sub (local.get $high)
  (i64.extend_i32_u (i32.shr_u (local.get $rows) (i32.const 1)))))
(i64.store $own offset={cell.offset} (local.get $e) (i64.add {low} (local.get $low)))
(i64.store $own offset={cell.offset + 8} (local.get $e) (i64.add (i64.add {high} (local.get $high))
  (i64.extend_i32_u (i64.lt_u {low} (local.get $low)))))"""
    return begin, turn, finish, 2


def extreme(number: int, cell: Cell) -> tuple[str, str, str, int]:
    """The least or the greatest value."""
    is_least = cell.what == "least"
    name = "min" if is_least else "max"
    load = "(v128.load $source (local.get $p))"
    if cell.kind in BINARY:
        return _extreme_float(number, cell)
    kept = f"(i64.load $own offset={cell.offset} (local.get $e))"
    compare = "lt_s" if is_least else "gt_s"
    if cell.kind in NARROW:
        start = "0x7fffffff" if is_least else "0x80000000"
        begin = f"(local.set $a (v128.const i32x4 {' '.join([start] * 4)}))"
        turn = f"(local.set $a (i32x4.{name}_s (local.get $a) {load}))"
        lanes = [
            f"(i64.extend_i32_s (i32x4.extract_lane {lane} (local.get $a)))" for lane in range(4)
        ]
    else:
        start = _LEAST if is_least else _GREATEST
        begin = f"(local.set $a (v128.const i64x2 {start} {start}))"
        turn = f"""(local.set $x {load})
(local.set $a (v128.bitselect (local.get $x) (local.get $a)
  (i64x2.{compare} (local.get $x) (local.get $a))))"""
        lanes = [f"(i64x2.extract_lane {lane} (local.get $a))" for lane in range(2)]
    finish = "\n".join(
        f"""(local.set $low {lane})
(if (i64.{compare} (local.get $low) {kept}) (then
  (i64.store $own offset={cell.offset} (local.get $e) (local.get $low))))"""
        for lane in lanes
    )
    return begin, turn, finish, len(lanes)


def _extreme_float(number: int, cell: Cell) -> tuple[str, str, str, int]:
    """By plain comparisons, which pass over NaN and hold zeros of both signs for the same.

    So rows with NaN go value by value, and where the extreme is a zero its sign is looked for.
    """
    is_least = cell.what == "least"
    name, start = ("min", "inf") if is_least else ("max", "-inf")
    width = WIDTH[cell.kind]

    def pair(place: int) -> str:
        if cell.kind is Kind.FLOAT:
            zero_filled = f"(v128.load64_zero $source offset={2 * width * place} (local.get $p))"
            return f"(f64x2.promote_low_f32x4 {zero_filled})"
        return f"(v128.load $source offset={2 * width * place} (local.get $p))"

    begin = f"""(local.set $a (v128.const f64x2 {start} {start})) (local.set $b (local.get $a))
(local.set $bad (v128.const i64x2 0 0))"""
    turn = "\n".join(
        f"""(local.set $x {pair(place)})
(local.set $bad (v128.or (local.get $bad) (f64x2.ne (local.get $x) (local.get $x))))
(local.set ${kept} (f64x2.p{name} (local.get ${kept}) (local.get $x)))"""
        for place, kept in enumerate("ab")
    )
    # A least zero is -0.0 if there is one; a greatest is 0.0 if there is one.
    sought, found, else_ = (_GREATEST, "-0", "0") if is_least else ("0", "0", "-0")
    kept = f"(f64.load $own offset={cell.offset} (local.get $e))"
    lanes = [f"(f64x2.extract_lane {lane} (local.get $a))" for lane in range(2)]
    finish = f"""
(if (v128.any_true (local.get $bad))
  (then (call $slow{number} (local.get $e) (local.get $start) (local.get $rows)))
  (else
    (local.set $a (f64x2.p{name} (local.get $a) (local.get $b)))
    (local.set $f (f64.{name} {lanes[0]} {lanes[1]}))
    (if (f64.eq (local.get $f) (f64.const 0)) (then
      (local.set $p (local.get $start))
      (loop $zeros
        (local.set $bad (v128.or (local.get $bad) (i64x2.eq {pair(0)}
          (v128.const i64x2 {sought} {sought}))))
        (local.set $p (i32.add (local.get $p) (i32.const {2 * width})))
        (br_if $zeros (i32.lt_u (local.get $p) (local.get $end))))
      (local.set $f (select (f64.const {found}) (f64.const {else_})
        (v128.any_true (local.get $bad))))))
    (f64.store $own offset={cell.offset} (local.get $e)
      (f64.{name} {kept} (local.get $f)))))"""
    return begin, turn, finish, 4
