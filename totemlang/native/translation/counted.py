"""How counted loops are written (see `counted_loop`).

The bound is worked out once. The loop runs up to it or, if that is nearer, as far as it may run
until the body settles what it owes; how many rounds it was follows from its variable.
"""

from __future__ import annotations

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.counted_loop import Counted, counted
from totemlang.native.translation.dues import first_tick, settle
from totemlang.native.translation.items import Item
from totemlang.schema.types import BOOL, INT

_INT_RANGE = (-(2**31), 2**31 - 1)


def is_counted(to: BodyWriter) -> bool:
    """Whether the `for` at hand is a counted loop."""
    return _found(to) is not None


def _found(to: BodyWriter) -> Counted | None:
    if to.dues is None:
        return None
    step = to.shape.frames[to.at].step
    (number,) = to.verified.code.instructions[step + 2].immediates
    by = to.around.constants[number].number
    return counted(to.verified, to.shape, to.at, by if isinstance(by, int) else None)


def announce(to: BodyWriter) -> None:
    """The loop begins: its bound is worked out next."""
    loop = _found(to)
    if loop is None:
        raise AssertionError("not a counted loop")
    to.rounds[to.at] = loop
    to.special[loop.comparison] = to.at


def write(to: BodyWriter, at: int) -> bool:
    """Write an instruction that means something else in a counted loop; False for all others."""
    opening = to.special.get(at)
    if opening is None:
        return False
    loop = to.rounds[opening]
    if at == loop.comparison:
        _open(to, opening, loop)
    else:
        left, right = to.take(2)
        name = "add" if loop.step > 0 else "sub"
        to.push(Item(INT, to.held(f"(i32.{name} {left.text} {right.text})", "i32")))
    return True


def _open(to: BodyWriter, opening: int, loop: Counted) -> None:
    """Take variable and bound."""
    _, right = to.take(2)
    width = "i64" if loop.is_wide else "i32"
    variable = to.slot(loop.slot).text
    bound = to.local(f"$e{opening}", width)
    limit = to.local(f"$u{opening}", width)
    to.local(f"$v{opening}", "i32")
    farthest = to.local(f"$w{opening}", "i64")
    if _steps_within(loop, right.number):
        to.special[loop.stepping] = opening
    to.write(f"(local.set $e{opening} {right.text})")
    to.write(f"block $b{opening}")
    to.write(f"block $f{opening}")
    to.landings.append(f"$f{opening}")
    to.write(f"loop $r{opening}")
    to.write(f"(local.set $u{opening} {bound})")
    sign = "lt" if loop.step > 0 else "gt"
    near, other = farthest, bound
    if not loop.is_wide:
        near, other = f"(i32.wrap_i64 {farthest})", f"(i64.extend_i32_s {bound})"
    steps = f"(i64.mul (i64.extend_i32_s (local.get $tick)) (i64.const {loop.step}))"
    to.meter(
        f"(local.set $v{opening} {variable})"
        f"(local.set $w{opening} (i64.add (i64.extend_i32_s {variable}) {steps}))"
        f"(if (i64.{sign}_s {farthest} {other}) (then (local.set $u{opening} {near})))"
    )
    to.write(f"block $x{opening}")
    to.write(f"(br_if $x{opening} (i32.eqz {loop.condition(variable, limit)}))")
    to.write(f"loop $l{opening}")
    to.push(Item(BOOL, "(i32.const 1)"))


def close(to: BodyWriter, opening: int) -> None:
    """The step is written: go on, settle in between, and say how many rounds it was."""
    loop = to.rounds[opening]
    landing = to.landings.pop()
    variable, bound = to.slot(loop.slot).text, f"(local.get $e{opening})"
    name = to.counters[opening]
    count = f"(local.get ${name})"
    rounds = _rounds(opening, loop, variable)
    limit = f"(local.get $u{opening})"
    to.write(f"(br_if $l{opening} {loop.condition(variable, limit)}) end end")
    to.meter(
        f"(local.set $w{opening} {rounds})"
        f"(local.set ${name} (i64.add {count} (local.get $w{opening})))"
        "(local.set $tick (i32.sub (local.get $tick)"
        f" (i32.wrap_i64 (local.get $w{opening}))))"
    )
    to.write(f"(br_if $b{opening} (i32.eqz {loop.condition(variable, bound)}))")
    to.meter(settle(to, to.entries, to.at) + first_tick())
    to.write(f"br $r{opening} end")
    if landing in to.landed:
        outer = to.landings[-1]
        to.landed.add(outer)
        to.write(f"end (local.set ${name} (i64.add (i64.add {count} {rounds}) (i64.const 1)))")
        to.write(f"br {outer}")
    else:
        to.write("unreachable end")
    to.write("end")


def _rounds(opening: int, loop: Counted, variable: str) -> str:
    """Rounds that came to their end since the variable was looked at."""
    first = f"(i64.extend_i32_s (local.get $v{opening}))"
    here = f"(i64.extend_i32_s {variable})"
    way = f"(i64.sub {here} {first})" if loop.step > 0 else f"(i64.sub {first} {here})"
    return way if abs(loop.step) == 1 else f"(i64.div_u {way} (i64.const {abs(loop.step)}))"


def _steps_within(loop: Counted, number: float | None) -> bool:
    """Whether no step can leave the range of `int`."""
    strict = loop.operator in ("lt", "gt")
    if not loop.is_wide and strict and abs(loop.step) == 1:
        return True
    if not isinstance(number, int):
        return False
    inner = number - (loop.step > 0) + (loop.step < 0) if strict else number
    return _INT_RANGE[0] <= inner + loop.step <= _INT_RANGE[1]
