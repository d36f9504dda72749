"""What metering costs: the eight jobs in the native tier, metered and with metering taken out.

    python -m benchmarks.jobs.metering --rows 10000000

Two processes take turns, from memory, each run directly after the other's. Times are those that
all threads together took of the processors, which other work on the machine disturbs least; the
ratio of a job is the median of the ratios of such pairs, and beside it that of the least times.
The unmetered build is `benchmarks.unmetered`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from benchmarks.jobs.catalogue import JOBS
from benchmarks.jobs.compare import machine
from benchmarks.jobs.inputs import INPUTS, make
from benchmarks.jobs.report import geometric_mean
from benchmarks.jobs.workers import Tool


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=11)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/metering.md"))
    chosen = parser.parse_args()
    about = machine()
    metered, bare = (Tool(name, "", chosen.workers) for name in ("totem", "unmetered"))
    lines = [
        "# What metering costs",
        "",
        f"`make bench-metering ROWS={chosen.rows}`: from memory, {chosen.workers} workers, "
        f"{chosen.repeat} pairs of runs; {about['model']}, load {about['load before']} before. "
        "Medians in seconds of processor time; the ratio is the median of the pairs', and that "
        "of the least times.",
        "",
        "| job | metered | unmetered | ratio | of the least |",
        "|---|---:|---:|---:|---:|",
    ]
    ratios: list[float] = []
    least: list[float] = []
    for data in INPUTS:
        here = make(chosen.folder, data, chosen.rows)
        for tool in (metered, bare):
            tool.ask("load", folder=str(here), data=data, form="memory")
        for job in (job for job in JOBS if job.data == data):
            runs: dict[str, list[float]] = {"totem": [], "unmetered": []}
            for turn in range(chosen.repeat + 1):
                for tool in (metered, bare) if turn % 2 else (bare, metered):
                    used = tool.ask("run", job=job.name, way="")["processor"]
                    if turn:  # the first compiles
                        runs[tool.engine].append(used)
            pairs = zip(runs["totem"], runs["unmetered"], strict=True)
            ratios.append(statistics.median(one / other for one, other in pairs))
            least.append(min(runs["totem"]) / min(runs["unmetered"]))
            middle = [statistics.median(runs[tool.engine]) for tool in (metered, bare)]
            lines.append(
                f"| {job.title} | {middle[0]:.4f} | {middle[1]:.4f} | {ratios[-1]:.3f} "
                f"| {least[-1]:.3f} |"
            )
            print(lines[-1], flush=True)
    lines.append(
        f"| geometric mean | | | **{geometric_mean(ratios):.3f}** | {geometric_mean(least):.3f} |"
    )
    for tool in (metered, bare):
        tool.close()
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text("\n".join(lines) + "\n")
    print(lines[-1])


if __name__ == "__main__":
    sys.exit(main())
