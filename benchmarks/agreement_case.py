"""One case of the agreement run: a program from a number, run in several ways that must agree."""

from __future__ import annotations

import struct
import sys
import traceback
from collections import Counter
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from attrs import evolve, frozen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from benchmarks.agreement_shards import differing  # noqa: E402
from strategies.programs import ProgramWriter, RandomProgram  # noqa: E402
from strategies.tables import write_rows  # noqa: E402
from totemlang.data import coded  # noqa: E402
from totemlang.data.file import DataFile, open_data  # noqa: E402
from totemlang.engine import work  # noqa: E402
from totemlang.engine.local import run_job  # noqa: E402
from totemlang.engine.outcome import Outcome  # noqa: E402
from totemlang.engine.worker_threads import ThreadWorkers  # noqa: E402
from totemlang.native import streaming  # noqa: E402
from totemlang.program import Program  # noqa: E402
from totemlang.source import Source  # noqa: E402

AMPLE = 10**12
PARTITIONS = (1, 2, 7, 64)


def threads(work: Any, manager: Any, count: int, home: Any) -> ThreadWorkers:
    """Workers that are threads, in either tier."""
    return ThreadWorkers(work, manager, count)


@frozen
class Case:
    """A program and its data, made from a number."""

    number: int

    @cached_property
    def program(self) -> RandomProgram:
        """One in four is a script; a job has up to some hundred rows, so that partitions matter."""
        writer = ProgramWriter(self.random("program"))
        if self.number % 4 == 0:
            return writer.script()
        drawn = writer.job()
        rows = list(drawn.rows)
        for _ in range(writer.random.choice((0, 0, 1, 4, 40))):
            rows += writer.rows(list(drawn.columns))
        return evolve(drawn, rows=tuple(rows))

    def random(self, what: str) -> Random:
        """A source of randomness for one purpose."""
        return Random(f"{self.number} {what}")


def bits(value: object) -> object:
    """A value that is equal only to one of the same bits."""
    if isinstance(value, float):
        return struct.pack("<d", value).hex()
    return [bits(item) for item in value] if isinstance(value, list | tuple) else value


def essence(outcome: Outcome) -> dict[str, Any]:
    """All that must agree."""
    usage = outcome.usage
    variables = {name: bits(value) for name, (_, value) in outcome.variables.items()}
    table = None
    if outcome.table is not None:
        table = [bits(column.to_pylist()) for column in outcome.table.columns]
    return {
        "status": outcome.status,
        "error": None if outcome.error is None else str(outcome.error),
        "used": usage.used,
        "by_stage": [[stage.name, stage.totem] for stage in usage.by_stage],
        "by_group": dict(sorted(usage.by_group.items())),
        "by_line": {str(line): totem for line, totem in sorted(usage.by_line.items())},
        "variables": variables,
        "table": table,
        "result": outcome.receipt and outcome.receipt.result,
    }


def ways(random: Random) -> list[dict[str, Any]]:
    """How else to run: natively, partitioned; now and then with spilling, or interpreted."""
    workers = random.choice((1, 1, 2, 3))
    native: dict[str, Any] = {"tier": "native", "partitions": random.choice(PARTITIONS)}
    found = [native | {"workers": workers}]
    if random.random() < 0.1:
        found[0]["memory_limit"] = 1 << 12
    if random.random() < 0.25:
        found.append(
            {
                "tier": "interpreter",
                "partitions": random.choice(PARTITIONS),
                "workers": random.choice((1, 2)),
                "crew": threads,
            }
        )
    return found


def as_any_file(path: Path, random: Random) -> Path:
    """The rows of an Arrow file in that file or another, of which strings may come coded."""
    if random.random() < 0.4:
        return path
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    found = path.with_suffix(".parquet")
    size, kept = random.choice((1, 5, 1_000)), random.random() < 0.8
    pq.write_table(table, found, row_group_size=size, use_dictionary=kept)
    return found


def agree(number: int, folder: Path) -> dict[str, Any]:
    """Run a case: `result` agree, differ, refused or crashed; `said` is what differs."""
    case, marks = Case(number), Counter[str]()
    program = Program(Source(case.program.source))
    if program.diagnostics:
        return {"result": "refused"}
    data: dict[str, DataFile] = {}
    if case.program.columns:
        path = write_rows(folder / "rows.arrow", case.program.columns, case.program.rows)
        data = {"rows": open_data(str(as_any_file(path, case.random("file"))))}
    random = case.random("run")
    few = random.choice((1, 2, 7, 30))
    coded.ROWS = random.choice((0, 2))
    work.LEAST_HELD = random.choice((1, 1 << 10))
    streaming.CHUNKS = streaming.Chunks(random.choice((1, 5)), few, few)
    try:
        whole = _run(program, data, AMPLE, {"tier": "interpreter"})
        used = int(whole["used"])
        exact = random.choice((used, max(0, used - 1), random.randint(0, max(1, used))))
        for budget in (AMPLE, exact):
            right = whole
            if budget != AMPLE:
                right = _run(program, data, budget, {"tier": "interpreter"})
            marks[f"outcome {right['status']}"] += 1
            for how in ways(random):
                marks[f"run {how['tier']}"] += 1
                if len(case.program.rows):
                    marks[f"partitions {how['partitions']:2}"] += 1
                found = _run(program, data, budget, how)
                if found != right:
                    return differing(budget, _shown(how), right, found)
    except Exception:
        return {"result": "crashed", "said": traceback.format_exc(limit=-4)}
    return {"result": "agree", "marks": marks}


def _run(
    program: Program, data: dict[str, DataFile], budget: int, how: dict[str, Any]
) -> dict[str, Any]:
    return essence(run_job(program.verified, data, budget, **how))


def _shown(how: dict[str, Any]) -> dict[str, Any]:
    """How it was run, without what makes its workers."""
    return {name: choice for name, choice in how.items() if name != "crew"}
