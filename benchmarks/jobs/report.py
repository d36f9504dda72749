"""The table and the plot of a comparison, from its JSON.

    python -m benchmarks.jobs.report benchmarks/results/jobs.json

Writes `jobs.md` and `jobs.svg` beside it. Ratios are of medians of one run of the benchmark; below
1 TOTEM is faster.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.jobs.catalogue import FORMS, JOBS

ENGINES = ("polars", "duckdb")
"""The tools that TOTEM means to keep up with."""

FORM_TITLES = {"memory": "From memory (an Arrow table)", "parquet": "From Parquet"}

Times = dict[tuple[str, str, str], float]
"""Nanoseconds a row by job, form and tool."""


def times_of(document: dict[str, Any]) -> Times:
    """The medians."""
    return {
        (run["job"], run["form"], run["tool"]): statistics.median(run["seconds"])
        / run["rows"]
        * 1e9
        for run in document["runs"]
    }


def ratio(times: Times, job: str, form: str) -> float | None:
    """TOTEM's time in that of the faster of the engines, where all are there."""
    others = [times[job, form, tool] for tool in ENGINES if (job, form, tool) in times]
    if not others or (job, form, "totem") not in times:
        return None
    return times[job, form, "totem"] / min(others)


def geometric_mean(values: list[float]) -> float:
    """Of positive numbers."""
    return math.exp(sum(map(math.log, values)) / len(values))


def short(value: float) -> str:
    """Three digits, and no more than needed."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(document: dict[str, Any]) -> str:
    """The comparison in markdown."""
    times, tools = times_of(document), document["tools"]
    names = {tool: f"{about['name']} {about['version']}" for tool, about in tools.items()}
    machine = document["machine"]
    lines = [
        "# Eight jobs, in TOTEM and in other tools",
        "",
        f"`make bench-jobs ROWS={document['rows']}`: {document['rows']:,} rows (a tenth as many "
        f"lines of text), median of {document['repeat']} interleaved runs in nanoseconds a row, "
        f"two threads each; {machine['model']}, {machine['cores']} cores, "
        f"load {machine['load before']} before. The last column is TOTEM's time in that of the "
        "faster of Polars and DuckDB.",
        "",
    ]
    fewer = {run["tool"]: run["rows"] for run in document["runs"] if run["job"] == "hour_mean"}
    for tool, rows in fewer.items():
        if rows < document["rows"]:
            lines += [f"{names[tool]} was given {rows:,} rows.", ""]
    ratios: list[float] = []
    for form in FORMS:
        lines += [f"## {FORM_TITLES[form]}", ""]
        lines += ["| job | " + " | ".join(names.values()) + " | ratio |"]
        lines += ["|---|" + "---:|" * (len(names) + 1)]
        found: list[float] = []
        for job in JOBS:
            cells = [times.get((job.name, form, tool)) for tool in tools]
            if not any(cells):
                continue
            against = ratio(times, job.name, form)
            found += [against] if against else []
            shown = ["" if cell is None else short(cell) for cell in cells]
            last = "" if against is None else f"**{against:.2f}**"
            lines += [f"| {job.title} | " + " | ".join(shown) + f" | {last} |"]
        if found:
            lines += [f"| geometric mean |{' |' * len(names)} **{geometric_mean(found):.2f}** |"]
        ratios += found
        lines += [""]
    if ratios:
        lines += [
            f"All sixteen: geometric mean **{geometric_mean(ratios):.2f}**, "
            f"highest **{max(ratios):.2f}**."
        ]
    ways = sorted(
        {(run["job"], tools[run["tool"]]["name"], run["form"], run["way"])
         for run in document["runs"] if run["tool"] in ENGINES}
    )  # fmt: skip
    lines += ["", "The fastest way of each engine was taken:", ""]
    lines += [f"- {job}, {form}: {name} `{way}`" for job, name, form, way in ways]
    return "\n".join(lines) + "\n"


def plot(document: dict[str, Any], path: Path) -> None:
    """Times a row of all tools by job, on a logarithmic scale."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "totem"
    from matplotlib import pyplot

    times, tools = times_of(document), document["tools"]
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.6), sharey=True, layout="constrained")
    markers = dict(zip(tools, "osD^vP", strict=False))
    for axis, form in zip(axes, FORMS, strict=True):
        for tool, about in tools.items():
            spots = [
                (times[job.name, form, tool], number)
                for number, job in enumerate(JOBS)
                if (job.name, form, tool) in times
            ]
            axis.plot(
                [x for x, _ in spots],
                [y for _, y in spots],
                markers[tool],
                color="black" if tool == "totem" else None,
                markersize=9 if tool == "totem" else 6,
                label=about["name"],
            )
        axis.set_xscale("log")
        axis.set_xlabel("nanoseconds a row")
        axis.set_title(FORM_TITLES[form], fontsize=10)
        axis.grid(axis="both", alpha=0.3)
    axes[0].set_yticks(range(len(JOBS)), [job.title for job in JOBS])
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Write both."""
    source = Path(sys.argv[1])
    document = json.loads(source.read_text())
    source.with_suffix(".md").write_text(table(document))
    plot(document, source.with_suffix(".svg"))
    print(source.with_suffix(".md").read_text())


if __name__ == "__main__":
    main()
