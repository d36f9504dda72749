"""How counted loops are written (see `counted_loop`).

The bound is worked out once. The loop runs up to it or, if that is nearer, as far as it may run
until the body settles what it owes; how many rounds it was follows from its variable.
"""

from __future__ import annotations

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.counted_loop import Counted, counted
from totemlang.native.translation.dues import ROUNDS, settle_between
from totemlang.native.translation.following import Every, less_all
from totemlang.native.translation.items import Item
from totemlang.native.translation.ranges import INT as INT_RANGE
from totemlang.native.translation.ranges import Range
from totemlang.native.translation.same_rounds import same_length, same_rounds
from totemlang.schema.types import BOOL, INT
from totemlang.vm.shape import LOOPS

_IN_A_ROW = ((16, 4), (48, 2))
"""Instructions of a round, and how many rounds are written where they are no more."""

_NOTHING = "(i64.extend_i32_u (global.get $failed))"
"""Zero, as nothing has failed, but the compiler does not know: what is added to it is worked out
where it stands. Otherwise it would be ahead of the loop, each time, for what is rarely needed."""

_MOST_AHEAD = ROUNDS + 1
"""Rounds that may be free to run, either way."""


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
    if _steps_within(loop, right.number):
        to.special[loop.stepping] = opening
    _begin(to, opening, loop, right.text, to.ranges[opening - 1][0] or INT_RANGE)
    to.push(Item(BOOL, "(i32.const 1)"))


def can_run_over(to: BodyWriter) -> bool:
    """Whether the `foreach` at hand is the innermost loop, so that its rounds follow."""
    body = to.verified.code.instructions[to.at + 1 : to.shape.frames[to.at].end]
    return to.dues is not None and not any(each.operation in LOOPS for each in body)


def run_over(to: BodyWriter, length: str, array: Item) -> None:
    """The `foreach` at hand begins, over so many elements; `$i…` is the position of each."""
    loop = Counted(to.shape.frames[to.at], -1, "lt", is_wide=False, step=1)
    to.rounds[to.at] = loop
    _begin(to, to.at, loop, length, Range(0, 0), array)


def step_on(to: BodyWriter, opening: int) -> None:
    """The body of a counted `foreach` is written: to the next element."""
    if to.rounds[opening].slot < 0:
        place = f"(local.get $i{opening})"
        to.write(f"(local.set $i{opening} (i32.add {place} (i32.const 1)))")


def _variable(to: BodyWriter, opening: int, loop: Counted) -> str:
    return to.slot(loop.slot).text if loop.slot >= 0 else f"(local.get $i{opening})"


def _every(
    to: BodyWriter, opening: int, loop: Counted, start: Range, array: Item | None
) -> Every | None:
    """What is known of a loop that has as many rounds in each record."""
    same = same_length(array) if array is not None else None
    if array is None and isinstance(start.only, int):
        same = same_rounds(to, loop, start.only)
    return to.following.begins(to, opening, same, ROUNDS)


def _begin(
    to: BodyWriter,
    opening: int,
    loop: Counted,
    until: str,
    start: Range,
    array: Item | None = None,
) -> None:
    width = "i64" if loop.is_wide else "i32"
    variable = _variable(to, opening, loop)
    bound = to.local(f"$e{opening}", width)
    limit = to.local(f"$u{opening}", width)
    first = f"(i32.const {start.only})" if start.only is not None else f"(local.get $v{opening})"
    to.begins[opening] = first
    to.write(f"(local.set $e{opening} {until})")
    to.write(f"(local.set $u{opening} {bound})")
    if start.only is None:
        to.local(f"$v{opening}", "i32")
        to.meter(f"(local.set $v{opening} {variable})")
    every = _every(to, opening, loop, start, array)
    if every is None:
        to.meter(_limited(to, opening, loop, first, "(local.get $tick)", start))
    elif every.looks:
        to.meter(_limited(to, opening, loop, first, f"(i32.const {ROUNDS})", start))
    to.write(f"block $o{opening}")
    to.write(f"block $b{opening}")
    to.write(f"block $f{opening}")
    to.landings.append(f"$f{opening}")
    to.write(f"loop $r{opening}")
    to.write(f"block $x{opening}")
    to.write(f"(br_if $x{opening} (i32.eqz {loop.condition(variable, limit)}))")
    to.write(f"loop $l{opening}")
    to.bodies[opening] = len(to.lines)


def _limited(
    to: BodyWriter, opening: int, loop: Counted, first: str, rounds: str, start: Range
) -> str:
    """Set the limit to the bound, or to so many rounds from `first` if that is nearer."""
    bound, sign = f"(local.get $e{opening})", "lt" if loop.step > 0 else "gt"
    farthest = _MOST_AHEAD * abs(loop.step)
    if Range(start.low - farthest, start.high + farthest).within(INT_RANGE):
        steps = rounds if loop.step == 1 else f"(i32.mul {rounds} (i32.const {loop.step}))"
        near = steps if start.only == 0 else f"(i32.add {first} {steps})"
        if loop.is_wide:
            near = f"(i64.extend_i32_s {near})"
        width = "i64" if loop.is_wide else "i32"
        nearer = f"({width}.{sign}_s {near} {bound})"
        return f"(local.set $u{opening} (select {near} {bound} {nearer}))"
    far = to.local(f"$w{opening}", "i64")
    near, other = far, f"(i64.add {bound} {_NOTHING})"
    if not loop.is_wide:
        near = f"(i32.wrap_i64 {far})"
        other = f"(i64.extend_i32_s (i32.add {bound} (global.get $failed)))"
    steps = f"(i64.mul (i64.extend_i32_s {rounds}) (i64.const {loop.step}))"
    return (
        f"(local.set $w{opening} (i64.add (i64.extend_i32_s {first}) {steps}))"
        f"(local.set $u{opening} (select {near} {bound} (i64.{sign}_s {far} {other})))"
    )


def close(to: BodyWriter, opening: int) -> None:
    """The step is written: go on, settle in between, and say how many rounds it was."""
    loop = to.rounds[opening]
    landing = to.landings.pop()
    variable, bound = _variable(to, opening, loop), f"(local.get $e{opening})"
    name = to.counters[opening]
    count = f"(local.get ${name})"
    done = _rounds(loop, to.begins[opening], variable)
    rounds = f"(i64.extend_i32_u {done})"
    limit = f"(local.get $u{opening})"
    goes_on = loop.condition(variable, limit)
    round_lines = to.lines[to.bodies[opening] :]
    for _ in range(_rounds_in_a_row(loop, round_lines) - 1):
        to.write(f"(br_if $x{opening} (i32.eqz {goes_on}))")
        to.lines += round_lines
    to.write(f"(br_if $l{opening} {goes_on}) end end")
    to.write(f"(br_if $b{opening} (i32.eqz {loop.condition(variable, bound)}))")
    every = to.following.every.get(opening)
    if every is None or every.looks:
        tick = f"(local.set $tick (i32.add (i32.const {ROUNDS}) {done}))"
        to.meter(
            f"(local.set ${name} (i64.add {count} {rounds}))"
            f"{settle_between(to, to.entries, to.at)}"
            f"(local.set ${name} (i64.sub {count} {rounds}))"
            + (tick if every is None else "")
            + _limited(to, opening, loop, variable, f"(i32.const {ROUNDS})", INT_RANGE)
        )
    to.write(f"br $r{opening} end")
    if landing in to.landed:
        outer = to.landings[-1]
        to.landed.add(outer)
        to.write(f"end {rounds_done(to, opening)}{less_all(to, opening)} br {outer}")
    else:
        to.write("unreachable end")
    to.write("end")
    if every is None:
        to.meter(
            f"(local.set ${name} (i64.add {count} {rounds}))"
            f"(local.set $tick (i32.sub (local.get $tick) {done}))"
        )
    to.write("end")


def leave(to: BodyWriter, opening: int) -> None:
    """`break`: the round at hand is the last."""
    loop = to.rounds[opening]
    done = _rounds(loop, to.begins[opening], _variable(to, opening, loop))
    tick = f"(local.set $tick (i32.sub (local.get $tick) {done}))"
    if opening in to.following.every:
        tick = less_all(to, opening)
    to.meter(f"{rounds_done(to, opening)}{tick}")
    to.write(f"br $o{opening}")


def rounds_done(to: BodyWriter, opening: int) -> str:
    """Count the rounds of a loop that is left in the midst of one, that one too."""
    loop = to.rounds[opening]
    done = _rounds(loop, to.begins[opening], _variable(to, opening, loop))
    count = f"(i64.add (local.get ${to.counters[opening]}) (i64.extend_i32_u {done}))"
    return f"(local.set ${to.counters[opening]} (i64.add {count} (i64.const 1)))"


def _rounds_in_a_row(loop: Counted, lines: list[str]) -> int:
    """How often a round is written one after the other: short ones more often.

    Going back is a jump and moves between registers, and where a short loop comes to stand in
    memory decides on its time. Calls take longer, and no register outlives them.
    """
    if any("(call " in line for line in lines):
        return 1
    instructions = loop.frame.end - max(loop.frame.do, loop.frame.opening)
    return next((times for most, times in _IN_A_ROW if instructions <= most), 1)


def _rounds(loop: Counted, first: str, variable: str) -> str:
    """Rounds that came to their end since the loop began."""
    here, there = (variable, first) if loop.step > 0 else (first, variable)
    way = here if there == "(i32.const 0)" else f"(i32.sub {here} {there})"
    return way if abs(loop.step) == 1 else f"(i32.div_u {way} (i32.const {abs(loop.step)}))"


def _steps_within(loop: Counted, number: float | None) -> bool:
    """Whether no step can leave the range of `int`."""
    strict = loop.operator in ("lt", "gt")
    if not loop.is_wide and strict and abs(loop.step) == 1:
        return True
    if not isinstance(number, int):
        return False
    inner = number - (loop.step > 0) + (loop.step < 0) if strict else number
    return INT_RANGE.low <= inner + loop.step <= INT_RANGE.high
