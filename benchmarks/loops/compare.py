r"""Nanoseconds an operation: TOTEM against py-evm, revm, Starlark and wasmtime's fuel.

    python -m benchmarks.loops.compare --rivals-python .venv/bench/bin/python \
        --evm-python .venv/evm/bin/python

The machines take turns, each in a process of its own; the best run counts, in processor time, as
all are single threads. A round has the same operations for all, which is what the table divides
by; how many instructions a machine makes of them is its own affair. The machines differ in what
they promise: the EVM's numbers have 256 bits and wrap, Starlark's are as long as they need to be,
TOTEM's have 64 and are checked, WebAssembly's wrap unchecked.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.jobs.compare import machine
from benchmarks.loops.catalogue import LOOPS, TOTEM_LOOPS

ROOT = Path(__file__).resolve().parents[2]


class Rival(NamedTuple):
    """A machine: its title, the module and word that run it, whose Python, its rounds."""

    title: str
    module: str
    word: str
    python: str
    rounds: int


RIVALS = (
    Rival("TOTEM, native", "totem", "native", "own", 30_000_000),
    Rival("TOTEM, native, unmetered", "totem", "unmetered", "own", 30_000_000),
    Rival("TOTEM, interpreter", "totem", "interpreter", "own", 300_000),
    Rival("wasmtime with fuel", "wasm", "fuel", "own", 30_000_000),
    Rival("wasmtime, unmetered", "wasm", "plain", "own", 30_000_000),
    Rival("revm", "revm", "gas", "rivals", 1_000_000),
    Rival("Starlark", "starlark_loop", "steps", "rivals", 300_000),
    Rival("py-evm", "pyevm", "gas", "evm", 10_000),
)


def best(rivals: tuple[Rival, ...], loops: list[str], pythons: Any, repeat: int) -> dict[str, Any]:
    """Nanoseconds a round by loop and machine: the best of some runs in turns."""
    found: dict[str, dict[str, float]] = {}
    for loop in loops:
        here = found.setdefault(loop, {})
        for _ in range(repeat):
            for rival in rivals:
                command = [pythons[rival.python], "-m", f"benchmarks.loops.{rival.module}"]
                command += [rival.word, loop, str(rival.rounds)]
                done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
                if done.returncode:
                    raise SystemExit(f"{rival.title} does not run:\n{done.stderr[-800:]}")
                each = float(done.stdout) / rival.rounds * 1e9
                here[rival.title] = min(each, here.get(rival.title, each))
    return found


def table(document: dict[str, Any]) -> str:
    """Both comparisons in markdown."""
    machine = document["machine"]
    lines = [
        "# Loops: nanoseconds an operation",
        "",
        f"`make bench-loops`: best of {document['repeat']} runs in turns, processor time; "
        f"{machine['model']}. The ratio is the time in that of TOTEM's native tier.",
    ]
    for name, times in document["loops"].items():
        loop = LOOPS[name]
        own = times["TOTEM, native"]
        lines += ["", f"## {loop.title}", "", "| machine | ns a round | ns an operation | ratio |"]
        lines += ["|---|---:|---:|---:|"]
        lines += [
            f"| {title} | {each:,.2f} | {each / loop.operations:,.2f} | {each / own:,.2f} |"
            for title, each in times.items()
        ]
    lines += ["", "## TOTEM's own loops", "", "| loop | native | unmetered | interpreter |"]
    lines += ["|---|---:|---:|---:|"]
    for name, times in document["own"].items():
        lines.append(f"| {name} | " + " | ".join(f"{each:,.2f}" for each in times.values()) + " |")
    lines += ["", "In nanoseconds a round."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rivals-python", default=sys.executable)
    parser.add_argument("--evm-python", default=sys.executable)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/loops.json"))
    chosen = parser.parse_args()
    pythons = {"own": sys.executable, "rivals": chosen.rivals_python, "evm": chosen.evm_python}
    own = tuple(rival for rival in RIVALS if rival.module == "totem")
    document = {
        "repeat": chosen.repeat,
        "machine": machine(),
        "loops": best(RIVALS, list(LOOPS), pythons, chosen.repeat),
        "own": best(own, list(TOTEM_LOOPS), pythons, chosen.repeat),
    }
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps(document, indent=1) + "\n")
    chosen.output.with_suffix(".md").write_text(table(document))
    print(table(document))


if __name__ == "__main__":
    main()
