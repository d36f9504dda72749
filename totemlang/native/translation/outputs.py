"""Where a stage puts what it emits, and what it tells of records that failed."""

from __future__ import annotations

import struct

from totemlang.native.instance import Instance
from totemlang.native.layout import CHAIN, FAILED_COUNT
from totemlang.native.runtime.selection import REASON
from totemlang.native.translation.emitting import block_size
from totemlang.native.translation.plan import Plan
from totemlang.vm.machine import Failures

LEAST_ROOM = 1 << 10
"""Rows that there is room for at least."""

_REASONS = {number: reason for reason, number in REASON.items()}


def pointers(instance: Instance, where: int, count: int) -> tuple[int, ...]:
    """So many of the words that stand there."""
    return struct.unpack(f"<{count}I", instance.read(where, 4 * count))


def make_room(instance: Instance, where: int, columns: int, records: int) -> None:
    """Have room for a row from each record at least. Raises `Trapped`: no memory."""
    block, room = pointers(instance, where, 2)
    if room >= records and room:
        return
    if block:
        instance.release(block)
        instance.write(where, bytes(8))
    room = max(records, LEAST_ROOM)
    block = instance.hold(block_size(columns, room))
    instance.write(where, struct.pack("<2I", block, room))


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
