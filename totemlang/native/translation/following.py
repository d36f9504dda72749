"""Counters of a stage that follow from what is known anyhow: nothing is counted in its loop.

- The `if` around the one `emit` is entered as often as a row is emitted.
- How often the right side of an `and` was evaluated, the bits of the columns say that it asks for.
- A loop of as many rounds in each record: so many for each time that control came to it.

What a counter itself holds is then how far it differs from that: records that failed on the way,
and loops left early. It is put right where the batch ends, and while totem is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from totemlang.native.translation.items import METERING
from totemlang.native.translation.same_rounds import Same
from totemlang.vm.shape import LOOPS

if TYPE_CHECKING:
    from totemlang.native.translation.body import BodyWriter

ROW, FROM = "(local.get $row)", "(local.get $from)"
OUT = "(i64.extend_i32_u (local.get $out))"

UNDER_WAY = f"(i64.extend_i32_u (i32.sub (i32.add {ROW} (i32.const 1)) {FROM}))"
"""Records begun, where one is at hand."""

DONE = f"(i64.extend_i32_u (i32.sub {ROW} {FROM}))"
"""Records done, between two."""

_RECORD = -1
"""Instead of the `if` around: the record."""

_BEFORE = frozenset({"load", "missing", "not", "and", "end"})
"""What may stand before an `and` that each record comes to."""


@frozen
class Emitted:
    """The innermost `if` around the one `emit`, and that."""

    opening: int
    emit: int


@frozen
class Every:
    """A loop of as many rounds in each record, likewise. `around` is the `if` that it stands in.

    If it `looks`, it looks for totem itself; otherwise that is done between records.
    """

    around: int
    rounds: str
    number: int | None
    looks: bool


@define
class Following:
    """The counters of a body that follow, by the instruction that opens what they count."""

    emitted: Emitted | None = None
    there: dict[int, frozenset[int]] = field(factory=dict)
    """The columns of which all have a value."""
    every: dict[int, Every] = field(factory=dict)
    _known: dict[str, frozenset[int]] = field(factory=dict)
    """Conditions that say that columns have a value."""

    def is_emitted(self, opening: int) -> bool:
        """Whether rows are counted instead."""
        return self.emitted is not None and self.emitted.opening == opening

    # --- values that are there

    def asks(self, to: BodyWriter, condition: str) -> bool:
        """An `and` with such a left side is at hand: whether the columns say how often it holds."""
        columns = self._columns(to, condition)
        instructions = to.verified.code.instructions[: to.at]
        if not columns or not _counts(to) or to.opened != [to.at]:
            return False
        if any(each.operation not in _BEFORE for each in instructions):
            return False
        self.there[to.at] = columns
        return True

    def both(self, to: BodyWriter, result: str, opening: int, right: str) -> None:
        """An `and` whose left side has been counted so has ended."""
        columns = self._columns(to, right)
        if columns and opening in self.there:
            self._known[result] = self.there[opening] | columns

    def _columns(self, to: BodyWriter, condition: str) -> frozenset[int]:
        found = self._known.get(condition)
        if found is not None:
            return found
        for slot in range(to.parameters):
            is_stored = bool(to.shape.stores.get(slot))
            if condition == f"(local.get $p{slot})" and not is_stored:
                return frozenset((slot,))
        return frozenset()

    # --- loops

    def begins(self, to: BodyWriter, opening: int, same: Same | None, most: int) -> Every | None:
        """A loop begins, with the same rounds in each record: what follows, if all come to it.

        So many rounds, at `most`, it may run without a look for totem.
        """
        if same is None or not _counts(to) or to.guards:
            return None
        around = [at for at in to.opened if at != opening]
        instructions, frames = to.verified.code.instructions, to.shape.frames
        for at in around:
            other = frames[at].otherwise
            if instructions[at].operation != "if" or 0 <= other < opening:
                return None
        if around and to.dues is not None and around[-1] in to.dues.idle:
            return None  # how often control came there is not counted
        rounds = same.rounds
        if same.number is None:
            rounds = to.local(f"$all{opening}", "i64")
            to.before.append(f"{METERING}(local.set $all{opening} {same.rounds})")
        looks = not same.over_array and (same.number is None or same.number > most)
        found = Every(around[-1] if around else _RECORD, rounds, same.number, looks)
        self.every[opening] = found
        return found


def _counts(to: BodyWriter) -> bool:
    return to.dues is not None and to.has_records


def find_emitted(to: BodyWriter) -> None:
    """Look for the `if` around the one `emit` of a stage."""
    instructions = to.verified.code.instructions
    emits = [at for at, each in enumerate(instructions) if each.operation == "emit"]
    if to.dues is None or len(emits) != 1:
        return
    around = [frame for frame in to.shape.frames.values() if frame.opening < emits[0] < frame.end]
    if any(instructions[frame.opening].operation in LOOPS for frame in around):
        return
    inner = max(around, key=lambda frame: frame.opening, default=None)
    if inner is not None and not 0 <= inner.otherwise < emits[0]:
        to.following.emitted = Emitted(inner.opening, emits[0])


# --- what the counters come to


def count_of(to: BodyWriter, opening: int, at: int, records: str, *, may_exceed: bool) -> str:
    """What a counter comes to while an instruction is done (-1: between records).

    That of an `and` is not known then; it is at least nothing and, if it `may_exceed`, at most all
    records.
    """
    held = f"(local.get ${to.counters[opening]})"
    following = to.following
    if opening in following.there:
        return records if may_exceed else "(i64.const 0)"
    if following.is_emitted(opening):
        assert following.emitted is not None
        begun = int(opening < at < following.emitted.emit)
        return _plus(f"(i64.add {held} {OUT})", begun)
    every = following.every.get(opening)
    if every is None:
        return held
    times = records
    if every.around != _RECORD:
        times = count_of(to, every.around, at, records, may_exceed=may_exceed)
    is_to_come = every.around < at <= to.shape.frames[opening].end
    if at >= 0 and is_to_come:
        times = _plus(times, -1)
    return f"(i64.add {held} (i64.mul {times} {every.rounds}))"


def _plus(text: str, number: int) -> str:
    return f"(i64.add {text} (i64.const {number}))" if number else text


def put_right(to: BodyWriter, records: str) -> str:
    """At the end of a batch of so many records: all counters hold what they count."""
    following = to.following
    lines = []
    if following.emitted is not None:
        lines.append(_add(to, following.emitted.opening, OUT))
    for opening, every in following.every.items():
        times = records
        if every.around != _RECORD:
            times = f"(local.get ${to.counters[every.around]})"
        lines.append(_add(to, opening, f"(i64.mul {times} {every.rounds})"))
    for opening in following.there:
        ones = f"(call $ones{to.number}x{opening} {FROM} (local.get $rows))"
        lines.append(_add(to, opening, ones))
    return "".join(lines)


def _add(to: BodyWriter, opening: int, amount: str) -> str:
    name = to.counters[opening]
    return f"(local.set ${name} (i64.add (local.get ${name}) {amount}))"


def less_all(to: BodyWriter, opening: int) -> str:
    """A loop was not come to, or its rounds are counted one by one."""
    every = to.following.every.get(opening)
    return "" if every is None else _add(to, opening, f"(i64.sub (i64.const 0) {every.rounds})")


# --- records that fail


def after_failure(to: BodyWriter, *, may_take_back: bool) -> str:
    """Where a record that failed lands: what it came to, and what not."""
    following = to.following
    lines: list[str] = []
    if following.emitted is not None:
        opening, emit = following.emitted.opening, following.emitted.emit
        lines += _where(to, opening, emit + 1, _add(to, opening, "(i64.const 1)"))
        if may_take_back:
            rows = "(i32.sub (local.get $out) (local.get $first_out))"
            lines.append(_add(to, opening, f"(i64.extend_i32_u {rows})"))
    for opening, every in following.every.items():
        lines += _where(to, every.around, opening, less_all(to, opening))
    return "".join(lines)


def _where(to: BodyWriter, after: int, before: int, text: str) -> Iterator[str]:
    """A text for failures at instructions between two."""
    numbers = [
        number
        for number, place in enumerate(to.around.counting.places)
        if place.body == to.number and after < place.instruction < before
    ]
    while numbers:
        count = next(
            (n for n, number in enumerate(numbers) if number != numbers[0] + n), len(numbers)
        )
        past = f"(i32.sub (local.get $where) (i32.const {numbers[0]}))"
        yield f"(if (i32.lt_u {past} (i32.const {count})) (then {text}))"
        del numbers[:count]


# --- pauses


def step(to: BodyWriter, most: int) -> str:
    """Records after which to look for totem, so that there are about so many rounds in between."""
    known = sum(every.number or 0 for every in to.following.every.values())
    rounds = f"(i64.const {known + 1})"
    for every in to.following.every.values():
        if every.number is None:
            rounds = f"(i64.add {rounds} {every.rounds})"
    steps = f"(i64.div_u (i64.const {most}) {rounds})"
    return f"(i32.add (i32.wrap_i64 {steps}) (i32.const 1))"
