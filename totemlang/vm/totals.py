"""What was charged for what: exact totals, worked out from counters after a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from attrs import define, field, frozen

from totemlang.verify.blocks import EACH_ROUND
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.counting import Counts, Stops, count_blocks
from totemlang.vm.prepared import BY_ROUND, READ, Body

Key = TypeVar("Key")

ORDERED = "RelationalOperation"
"""The operation group of putting a group in order."""


@frozen
class Totals:
    """Totem used, by operation group (as in the operation table, and `Read`), stage and line.

    What a stage reads, and putting its groups in order, is charged at the line of its head, what
    a lookup reads at its own. Line 0 has the code of library functions, and all of a module that
    carries no places. Where there is no charge there is no entry.
    """

    used: int = 0
    by_group: Mapping[str, int] = field(factory=dict)
    by_stage: Mapping[str, int] = field(factory=dict)
    by_line: Mapping[int, int] = field(factory=dict)

    def plus(self, other: Totals) -> Totals:
        """The totals of two machines that shared a job."""
        return Totals(
            self.used + other.used,
            _sum(self.by_group, other.by_group),
            _sum(self.by_stage, other.by_stage),
            _sum(self.by_line, other.by_line),
        )

    def minus(self, earlier: Totals) -> Totals:
        """What came since the earlier totals of the same machine."""
        return Totals(
            self.used - earlier.used,
            _less(self.by_group, earlier.by_group),
            _less(self.by_stage, earlier.by_stage),
            _less(self.by_line, earlier.by_line),
        )


def _sum(left: Mapping[Key, int], right: Mapping[Key, int]) -> dict[Key, int]:
    return {key: left.get(key, 0) + right.get(key, 0) for key in [*left, *right]}


def _less(left: Mapping[Key, int], right: Mapping[Key, int]) -> dict[Key, int]:
    found = {key: totem - right.get(key, 0) for key, totem in left.items()}
    return {key: totem for key, totem in found.items() if totem}


@define
class Noted:
    """What a machine notes beside the counters.

    `entries` are the records a map was given, by body; `stops` where bodies were left by
    failures; `reading` what was read outside of generated code, by line; `stages` what each used.
    """

    entries: Counter[int] = field(factory=Counter)
    stops: list[Stops] = field(factory=list)
    reading: Counter[int] = field(factory=Counter)
    stages: Counter[str] = field(factory=Counter)


@define
class _Sums:
    used: int = 0
    by_group: Counter[str] = field(factory=Counter)
    by_line: Counter[int] = field(factory=Counter)

    def add(self, group: str, line: int, totem: int) -> None:
        if totem:
            self.used += totem
            self.by_group[group] += totem
            self.by_line[line] += totem


class Counted(Protocol):
    """A translation of a module, in any tier: its bodies, and the names of its counters."""

    @property
    def verified(self) -> VerifiedModule:
        """What was translated."""

    @property
    def bodies(self) -> Sequence[Body]:
        """Functions, stages, the script: what counts what in each."""

    @property
    def names(self) -> Sequence[str]:
        """The counters, in order."""

    @property
    def first_stage(self) -> int:
        """Number of the first stage's body."""

    @property
    def script(self) -> int:
        """Number of the script's body."""


def work_out(prepared: Counted, values: Sequence[int], noted: Noted) -> Totals:
    """Totals from the values of the counters, in the order of `prepared.names`."""
    held = dict(zip(prepared.names, values, strict=True))
    sums = _Sums()
    for line, totem in noted.reading.items():
        sums.add(READ, line, totem)
    calls: Counter[int] = Counter()
    # Whoever calls stands behind what it calls, so all calls of a function are known in time.
    for number in _callers_first(prepared):
        body = prepared.bodies[number]
        entries = held[body.entries] if body.entries else noted.entries[number] + calls[number]
        counters = {at: held[name] for at, name in body.counters.items()}
        counts = count_blocks(body.verified, entries, counters, noted.stops[number])
        calls.update(counts.calls)
        _add_fixed(body, counts, sums)
        for at, name in body.amounts.items():
            sums.add(body.verified.steps[at].group, body.lines[at], held[name])
        for name, group in ((body.read, READ), (body.ordered, ORDERED)):
            if name:
                sums.add(group, body.place, held[name])
    by_stage = {stage: used for stage, used in noted.stages.items() if used}
    return Totals(sums.used, dict(sums.by_group), by_stage, dict(sums.by_line))


def _callers_first(prepared: Counted) -> Iterator[int]:
    """Stages and the script, then functions, the last first; initial values are free."""
    stop = prepared.script + (prepared.verified.script is not None)
    yield from range(prepared.first_stage, stop)
    yield from reversed(range(prepared.first_stage))


def _add_fixed(body: Body, counts: Counts, sums: _Sums) -> None:
    """The fixed prices of a body's instructions, each as often as its block was entered."""
    for block, charges in body.charges:
        times = counts.blocks[block.start]
        if times:
            for group, line, totem in charges:
                sums.add(group, line, totem * times)
        last = block.stop - 1
        operation = body.operation(last)
        if operation in BY_ROUND:
            step = body.verified.steps[last]
            is_round = operation == EACH_ROUND
            rounds = counts.rounds[last] if is_round else counts.blocks[block.stop]
            sums.add(step.group, body.lines[last], step.price.fixed * rounds)
