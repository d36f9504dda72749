"""Agreement at size: random jobs over many rows of nasty columns, in both tiers.

    python -m benchmarks.agreement_at_size [--count 200] [--first 0] [--processes 2]

A case is a number: it gives a job out of templates, columns of up to 300,000 rows (now and then
1,500,000), files in Arrow and Parquet, workers, partitions and limits. The interpreter says what is
right: bits of the result, totem in all, by stage, by operation group and by source line, the
failure, or the stage in which the budget ran out. Of more rows than it is asked to do, one native
worker says so. Sizes from which on something is done another way are made smaller by chance, so
that a few thousand rows reach it.

What failed goes to `--failures` with its source; `--first N --count 1` runs a case again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.agreement_shards import Cases, main
from benchmarks.large_case import LargeCase, agree


def told(number: int) -> dict[str, Any]:
    """A case to be read."""
    case = LargeCase(number)
    return {"rows": case.rows, "source": case.program().source}


CASES = Cases("benchmarks.agreement_at_size", agree, told)

if __name__ == "__main__":
    sys.exit(main(CASES, __doc__.splitlines()[0], 200, Path("build/agreement_at_size.jsonl")))
