"""The agreement run: random programs, data, budgets and partitions, in both tiers.

    python -m benchmarks.agreement [--count 10000] [--first 0] [--processes 2]

A case is a number: it gives a random program of the grammar with its data, budgets, partitions and
workers. The interpreter with one partition says what is right. The native tier, and now and then
the interpreter in partitions, must give the same: bits of the result, variables, totem in all, by
stage, by operation group and by source line, the failure with its record and line, or the stage in
which the budget ran out, at a budget that is ample, exact, one short, or anything.

What failed goes to `--failures` with source, data
and both outcomes; `--first N --count 1` runs a case again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.agreement_case import Case, agree
from benchmarks.agreement_shards import Cases, main


def told(number: int) -> dict[str, Any]:
    """A case to be read."""
    program = Case(number).program
    return {"source": program.source, "rows": program.rows}


CASES = Cases("benchmarks.agreement", agree, told)

if __name__ == "__main__":
    sys.exit(main(CASES, __doc__.splitlines()[0], 10_000, Path("build/agreement.jsonl")))
