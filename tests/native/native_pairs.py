"""Both tiers side by side: a batch through each, and all that must be equal."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from totemlang.bytecode.module import Stage, StageKind
from totemlang.data.coded import coded
from totemlang.data.python_values import to_array
from totemlang.diagnostics import OperationFailed, OutOfTotem
from totemlang.native.limits import MOST_MEMORY
from totemlang.native.machine import NativeMachine
from totemlang.native.translation.plan import Plan
from totemlang.native.translation.translator import translate_module
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import Prepared, prepare

PLENTY = 10**15


def bits(value: Any) -> Any:
    """A value with its exact bits, any NaN as one."""
    if isinstance(value, float):
        return "NaN" if value != value else struct.pack(">d", value)
    if isinstance(value, list | tuple):
        return [bits(element) for element in value]
    return (type(value), value)


class Pair:
    """A module in both tiers."""

    def __init__(
        self,
        verified: VerifiedModule,
        values: Sequence[Any] = (),
        tables: Sequence[Any] = (),
        memory: int = MOST_MEMORY,
    ) -> None:
        """Translate for both; `memory` bounds the native machine's."""
        self.memory = memory
        self.verified, self.values, self.tables = verified, values, tables
        self.prepared: Prepared = prepare(verified)
        self.plan: Plan = translate_module(verified)
        self.given_up = 0

    def machines(self, budget: int) -> tuple[Machine, NativeMachine]:
        """A machine of each tier with this budget."""
        self.slow_meter, self.fast_meter = Meter(budget), Meter(budget)
        given = self.verified, self.values, self.tables
        held = Machine(*given, self.slow_meter, prepared=self.prepared)
        return held, NativeMachine(*given, self.fast_meter, plan=self.plan, memory=self.memory)

    def check_script(self, budget: int = PLENTY) -> int:
        """Run the script in both; gives what was used."""
        slow, fast = self.machines(budget)
        expected = _told(slow.run_script)
        found = _told(fast.run_script)
        assert found == expected
        return self.same_totals(slow, fast, expected == "exhausted")

    def check_stage(
        self, number: int, records: list[Any], budget: int = PLENTY, *, coded: bool = False
    ) -> int:
        """Run a stage on records in both; gives what was used.

        `coded`: a map gets its strings as a dictionary.
        """
        slow, fast = self.machines(budget)
        stage = self.verified.module.stages[number]
        expected = _told(lambda: _interpreted(slow, stage, number, records))
        found = _told(lambda: _native(fast, stage, number, records, coded))
        assert found == expected
        return self.same_totals(slow, fast, expected == "exhausted")

    def same_totals(self, slow: Machine, fast: NativeMachine, exhausted: bool) -> int:
        """Both used the same, in all and for each line, group and stage."""
        self.given_up += fast.given_up
        used = self.slow_meter.used
        assert self.fast_meter.used == used
        if not exhausted:
            expected, found = slow.totals(), fast.totals()
            assert found == expected
        return used


def _told(run: Callable[[], Any]) -> Any:
    try:
        found = run()
    except OperationFailed as error:
        return error.reason, error.line
    except OutOfTotem:
        return "exhausted"
    if isinstance(found, dict):
        return {name: bits(value) for name, value in found.items()}
    return found


def _interpreted(machine: Machine, stage: Stage, number: int, records: list[Any]) -> Any:
    if stage.kind is StageKind.MAP:
        columns = [[record[c] for record in records] for c in range(len(stage.parameters))]
        found = machine.map(number, columns, len(records))
    else:
        groups = [(tuple(r[: stage.key_parts]), r[stage.key_parts :]) for r in records]
        found = machine.reduce(number, iter(groups))
    return [bits(column) for column in found.columns], found.failures


def _native(
    machine: NativeMachine, stage: Stage, number: int, records: list[Any], is_coded: bool
) -> Any:
    if stage.kind is StageKind.MAP:
        arrays = [
            to_array([record[c] for record in records], parameter.type.kind)
            for c, parameter in enumerate(stage.parameters)
        ]
        if is_coded:
            arrays = [_coded(a) if a.type == pa.string() else a for a in arrays]
        found = machine.map(number, _batch(arrays, len(records)))
    else:
        batch, starts = group_rows(stage, records)
        found = machine.reduce_rows(number, batch, starts)
    columns = found.batch()
    assert columns.num_rows == found.rows
    return [bits(values_of(column)) for column in columns.columns], found.failures


def _coded(array: pa.Array) -> pa.Array:
    found = array.dictionary_encode()
    return coded(found) if len(found.dictionary) else array


def group_rows(stage: Stage, records: list[Any]) -> tuple[pa.RecordBatch, Any]:
    """Groups as sorted rows, and where each begins."""
    lengths = [len(record[-1]) for record in records]
    arrays = []
    for c, parameter in enumerate(stage.parameters):
        values: list[Any] = []
        for record, length in zip(records, lengths, strict=True):
            values += record[c] if parameter.type.is_array else [record[c]] * length
        arrays.append(to_array(values, parameter.type.kind))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return _batch(arrays, int(starts[-1])), starts


def _batch(arrays: list[pa.Array], rows: int) -> pa.RecordBatch:
    names = [f"c{n}" for n in range(len(arrays))]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def values_of(column: pa.Array) -> list[Any]:
    """The values of an emitted column as the interpreter has them."""
    if pa.types.is_date(column.type):
        column = column.view(pa.int32())
    elif pa.types.is_timestamp(column.type) or pa.types.is_duration(column.type):
        column = column.view(pa.int64())
    found: list[Any] = column.to_pylist()
    return found
