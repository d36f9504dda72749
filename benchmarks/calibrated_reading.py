"""What reading a row takes: a job that reads eight columns from memory and emits nothing."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa

from benchmarks.jobs.engines.totem_engine import MemoryTable
from totemlang.data.file import DataFile
from totemlang.execution import execute, prepare
from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.prices import PriceTable

READ = "read"
"""The weight."""

COLUMNS = "abcdefgh"
SMALL = 8
"""The larger data set has so many times the rows of the smaller one."""

JOB = f"""\
dataset rows({", ".join(f"double {name}" for name in COLUMNS)})
map none(rows row)
    if row.a > row.h then
        emit row.a, row.b + row.c + row.d + row.e + row.f + row.g
    end if
end map
"""


def reading(tier: str, rows: int, prices: PriceTable, repeat: int) -> tuple[float, float]:
    """Seconds of processor time and totem that a row more takes; the best of `repeat` runs.

    Of each row's totem 64 are for reading it, 8 for the comparison that nothing passes. What a run
    takes whatever its rows is not in it: that of fewer rows is taken off.
    """
    used, seconds = [], []
    for count in (rows, rows // SMALL):
        values = np.arange(count) / count
        table = pa.table({name: values + place for place, name in enumerate(COLUMNS)})
        data = {"rows": DataFile((MemoryTable(table),))}
        request = prepare(Program(Source(JOB), prices=prices), data)
        best = float("inf")
        for _ in range(repeat):
            began = time.process_time()
            outcome = execute(request, tier=tier).checked()
            best = min(best, time.process_time() - began)
        used.append(outcome.totem)
        seconds.append(best)
    more = rows - rows // SMALL
    return (seconds[0] - seconds[1]) / more, (used[0] - used[1]) / more
