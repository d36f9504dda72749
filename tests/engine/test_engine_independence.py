"""Results, totem and status depend on program, data and budget alone.

Not on how rows are cut into batches, files and row groups, nor on the memory that there is.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.outcomes import essence
from totemlang.data.file import open_data
from totemlang.engine.local import run_job
from totemlang.program import Program
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule

HEAD = """dataset d(string? name, int n, double x, timestamp ts)

"""

PROGRAMS = {
    "sums by composite key": """map keyed(d row)
    emit (default(row.name, "none") as name, row.n > 0 as positive), row.x, row.n
end map

reduce sums((string name, bool positive), double[] x, int[] n)
    emit (name, positive), sum(x) as x, sum(n) as n, count(n) as count,
        min(x) as least, max(n) as most
end reduce
""",
    "order and a loop that sees it": """map keyed(d row)
    emit row.n, row.x, row.ts
end map

reduce walk(int n, double[] x, timestamp[] ts) order by x desc
    double folded = 0.0
    for i = 0; i < len(x); i++ do
        folded = folded / 2 + x[i]
    end for
    emit n, folded, ts[0], len(x) as count
end reduce
""",
    "several emits and failures": """map several(d row)
    for i = 0; i < 3; i++ do
        emit row.n + i, row.x
        int wrong = 6 // (row.n - i)
    end for
end map

reduce grouped(int n, double[] x)
    emit n, stats.median(x), count(x)
end reduce

map after(int n, double median, long count)
    emit n // (count - 2), median
end map
""",
    "aggregates over all rows": """map all(d row)
    emit default(row.name, "") as name, row.x, row.ts
end map

reduce one(string[] name, double[] x, timestamp[] ts)
    emit max(name) as name, sum(x) as x, stats.mean(x) as mean, min(ts) as first, count(x) as n
end reduce
""",
    "groups of groups": """map keyed(d row)
    emit (row.ts, default(row.name, "") as name), row.x
end map

reduce one((timestamp ts, string name), double[] x)
    emit name, sum(x) as x, ts
end reduce

reduce two(string name, double[] x, timestamp[] ts) order by ts
    emit name, x[0], ts[0], sum(x) as total
end reduce

reduce three(string[] name, double[] x, timestamp[] ts, double[] total)
    for i = 0; i < len(name); i++ do
        emit name[i], x[i] as x, ts[i] as ts, total[i] as total
    end for
end reduce
""",
}

VERIFIED: dict[str, VerifiedModule] = {}


def verified(name: str) -> VerifiedModule:
    if name not in VERIFIED:
        VERIFIED[name] = Program(Source(HEAD + PROGRAMS[name])).verified
    return VERIFIED[name]


ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from(["", "a", "é", "zz", "\U0001f600"]),
        st.integers(-2, 3),
        st.sampled_from([0.0, -0.0, 0.1, 1e300, -1e300, math.inf, math.nan]) | st.floats(-10, 10),
        st.integers(0, 4),
    ),
    max_size=40,
)
TYPES = (pa.string(), pa.int32(), pa.float64(), pa.timestamp("us"))
NAMES = ("name", "n", "x", "ts")


def table_of(rows: list[tuple[object, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * 4
    return pa.table([pa.array(c, t) for c, t in zip(columns, TYPES, strict=True)], names=NAMES)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, data=st.data())
@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_depends_on_batches_files_or_memory(
    name: str, rows: list[tuple[object, ...]], data: st.DataObject
) -> None:
    module = verified(name)
    table = table_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.parquet"
        pq.write_table(table, one)
        whole = run_job(module, {"d": open_data(one)}, 10**9)
        budget = data.draw(st.sampled_from([10**9, whole.totem, max(0, whole.totem - 1)]))
        cut = data.draw(st.integers(0, len(rows)))
        paths = [Path(folder) / "1.parquet", Path(folder) / "2.parquet"]
        pq.write_table(table.slice(0, cut), paths[0], row_group_size=3)
        pq.write_table(table.slice(cut), paths[1])
        batch_rows = data.draw(st.sampled_from([1, 2, 7, 64]))
        memory_limit = data.draw(st.sampled_from([4, 400, 4000]))
        expected = run_job(module, {"d": open_data(one)}, budget)
        with patch("totemlang.engine.work.LEAST_HELD", 1):
            found = run_job(
                module,
                {"d": open_data(paths)},
                budget,
                batch_rows=batch_rows,
                memory_limit=memory_limit,
            )
    assert essence(found) == essence(expected)


def test_memory_beyond_the_limit_goes_to_scratch_files_that_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from totemlang.engine.spool import Scratch

    monkeypatch.setattr("totemlang.engine.work.LEAST_HELD", 1)
    made: list[int] = []

    class Counting(Scratch):
        def file(self):  # type: ignore[no-untyped-def]
            made.append(1)
            return super().file()

    rows = [("a", i % 3, float(i), i) for i in range(20_000)]
    pq.write_table(table_of(rows), tmp_path / "d.parquet")
    folder = tmp_path / "scratch"
    folder.mkdir()
    data = {"d": open_data(tmp_path / "d.parquet")}
    module = verified("order and a loop that sees it")
    small = run_job(module, data, 10**9, memory_limit=100_000, scratch=Counting(str(folder)))
    assert made
    assert not list(folder.iterdir())
    assert essence(small) == essence(run_job(module, data, 10**9))
