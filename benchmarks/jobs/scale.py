"""Time and memory against rows and against workers, from Parquet.

    python -m benchmarks.jobs.scale --rows 100000 1000000 10000000 100000000

Every point is a process of its own: its first run gives the memory, the best of this and further
ones the time; short runs are repeated more often, for other processes disturb them more. Memory
is the peak of what the process (with its children) holds beyond the files that it has mapped, less
what it held before the run. Points go to `scale.json`, a table and a plot beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from benchmarks.jobs.catalogue import BY_NAME, rows_of
from benchmarks.jobs.compare import fastest, machine
from benchmarks.jobs.inputs import make
from benchmarks.jobs.workers import Tool

MOST_RUNS, LONG_ENOUGH = 9, 2.0
"""Runs of a point; seconds after which there are no more of them than two."""

TOOLS = ("totem", "polars", "duckdb")
JOBS = ("hour_mean", "power_curve", "million_keys")


class Watch(threading.Thread):
    """Follows the memory of a process tree; `peak` in bytes."""

    def __init__(self, process: int) -> None:
        """Begin to follow."""
        super().__init__(daemon=True)
        self.process, self.ended = process, threading.Event()
        self.before = self.peak = held(process)
        self.start()

    def run(self) -> None:
        """Look every five milliseconds."""
        while not self.ended.wait(0.005):
            self.peak = max(self.peak, held(self.process))

    def stop(self) -> int:
        """The peak over what was held before."""
        self.ended.set()
        self.join()
        return self.peak - self.before


def held(process: int) -> int:
    """Bytes of memory of a process and its children that are no mapped files."""
    total = 0
    try:
        status = Path(f"/proc/{process}/status").read_text()
        for line in status.splitlines():
            if line.startswith(("RssAnon:", "RssShmem:")):
                total += int(line.split()[1]) * 1024
        for task in Path(f"/proc/{process}/task").iterdir():
            total += sum(held(int(child)) for child in (task / "children").read_text().split())
    except OSError:  # it has just ended
        return total
    return total


def point(engine: str, python: str, job: str, rows: int, workers: int, folder: Path) -> Any:
    """One point of the curve; None where the tool is not asked for so many rows."""
    tool = Tool(engine, python, workers)
    try:
        if tool.most is not None and rows > tool.most:
            return None
        data = BY_NAME[job].data
        small = make(folder, data, 10_000)
        tool.ask("load", folder=str(small), data=data, form="parquet")
        way = fastest(tool, BY_NAME[job])  # imports what it needs, too
        tool.ask("load", folder=str(make(folder, data, rows)), data=data, form="parquet")
        watch = Watch(tool.process.pid)
        seconds = tool.ask("run", job=job, way=way)["seconds"]
        memory = watch.stop()
        runs = [seconds]
        while len(runs) < 2 or (len(runs) < MOST_RUNS and sum(runs) < LONG_ENOUGH):
            runs.append(tool.ask("run", job=job, way=way)["seconds"])
        return {
            "tool": engine,
            "job": job,
            "rows": rows_of(data, rows),
            "workers": workers,
            "seconds": min(runs),
            "bytes": memory,
        }
    finally:
        tool.close()


def main() -> None:
    """Measure, write, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10**5, 10**6, 10**7, 10**8])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--jobs", nargs="+", default=list(JOBS))
    parser.add_argument("--tools", nargs="+", default=list(TOOLS))
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/scale.json"))
    parser.add_argument("--rivals-python", default=sys.executable)
    chosen = parser.parse_args()
    before, points = machine(), []
    for rows in chosen.rows:
        for job in chosen.jobs:
            for workers in chosen.workers:
                for engine in chosen.tools:
                    found = point(engine, chosen.rivals_python, job, rows, workers, chosen.folder)
                    if found is None:
                        continue
                    points.append(found)
                    print(
                        f"{job:13} {rows:11,} rows  {workers} workers  {engine:7}"
                        f" {found['seconds']:8.3f} s {found['bytes'] / 2**20:8.0f} MiB",
                        flush=True,
                    )
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps({"machine": before, "points": points}, indent=1) + "\n")
    draw = [chosen.rivals_python, "-m", "benchmarks.jobs.scale_report", str(chosen.output)]
    subprocess.run(draw, check=True)


if __name__ == "__main__":
    main()
