"""What a body owes for its blocks, worked out from its counters instead of charged block by block.

Nobody sees in which order blocks were charged, only sums, and whether totem ran out. So a body
counts, and deducts what that comes to when it is left and, so that it does not run far beyond what
it can pay, every so many rounds of its loops. What is owed is linear in the counters; a failure
gives back what would have been charged after it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import define, field

from totemlang.native.translation.following import count_of
from totemlang.native.translation.items import METERING, read_again
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.counting import Stops, count_blocks
from totemlang.vm.shape import LOOPS, OPENING, Frame, Shape

if TYPE_CHECKING:
    from totemlang.native.translation.body import BodyWriter

ROUNDS = 1 << 14
"""Rounds of loops after which a body deducts what it owes."""

_MOST_INSTRUCTIONS = 600
_MOST_OPENINGS = 40
_MOST_TERMS = 400
_MOST_KEPT = 24
_LONG_RECORD = 120
"""Instructions from which on each record counts as a round."""


@define
class Dues:
    """What a body owes: for each entry, each count, each failure. `prepaid` is paid by others."""

    verified: VerifiedCode
    prepaid: int
    entry: int = 0
    counted: dict[int, int] = field(factory=dict)
    """Totem by the instruction that opens a block of control, for each count."""
    idle: frozenset[int] = frozenset()
    """Those of which nobody need know how often: nothing that has a price depends on it."""
    owed: list[str] = field(factory=list)
    """The counters of amounts by size that are not deducted where they arise."""
    _stops: dict[int, int] = field(factory=dict)

    def beyond(self, at: int) -> int:
        """What is owed less (so not above 0) where a body is left at an instruction."""
        block = next(block for block in self.verified.blocks if block.start <= at < block.stop)
        if block.start not in self._stops:
            stops = Stops(failed=Counter({block.stop - 1: 1}))
            self._stops[block.start] = self.cost(0, {}, stops)
        return self._stops[block.start]

    def cost(self, entries: int, counters: Mapping[int, int], stops: Stops) -> int:
        """The fixed prices of all blocks."""
        counts = count_blocks(self.verified, entries, counters, stops)
        blocks = (block for block in self.verified.blocks if block.start != self.prepaid)
        total = sum(block.fixed * counts.blocks[block.start] for block in blocks)
        return total + sum(
            self.verified.steps[at].price.fixed * rounds for at, rounds in counts.rounds.items()
        )

    @property
    def nothing(self) -> bool:
        """Whether nothing is ever owed."""
        return not self.entry and not any(self.counted.values())


def dues_of(verified: VerifiedCode, shape: Shape, prepaid: int) -> Dues | None:
    """The dues of a body; None for one so large that it had better be charged block by block."""
    instructions = verified.code.instructions
    openings = [at for at, each in enumerate(instructions) if each.operation in OPENING]
    leaving = 1 + sum(
        each.operation == "return" or each.operation in LOOPS for each in instructions
    )
    if len(instructions) > _MOST_INSTRUCTIONS or len(openings) > _MOST_OPENINGS:
        return None
    if leaving * len(openings) > _MOST_TERMS:
        return None
    dues = Dues(verified, prepaid)
    dues.entry = dues.cost(1, {}, Stops())
    dues.counted = {at: dues.cost(0, {at: 1}, Stops()) for at in openings}
    dues.idle = frozenset(at for at in openings if _is_idle(verified, at))
    return dues


def _is_idle(verified: VerifiedCode, opening: int) -> bool:
    counts = count_blocks(verified, 0, {opening: 1}, Stops())
    if any(counts.calls.values()):
        return False
    for block in verified.blocks:
        last = block.stop - 1
        each_round = counts.rounds[last] or counts.blocks[block.stop]
        if each_round and verified.steps[last].price.fixed:
            return False
        if counts.blocks[block.start] and block.fixed:
            return False
    return True


def begin(to: BodyWriter, dues: Dues | None) -> None:
    """Take the dues of a body before it is written: all its counters are known from the start."""
    to.dues = dues
    if dues is None:
        return
    for at in dues.counted:
        name = to.counters.setdefault(at, f"n{to.number}x{at}")
        to.counter_local(name)
    to.charges = to.charges or not dues.nothing
    to.local("$tick", "i32")
    to.local("$paid", "i64")
    to.local("$due", "i64")
    to.local("$left", "i64")


def owe(to: BodyWriter, amount: str) -> bool:
    """Add up what a round over texts that a record made costs; False: it is to be charged at once.

    It is deducted with what else is owed. There are no more of them than were paid for when made.
    """
    if to.dues is None or not to.has_records:
        return False
    name = to.amounts.setdefault(to.at, f"z{to.number}x{to.at}")
    held = to.counter_local(name)
    to.meter(f"(local.set ${name} (i64.add {held} {to.held(amount, 'i64')}))")
    to.dues.owed.append(name)
    to.charges = True
    return True


def settle(to: BodyWriter, entries: str, *, refill: bool = True) -> str:
    """Deduct what is owed at the end, when all counters hold what they count."""
    dues = to.dues
    if dues is None or (dues.nothing and not dues.owed):
        return ""
    counts = {opening: f"(local.get ${to.counters[opening]})" for opening in dues.counted}
    text = _deduct(dues, 0, entries, counts)
    return text + _REFILL if refill else text


def settle_between(to: BodyWriter, entries: str, at: int = -1) -> str:
    """Deduct what is owed by now, where a round ends at an instruction, or (-1) between records.

    That is done by a function of its own: what it looks at is rarely needed where rounds follow
    rounds, and would be worked out ahead of them, each time.
    """
    dues = to.dues
    before, after = _kept(to, at) if at >= 0 else ("", "")
    if dues is None or dues.nothing:
        return ""
    counts = {
        opening: count_of(to, opening, at, entries, may_exceed=totem < 0)
        for opening, totem in dues.counted.items()
    }
    beyond = dues.beyond(at) if at >= 0 else 0
    text = _deduct(dues, beyond, entries, counts) + _REFILL
    name = f"$due{to.number}x{len(to.beside)}"
    types = {"$from": "i32", **to.locals}
    used = [each for each in dict.fromkeys(_READ.findall(text)) if each != "$due"]
    parameters = " ".join(f"(param {each} {types[each]})" for each in used)
    to.beside.append(
        f"{METERING}(func {name} {parameters} (result i64 i64) (local $due i64)"
        f" {text} (local.get $left) (local.get $paid))"
    )
    given = " ".join(f"(local.get {each})" for each in used)
    return f"{before}(call {name} {given})(local.set $paid)(local.set $left){after}"


_READ = re.compile(r"\(local\.get (\$\w+)\)")

_REFILL = (
    "(if (i64.lt_s (local.get $left) (i64.const 0))"
    " (then (local.set $left (call $refill (local.get $left)))))"
)


def _deduct(dues: Dues, beyond: int, entries: str, counts: Mapping[int, str]) -> str:
    due = f"(i64.const {beyond})"
    if entries == "(i64.const 1)":
        due = f"(i64.const {beyond + dues.entry})"
    elif dues.entry:
        due = _with(due, entries, dues.entry)
    for opening, count in counts.items():
        if dues.counted[opening]:
            due = _with(due, count, dues.counted[opening])
    for name in dues.owed:
        due = f"(i64.add {due} (local.get ${name}))"
    return (
        f"(local.set $due {due})"
        "(local.set $left (i64.sub (i64.add (local.get $left) (local.get $paid))"
        " (local.get $due)))"
        "(local.set $paid (local.get $due))"
    )


def _with(due: str, count: str, totem: int) -> str:
    return f"(i64.add {due} (i64.mul {count} (i64.const {totem})))"


def settle_last(to: BodyWriter, entries: str) -> str:
    """Deduct all that is owed at the end of a batch or script, that of short functions included.

    They look for no totem themselves, and a body that owes nothing of its own has not looked since.
    """
    text = settle(to, entries)
    if text or not to.charges:
        return text
    to.local("$left", "i64")
    return _REFILL


def pay_function(to: BodyWriter, opened: Sequence[int]) -> str:
    """A function of a stage: counts and charges records that went into these blocks of control.

    It takes how many they are and the totem left, and gives that left then.
    """
    dues = to.dues
    assert dues is not None
    rows, left = "(i64.extend_i32_u (local.get $rows))", "(local.get $left)"
    name = f"pay{to.number}"
    lines = [f'(func ${name} (export "{name}") (param $rows i32) (param $left i64) (result i64)']
    for opening in opened:
        where = f"(i32.const {to.counted[to.counters[opening]]})"
        lines.append(f"{METERING}(i64.store {where} (i64.add (i64.load {where}) {rows}))")
    each = dues.entry + sum(dues.counted[opening] for opening in opened)
    if each:
        price = f"(i64.mul {rows} (i64.const {each}))"
        lines.append(f"{METERING}(local.set $left (i64.sub {left} {price})){_REFILL}")
    return "\n".join([*lines, f"{left})"])


def _kept(to: BodyWriter, at: int) -> tuple[str, str]:
    """Lines around a call at the end of a loop that keep its variables in memory meanwhile.

    The compiler has no register that outlives a call. A variable that does would stand in memory
    all the time, also where rounds follow rounds without a call; so none does.
    """
    loop = next(frame for frame in to.shape.frames.values() if frame.end == at)
    names: list[str] = []
    for slot in range(len(to.verified.code.slots)):
        used = [*to.shape.stores.get(slot, ()), *to.shape.reads.get(slot, ())]
        inside = any(loop.opening <= place <= loop.end for place in used)
        if inside and not _is_made_anew(to.shape, slot, loop):
            names += to.slot_names(slot)
    names.append(f"$i{loop.opening}")
    names += [f"${to.counters[at]}" for at in to.counters if loop.opening <= at < loop.end]
    names = [name for name in names if name in to.locals]
    if len(names) > _MOST_KEPT:
        return "", ""
    before, after = in_memory(to, names)
    for (opening, array), number in to.views.items():
        if opening >= 0 and opening <= at <= to.shape.frames[opening].end:
            after += read_again(number, array)
    return before, after


def in_memory(to: BodyWriter, names: Sequence[str]) -> tuple[str, str]:
    """Lines around a call that keep locals and parameters in memory meanwhile, if there is room."""
    before, after = [], []
    for place, name in enumerate(names[:_MOST_KEPT]):
        where, value_type = f"(i32.const {_room(to) + 8 * place})", to.locals.get(name, "i32")
        before.append(f"({value_type}.store {where} (local.get {name}))")
        after.append(f"(local.set {name} ({value_type}.load {where}))")
    return "".join(before), "".join(after)


def _is_made_anew(shape: Shape, slot: int, loop: Frame) -> bool:
    """Whether each round of a loop stores to a slot before it reads it, and nothing reads on."""
    stores = shape.stores.get(slot)
    if not stores or slot in shape.to_clear or not loop.opening <= stores[0] < loop.end:
        return False
    return not shape.reads_outside(slot, loop.opening, loop.end)


def _room(to: BodyWriter) -> int:
    if to.kept_at < 0:
        to.kept_at = to.around.layout.reserve(8 * _MOST_KEPT)
    return to.kept_at


def first_tick() -> str:
    """Written before a body: so many rounds are free to run."""
    return f"(local.set $tick (i32.const {ROUNDS}))"


def tick(to: BodyWriter, at: int) -> None:
    """A round ends at an instruction: now and then, settle."""
    if to.dues is None or to.dues.nothing:
        return
    now = settle_between(to, to.entries, at)
    to.meter(
        "(local.set $tick (i32.sub (local.get $tick) (i32.const 1)))"
        f"(if (i32.lt_s (local.get $tick) (i32.const 0)) (then {now} {first_tick()}))"
    )


def tick_record(to: BodyWriter) -> None:
    """A record ends: where records are long, settle now and then."""
    if len(to.verified.code.instructions) >= _LONG_RECORD:
        tick(to, -1)
