"""The jobs in TOTEM: the programs beside this folder, asked for as text and run each time.

As everywhere, a process compiles and quotes a text once and keeps that for the next runs.
What the provider publishes about the data (`describe`) is there beforehand, as it is for a
consumer; that the data keeps to it is checked in the run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from attrs import frozen

import totemlang
from benchmarks.jobs.catalogue import BY_NAME
from benchmarks.running import CHOICES, run_request
from totemlang.data.describe import describe
from totemlang.data.file import DataFile, open_data
from totemlang.data.limits import DEFAULT_LIMITS
from totemlang.data.plain import looking_through
from totemlang.data.table_file import FileColumn, file_column
from totemlang.execution import prepare
from totemlang.schema.types import Kind

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"


UNIT = 1 << 16
"""Rows of a table in memory that are asked for together, at least."""


@frozen(slots=False)
class MemoryTable:
    """An Arrow table in memory, as a file of the data room."""

    table: pa.Table
    name: str = "table in memory"

    @property
    def columns(self) -> tuple[FileColumn, ...]:
        """Its columns."""
        return tuple(file_column(field) for field in self.table.schema)

    @property
    def rows(self) -> int:
        """Its rows."""
        return int(self.table.num_rows)

    @cached_property
    def units(self) -> tuple[int, ...]:
        """It can be read from any row: pieces of a size."""
        return tuple(
            min(UNIT, self.table.num_rows - start) for start in range(0, self.table.num_rows, UNIT)
        )

    def batches(
        self,
        columns: Sequence[str],
        rows: int,
        kinds: Mapping[str, Kind],
        units: range | None = None,
        *,
        may_code: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The named columns, at most `rows` rows at a time."""
        look = looking_through(columns, kinds, self.name, DEFAULT_LIMITS, may_code=may_code)
        found = self.table.select(list(dict.fromkeys(columns)))
        if units is not None:
            found = found.slice(units.start * UNIT, len(units) * UNIT)
        for batch in found.to_batches():
            for start in range(0, batch.num_rows, rows):
                yield from look(batch.slice(start, rows))


class Engine:
    """TOTEM; see `engines`. `TOTEM_BENCH_TIER` and `TOTEM_BENCH_WORKERS` choose how it runs."""

    name = "TOTEM"
    version = totemlang.__version__

    def __init__(self) -> None:
        """The tier and workers asked for, as far as this TOTEM has a choice."""
        asked: dict[str, Any] = {
            "tier": os.environ.get("TOTEM_BENCH_TIER", "native"),
            "workers": int(os.environ.get("TOTEM_BENCH_WORKERS", "2")),
        }
        self.options = {name: value for name, value in asked.items() if name in CHOICES}
        interpreted = self.options.get("tier", "interpreter") == "interpreter"
        self.most = 1_000_000 if interpreted else None
        self.data: DataFile | None = None
        self.metadata: dict[str, Any] = {}
        self.input = ""

    def load(self, folder: Path, data: str, form: str) -> None:
        """See `engines`."""
        self.input = data
        parquet = open_data(str(folder / f"{data}.parquet"))
        self.metadata = {data: describe(parquet, data, None)}
        self.data = parquet
        if form == "memory":
            with pa.memory_map(str(folder / f"{data}.arrow")) as file:
                self.data = DataFile((MemoryTable(pa.ipc.open_file(file).read_all()),))

    def ways(self, job: str) -> tuple[str, ...]:
        """See `engines`."""
        return ("metered",)

    def run(self, job: str, way: str) -> pa.Table:
        """See `engines`."""
        text = (PROGRAMS / f"{job}.totem").read_text()
        program = totemlang.Program(totemlang.Source(text, f"{job}.totem"))
        assert self.data is not None
        assert BY_NAME[job].data == self.input
        request = prepare(program, {self.input: self.data}, metadata=self.metadata)
        outcome = run_request(request, **self.options).checked()
        assert outcome.table is not None
        return outcome.table

    def table(self, result: pa.Table) -> pa.Table:
        """See `engines`."""
        return result
