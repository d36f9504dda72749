"""An interrupt ends a run soon, in any tier and with any workers, and its reserve comes back."""

from __future__ import annotations

import _thread
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totemlang.data.file import DataFile, open_data
from totemlang.engine.account import NullAccount
from totemlang.engine.local import run_job
from totemlang.program import Program
from totemlang.source import Source

LOOP = """    long a = 0
    for i = 0; i < 2000000000; i++ do
        a += i
    end for
"""
JOB = f"dataset d(int n)\n\nmap m(d row)\n{LOOP}    emit row.n, a\nend map\n"
SCRIPT = "long a = 0\nfor i = 0; i < 2000000000; i++ do\n    a += i\nend for\n"

WAYS = [
    ("interpreter", 1),
    ("interpreter", 2),
    ("native", 1),
    ("native", 2),
]


@pytest.mark.parametrize(("tier", "workers"), WAYS)
@pytest.mark.parametrize("text", [JOB, SCRIPT], ids=["job", "script"])
def test_an_interrupt_ends_a_run_soon(tmp_path: Path, text: str, tier: str, workers: int) -> None:
    data: dict[str, DataFile] = {}
    if text is JOB:
        pq.write_table(pa.table({"n": pa.array(range(4), pa.int32())}), tmp_path / "d.parquet")
        data = {"d": open_data(tmp_path / "d.parquet")}
    module = Program(Source(text)).verified
    account = NullAccount(10**15)
    run_job(Program(Source("int a = 1\n")).verified, {}, 100, tier=tier)  # imports are done
    timer = threading.Timer(0.3, _thread.interrupt_main)
    began = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run_job(
            module, data, 10**15, account=account, tier=tier, workers=workers, partitions=workers
        )
    assert time.monotonic() - began < 8
    assert (account.available, account.spent) == (10**15, 0)
