"""The table and the plot of the scale curves, from their JSON.

python -m benchmarks.jobs.scale_report benchmarks/results/scale.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.jobs.catalogue import BY_NAME

COLOURS = {"totem": "black", "polars": "tab:blue", "duckdb": "tab:orange"}
NAMES = {"totem": "TOTEM", "polars": "Polars", "duckdb": "DuckDB"}


def table(document: dict[str, Any]) -> str:
    """The points in markdown; the gain is that of two workers over one."""
    points = document["points"]
    machine = document["machine"]
    seconds = {(p["tool"], p["job"], p["rows"], p["workers"]): p["seconds"] for p in points}
    lines = [
        "# Time and memory against rows and workers",
        "",
        f"`make bench-scale`: from Parquet; {machine['model']}, {machine['cores']} cores, load "
        f"{machine['load before']} before. Memory is what the run held at most beyond mapped "
        "files; the gain is the time of one worker in that of two.",
        "",
        "| job | rows | tool | workers | seconds | ns a row | MiB | gain |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
    ]
    for p in points:
        alone = seconds.get((p["tool"], p["job"], p["rows"], 1))
        gain = "" if p["workers"] == 1 or alone is None else f"{alone / p['seconds']:.2f}"
        lines.append(
            f"| {BY_NAME[p['job']].title} | {p['rows']:,} | {NAMES[p['tool']]} | {p['workers']} "
            f"| {p['seconds']:.3f} | {p['seconds'] / p['rows'] * 1e9:.1f} "
            f"| {p['bytes'] / 2**20:.0f} | {gain} |"
        )
    return "\n".join(lines) + "\n"


def plot(document: dict[str, Any], path: Path) -> None:
    """Time above, memory below, a column a job."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "totem"
    from matplotlib import pyplot

    points = document["points"]
    jobs = list(dict.fromkeys(p["job"] for p in points))
    figure, axes = pyplot.subplots(
        2, len(jobs), figsize=(3.6 * len(jobs), 6), sharex=True, squeeze=False, layout="constrained"
    )
    curves = sorted({(p["tool"], p["workers"]) for p in points})
    for column, job in enumerate(jobs):
        for tool, workers in curves:
            mine = [
                p for p in points if (p["tool"], p["workers"], p["job"]) == (tool, workers, job)
            ]
            for axis, key, unit in ((axes[0], "seconds", 1), (axes[1], "bytes", 2**20)):
                axis[column].plot(
                    [p["rows"] for p in mine],
                    [max(p[key] / unit, 1e-3) for p in mine],
                    "o-" if workers > 1 else "o:",
                    markersize=4,
                    color=COLOURS[tool],
                    label=f"{NAMES[tool]}, {workers} worker{'s' if workers > 1 else ''}",
                )
        axes[0][column].set_title(BY_NAME[job].title, fontsize=10)
        axes[1][column].set_xlabel("rows")
        for axis in (axes[0][column], axes[1][column]):
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("seconds")
    axes[1][0].set_ylabel("MiB")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Write both."""
    source = Path(sys.argv[1])
    document = json.loads(source.read_text())
    source.with_suffix(".md").write_text(table(document))
    plot(document, source.with_suffix(".svg"))


if __name__ == "__main__":
    main()
