"""One case of the agreement at size: a job and its rows from a number, in ways that must agree."""

from __future__ import annotations

import hashlib
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from attrs import frozen

from benchmarks.agreement_shards import differing
from benchmarks.large_data import write
from benchmarks.large_program import LargeProgram, job_of
from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.diagnostics import BadData
from totemlang.engine import native_groups
from totemlang.engine.local import DEFAULT_MEMORY_LIMIT, run_job
from totemlang.engine.outcome import Outcome
from totemlang.native import streaming
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.program import Program
from totemlang.source import Source

AMPLE = 10**13
ROWS = (1, 70, 1_000, 3_000, 10_000, 30_000)
WEIGHTS = (1, 2, 6, 6, 6, 2)
MANY_ROWS, EVERY = 300_000, 80
"""One case in so many has many rows."""

TOO_MANY_ROWS, SELDOM = 1_500_000, 40
"""One in so many has more than the interpreter is asked to do: one worker says what is right."""

SMALL: dict[str, dict[str, tuple[int, ...]]] = {
    "totemlang.engine.tasks": {
        "LEAST_ROWS": (700, 5_000),
        "GROUPED_ROWS": (500,),
        "LOOSE_GROUPS": (64, 1_000),
        "SHARED_GROUPS": (64, 1_000),
    },
    "totemlang.engine.stages": {"GROUP_ROWS": (100, 1_000), "STREAM_BYTES": (1 << 12, 1 << 16)},
    "totemlang.engine.work": {"LEAST_HELD": (1, 1 << 16)},
    "totemlang.engine.native_groups": {"_WORTH_BRINGING": (10,), "_AT_ONCE": (64, 1_000)},
    "totemlang.native.grouping.groups": {"SLICE": (4_096,), "_LEAST_SLICE": (300,), "_FEW": (64,)},
    "totemlang.native.grouping.meeting": {"_AT_ONCE": (1 << 14,)},
    "totemlang.native.grouping.output": {"OUTPUT_ROWS": (100, 1_000)},
    "totemlang.native.grouping.spill": {"OUTPUT_ROWS": (100, 1_000)},
    "totemlang.native.grouping.rows": {"_SLICE": (1_000,)},
    "totemlang.data.parquet": {"MOST_ROWS": (600, 2_400), "PAGE_ROWS": (100, 1_000)},
    "totemlang.data.readers": {"MOST_ROWS": (1_000,)},
    "totemlang.data.coded": {"MOST_TEXT": (1 << 16,), "ROWS": (0, 2)},
}
"""Sizes from which on something is done another way, and smaller ones, which less data reaches."""


@contextmanager
def smaller(random: Random) -> Iterator[None]:
    """Some of the sizes are smaller within."""
    before: list[tuple[Any, str, Any]] = []

    def put(where: Any, name: str, value: object) -> None:
        before.append((where, name, getattr(where, name)))
        setattr(where, name, value)

    first, usual = random.choice((1, 300, 4_000, 1 << 17)), random.choice((300, 999, 1 << 12))
    put(streaming, "CHUNKS", streaming.Chunks(first, usual, random.choice((64, 256))))
    if random.random() < 0.5:
        hashed, direct = random.choice((16, 200, 1 << 15)), random.choice((1, 500, 1 << 22))
        plan = partial(GroupingPlan, most_hashed=hashed, most_direct=direct)
        put(native_groups, "GroupingPlan", plan)
    share = random.choice((0.0, 0.3, 0.7))
    for module, sizes in SMALL.items():
        for name, values in sizes.items():
            if random.random() < share:
                put(import_module(module), name, random.choice(values))
    try:
        yield
    finally:
        for where, name, value in reversed(before):
            setattr(where, name, value)


@frozen
class LargeCase:
    """A job and its rows, made from a number."""

    number: int

    def random(self, what: str) -> Random:
        """A source of randomness for one purpose."""
        return Random(f"{self.number} {what} at size")

    @property
    def rows(self) -> int:
        """How many rows it has."""
        random = self.random("rows")
        if self.number % EVERY == EVERY - 1:
            return MANY_ROWS
        if self.number % SELDOM == SELDOM // 2 - 1:
            return random.choice((TOO_MANY_ROWS, random.randint(MANY_ROWS, TOO_MANY_ROWS)))
        most = random.choices(ROWS, WEIGHTS)[0]
        return random.choice((most, random.randint(1, most)))

    def program(self) -> LargeProgram:
        """The job."""
        return job_of(self.random("job"), self.rows)


def digest(table: pa.Table | None) -> str:
    """The bits of a table."""
    if table is None:
        return ""
    found = hashlib.sha256()
    for column in table.columns:
        array = pa.concat_arrays(column.chunks or [pa.array([], column.type)])
        if pa.types.is_floating(array.type):
            found.update(array.to_numpy(zero_copy_only=False).tobytes())
        else:
            found.update(repr(array.cast(_plain(array.type)).to_pylist()).encode())
    return f"{table.num_rows} rows {found.hexdigest()[:16]}"


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_temporal(kind):
        return pa.int32() if pa.types.is_date(kind) else pa.int64()
    return kind


def essence(outcome: Outcome) -> dict[str, Any]:
    """All that must agree."""
    usage = outcome.usage
    return {
        "status": outcome.status,
        "error": str(outcome.error).replace("rows.parquet", "rows.arrow"),
        "used": usage.used,
        "by_stage": [[stage.name, stage.totem] for stage in usage.by_stage],
        "by_group": dict(sorted(usage.by_group.items())),
        "by_line": {str(line): totem for line, totem in sorted(usage.by_line.items())},
        "table": digest(outcome.table),
        "result": outcome.receipt and outcome.receipt.result,
    }


def ways(random: Random, rows: int) -> Iterator[dict[str, Any]]:
    """How to run natively."""
    little = 1 << (12 if rows < MANY_ROWS else 19)
    while True:
        yield {
            "tier": "native",
            "workers": random.choice((1, 1, 2, 3)),
            "partitions": random.choice((None, None, 1, 7)),
            "memory_limit": random.choice((little, 1 << 19, *[DEFAULT_MEMORY_LIMIT] * 4)),
            "batch_rows": random.choice((None, None, None, 333, 4_095)),
            "file": random.choice(("arrow", "parquet")),
        }


def agree(number: int, folder: Path) -> dict[str, Any]:
    """Run a case: `result` agree, differ, refused or crashed; `said` is what differs."""
    case = LargeCase(number)
    job = case.program()
    marks = Counter(job.marks)
    program = Program(Source(job.source))
    if program.diagnostics:
        return {"result": "refused", "said": str(program.diagnostics[0].message)}
    paths = write(case.random("files"), folder, job.columns)
    random = case.random("run")
    marks[f"rows up to {10 ** len(str(case.rows - 1)):9,}"] += 1
    plainly = {"tier": "interpreter" if case.rows <= MANY_ROWS else "native"}
    is_described = random.random() < 0.4
    how: dict[str, Any] = {}
    try:
        whole = _run(program, paths, AMPLE, plainly, is_described)
        used = int(whole["used"])
        budgets = [AMPLE, AMPLE, used]
        if case.rows < MANY_ROWS:
            budgets.append(random.choice((max(0, used - 1), random.randint(0, max(1, used)))))
        for budget, how in zip(budgets, ways(random, case.rows), strict=False):
            right = whole
            if budget < used:
                right = _run(program, paths, budget, plainly, is_described)
            marks[f"outcome {right['status']}"] += 1
            marks[f"file {how['file']}"] += 1
            marks[f"workers {how['workers']}"] += 1
            seed = random.getrandbits(32)
            with smaller(Random(seed)):
                found = _run(program, paths, budget, how, is_described)
            if found != right:
                return differing(budget, {**how, "seed": seed}, right, found)
    except Exception:
        return {"result": "crashed", "said": traceback.format_exc(limit=-6), "how": how}
    return {"result": "agree", "marks": marks}


def _run(
    program: Program, paths: dict[str, Path], budget: int, how: dict[str, Any], is_described: bool
) -> dict[str, Any]:
    options = dict(how)
    file, metadata = open_data(str(paths[options.pop("file", "arrow")])), {}
    if is_described:
        with suppress(BadData):
            metadata["rows"] = describe(file, "rows", threads=options.get("workers", 1))
    outcome = run_job(program.verified, {"rows": file}, budget, metadata=metadata, **options)
    return {**essence(outcome), "metadata": metadata}
