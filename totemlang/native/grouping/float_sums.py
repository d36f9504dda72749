"""Exact sums of a column of floats in WebAssembly text: two numbers a lane, looked at afterwards.

Each lane begins at a large constant and stays within its power of two, so that it takes only
multiples of its last bit; what a value has below that goes to a second lane, which begins at a
smaller one. Nothing is lost if no value is too large and none has bits below those of the second
lane. Both can be told from the largest and the least value other than zero: they are kept beside
the sums, as the upper halves of their bits.
"""

from __future__ import annotations

from collections.abc import Callable

from totemlang.native.grouping.cells import SETTLED_BITS
from totemlang.schema.types import Kind

CHUNK = 256
"""Rows, at most, that a call adds up: 64 a lane."""

ROWS = 8
"""Rows come in multiples of this."""

MOST_ABOVE, LEAST_ABOVE = 38, 1
"""By how much the exponents of values (with 1,023) may be above `place`."""

_HIGH = (1023 + 52 + SETTLED_BITS - 1_074, 1023 + 52 - 1_074)
"""The exponents (with 1,023) of the constants at place 0."""

NAN = 0xFFFFFFFF
"""What is given as the largest if a value is NaN."""

NAMES = {Kind.FLOAT: "$sum_floats", Kind.DOUBLE: "$sum_doubles"}


def fits(most: str, least: str, place: str) -> str:
    """Whether sums at this place have lost nothing."""
    return f"""(i32.and
  (i32.le_u {most} (i32.shl (i32.add {place} (i32.const {MOST_ABOVE})) (i32.const 21)))
  (i32.ge_u {least} (i32.shl (i32.add {place} (i32.const {LEAST_ABOVE})) (i32.const 21))))"""


def sum_function(kind: Kind) -> str:
    """The function for a kind: of a stretch at `$p` gives lower and higher sum, most, least.

    The sums are in units of 2^(place - 1074) and 2^45 times that.
    """
    width = 4 if kind is Kind.FLOAT else 8
    return function_of_sums(NAMES[kind], {"p": width}, lambda at, name: loaded(kind, at, name))


def function_of_sums(
    name: str, pointers: dict[str, int], set_to: Callable[[int, str], str], *, looks: bool = True
) -> str:
    """The same of values that are made of columns.

    `pointers` are the columns' beginnings and the bytes of their values: the first ends at
    `$end`. `set_to` sets a local to the values at a place, counted in pairs. If it does not look
    most and least tell nothing but whether there was a NaN.
    """
    turn = ""
    for vector in range(0, 4, 2):
        turn += set_to(vector, "x") + set_to(vector + 1, "y")
        turn += "".join(_added(lane_name, lane) for lane, lane_name in enumerate("xy"))
        turn += looked_at() if looks else ""
    constants = "\n".join(
        f"""(local.set ${lane}0 (i64x2.splat (i64.or (i64.const {1 << 51}) (i64.shl
  (i64.extend_i32_u (i32.add (local.get $place) (i32.const {above}))) (i64.const 52)))))
(local.set ${lane}1 (local.get ${lane}0)) (local.set ${lane} (local.get ${lane}0))"""
        for lane, above in zip("su", _HIGH, strict=True)
    )
    parameters = "".join(f"(param ${pointer} i32)" for pointer in pointers)
    onward = "\n".join(
        f"(local.set ${pointer} (i32.add (local.get ${pointer}) (i32.const {ROWS * width})))"
        for pointer, width in pointers.items()
    )
    return f"""
(func {name} {parameters} (param $end i32) (param $place i32) (result i64 i64 i32 i32)
  (local $x v128)(local $y v128)(local $t v128)(local $r v128)
  (local $s v128)(local $s0 v128)(local $s1 v128)(local $u v128)(local $u0 v128)(local $u1 v128)
  (local $most v128)(local $least v128)
  {constants}
  (local.set $least (v128.const i64x2 -1 -1))
  (loop $turn
    {turn}
    {onward}
    (br_if $turn (i32.lt_u (local.get ${next(iter(pointers))}) (local.get $end))))
  {greatest_lane("$most", "max")}
  {greatest_lane("$least", "min")}
  (local.set $t (f64x2.add (local.get $s0) (local.get $s1)))
  {_lanes("u")}
  {_lanes("s")}
  (select (i32x4.extract_lane 0 (local.get $most)) (i32.const {NAN})
    (i64x2.all_true (f64x2.eq (local.get $t) (local.get $t))))
  (i32x4.extract_lane 0 (local.get $least)))"""


def loaded(kind: Kind, vector: int, name: str) -> str:
    """Set a local to two values from `$p` on."""
    if kind is Kind.FLOAT:
        half = f"(v128.load64_zero $source offset={8 * vector} (local.get $p))"
        return f"(local.set ${name} (f64x2.promote_low_f32x4 {half}))\n"
    return f"(local.set ${name} (v128.load $source offset={16 * vector} (local.get $p)))\n"


def _added(name: str, lane: int) -> str:
    s, u, x = f"(local.get $s{lane})", f"(local.get $u{lane})", f"(local.get ${name})"
    return f"""(local.set $t (f64x2.add {s} {x}))
(local.set $r (f64x2.sub {x} (f64x2.sub (local.get $t) {s})))
(local.set $s{lane} (local.get $t))
(local.set $u{lane} (f64x2.add {u} (local.get $r)))
"""


def looked_at(*, sees_nan: bool = False) -> str:
    """Keep largest and least of the upper halves of `$x` and `$y`.

    The least is sought one down, where zero is the largest. The largest is found two up from
    there, where zero is the least again; some that are no numbers are taken for zero there.
    """
    less = [
        f"(i64x2.add (local.get ${name}) (v128.const i64x2 -1 -1))"  # of both signs
        for name in "xy"
    ]
    most = "(i32x4.add (local.get $t) (v128.const i32x4 2 2 2 2))"
    if sees_nan:
        most = _upper("(local.get $x)", "(local.get $y)")
    return f"""(local.set $t {_upper(*less)})
(local.set $least (i32x4.min_u (local.get $least) (local.get $t)))
(local.set $most (i32x4.max_u (local.get $most) {most}))
"""


def _upper(one: str, other: str) -> str:
    """The upper halves of four values without their signs."""
    odd = "4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31"
    return f"(i32x4.shl (i8x16.shuffle {odd} {one} {other}) (i32.const 1))"


def greatest_lane(name: str, which: str) -> str:
    """Set all lanes of a local to the largest or least of them."""
    lines = []
    for shuffle in (
        "8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7",
        "4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11",
    ):
        turned = f"(i8x16.shuffle {shuffle} (local.get {name}) (local.get {name}))"
        lines.append(f"(local.set {name} (i32x4.{which}_u (local.get {name}) {turned}))")
    return "\n".join(lines)


def _lanes(name: str) -> str:
    """All four lanes, less their constants, together."""
    sums = [f"(i64x2.sub (local.get ${name}{lane}) (local.get ${name}))" for lane in range(2)]
    return f"""(local.set $x (i64x2.add {sums[0]} {sums[1]}))
(i64.add (i64x2.extract_lane 0 (local.get $x)) (i64x2.extract_lane 1 (local.get $x)))"""
