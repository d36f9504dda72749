"""From compiled text to functions that run: what they may name, and what pays for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, frozen

from totemlang.bytecode.module import Value
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import OutOfTotem
from totemlang.verify.verified import VerifiedModule
from totemlang.vm import checks, failures, sizes
from totemlang.vm.aggregate import Aggregate
from totemlang.vm.arrays import bounded, order_of
from totemlang.vm.meanings import MEANINGS
from totemlang.vm.meter import Purse
from totemlang.vm.numbers import NAN, canonical, divide_by_zero
from totemlang.vm.prepared import FILE_NAME, Prepared
from totemlang.vm.python_text import Site, literal

_CHUNK = (1 << 29) - 1
"""Totem drawn at a time: numbers this small are what Python is fastest with."""


def _arranged(
    arrays: Sequence[list[Value] | Aggregate], which: int, descending: bool
) -> list[list[Value] | Aggregate]:
    """The arrays of a group in the order of one of them; aggregates have none."""
    by = arrays[which]
    if isinstance(by, Aggregate):
        return list(arrays)
    order = order_of(by, descending=descending)
    return [a if isinstance(a, Aggregate) else [a[at] for at in order] for a in arrays]


def _canonical_column(column: Sequence[float]) -> Sequence[float]:
    """The column with any NaN as the one NaN. A sum tells quickly that there is none."""
    total = sum(column)
    return column if total == total else [canonical(value) for value in column]


NAMESPACE: Mapping[str, Any] = {
    **MEANINGS,
    "len": len,
    "list": list,
    "max": max,
    "range": range,
    "round": round,
    "zip": zip,
    "math_floor": math.floor,
    "math_ceil": math.ceil,
    "sqrt": math.sqrt,
    "divide_by_zero": divide_by_zero,
    "NAN": NAN,
    "bounded": bounded,
    "arranged": _arranged,
    "canonical_column": _canonical_column,
    "string_bytes": sizes.string_bytes,
    "strings_bytes": sizes.strings_bytes,
    "longest_bytes": sizes.longest_bytes,
    "check_bytes": checks.check_bytes,
    "check_range": checks.check_range,
    "check_length": checks.check_length,
    "same_length": checks.same_length,
    "Failure": failures.Failure,
    "FAILURES": failures.FAILURES,
    "out_of_range": failures.OUT_OF_RANGE,
    "time_out_of_range": failures.TIME_OUT_OF_RANGE,
    "too_many_rounds": failures.TOO_MANY_ROUNDS,
}
"""What generated code may name, apart from numbered values of the module. There are no builtins."""


def pool(verified: VerifiedModule, values: Sequence[Value]) -> dict[str, Any]:
    """Constants that have no literal, and globals, under their numbers."""
    space: dict[str, Any] = {}
    for number, (at, value) in enumerate(verified.module.constants):
        if at.is_array or literal(value) is None:
            space[f"k{number}"] = machine_value(value)
    for number, value in enumerate(values):
        space[f"g{number}"] = machine_value(value)
    return space


def machine_value(value: Value) -> Any:
    """A value as the machine holds it: arrays are lists."""
    return list(value) if isinstance(value, tuple) else value


def cells(verified: VerifiedModule, lookups: Sequence[LookupTable]) -> dict[str, Any]:
    """For each lookup its number of rows, and for each column asked a way from key to cell."""
    space: dict[str, Any] = {f"r{n}": table.rows for n, table in enumerate(lookups)}
    asked = {
        (i.immediates[0], i.immediates[1])
        for body in (*verified.functions, *verified.stages)
        for i in body.code.instructions
        if i.operation == "lookup"
    }
    for table, column in asked:
        held = lookups[table].columns[column]
        found = {key: held[row] for key, row in lookups[table].index.items()}
        space[f"l{table}c{column}"] = found.get
    return space


@frozen
class Loaded:
    """Generated code, ready to run. `names` are what it may name, and its shared variables."""

    prepared: Prepared
    names: dict[str, Any]
    refill: Callable[[int], None]
    rest: Callable[[], int]
    counted: Callable[[], list[int]]
    entrances: Mapping[str, Callable[..., Any]]

    def refund(self, error: Exception) -> int:
        """Totem that was charged for blocks which a failure kept from being entered."""
        found, at = 0, error.__traceback__
        while at is not None:
            if at.tb_frame.f_code.co_filename == FILE_NAME:
                found = self.prepared.refunds.get(at.tb_lineno, 0)  # the innermost counts
            at = at.tb_next
        return found

    def sites(self, error: Exception) -> Iterator[Site]:
        """The places that a failure went through, the innermost last."""
        at = error.__traceback__
        while at is not None:
            if at.tb_frame.f_code.co_filename == FILE_NAME:
                site = self.prepared.sites[at.tb_lineno - 1]
                if site is not None:
                    yield site
            at = at.tb_next


def load(
    prepared: Prepared,
    space: Mapping[str, Any],
    till: Till,
    trace: Callable[[int, int], None] | None = None,
) -> Loaded:
    """Run the compiled text, which defines its functions and does nothing else."""
    names: dict[str, Any] = {
        "__builtins__": {},
        **NAMESPACE,
        "binary32": memoryview(bytearray(4)).cast("f"),  # of its own: threads would mix theirs up
        "empty": [],
        "more": till.more,
        "trace": trace,
        **space,
    }
    exec(prepared.code, names)  # the text holds nothing of the module but numbers
    refill, rest, counted, entrances = names["entrances"]
    return Loaded(prepared, names, refill, rest, counted, entrances)


@define
class Till:
    """Hands totem of a purse to generated code, and returns what is left."""

    purse: Purse
    stage: str = ""

    def run(self, stage: str, loaded: Loaded, entrance: str, *arguments: Any) -> Any:
        """Run an entrance, paid from the purse. Raises what it raises, and `OutOfTotem`."""
        self.stage = stage
        loaded.refill(self.purse.draw(0, _CHUNK, stage))
        try:
            result = loaded.entrances[entrance](*arguments)
        except OutOfTotem:
            raise
        except failures.FAILURES as error:
            self.take_back(loaded, error)
            self._settle(loaded)
            raise
        except BaseException:
            self._settle(loaded)
            raise
        self._settle(loaded)
        return result

    def _settle(self, loaded: Loaded) -> None:
        left = loaded.rest()
        if left < 0:
            self.purse.charge(-left, self.stage)
        else:
            self.purse.give_back(left)

    def take_back(self, loaded: Loaded, error: Exception) -> None:
        """Refund what a failure kept from being done.

        Raises:
            OutOfTotem: where what was done is not covered all the same.
        """
        left = loaded.rest() + loaded.refund(error)
        loaded.refill(self.more(left) if left < 0 else left)

    def more(self, left: int, later: int = 0) -> int:
        """Called with totem that has run out: draw more, or end the run.

        `later` of what is asked for is due only if nothing fails before: as long as the rest is
        there, the run goes on, to the failure or to the next charge, which ends it.
        """
        due = max(0, -left - later)
        return left + self.purse.draw(due, max(-left, _CHUNK), self.stage)
