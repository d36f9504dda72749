"""The tools' processes, as seen by whoever gives them orders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_LIBRARIES = ("POLARS_MAX", "OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "ARROW_NUM")


def threads(number: int) -> dict[str, str]:
    """The environment that gives a tool so many threads, who would else take all there are."""
    found = {f"{library}_THREADS": str(number) for library in _LIBRARIES}
    return {**found, "TOTEM_BENCH_WORKERS": str(number)}


RIVALS = ("polars", "duckdb", "pandas", "numpy", "python")


class Failure(Exception):
    """A tool could not do what it was asked."""


class Tool:
    """A tool in its own process; answers are what `worker` gives."""

    def __init__(self, engine: str, rivals_python: str, workers: int = 2) -> None:
        """Start it: TOTEM with this Python, others with that of the rivals' environment."""
        python = rivals_python if engine in RIVALS else sys.executable
        self.engine = engine
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.jobs.worker", engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **threads(workers)},
        )
        hello = self.ask("hello")
        self.name, self.version, self.most = hello["name"], hello["version"], hello["most"]

    def ask(self, what: str, **details: Any) -> dict[str, Any]:
        """Give an order and wait for the answer.

        Raises:
            Failure: the process has ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": what, **details}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.engine}: ended at {what} {details}; see above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
