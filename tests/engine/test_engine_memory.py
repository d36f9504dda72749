"""A file much larger than the memory allowed runs, in memory that hardly grows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, PIECE = 2_400_000, 100_000

SCRIPT = """
import resource, sys
from totemlang.data.file import open_data
from totemlang.engine.local import run_job
from totemlang.engine.spool import Scratch
from totemlang.program import Program
from totemlang.source import Source

TEXT = '''dataset d(int k, double x)

map keyed(d row)
    emit row.k, row.x
end map

reduce sums(int k, double[] x)
    emit k, sum(x) as x, count(x) as n, max(x) as most
end reduce
'''

class NoScratch(Scratch):
    def file(self):
        raise AssertionError("few keys need no scratch file")

def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

verified = Program(Source(TEXT)).verified
small, large = (open_data(path) for path in sys.argv[1:3])
how = dict(memory_limit=int(sys.argv[3]), scratch=NoScratch())
run_job(verified, {"d": small}, 10**12, **how).checked()
before = megabytes()
found = run_job(verified, {"d": large}, 10**12, **how).checked()
print(int(megabytes() - before), sum(found.table.column("n").to_pylist()))
"""


def write(path: Path, rows: int) -> None:
    chance = np.random.default_rng(1)
    with pq.ParquetWriter(path, pa.schema([("k", pa.int32()), ("x", pa.float64())])) as writer:
        for _ in range(rows // PIECE):
            keys = chance.integers(0, 50, PIECE).astype(np.int32)
            table = pa.table({"k": keys, "x": chance.normal(size=PIECE)})
            writer.write_table(table.cast(writer.schema))


def test_a_file_ten_times_the_memory_limit_with_few_keys(tmp_path: Path) -> None:
    small, large = tmp_path / "small.parquet", tmp_path / "large.parquet"
    write(small, PIECE)
    write(large, ROWS)
    limit = ROWS * 12 // 10
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(small), str(large), str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    growth, rows = map(int, done.stdout.split())
    assert rows == ROWS
    assert growth < 40  # the rows alone are 28 MB in Arrow, and over 100 MB as Python values
