"""A map whose rows are grouped as they are emitted: both run over a chunk of records at a time.

What the map emitted is still in the processor's cache when it is grouped, and the interpreter has
no part in it but once a batch. See streaming.wat.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import wasmtime
from attrs import define, field, frozen

from totemlang.native.calling import Entrance, Trapped
from totemlang.native.compiled import compiled
from totemlang.native.exports import Exports
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.place import Loop
from totemlang.native.layout import FAILURES, ROWS_OUT, ROWS_STREAMED
from totemlang.native.machine import NativeMachine, Opened
from totemlang.native.summing import WITHOUT_ROWS, Summing, can_sum
from totemlang.native.translation.outputs import pointers
from totemlang.vm.machine import Failures


@frozen
class Chunks:
    """Records of a chunk: of the first ones, of others, and where each may emit several rows.

    What the first emit decides how the others are grouped.
    """

    first: int = 1 << 17
    usual: int = 1 << 12
    several: int = 1 << 8
    first_several: int = 1 << 13


CHUNKS = Chunks()

_GROUPED = 2
"""The state of a chunk whose rows are being grouped."""


@lru_cache(maxsize=8)
def _text(is_bounded: bool, summing: Summing | None) -> str:
    text = (Path(__file__).parent / "streaming.wat").read_text(encoding="utf-8")
    text = text.replace("IMPORTS", summing.imports() if summing else "")
    text = text.replace("FUNCTIONS", summing.functions() if summing else "")
    text = text.replace("WITHOUT_ROWS", WITHOUT_ROWS if summing else "")
    text = text.replace("FAILURES", str(FAILURES))
    text = text.replace("BOUND", "i32" if is_bounded else "")
    return text.replace("MOST", "(local.get $most)" if is_bounded else "")


@define(eq=False)
class Stream:
    """The rows of a stage on their way from a machine to a grouping in its store."""

    machine: NativeMachine
    stage: int
    grouping: NativeGrouping
    _entrances: dict[str, Entrance] = field(factory=dict, init=False)
    _summing: Summing | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Look whether sums may be had without rows."""
        stage, grouping = self.machine.plan.stages[self.stage], self.grouping.plan
        if stage.certain is not None and can_sum(stage.certain, grouping.layout):
            self._summing = Summing(stage.certain, stage.frame, grouping.layout, grouping.state)

    def map(self, batch: pa.RecordBatch) -> Failures:
        """Run the map over a batch of records and group what it emits; charges as `map`.

        Raises:
            OutOfTotem: the budget is used up.
            MemoryError: the memory of the grouping cannot grow.
        """
        rows = batch.num_rows
        if not self.grouping.follows:
            emission = self.machine.map(self.stage, batch)
            self.grouping.add(emission)
            return emission.failures
        opened = self.machine.open_map(self.stage, batch, min(rows, max(self._first, CHUNKS.usual)))
        if opened is None:
            return self._interpreted(batch, Failures())
        done, left = 0, opened.left
        while done < rows:
            entrance, settings = self._loop()
            try:
                left = entrance(done, rows, left, *settings)
            except Trapped:
                return self._after_trap(opened, batch)
            done = self._look_after()
        return self.machine.close_map(opened, left)

    @property
    def _first(self) -> int:
        """Records of the first chunk: where there is no key few show how large values are."""
        if not self.grouping.plan.keys:
            return min(CHUNKS.first, CHUNKS.usual)
        repeats = self.machine.plan.stages[self.stage].repeats
        return min(CHUNKS.first, CHUNKS.first_several) if repeats else CHUNKS.first

    def _loop(self) -> tuple[Entrance, tuple[int, ...]]:
        """The loop that goes on as things stand, and what it is told beside its records."""
        plan, loop = self.machine.plan, self.grouping.loop()
        stage = plan.stages[self.stage]
        chunk = CHUNKS.several if stage.repeats else CHUNKS.usual
        settings = (
            chunk if loop.takes else self._first,
            int(loop.takes),
            *self.machine.input_block,
            stage.places,
            4 * self.grouping.columns,
            self.grouping.arguments,
            plan.counters,
            plan.counters_size,
            plan.backup,
            loop.most,
        )
        return self._entrance(loop), settings

    def _look_after(self) -> int:
        """Do what the loop cannot; gives the record to go on from."""
        out, done, _, taken, _, streamed = self._words()
        places = pointers(
            self.machine.instance,
            self.machine.plan.stages[self.stage].places,
            self.grouping.columns,
        )
        self.grouping.look_after(places, out, taken, streamed)
        self.machine.instance.write(ROWS_STREAMED, bytes(8))
        return done

    def _words(self) -> tuple[int, int, int, int, int, int]:
        found = self.machine.instance.read(ROWS_OUT, 32)
        out, done, state, taken, left, streamed = struct.unpack("<4I2q", found)
        return out, done, state, taken, left, streamed

    def _after_trap(self, opened: Opened, batch: pa.RecordBatch) -> Failures:
        """Let the interpreter go on from the chunk that was not mapped to its end."""
        _, done, state, _, left, streamed = self._words()
        if state == _GROUPED:
            raise MemoryError("the memory of a grouping cannot grow")
        rest = batch.slice(done)
        failures = self.machine.abandon_map(opened, rest, left)
        self.grouping.gathered.rows += streamed
        return self._interpreted(rest, failures, done)

    def _interpreted(self, rest: pa.RecordBatch, before: Failures, done: int = 0) -> Failures:
        emission = self.machine.interpreted_map(self.stage, rest)
        self.grouping.add(emission)
        found = emission.failures
        if before.count:
            return Failures(before.count + found.count, before.record, before.line, before.reason)
        return Failures(found.count, found.record + done, found.line, found.reason)

    def _entrance(self, loop: Loop) -> Entrance:
        found = self._entrances.get(loop.name)
        if found is None:
            machine, number = self.machine.instance, self.machine.plan.first_stage + self.stage
            # In the order of the text: to ask a module for it takes long.
            imports: list[wasmtime.Func | wasmtime.Memory] = [
                machine.memory,
                machine.exports.function("begin"),
                machine.exports.function(f"m{number}"),
                loop.memory,
                loop.function,
            ]
            if self._summing is not None:
                imports.append(machine.exports.function(f"pay{number}"))
                imports += [self.grouping.function(name) for name in self._summing.taken_by]
            module = compiled(_text(loop.is_bounded, self._summing))
            exports = Exports(
                machine.store, module, wasmtime.Instance(machine.store, module, imports)
            )
            found = self._entrances[loop.name] = exports.entrance("stream")
        return found
