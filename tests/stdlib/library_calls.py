"""Calls of library functions on many arguments at once: a job with one map, or a script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from totemlang.engine.outcome import Outcome
from totemlang.execution import run
from totemlang.program import Program
from totemlang.source import Source


def mapped(expression: str, folder: Path, **columns: Sequence[float]) -> list[Any]:
    """The value of an expression in `row.x`, `row.y`, … for each row of columns of doubles."""
    path = folder / "arguments.parquet"
    table = {name: pa.array(values, pa.float64()) for name, values in columns.items()}
    pq.write_table(pa.table(table), path)
    declared = ", ".join(f"double {name}" for name in columns)
    program = (
        f"dataset arguments({declared})\n\n"
        f"map each(arguments row)\n    emit {expression} as result\nend map\n"
    )
    outcome = run(Program(Source(program)), {"arguments": str(path)}).checked()
    assert outcome.table is not None
    results: list[Any] = outcome.table.column("result").to_pylist()
    return results


def script(text: str) -> dict[str, Any]:
    """The variables of a script by name, as the machine has them."""
    return {name: value for name, (_, value) in ran(text).variables.items()}


def ran(text: str) -> Outcome:
    """The outcome of a script that is done."""
    return run(Program(Source(text))).checked()


def failing(text: str) -> str:
    """The status of a script that is not done."""
    outcome = run(Program(Source(text)))
    assert not outcome.is_done
    return outcome.status


def array(values: Sequence[float]) -> str:
    """An array literal of doubles."""
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"
