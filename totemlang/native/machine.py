"""The machine of the native tier: runs a verified module over Arrow batches, against a purse.

It does what the interpreter does, in bits, totem and failures. A batch for which memory or stack
does not suffice is run by the interpreter, as if it had not been begun.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import chain

import numpy as np
import pyarrow as pa
from attrs import frozen

from totemlang.bytecode.module import Stage, Value
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import OperationFailed
from totemlang.native import interpreted
from totemlang.native.calling import Trapped
from totemlang.native.columns import Input
from totemlang.native.emission import NativeEmission
from totemlang.native.grouping.lying import Lying
from totemlang.native.instance import Instance
from totemlang.native.layout import CHAIN, CHUNK_FROM, FAILED_COUNT, FAILURES, ROWS_OUT
from totemlang.native.limits import MOST_MEMORY
from totemlang.native.reading import Read, read_aggregates, read_groups
from totemlang.native.reading_groups import read_lying
from totemlang.native.reading_rows import Rows, read_rows
from totemlang.native.static_values import place_globals, place_lookups, variable
from totemlang.native.translation.outputs import failures_of, make_room, pointers
from totemlang.native.translation.plan import Plan
from totemlang.native.translation.translator import plan_of
from totemlang.schema.types import Kind
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.counting import Stops
from totemlang.vm.machine import SCRIPT, Failures, Machine
from totemlang.vm.meter import Purse
from totemlang.vm.shape import line_of
from totemlang.vm.tier import Emission, Starts
from totemlang.vm.totals import Noted, Totals, work_out

_NO_FAILURE = bytes(CHAIN - FAILED_COUNT)

CHUNK = 1 << 22
"""Totem drawn at a time, where there is so much; more where the batch before needed more."""

_MOST_CHUNK = 1 << 33
"""A second's worth: who ends a run does not wait for longer."""

MOST_TOTEM = 1 << 62
"""What generated code can count: a batch that takes it further is run by the interpreter."""


@frozen
class Opened:
    """A batch that is paid for and lies in memory.

    What was paid for reading and for the first block of its records, the counters before it, and
    the totem drawn for what it will cost beside.
    """

    stage: int
    records: int
    price: int
    work: int
    counted: bytes
    left: int


class NativeMachine:
    """A module with its parameters and lookups, ready to run; charges go to `meter`.

    Fulfils `vm.tier.StageMachine`. `plan` saves translating again; `memory` bounds its memory
    in bytes. `given_up` counts the batches that the interpreter ran.
    """

    def __init__(
        self,
        verified: VerifiedModule,
        globals: Sequence[Value],
        lookups: Sequence[LookupTable],
        meter: Purse,
        *,
        plan: Plan | None = None,
        memory: int = MOST_MEMORY,
    ) -> None:
        """Translate, compile and instantiate.

        Raises:
            NotNative: the module is larger than this tier takes, or its values than its memory.
        """
        self.plan = plan_of(verified) if plan is None else plan
        self.given_up = 0
        self._verified = verified
        self._module = verified.module
        self._globals, self._lookups, self._meter = globals, lookups, meter
        self._noted = Noted(stops=[Stops() for _ in self.plan.bodies])
        self._stage, self._drawn, self._spent = "", 0, 0
        self._chunk = CHUNK
        self._ended: BaseException | None = None
        self._interpreter: Machine | None = None
        self.instance = Instance(self.plan.text, memory, self._more)
        base = place_globals(self.instance, self.plan, globals)
        self.instance.entrance("start")(base)
        place_lookups(self.instance, self.plan, lookups)
        self._input = Input(self.instance)
        self._begin = self.instance.entrance("begin", is_brief=True)
        self._reset = self.instance.entrance("reset")
        self._strings = (
            self.instance.entrance("packed_bytes"),
            self.instance.entrance("gather_strings"),
        )
        self._mark = self.instance.entrance("heap")()
        first = self.plan.first_stage
        self._stages = [
            self.instance.entrance(f"m{first + n}") for n in range(len(self._module.stages))
        ]

    # --- the protocol

    def map(self, stage: int, batch: pa.RecordBatch) -> Emission:
        """Run a map over a batch of records, and charge reading them.

        Raises:
            OutOfTotem: the budget is used up.
        """
        return self._run(stage, self._rows(stage, batch)) or self.interpreted_map(stage, batch)

    def open_map(self, stage: int, batch: pa.RecordBatch, room: int) -> Opened | None:
        """Begin a map that a stream runs, with room for so many rows; charges as `map`.

        None: there is no memory for it, and nothing is charged.
        """
        return self._open(stage, self._rows(stage, batch), room)

    def close_map(self, opened: Opened, left: int) -> Failures:
        """End a batch that was run as a whole, with so much totem left; what failed."""
        self._note(opened.stage, opened.records, opened.price, opened.work)
        self._settle(self._module.stages[opened.stage].name, left)
        return failures_of(self.instance, self.plan)

    def abandon_map(self, opened: Opened, rest: pa.RecordBatch, left: int) -> Failures:
        """End a batch before the chunk at hand, before which there was so much totem left.

        What the `rest` was charged is given back. Gives what failed before. Raises what ended
        the run, if something did.
        """
        if self._ended is not None:
            raise self._ended
        definition, plan = self._module.stages[opened.stage], self.plan
        (chunk,) = struct.unpack("<I", self.instance.read(CHUNK_FROM, 4))
        before = self._drawn_before if chunk == self._chunk_seen else self._drawn
        self._reset(self._mark)
        self.instance.write(FAILED_COUNT, self.instance.read(plan.backup, FAILURES))
        counted = self.instance.read(plan.backup + FAILURES, plan.counters_size)
        self.instance.write(plan.counters, counted)
        reading = self._rows(opened.stage, rest).price
        work = self._work(opened.stage) * rest.num_rows
        self._meter.give_back(self._drawn - before + reading + work)
        self._drawn = before
        self._note(
            opened.stage,
            opened.records - rest.num_rows,
            opened.price - reading,
            opened.work - work,
        )
        self._settle(definition.name, left)
        self.given_up += 1
        return failures_of(self.instance, plan)

    def interpreted_map(self, stage: int, batch: pa.RecordBatch) -> Emission:
        """The map by the interpreter; charges as `map`."""
        definition = self._module.stages[stage]
        columns = interpreted.lists_of(batch, definition.parameters)
        emitted = self._slow.map(stage, columns, batch.num_rows)
        return interpreted.HeldEmission(emitted, _kinds(definition))

    @property
    def input_block(self) -> tuple[int, int]:
        """Where the batch at hand lies, and its bytes."""
        return self._input.address, self._input.size

    def reduce_rows(self, stage: int, batch: pa.RecordBatch, starts: Starts) -> Emission:
        """Run a reduce over groups of sorted rows. Raises as `map`."""
        definition = self._module.stages[stage]
        read = read_groups(
            self._input,
            definition,
            self.plan.stages[stage].used,
            self._verified.prices,
            batch,
            starts,
        )
        emission = self._run(stage, read)
        if emission is not None:
            return emission
        groups = interpreted.groups_of(batch, definition.parameters, definition.key_parts, starts)
        return interpreted.HeldEmission(self._slow.reduce(stage, groups), _kinds(definition))

    def reduce_aggregates(self, stage: int, groups: pa.RecordBatch) -> Emission:
        """Run a reduce over aggregates. Raises as `map`."""
        definition = self._module.stages[stage]
        read = read_aggregates(
            self._input, definition, self.plan.stages[stage].used, self._verified.prices, groups
        )
        emission = self._run(stage, read)
        if emission is not None:
            return emission
        held = interpreted.aggregates_of(groups, definition.parameters, definition.key_parts)
        return interpreted.HeldEmission(self._slow.reduce(stage, held), _kinds(definition))

    def reduce_lying(self, stage: int, groups: Lying) -> Emission:
        """Run a reduce over groups of a grouping in this machine's store. Raises as `map`."""
        definition = self._module.stages[stage]
        read = read_lying(
            self._input, definition, self.plan.stages[stage].used, self._verified.prices, groups
        )
        emission = self._run(stage, read)
        if emission is not None:
            return emission
        held = chain.from_iterable(
            interpreted.aggregates_of(batch, definition.parameters, definition.key_parts)
            for batch in groups.batches()
        )
        return interpreted.HeldEmission(self._slow.reduce(stage, held), _kinds(definition))

    def run_script(self) -> dict[str, Value]:
        """Run a script; its variables at the end, in order of declaration.

        Raises:
            OperationFailed: an operation failed, with its source line.
            OutOfTotem: the budget is used up.
        """
        saved = self._counted()
        try:
            self._begin_batch(SCRIPT)
            self._reset(self._mark)
            left = self.instance.entrance("script")(self._first_draw())
        except Trapped:
            self._give_up(saved)
            return self._slow.run_script()
        self._noted.entries[self.plan.script] += 1
        self._settle(SCRIPT, left)
        failures = failures_of(self.instance, self.plan)
        if failures.reason:
            raise OperationFailed(failures.reason, failures.line)
        code = self._verified.script
        if code is None:
            raise ValueError("the module is no script")
        return {
            name: variable(self.instance, code.code.slots[slot], self.plan.variables + 16 * place)
            for place, (name, slot) in enumerate(self._module.variables)
        }

    def read_lookups(self, stage: str) -> None:
        """Charge reading the lookups, once a job, as part of a stage. Raises as `map`."""
        starts = (self._module.source or Source("")).line_starts
        for lookup, table in zip(self._module.lookups, self._lookups, strict=True):
            reading = self._verified.prices.weight("read") * table.total_bytes
            self._meter.charge(reading, stage)
            self._noted.reading[line_of(lookup.place, starts)] += reading
            self._noted.stages[stage] += reading

    def totals(self) -> Totals:
        """What was charged so far, exactly. After `OutOfTotem` it says nothing."""
        count, places = len(self.plan.names), self.plan.places
        values = np.frombuffer(self.instance.read(self.plan.counters, 8 * count), np.int64)
        stops = np.frombuffer(self.instance.read(self.plan.stops, 8 * len(places)), np.int64)
        noted = Noted(
            entries=self._noted.entries,
            stops=[Stops() for _ in self.plan.bodies],
            reading=self._noted.reading,
            stages=self._noted.stages,
        )
        for place, failed in zip(places, stops.tolist(), strict=True):
            if failed:
                noted.stops[place.body].failed[place.instruction] += failed
        found = work_out(self.plan, values.tolist(), noted)
        return found if self._interpreter is None else found.plus(self._interpreter.totals())

    # --- a batch

    def _rows(self, stage: int, batch: pa.RecordBatch) -> Rows:
        """What a batch brings to a map."""
        used = self.plan.stages[stage].used
        definition, prices = self._module.stages[stage], self._verified.prices
        return read_rows(self._input, definition, used, prices, batch)

    def _run(self, stage: int, read: Read | Rows) -> NativeEmission | None:
        """Run a stage over what was read; None where the interpreter has to."""
        opened = self._open(stage, read, read.records)
        if opened is None:
            return None
        try:
            left = self._stages[stage](0, opened.records, opened.left)
        except Trapped:
            self._give_up(opened.counted, opened.price + opened.work)
            return None
        found = self.close_map(opened, left)
        kinds = _kinds(self._module.stages[stage])
        (rows,) = struct.unpack("<I", self.instance.read(ROWS_OUT, 4))
        columns = pointers(self.instance, self.plan.stages[stage].places, len(kinds))
        return NativeEmission(self.instance, kinds, columns, rows, found, *self._strings)

    def _open(self, stage: int, read: Read | Rows, room: int) -> Opened | None:
        """Pay for what is read and bring it to memory; None where the interpreter has to."""
        definition, plan = self._module.stages[stage], self.plan.stages[stage]
        work = self._work(stage) * read.records
        self._meter.charge(read.price + work, definition.name)
        counted = self._counted()
        try:
            self._begin_batch(definition.name)
            read.bring(self._input, plan.frame)
            self._begin(*self.input_block)
            make_room(self.instance, plan.outputs, len(definition.emitted.columns), room)
            left = self._first_draw() if plan.charges else 0
        except Trapped:
            self._give_up(counted, read.price + work)
            return None
        return Opened(stage, read.records, read.price, work, counted, left)

    def _work(self, stage: int) -> int:
        """Totem of the first block of a record, which is paid for a batch at once."""
        blocks = self.plan.bodies[self.plan.first_stage + stage].verified.blocks
        return blocks[0].fixed if blocks else 0

    def _note(self, stage: int, records: int, reading: int, work: int) -> None:
        number, name = self.plan.first_stage + stage, self._module.stages[stage].name
        self._noted.entries[number] += records
        self._noted.reading[self.plan.bodies[number].place] += reading
        self._noted.stages[name] += reading + work

    def _begin_batch(self, stage: str) -> None:
        self._stage, self._drawn, self._ended = stage, 0, None
        self._chunk_seen, self._drawn_before = -1, 0
        self.instance.write(FAILED_COUNT, _NO_FAILURE)

    def _first_draw(self) -> int:
        self._drawn = self._meter.draw(0, self._chunk, self._stage)
        return self._drawn

    def _more(self, need: int) -> int:
        """Called by generated code that has less than no totem left."""
        # A call from there takes as long as thousands of rounds: who asks again asks for more.
        self._chunk = min(_MOST_CHUNK, 2 * self._chunk)
        try:
            taken = self._meter.draw(need, max(need, self._chunk), self._stage)
        except BaseException as error:  # also an interrupt: generated code lets nothing through
            self._ended = error
            return -1
        (chunk,) = struct.unpack("<I", self.instance.read(CHUNK_FROM, 4))
        if chunk != self._chunk_seen:
            self._chunk_seen, self._drawn_before = chunk, self._drawn
        self._drawn += taken
        if self._spent + self._drawn > MOST_TOTEM:
            return -1
        return taken

    def _settle(self, stage: str, left: int) -> None:
        self._meter.give_back(left)
        self._chunk = max(CHUNK, min(_MOST_CHUNK, (self._drawn - left) * 5 // 4))
        self._spent += self._drawn - left
        self._noted.stages[stage] += self._drawn - left

    def _counted(self) -> bytes:
        return self.instance.read(self.plan.counters, self.plan.counters_size)

    def _give_up(self, saved: bytes, charged: int = 0) -> None:
        """Undo what was begun, or end the run where it was out of totem."""
        if self._ended is not None:
            raise self._ended
        self._reset(self._mark)
        self.instance.write(self.plan.counters, saved)
        self._meter.give_back(self._drawn + charged)
        self.given_up += 1

    @property
    def _slow(self) -> Machine:
        if self._interpreter is None:
            self._interpreter = Machine(self._verified, self._globals, self._lookups, self._meter)
        return self._interpreter


def _kinds(stage: Stage) -> tuple[Kind, ...]:
    return tuple(column.type.kind for column in stage.emitted.columns)
