"""What a script did, operation by operation: the thesis's TOTEM_operators and mapped_executions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from totemlang.bytecode.module import Value
from totemlang.diagnostics import OperationFailed
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.operation_text import Entry, entries_of
from totemlang.vm.prepared import prepare

MAX_BLOCKS = 200_000
"""Blocks that a trace holds: what a script does after them is not in it."""


@frozen
class Trace:
    """The operations of a run in the order of execution: their classes, and their texts.

    `variables` are the script's at its end, None if an operation failed: `failure` then says how,
    and the trace ends with that operation. `is_whole` is False for a trace cut short.
    """

    operators: tuple[str, ...]
    executions: tuple[str, ...]
    variables: Mapping[str, Value] | None
    failure: OperationFailed | None
    is_whole: bool


def trace_script(
    verified: VerifiedModule, values: Sequence[Value], meter: Meter, *, limit: int = MAX_BLOCKS
) -> Trace:
    """Run a script with the values of its globals, and note what it does.

    Raises:
        OutOfTotem: the budget is used up.
    """
    entered: list[tuple[int, int]] = []
    is_whole = True

    def note(body: int, start: int) -> None:
        nonlocal is_whole
        if len(entered) < limit:
            entered.append((body, start))
        else:
            is_whole = False

    prepared = prepare(verified, traced=True)
    machine = Machine(verified, values, (), meter, prepared=prepared, trace=note)
    variables: Mapping[str, Value] | None = None
    failure = None
    try:
        variables = machine.run_script()
    except OperationFailed as error:
        failure = error
    blocks = _entries_by_block(verified)
    done = [entry for place in entered for entry in blocks[place]]
    if machine.failed_at is not None and is_whole:
        last = len(blocks[entered[-1]])
        done[len(done) - last :] = [
            entry
            for entry in blocks[entered[-1]]
            if entry.instruction <= machine.failed_at.instruction
        ]
    return Trace(
        tuple(entry.operator for entry in done),
        tuple(entry.text for entry in done),
        variables,
        failure,
        is_whole,
    )


def _entries_by_block(verified: VerifiedModule) -> dict[tuple[int, int], list[Entry]]:
    """The operations of each block, by body and first instruction, as `prepare` numbers bodies."""
    bodies = [*verified.functions, *verified.stages]
    if verified.script is not None:
        bodies.append(verified.script)
    found: dict[tuple[int, int], list[Entry]] = {}
    for number, body in enumerate(bodies):
        entries = sorted(entries_of(verified.module, body), key=lambda entry: entry.instruction)
        at = 0
        for block in body.blocks:
            first = at
            while at < len(entries) and entries[at].instruction < block.stop:
                at += 1
            found[number, block.start] = entries[first:at]
    return found
