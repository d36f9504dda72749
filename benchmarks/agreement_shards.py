"""Cases by number in processes: what agrees and what does not, and going on after one that dies.

Each process takes every n-th case and writes a line about it; one that dies or hangs has failed in
the case it was at, and goes on with its next.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

HANGING = 300
"""Seconds without a line after which a process is given up."""


@frozen
class Cases:
    """Cases of one kind.

    `module` is run as a process for some of them; `agree` runs one, with a folder for its files,
    and gives `result` (agree, differ, refused or crashed), what is `said` of it, and `marks`, which
    are counted; `told` is what else is kept of one that failed.
    """

    module: str
    agree: Callable[[int, Path], dict[str, Any]]
    told: Callable[[int], dict[str, Any]]


def differing(
    budget: int, how: dict[str, Any], right: dict[str, Any], found: dict[str, Any]
) -> dict[str, Any]:
    """What `agree` gives of a run that is not as it should be, told part by part."""
    parts = [name for name in right if right[name] != found[name]]
    return {
        "result": "differ",
        "said": f"{', '.join(parts)} with a budget of {budget} and {how}",
        "budget": budget,
        "how": how,
        "interpreter": {name: right[name] for name in parts},
        "other": {name: found[name] for name in parts},
    }


class Shard:
    """A process that runs some of the cases, started again where it ends too early."""

    def __init__(self, cases: Cases, numbers: range, folder: Path) -> None:
        """Start with the first."""
        self.cases, self.numbers, self.log = cases, numbers, folder / f"{numbers.start}.jsonl"
        self.log.touch()
        self.process = self.start(numbers)
        self.read, self.heard, self.lines = 0, time.monotonic(), 0

    def start(self, numbers: range) -> subprocess.Popen[bytes]:
        """A process for these cases."""
        shard = f"{numbers.start}:{numbers.stop}:{numbers.step}"
        command = [sys.executable, "-m", self.cases.module, "--shard", shard]
        return subprocess.Popen([*command, "--log", str(self.log)])

    def news(self) -> list[dict[str, Any]]:
        """The lines written since the last time, and the failure of a process that ended."""
        with self.log.open() as file:
            file.seek(self.read)
            text = file.read()
        text = text[: text.rfind("\n") + 1]
        self.read += len(text.encode())
        found = [json.loads(line) for line in text.splitlines()]
        if found:
            self.heard, self.lines = time.monotonic(), self.lines + len(found)
            return found
        code = self.process.poll()
        hangs = code is None and time.monotonic() - self.heard > HANGING
        if hangs:
            self.process.kill()
            code = self.process.wait()
        rest = self.numbers[self.lines :]
        if code is None or not rest:
            return []
        self.process, self.heard = self.start(rest[1:]), time.monotonic()
        self.lines += 1
        said = "hangs" if hangs else f"the process ended with {code}"
        return [{"case": rest[0], "result": "crashed", "said": said}]

    @property
    def done(self) -> bool:
        """Whether all cases have their line."""
        return self.lines >= len(self.numbers)


def run_shard(cases: Cases, numbers: range, log: Path) -> None:
    """Run cases in this process, a line each."""
    with log.open("a") as file, tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            file.write(json.dumps({"case": number, **cases.agree(number, Path(folder))}) + "\n")
            file.flush()


def summary(results: Counter[str], marks: Counter[str], seconds: float) -> str:
    """What was run and what came of it."""
    total = sum(results.values())
    lines = [
        f"{total:,} programs in {seconds:.0f} s: {results['agree']:,} agree, "
        f"{results['refused']:,} refused by the checker, {results['differ']:,} differ, "
        f"{results['crashed']:,} crashed"
    ]
    lines += [f"  {what:32} {count:9,}" for what, count in sorted(marks.items())]
    return "\n".join(lines)


def run_all(cases: Cases, numbers: range, processes: int, failures: Path) -> int:
    """All cases; the number of those that failed."""
    began, results = time.monotonic(), Counter[str]()
    marks: Counter[str] = Counter()
    failures.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, failures.open("w") as kept:
        shards = [Shard(cases, numbers[n::processes], Path(name)) for n in range(processes)]
        told = 0
        while not all(shard.done for shard in shards):
            time.sleep(0.2)
            for shard in shards:
                for line in shard.news():
                    results[line["result"]] += 1
                    marks.update(line.get("marks", {}))
                    if line["result"] in ("differ", "crashed"):
                        kept.write(json.dumps({**line, **cases.told(line["case"])}) + "\n")
                        kept.flush()
                        print(f"case {line['case']}: {line['result']}: {line['said']}", flush=True)
            if sum(results.values()) >= told + 1000:
                told += 1000
                print(f"{sum(results.values()):,} …", flush=True)
    print(summary(results, marks, time.monotonic() - began))
    failed = results["differ"] + results["crashed"]
    if failed:
        print(f"the cases that failed are in {failures}")
    return failed


def main(cases: Cases, about: str, count: int, failures: Path) -> int:
    """Run and print; 1 if something failed. `count` cases, unless the command line says else."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--failures", type=Path, default=failures)
    parser.add_argument("--shard", help=argparse.SUPPRESS)
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.shard:
        run_shard(cases, range(*map(int, chosen.shard.split(":"))), chosen.log)
        return 0
    numbers = range(chosen.first, chosen.first + chosen.count)
    processes = min(chosen.processes, len(numbers))
    return int(bool(run_all(cases, numbers, processes, chosen.failures)))
