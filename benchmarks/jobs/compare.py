"""Eight jobs in TOTEM and five other tools: check that they agree, then time them in turns.

    python -m benchmarks.jobs.compare --rows 10000000 --rivals-python .venv/bench/bin/python

For each input, given as an Arrow table in memory and as a Parquet file, every tool loads it once
(not timed); then the tools do each job in turn, one run each, as often as `--repeat` says, so that
what slows the machine down slows all. Each tool's fastest way of a job is found before, in two
runs of each. A tool that cannot be asked for so many rows (pure Python, the interpreter) is given
as many as it can, and compared by time a row. Timings go to `--output` as JSON; `report` makes the
table and the plot of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.jobs.catalogue import FORMS, JOBS, Job, rows_of
from benchmarks.jobs.equality import difference, rows_in
from benchmarks.jobs.inputs import INPUTS, make
from benchmarks.jobs.workers import RIVALS, Failure, Tool

CHECKED = 200_000
"""Rows on which all tools must agree before anything is timed."""


def rows_for(tool: Tool, rows: int) -> int:
    """The rows that a tool is given."""
    return rows if tool.most is None else min(rows, tool.most)


def fastest(tool: Tool, job: Job) -> str:
    """The fastest way in which the tool does a job; the better of two runs counts.

    One that has but one way does it twice as well: all are equally warm when they are timed.
    """
    ways: list[str] = tool.ask("ways", job=job.name)["ways"]
    seconds = {way: tool.ask("run", job=job.name, way=way)["seconds"] for way in ways}
    limit = 3 * min(seconds.values())
    for way in ways:
        if seconds[way] <= limit:
            again = tool.ask("run", job=job.name, way=way)["seconds"]
            seconds[way] = min(seconds[way], again)
    return min(ways, key=lambda way: seconds[way])


def check(tools: list[Tool], folder: Path, scratch: Path) -> list[str]:
    """Every way of every tool gives the same results; gives what does not."""
    wrong: list[str] = []
    for data in INPUTS:
        here = make(folder, data, CHECKED)
        for job in (job for job in JOBS if job.data == data):
            first = None
            for form in FORMS:
                for tool in tools:
                    tool.ask("load", folder=str(here), data=data, form=form)
                    for way in tool.ask("ways", job=job.name)["ways"]:
                        tool.ask("run", job=job.name, way=way)
                        tool.ask("save", path=str(scratch / "result.arrow"))
                        found = rows_in(scratch / "result.arrow", job)
                        first = first or found
                        said = difference(first, found, job)
                        if said:
                            wrong.append(f"{job.name}, {tool.name}, {form}, {way}: {said}")
    return wrong


def timed(
    tools: list[Tool], folder: Path, scratch: Path, rows: int, repeat: int, only: set[str]
) -> list[dict[str, Any]]:
    """One entry a job, form and tool, with the seconds of all its runs."""
    entries: list[dict[str, Any]] = []
    for data in INPUTS:
        jobs = [job for job in JOBS if job.data == data and (not only or job.name in only)]
        for form in FORMS if jobs else ():
            for tool in tools:
                here = make(folder, data, rows_for(tool, rows))
                tool.ask("load", folder=str(here), data=data, form=form)
            for job in jobs:
                found = _one_job(tools, job, scratch, rows, repeat)
                for entry in found:
                    entry |= {"job": job.name, "form": form}
                    _say(entry)
                entries += found
    return entries


def _one_job(
    tools: list[Tool], job: Job, scratch: Path, rows: int, repeat: int
) -> list[dict[str, Any]]:
    ways = {tool.engine: fastest(tool, job) for tool in tools}
    seconds: dict[str, list[float]] = {tool.engine: [] for tool in tools}
    processor: dict[str, list[float]] = {tool.engine: [] for tool in tools}
    for turn in range(repeat):
        for tool in tools[turn % len(tools) :] + tools[: turn % len(tools)]:
            answer = tool.ask("run", job=job.name, way=ways[tool.engine])
            seconds[tool.engine].append(answer["seconds"])
            processor[tool.engine].append(answer["processor"])
    _agree([tool for tool in tools if rows_for(tool, rows) == rows], job, scratch)
    return [
        {
            "tool": tool.engine,
            "way": ways[tool.engine],
            "rows": rows_of(job.data, rows_for(tool, rows)),
            "seconds": seconds[tool.engine],
            "processor": processor[tool.engine],
        }
        for tool in tools
    ]


def _agree(tools: list[Tool], job: Job, scratch: Path) -> None:
    """The results of the timed runs are the same, too."""
    first = None
    for tool in tools:
        tool.ask("save", path=str(scratch / "result.arrow"))
        found = rows_in(scratch / "result.arrow", job)
        first = first or found
        said = difference(first, found, job)
        if said:
            raise Failure(f"{job.name}: {tool.name} differs from {tools[0].name}: {said}")


def _say(entry: dict[str, Any]) -> None:
    middle, least = statistics.median(entry["seconds"]), min(entry["processor"])
    print(
        f"{entry['job']:13} {entry['form']:8} {entry['tool']:7} {middle:9.3f} s"
        f" {middle / entry['rows'] * 1e9:9.2f} ns a row, {least / entry['rows'] * 1e9:9.2f} of"
        f" processors  ({entry['way']})",
        flush=True,
    )


def machine() -> dict[str, Any]:
    """What the runs were made on."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = lines[0].partition(":")[2].strip() if lines else model
    load = os.getloadavg()[0]
    return {
        "model": model,
        "cores": os.cpu_count(),
        "load before": round(load, 2),
        "python": sys.version.split()[0],
    }


def main() -> int:
    """Check, run, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/jobs.json"))
    parser.add_argument("--rivals-python", default=sys.executable)
    parser.add_argument("--tools", nargs="*", default=["totem", *RIVALS])
    parser.add_argument("--jobs", nargs="*", default=[])
    parser.add_argument("--check-only", action="store_true")
    chosen = parser.parse_args()
    before = machine()
    tools = [Tool(engine, chosen.rivals_python) for engine in chosen.tools]
    with tempfile.TemporaryDirectory() as name:
        wrong = check(tools, chosen.folder, Path(name))
        for said in wrong:
            print(said)
        print(f"results on {CHECKED:,} rows: {'equal' if not wrong else 'NOT equal'}", flush=True)
        if wrong or chosen.check_only:
            return int(bool(wrong))
        entries = timed(
            tools, chosen.folder, Path(name), chosen.rows, chosen.repeat, set(chosen.jobs)
        )
    document = {
        "rows": chosen.rows,
        "repeat": chosen.repeat,
        "machine": before,
        "tools": {tool.engine: {"name": tool.name, "version": tool.version} for tool in tools},
        "runs": entries,
    }
    for tool in tools:
        tool.close()
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
