"""A tool in a process of its own: takes orders as lines of JSON, answers each with one.

    python -m benchmarks.jobs.worker polars

Orders: `load` an input, name the `ways` of a job, `run` a job (the answer has the seconds it took),
`save` the last result as an Arrow file.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa


class Worker:
    """An engine and its last result."""

    def __init__(self, engine: Any) -> None:
        """Take the engine."""
        self.engine = engine
        self.result: Any = None

    def hello(self) -> dict[str, Any]:
        """Who this is."""
        engine = self.engine
        return {"name": engine.name, "version": engine.version, "most": engine.most}

    def load(self, folder: str, data: str, form: str) -> dict[str, Any]:
        """Get an input ready."""
        self.result = None
        self.engine.load(Path(folder), data, form)
        gc.collect()
        return {}

    def ways(self, job: str) -> dict[str, Any]:
        """The ways to do a job."""
        return {"ways": self.engine.ways(job)}

    def run(self, job: str, way: str) -> dict[str, Any]:
        """Do a job, and time it: on the clock, and by what all threads took of the processors."""
        self.result = None
        gc.collect()
        began, used = time.perf_counter(), time.process_time()
        self.result = self.engine.run(job, way)
        return {"seconds": time.perf_counter() - began, "processor": time.process_time() - used}

    def save(self, path: str) -> dict[str, Any]:
        """Write the last result."""
        table = self.engine.table(self.result)
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
        return {}


def main() -> None:
    """Serve until the orders end."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a tool prints is no answer
    pa.set_cpu_count(2)
    module = importlib.import_module(f"benchmarks.jobs.engines.{sys.argv[1]}_engine")
    worker = Worker(module.Engine())
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(worker, order.pop("do"))(**order)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
