"""Where a stage puts what it emits, and what it tells of records that failed."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from totemlang.native.instance import Instance
from totemlang.native.layout import CHAIN, FAILED_COUNT
from totemlang.native.runtime.selection import REASON
from totemlang.native.translation.plan import Plan
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind
from totemlang.vm.machine import Failures

LEAST_ROOM = 1 << 10
"""Rows that there is room for at least."""

_REASONS = {number: reason for reason, number in REASON.items()}


def pointers(instance: Instance, where: int, count: int) -> tuple[int, ...]:
    """So many of the words that stand there."""
    return struct.unpack(f"<{count}I", instance.read(where, 4 * count))


def make_room(instance: Instance, where: int, kinds: Sequence[Kind], records: int) -> None:
    """Have room for a row from each record at least. Raises `Trapped`: no memory."""
    *columns, room = pointers(instance, where, len(kinds) + 1)
    if room >= records and room:
        return
    room = max(records, LEAST_ROOM)
    last = where + 4 * len(columns)
    instance.write(last, bytes(4))
    for place, (old, kind) in enumerate(zip(columns, kinds, strict=True)):
        if old:
            instance.release(old)
            instance.write(where + 4 * place, bytes(4))
        new = instance.hold(room * WIDTH[kind])
        instance.write(where + 4 * place, struct.pack("<I", new))
    instance.write(last, struct.pack("<I", room))


def failures_of(instance: Instance, plan: Plan) -> Failures:
    """The records that failed in the last batch; for a script only line and reason."""
    words = instance.read(FAILED_COUNT, CHAIN - FAILED_COUNT)
    count, record, reason, length = struct.unpack_from("<4I", words)
    if not count and not reason:
        return Failures()
    chain = struct.unpack(f"<{length}I", instance.read(CHAIN, 4 * length))
    places = [plan.places[number] for number in chain]
    lines = [plan.bodies[place.body].lines[place.instruction] for place in places]
    line = next((line for line in lines if line), 0)
    return Failures(count, record, line, _REASONS[reason])
