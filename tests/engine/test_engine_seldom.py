"""What random programs seldom come to in the native tier: the interpreter says the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.outcomes import essence
from totemlang.data import coded
from totemlang.data.file import open_data
from totemlang.engine.local import run_job
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.streaming import Chunks
from totemlang.program import Program
from totemlang.source import Source

PLENTY = 10**12
WAYS = ({"workers": 1}, {"workers": 2, "partitions": 3}, {"workers": 1, "batch_rows": 999})


def assert_the_same(head: str, reduce: str, table: pa.Table, folder: Path, **how: Any) -> None:
    """Both tiers, in several ways, with enough totem and with one too little."""
    text = f"dataset rows({head})\n\nmap m(rows row)\n    emit {reduce}end reduce\n"
    verified = Program(Source(text)).verified
    path = folder / "rows.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    data = {"rows": open_data(path)}
    whole = run_job(verified, data, PLENTY, tier="interpreter")
    for budget in (PLENTY, whole.totem - 1):
        right = essence(run_job(verified, data, budget, tier="interpreter"))
        for way in WAYS:
            found = run_job(verified, data, budget, tier="native", **way, **how)
            assert essence(found) == right, (budget, way)


def values(rows: int) -> np.ndarray:
    """Of three decimals."""
    return np.round(np.random.default_rng(rows).normal(size=rows) * 9, 3)


SUMS = "row.k, row.x\nend map\n\nreduce r(KIND k, double[] xs)\n    emit k, sum(xs) as s\n"


@pytest.mark.parametrize("odd", [[1e30, -1e30], [np.inf], [5e-324, -0.0], [np.nan]])
@pytest.mark.parametrize("every", [1, 40, 1_900])
def test_sums_of_few_groups_forget_a_batch(every: int, odd: list[float], tmp_path: Path) -> None:
    """A value is outside of its window where some thousand rows went in together."""
    rows = 9_000
    column = values(rows)
    column[4_000::every] = np.resize(odd, len(column[4_000::every]))
    table = pa.table({"k": np.arange(rows) * 7 % 24, "x": column})
    assert_the_same("long k, double x", SUMS.replace("KIND", "long"), table, tmp_path)


@pytest.mark.parametrize("top", [1.0, 2.0**8 - 2.0**-45])
def test_a_group_of_many_is_settled_where_rows_go_in_plainly(top: float, tmp_path: Path) -> None:
    """Its 2^16th row and the next need a call; the others do not."""
    rows = 140_000
    column = np.full(rows, top)
    column[:40_000:3] = -1.0
    table = pa.table({"k": np.arange(rows) % 4 // 3 * 900, "x": column})
    assert_the_same("long k, double x", SUMS.replace("KIND", "long"), table, tmp_path)


@pytest.mark.parametrize("scale", [60, 900])
def test_totals_without_key_lie_where_values_ask_for(scale: int, tmp_path: Path) -> None:
    """Chunks of ever other sizes."""
    random = np.random.default_rng(scale)
    sizes = np.repeat(2.0 ** random.integers(-scale, scale, 20), 512)
    table = pa.table({"x": sizes * random.integers(-9, 9, len(sizes)) * 1.25})
    reduce = "row.x\nend map\n\nreduce r(double[] xs)\n    emit sum(xs) as s, min(xs) as a\n"
    assert_the_same("double x", reduce, table, tmp_path)
    twice = reduce.replace("row.x", "row.x * 2.0")
    assert_the_same("double x", twice, table, tmp_path)


@pytest.mark.parametrize("rest", [-1.0, 1.0, 0.0])
@pytest.mark.parametrize("zeros", [[0.0], [-0.0], [0.0, -0.0], [-0.0, 0.0]])
def test_the_sign_of_an_extreme_that_is_zero(
    zeros: list[float], rest: float, tmp_path: Path
) -> None:
    """Of zeros of both signs the least is the negative one; in runs and otherwise."""
    rows = 3_000
    column = np.full(rows, rest)
    column[1::700] = np.resize(zeros, len(column[1::700]))
    reduce = (
        "row.k, row.x\nend map\n\nreduce r(long k, double[] xs)\n"
        "    emit k, 1.0 / min(xs) as a, 1.0 / max(xs) as b, min(xs) as c, max(xs) as d\n"
    )
    for keys in (np.arange(rows) // 600, np.arange(rows) % 5):
        for asked in (reduce, reduce.replace("1.0 / min(xs) as a, 1.0 / max(xs) as b, ", "")):
            table = pa.table({"k": keys, "x": column})
            assert_the_same("long k, double x", asked, table, tmp_path)


def test_groups_leave_memory_while_one_table_holds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More new keys than there is room for come before anybody looks."""
    seen: list[bool] = []
    make_room = NativeGrouping._make_room

    def noted(self: NativeGrouping) -> None:
        before = self.gathered.runs
        make_room(self)
        seen.append(before is None and self.gathered.runs is not None)

    monkeypatch.setattr(NativeGrouping, "_make_room", noted)
    monkeypatch.setattr("totemlang.engine.work.LEAST_HELD", 1 << 18)
    monkeypatch.setattr("totemlang.native.streaming.CHUNKS", Chunks(first=64, usual=64))
    rows = 30_000
    keys = [f"key {'long ' * (n % 5)}{n}" for n in range(rows)]
    table = pa.table({"k": keys[:50] * 100 + keys, "x": values(rows + 5_000)})
    assert_the_same(
        "string k, double x", SUMS.replace("KIND", "string"), table, tmp_path, memory_limit=1
    )
    assert any(seen)


def coded_with(indices: Sequence[int], strings: Sequence[str], missing: Sequence[int]) -> pa.Array:
    """A dictionary array whose missing rows have indices, too."""
    mask = np.isin(np.arange(len(indices)), missing)
    held = pa.array(np.array(indices, np.int32), mask=mask)
    return pa.DictionaryArray.from_arrays(held, pa.array(strings), safe=False)


def test_rows_without_a_string_may_have_any_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is that of no string of the dictionary."""
    seen: list[int] = []
    with_zeros = coded._with_zeros

    def noted(indices: pa.Array) -> pa.Array:
        seen.append(len(indices))
        return with_zeros(indices)

    monkeypatch.setattr(coded, "_with_zeros", noted)
    indices = [n % 3 for n in range(300)]
    indices[7::10] = [[-1, 3, 2**31 - 1][n % 3] for n in range(30)]
    column = coded_with(indices, ["one", "two", "three of more than 16"], range(7, 300, 10))
    table = pa.table({"k": column, "x": values(300)})
    reduce = SUMS.replace("row.k,", 'default(row.k, "none") as k,').replace("KIND", "string")
    assert_the_same("string? k, double x", reduce, table, tmp_path)
    assert seen
