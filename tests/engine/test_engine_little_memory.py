"""The smallest memory limits: nothing is told of them, and no file is opened for every batch."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.outcomes import essence
from totemlang.data.file import open_data
from totemlang.engine.local import run_job
from totemlang.engine.spool import Scratch
from totemlang.program import Program
from totemlang.source import Source

ROWS = 20_000

JOB = """dataset d(KIND k, double x)

map m(d row)
    emit row.k, row.x
end map

reduce r(KIND k, double[] xs)
    emit k, ASKED as s
end reduce

map last(KIND k, double s)
    emit k, s * 2.0 as y
end map
"""


class Counting(Scratch):
    """Counts the files made."""

    made = 0

    def file(self) -> IO[bytes]:
        """One more."""
        type(self).made += 1
        return super().file()


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, Path]:
    """Rows of as many keys, and a few of them again."""
    random = np.random.default_rng(8)
    numbers = random.permutation(np.arange(ROWS) % (ROWS - 99))
    found = {}
    for kind, keys in (
        ("long", pa.array(numbers << 9)),
        ("string", pa.array([f"key number {n}" for n in numbers.tolist()])),
    ):
        found[kind] = tmp_path / f"{kind}.parquet"
        table = pa.table({"k": keys, "x": random.normal(size=ROWS)})
        pq.write_table(table, found[kind], row_group_size=ROWS // 5)
    return found


@pytest.mark.parametrize("asked", ["sum(xs)", "xs[0]"])
@pytest.mark.parametrize("kind", ["long", "string"])
@pytest.mark.parametrize("least", [1 << 14, 1 << 20])
def test_as_many_keys_as_rows(
    kind: str,
    asked: str,
    least: int,
    rows: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The limit is of one byte; what is held nevertheless is little or as usual."""
    verified = Program(Source(JOB.replace("KIND", kind).replace("ASKED", asked))).verified
    data = {"d": open_data(rows[kind])}
    right = essence(run_job(verified, data, 10**12, tier="interpreter"))
    monkeypatch.setattr("totemlang.engine.work.LEAST_HELD", least)
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(Counting, "made", 0)
    ways: list[dict[str, Any]] = [
        {"tier": "interpreter"},
        {"tier": "native"},
        {"tier": "native", "workers": 3, "partitions": 7},
    ]
    for how in ways:
        scratch = Counting(str(folder))
        found = run_job(verified, data, 10**12, memory_limit=1, scratch=scratch, **how)
        assert essence(found) == right, how
        assert not list(folder.iterdir())


def test_rows_between_stages_go_to_one_file(
    rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often there are more of them than may be held."""
    text = JOB[: JOB.index("reduce")] + JOB[JOB.index("map last") :]
    text = text.replace("KIND", "long")
    verified = Program(Source(text)).verified
    monkeypatch.setattr("totemlang.engine.work.LEAST_HELD", 1)
    monkeypatch.setattr(Counting, "made", 0)
    found = run_job(
        verified,
        {"d": open_data(rows["long"])},
        10**12,
        memory_limit=1,
        batch_rows=50,
        tier="interpreter",
        scratch=Counting(str(tmp_path)),
    ).checked()
    assert pa.table(found.table).num_rows == ROWS
    assert 0 < Counting.made < 5


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("asked", ["sum(xs)", "xs[0]"])
def test_no_file_is_open_after_a_job_that_ran_out(
    asked: str, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scratch files hold private rows: they are closed at once, not when somebody looks."""
    files: list[IO[bytes]] = []
    made = tempfile.TemporaryFile

    def noted(**how: Any) -> IO[bytes]:
        files.append(made(**how))
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    path = tmp_path / "many.parquet"
    keys = pa.array(np.random.default_rng(9).permutation(np.arange(60_000)) << 9)
    table = pa.table({"k": keys, "x": np.arange(60_000) / 8})
    pq.write_table(table, path, row_group_size=7_500)
    program = Program(Source(JOB.replace("KIND", "long").replace("ASKED", asked)))
    data = {"d": open_data(path)}
    whole = run_job(program.verified, data, 10**12)
    files.clear()
    for tenths in range(1, 10):
        budget = whole.totem * tenths // 10
        how: dict[str, Any] = {"tier": "native", "workers": workers, "partitions": 8}
        outcome = run_job(program.verified, data, budget, memory_limit=1 << 14, **how)
        assert outcome.status == "out_of_totem"
    assert files
    assert all(file.closed for file in files)
