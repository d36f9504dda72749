"""Start-up: `totemc check` against the start-up of its imports, and a job in a warm process.

    python -m benchmarks.start [--output FILE]

A check may take twice the time of a Python that starts and imports the modules that the check
imports, and does nothing else. In a warm process `hundred_lines.totem`, 100 lines with three stages
and library functions, is to be compiled, checked and quoted on published metadata in 50 ms; each
run has another text, so nothing of it can have been kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.program import Program
from totemlang.source import Source

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(__file__).with_name("hundred_lines.totem")
METERS = ROOT / "examples" / "data" / "smart_meters"
DATA = {
    "readings": str(METERS / "provider_*.parquet"),
    "homes": str(METERS / "households.parquet"),
}
REPEAT = 21

CHECK = """
import sys
sys.argv = ["totemc", "check", "--quiet", {program!r}]
from totemlang.cli.main import totemc
try:
    totemc()
except SystemExit as left:
    assert left.code == 0, left.code
"""
IMPORTED = "\nimport json\nprint(json.dumps(list(sys.modules)))"
IMPORTS = """
import importlib
for name in {names!r}:
    importlib.import_module(name)
"""


def started(code: str) -> float:
    """Seconds of a Python that runs some code."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def in_turns(*deeds: Callable[[], float]) -> list[float]:
    """The median of each."""
    seconds: list[list[float]] = [[] for _ in deeds]
    for _ in range(REPEAT):
        for deed, found in zip(deeds, seconds, strict=True):
            found.append(deed())
    return [statistics.median(found) for found in seconds]


def start_up(program: Path) -> tuple[float, float, float]:
    """Seconds of Python alone, of the imports of a check, of the check."""
    check = CHECK.format(program=str(program))
    said = subprocess.run(
        [sys.executable, "-c", check + IMPORTED], check=True, capture_output=True, text=True
    )
    names = [name for name in json.loads(said.stdout) if name != "__main__"]
    imports = IMPORTS.format(names=names)
    python, only, whole = in_turns(
        lambda: started("pass"), lambda: started(imports), lambda: started(check)
    )
    return python, only, whole


def warm(program: Path) -> dict[str, float]:
    """Milliseconds of processor time of each step of a job in a warm process, and of all."""
    files = {name: open_data(path) for name, path in DATA.items()}
    published = {name: describe(file, name, None) for name, file in files.items()}
    text = program.read_text()
    seconds: dict[str, list[float]] = {}
    for number in range(REPEAT):
        here = Program(Source(f"# {number}\n{text}"))
        steps: dict[str, Callable[[], object]] = {
            "check": lambda here=here: here.diagnostics,  # type: ignore[misc]
            "compile": lambda here=here: here.bytecode(),  # type: ignore[misc]
            "estimate": lambda here=here: here.estimate(published),  # type: ignore[misc]
        }
        whole = time.process_time()
        for name, step in steps.items():
            began = time.process_time()
            step()
            seconds.setdefault(name, []).append(time.process_time() - began)
        seconds.setdefault("all", []).append(time.process_time() - whole)
    return {name: statistics.median(found) * 1e3 for name, found in seconds.items()}


def main() -> None:
    """Measure and print; write if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path)
    chosen = parser.parse_args()
    lines = ["# Start-up", "", f"`make bench-start`, medians of {REPEAT} runs in turns.", ""]
    lines += ["| program | Python alone | imports | `totemc check` | check / imports |"]
    lines += ["|---|---:|---:|---:|---:|"]
    for program in (ROOT / "examples" / "load_factor.totem", PROGRAM):
        python, only, whole = start_up(program)
        lines.append(
            f"| {program.name} | {python * 1e3:.0f} ms | {only * 1e3:.0f} ms "
            f"| {whole * 1e3:.0f} ms | {whole / only:.2f} |"
        )
    found = warm(PROGRAM)
    lines += ["", f"{PROGRAM.name} in a warm process, processor time:", ""]
    lines += ["| " + " | ".join(found) + " |", "|" + "---:|" * len(found)]
    lines += ["| " + " | ".join(f"{each:.1f} ms" for each in found.values()) + " |"]
    text = "\n".join(lines) + "\n"
    print(text)
    if chosen.output:
        chosen.output.parent.mkdir(parents=True, exist_ok=True)
        chosen.output.write_text(text)


if __name__ == "__main__":
    main()
