"""Maps whose rows are grouped as they are emitted: the same as one after the other, however cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.outcomes import essence
from totemlang.data.file import open_data
from totemlang.engine import stages
from totemlang.engine.interpreted import InterpretedMachine
from totemlang.engine.local import run_job
from totemlang.engine.native_groups import native_plan
from totemlang.engine.outcome import Outcome
from totemlang.native import machine, streaming
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.place import Place
from totemlang.native.machine import NativeMachine
from totemlang.native.streaming import Chunks, Stream
from totemlang.program import Program
from totemlang.source import Source
from totemlang.vm.meter import Meter
from vm.compiled import PLENTY, compiled

ROWS = 500

BY_KEY = """\
dataset rows(long k, double? v, string s)

map m(rows row)
    if not missing(row.v) then
        emit row.k as k, 100 // (row.k % 11) as n, value(row.v) as v
    end if
end map

reduce r(long k, long[] n, double[] v)
    emit k, sum(n), sum(v), count(v)
end reduce
"""

BY_WORD = """\
dataset rows(long k, double? v, string s)

map m(rows row)
    for word in words(row.s, " ") do
        emit word, row.k as k
    end for
end map

reduce r(string word, long[] k)
    emit word, sum(k)
end reduce
"""

WITHOUT_KEY = """\
dataset rows(long k, double? v, string s)

map m(rows row)
    int[] large = fill(int(row.k % 13), 1)
    emit row.k as k, len(large) as n
end map

reduce r(long[] k, int[] n)
    emit sum(k), sum(n), max(n)
end reduce
"""

PROGRAMS = {"by key": BY_KEY, "by word": BY_WORD, "without key": WITHOUT_KEY}


@pytest.fixture(params=[(1, 1, 1), (5, 7, 3), (100, 64, 16)], ids=str)
def chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CHUNKS", Chunks(*request.param))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Keys that are few, then ever more and far apart; sums of all sizes; words seen late."""
    random = np.random.default_rng(4)
    place = np.arange(ROWS)
    keys = np.where(place < 200, place % 3 + 1, random.integers(-(2**40), 2**40, ROWS))
    keys[:300:7] = 5
    values = random.normal(0, 1, ROWS) * 10.0 ** random.integers(-200, 200, ROWS)
    values[:150] = 0
    table = pa.table(
        {
            "k": keys,
            "v": pa.array(values, mask=random.random(ROWS) < 0.2),
            "s": [" ".join(f"w{n % (1 + at // 40)}" * (at % 4) for n in range(3)) for at in place],
        }
    )
    path = tmp_path_factory.mktemp("rows") / "rows.arrow"
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    return str(path)


def run(text: str, data: str, budget: int, **how: Any) -> Outcome:
    verified = Program(Source(text)).verified
    return run_job(verified, {"rows": open_data(data)}, budget, **how)


@pytest.mark.usefixtures("chunks")
@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_chunks_show_in_nothing(text: str, data: str) -> None:
    right = run(text, data, 10**9, tier="interpreter")
    for workers in (1, 2):
        found = run(text, data, 10**9, tier="native", workers=workers)
        assert essence(found) == essence(right)
    for budget in (right.usage.used, right.usage.used - 1, right.usage.used // 2):
        ended = run(text, data, budget, tier="interpreter")
        assert essence(run(text, data, budget, tier="native")) == essence(ended)


@pytest.mark.usefixtures("chunks")
@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_totem_drawn_in_small_amounts(
    text: str, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = run(text, data, 10**9, tier="interpreter")
    monkeypatch.setattr(machine, "CHUNK", 1)
    monkeypatch.setattr(machine, "_MOST_CHUNK", 1)
    for budget in (right.usage.used, right.usage.used - 1):
        ended = run(text, data, budget, tier="interpreter")
        assert essence(run(text, data, budget, tier="native")) == essence(ended)


@pytest.mark.usefixtures("chunks")
def test_the_interpreter_goes_on_from_a_chunk_without_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows before it are grouped already, and what they cost is charged."""
    text = """\
dataset rows(int size)

map m(rows row)
    int[] large = fill(row.size, 7)
    emit row.size % 3 as k, 100 // (row.size % 5) + len(large) as n
end map

reduce r(int k, int[] n)
    emit k, sum(n)
end reduce
"""
    sizes = [n % 50 for n in range(300)] + [900_000] + [n % 50 for n in range(100)]
    path = tmp_path / "rows.arrow"
    table = pa.table({"size": pa.array(sizes, pa.int32())})
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    given_up = []
    abandon = machine.NativeMachine.abandon_map

    def noted(self: machine.NativeMachine, *given: Any) -> Any:
        given_up.append(given[1].num_rows)
        return abandon(self, *given)

    monkeypatch.setattr(machine.NativeMachine, "abandon_map", noted)
    monkeypatch.setattr(
        machine.NativeMachine.__init__, "__kwdefaults__", {"plan": None, "memory": 1 << 20}
    )
    right = run(text, str(path), 10**9, tier="interpreter")
    for step in (machine.CHUNK, 1):
        monkeypatch.setattr(machine, "CHUNK", step)
        monkeypatch.setattr(machine, "_MOST_CHUNK", step)
        given_up.clear()
        assert essence(run(text, str(path), 10**9, tier="native")) == essence(right)
        assert len(given_up) == 1
        assert 100 < given_up[0] <= 201
        exact = right.usage.used
        assert essence(run(text, str(path), exact, tier="native")) == essence(right)
        ended = run(text, str(path), exact - 1, tier="interpreter")
        assert essence(run(text, str(path), exact - 1, tier="native")) == essence(ended)


HALVES = """\
dataset rows(int size)

map m(rows row)
    int half = 100 // (row.size % 5)
    if half > 30 then
        half = 30
    end if
    int[] large = fill(row.size, 7)
    emit row.size % 1000 as k, half + len(large) as n
end map

reduce r(int k, int[] n)
    emit k, sum(n)
end reduce
"""


@pytest.mark.usefixtures("chunks")
@pytest.mark.parametrize("large", [900_001, 51])
def test_what_failed_and_what_was_taken_is_counted_once(large: int) -> None:
    """Also of the chunk that found no memory, in which some had failed already."""
    sizes = [n % 50 for n in range(300)] + [large] + [n % 50 for n in range(100)]
    batch = pa.record_batch({"size": pa.array(sizes, pa.int32())})
    verified = compiled(HALVES)
    meter, right_meter = Meter(PLENTY), Meter(PLENTY)
    native = NativeMachine(verified, (), (), meter, memory=1 << 20)
    place = Place(native.instance.store, native.instance.memory)
    grouping = NativeGrouping(native_plan(verified, 1, 1 << 20, None), place)
    stream = Stream(native, 0, grouping)
    interpreter = InterpretedMachine(verified, (), (), right_meter)
    for _ in range(2):
        right = interpreter.map(0, batch)
        assert stream.map(batch) == right.failures
    assert native.given_up == (2 if large > 51 else 0)
    assert grouping.rows == 2 * right.rows
    assert native.totals() == interpreter.totals()
    assert meter.used == right_meter.used


def test_texts_of_a_chunk_make_room_for_those_of_the_next() -> None:
    text = """\
dataset rows(int k)

map m(rows row)
    emit concat("more than sixteen bytes", substr("abcdefg", row.k % 7, 1)) as word, 1 as n
end map

reduce r(string word, int[] n)
    emit word, sum(n)
end reduce
"""
    verified = compiled(text)
    native = NativeMachine(verified, (), (), Meter(PLENTY), memory=7 << 20)
    place = Place(native.instance.store, native.instance.memory)
    grouping = NativeGrouping(native_plan(verified, 1, 1 << 20, None), place)
    batch = pa.record_batch({"k": pa.array(range(400_000), pa.int32())})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streaming, "CHUNKS", Chunks(4096, 4096, 4096))
        Stream(native, 0, grouping).map(batch)
    assert native.given_up == 0
    assert grouping.rows == 400_000


def test_rows_of_long_strings_go_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "MOST_STREAMED", 1000)
    for size in (1, 90, 5000):
        batch = pa.record_batch({"s": ["x" * size] * 100})
        cut = list(stages.in_pieces(batch, 8))
        assert pa.Table.from_batches(cut).equals(pa.Table.from_batches([batch]))
        assert max(piece.num_rows for piece in cut) == {1: 100, 90: 10, 5000: 8}[size]


@pytest.mark.parametrize("tier", ["interpreter", "native"])
def test_any_nan_of_a_file_leaves_as_the_one(tmp_path: Path, tier: str) -> None:
    bits = [0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001, 0xFFFFFFFFFFFFFFFF]
    values = np.array(bits, np.uint64).view(np.float64)
    table = pa.table({"k": pa.array([1, 2, 3, 3], pa.int32()), "x": values})
    path = tmp_path / "rows.arrow"
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    text = """\
dataset rows(int k, double? x)

map m(rows row)
    if not missing(row.x) then
        emit row.k as k, value(row.x) as x
    end if
end map

reduce r(int k, double[] x)
    emit k, x[0] as first, max(x) as most, sum(x) as total
end reduce
"""
    found = run(text, str(path), 10**9, tier=tier).checked()
    assert found.table is not None
    for name in ("first", "most", "total"):
        column = found.table[name].to_numpy().view(np.uint64).tolist()
        assert column == [0x7FF8000000000000] * 3
