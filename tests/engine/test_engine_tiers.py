"""Which tier a run gets: by its size, and only where the native one has what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from strategies.tables import write_rows
from totemlang.data.file import open_data
from totemlang.diagnostics import UsageError
from totemlang.engine.local import run_job
from totemlang.engine.tiers import NATIVE_ROWS, NATIVE_TOTEM, chosen_tier
from totemlang.program import Program
from totemlang.source import Source

KEYS_ALONE = """\
dataset rows(int k)

map each(rows row)
    emit row.k as k
end map

reduce different(int k)
    emit k as k
end reduce
"""

LIMITED = """\
import resource
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, resource.RLIM_INFINITY))
from totemlang.diagnostics import UsageError
from totemlang.engine.tiers import chosen_tier
print(chosen_tier("auto", 1 << 30).name)
try:
    chosen_tier("native", 1)
except UsageError as error:
    print(error)
"""


def test_a_compiler_must_be_worth_waiting_for() -> None:
    assert chosen_tier("auto", NATIVE_ROWS - 1, NATIVE_TOTEM - 1).name == "interpreter"
    assert chosen_tier("auto", NATIVE_ROWS).name == "native"
    assert chosen_tier("auto", 0, NATIVE_TOTEM).name == "native"
    with pytest.raises(UsageError, match="no tier 'fast'"):
        chosen_tier("fast", 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_with_few_addresses_there_is_no_native_tier() -> None:
    """Every memory takes four gigabytes of them, and a job has several for each worker."""
    run = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True, timeout=60
    )
    name, refused = run.stdout.splitlines()
    assert name == "interpreter"
    assert "unlimited address space" in refused


@pytest.mark.parametrize("tier", ["interpreter", "native"])
def test_keys_that_come_often_and_without_values(tier: str, tmp_path: Path) -> None:
    """Groups of which nothing is known but that they are there, gathered as rows are emitted."""
    rows = [[number % 7] for number in range(20_000)]
    data = {"rows": open_data(str(write_rows(tmp_path / "rows.arrow", [("k", "int")], rows)))}
    run = run_job(Program(Source(KEYS_ALONE)).verified, data, 10**9, tier=tier)
    assert run.table is not None
    assert run.table.column("k").to_pylist() == list(range(7))
