"""A batch that comes to memory a stretch at a time: records keep their numbers and their values."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.outcomes import essence
from totemlang.data.file import open_data
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome
from totemlang.native import reading_rows, streaming
from totemlang.native.columns import Input
from totemlang.native.machine import NativeMachine
from totemlang.native.reading_rows import Rows, read_rows
from totemlang.native.streaming import Chunks
from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.prices import default_prices
from totemlang.vm.meter import Meter
from vm.compiled import PLENTY, compiled

ROWS = 1_000

ALL_KINDS = """\
dataset rows(int i, long? l, double d, float? f, bool b, bool? c, date t, string? s, string w)

map m(rows row)
    string key = row.w
    if not missing(row.s) then
        key = value(row.s)
    end if
    long n = 100 // (row.i % 97 + 1)
    if row.b and not missing(row.l) then
        n = n + value(row.l)
    end if
    double x = row.d
    if not missing(row.f) and not missing(row.c) then
        x = x + value(row.f)
    end if
    emit key as key, n as n, x as x, row.t as t
end map

reduce r(string key, long[] n, double[] x, date[] t)
    emit key, sum(n) as n, sum(x) as x, max(t) as t, count(n) as rows
end reduce
"""


def table() -> pa.Table:
    random = np.random.default_rng(7)

    def some(values: Any, kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind, mask=random.random(ROWS) < 0.3)

    at = np.arange(ROWS)
    return pa.table(
        {
            "i": pa.array(at, pa.int32()),
            "l": some(random.integers(-(2**40), 2**40, ROWS), pa.int64()),
            "d": random.normal(0, 1, ROWS),
            "f": some(random.normal(0, 1, ROWS).astype(np.float32), pa.float32()),
            "b": pa.array(random.random(ROWS) < 0.5),
            "c": some(random.random(ROWS) < 0.5, pa.bool_()),
            "t": pa.array([date(2020, 1, 1) + timedelta(int(n) % 5) for n in at]),
            "s": some([f"home {n % 9}" for n in at], pa.string()).dictionary_encode(),
            "w": pa.array([f"w{n % 4}" for n in at]).dictionary_encode(),
        }
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    found = table()
    path = tmp_path_factory.mktemp("rows") / "rows.arrow"
    with pa.ipc.new_file(path, found.schema) as file:
        file.write_table(found)
    return str(path)


def run(data: str, budget: int, text: str = ALL_KINDS, **how: Any) -> Outcome:
    verified = Program(Source(text)).verified
    return run_job(verified, {"rows": open_data(data)}, budget, **how)


@pytest.mark.parametrize("chunks", [(5, 7, 3), (1, 1000, 16), (100, 64, 16)], ids=str)
def test_stretches_show_in_nothing(
    chunks: tuple[int, int, int], data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = run(data, 10**9, tier="interpreter")
    assert right.status == "done"
    assert right.usage.used > 0
    monkeypatch.setattr(reading_rows, "STRETCH_BYTES", 1)
    monkeypatch.setattr(reading_rows, "STRETCH_ROWS", 32)
    monkeypatch.setattr(streaming, "CHUNKS", Chunks(*chunks))
    brought = []
    bring_from = Rows.bring_from

    def noted(self: Rows, start: int, *given: Any) -> int:
        brought.append(start)
        return bring_from(self, start, *given)

    monkeypatch.setattr(Rows, "bring_from", noted)
    assert essence(run(data, 10**9, tier="native", workers=1)) == essence(right)
    assert sorted(set(brought)) == list(range(0, ROWS, 32))
    for budget in (right.usage.used - 1, right.usage.used // 2, right.usage.used // 3):
        ended = run(data, budget, tier="interpreter")
        assert essence(run(data, budget, tier="native")) == essence(ended)


@pytest.mark.parametrize("first", [0, 31, 32, 700, 999])
def test_a_record_that_fails_is_named_by_its_place_in_the_batch(
    first: int, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ALL_KINDS.replace("(row.i % 97 + 1)", f"({first} - row.i)")
    monkeypatch.setattr(reading_rows, "STRETCH_BYTES", 1)
    monkeypatch.setattr(reading_rows, "STRETCH_ROWS", 32)
    right = run(data, 10**9, text, tier="interpreter")
    assert right.status == "failed"
    assert essence(run(data, 10**9, text, tier="native")) == essence(right)


def read(columns: dict[str, Any], types: str) -> Rows:
    text = f"dataset rows({types})\n\nmap m(rows row)\n    emit 1 as k, 1 as n\nend map\n\n"
    text += "reduce r(int k, int[] n)\n    emit k, sum(n)\nend reduce\n"
    verified = compiled(text)
    block = Input(NativeMachine(verified, (), (), Meter(PLENTY)).instance)
    used = frozenset(range(len(columns)))
    batch = pa.record_batch(columns)
    return read_rows(block, verified.module.stages[0], used, default_prices(), batch)


def test_strings_that_are_not_coded_come_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_rows, "STRETCH_BYTES", 1)
    monkeypatch.setattr(reading_rows, "STRETCH_ROWS", 32)
    words = pa.array(["a", "b"] * 50)
    assert read({"s": words}, "string s").in_stretches().at_once == 100
    assert read({"s": words.dictionary_encode()}, "string s").in_stretches().at_once == 32
    assert read({"i": pa.array(range(100), pa.int32())}, "int i").at_once == 100


@pytest.mark.parametrize(("columns", "expected"), [(1, 1 << 19), (2, 1 << 18), (140, 1 << 12)])
def test_about_so_many_bytes_are_a_stretch(columns: int, expected: int) -> None:
    values = np.zeros(1 << 20)
    held = {f"x{n}": values for n in range(columns)}
    types = ", ".join(f"double x{n}" for n in range(columns))
    found = read(held, types).in_stretches().at_once
    assert found == expected
