"""Whether two tools gave the same result: the same rows by key, numbers within a tolerance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.jobs.catalogue import Job

Rows = dict[str, Any]


def rows_in(path: Path, job: Job) -> Rows:
    """The columns of a saved result, in the order of the keys."""
    with pa.OSFile(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    columns = {name: np.asarray(table[name].to_pylist()) for name in table.column_names}
    if not job.keys:
        return columns
    order = np.lexsort([columns[key] for key in reversed(job.keys)])
    return {name: column[order] for name, column in columns.items()}


def difference(one: Rows, other: Rows, job: Job) -> str:
    """What is different; nothing where the results are equal."""
    if set(one) != set(other):
        return f"columns {sorted(one)} and {sorted(other)}"
    for name in one:
        a, b = one[name], other[name]
        if len(a) != len(b):
            return f"{len(a)} and {len(b)} rows"
        if a.dtype.kind == "f" or b.dtype.kind == "f":
            wrong = ~np.isclose(a.astype(float), b.astype(float), rtol=job.tolerance, atol=1e-12)
        else:
            wrong = a != b
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            return f"{name}: {a[at]!r} and {b[at]!r}, {int(wrong.sum())} such rows"
    return ""
