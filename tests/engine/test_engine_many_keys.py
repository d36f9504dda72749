"""Reduces over groups that several workers have gathered: nothing tells how many there were."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Barrier, get_ident
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.outcomes import essence
from totemlang.data.file import open_data
from totemlang.data.python_values import to_array
from totemlang.engine.local import run_job
from totemlang.engine.native_groups import SharedGroups
from totemlang.engine.outcome import Outcome
from totemlang.engine.workers import Hand
from totemlang.native.grouping.ordered import Ordered
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.sums import Agreed
from totemlang.program import Program
from totemlang.schema.types import Kind
from totemlang.source import Source

ROWS = 1_200
PLENTY = 10**12
HOW: tuple[dict[str, Any], ...] = (
    {"workers": 1},
    {"workers": 2, "partitions": 7},
)
MANY: tuple[dict[str, Any], ...] = (*HOW, {"workers": 7, "partitions": 7})

KEYS: dict[str, list[list[Any]]] = {
    "long": [[i * 7 - 300] for i in range(90)],
    "int": [[2**31 - 1], [-(2**31)], [0]],
    "bool": [[True], [False]],
    "date": [[i] for i in range(18_000, 18_060)],
    "long, bool": [[i % 40 - 5, i % 3 == 0] for i in range(80)],
    "int, int, date": [[i % 3, -i % 5, i % 7] for i in range(105)],
    "string": [["k" * (i % 23) + str(i)] for i in range(70)],
    "long, string": [[i % 5, "ä" * (i % 19)] for i in range(60)],
    "timestamp": [[i * 10**12] for i in range(50)],
}
VALUES: dict[str, list[Any]] = {
    "int": [0, -1, 2**31 - 1, -(2**31)],
    "long": [0, 5, 2**62, -(2**63), 2**63 - 1],
    "float": [0.5, -0.0, 0.0, 3.25, 2.0**-149],
    "double": [0.1, -0.0, 1e300, -1e300, 5e-324, 1e-16, 12.5],
    "bool": [True, False],
    "date": [0, 18_000, -719_162],
    "timestamp": [0, -1, 1_550_000_000_000_000],
    "duration": [1, -7, 2**62],
    "string": ["", "a", "zz", "x" * 40, "Größe"],
}
SUMMED = {"int": "long", "long": "long", "float": "double", "double": "double"}
SUMMED["duration"] = "duration"


def job(key: str, value: str, *, summed: bool = True, body: Sequence[str] = ()) -> Program:
    """Counts and extremes of a value by a key, and sums where there are any."""
    kinds = [each.strip() for each in key.split(",")]
    parts = [f"k{i}" for i in range(len(kinds))]
    named = ", ".join(f"{kind} {part}" for kind, part in zip(kinds, parts, strict=True))
    keys, row = ", ".join(parts), ", ".join(f"row.{part}" for part in parts)
    asked = "count(vs) as n, len(vs) as m, min(vs) as a, max(vs) as b"
    if summed and value in SUMMED:
        asked += ", sum(vs) as s"
    if len(kinds) > 1:
        row, taken = f"({row})", f"({named})"
    else:
        taken = named
    lines = [
        f"dataset rows({named}, {value} v)",
        "map m(rows row)",
        f"    emit {row}, row.v",
        "end map",
        f"reduce r({taken}, {value}[] vs)",
        *(body or ["emit KEY, ASKED"]),
        "end reduce",
    ]
    text = "\n".join(lines).replace("KEY", keys).replace("ASKED", asked)
    return Program(Source(text + "\n", "job.totem"))


def written(folder: Path, key: str, value: str, values: list[Any], rows: int = ROWS) -> Path:
    """Rows of a few values for each key, in no order."""
    drawn = random.Random(f"{key} {value}")
    kinds = [Kind(each.strip()) for each in key.split(",")]
    keys = [drawn.choice(KEYS[key]) for _ in range(rows)]
    columns = [to_array([each[i] for each in keys], kind) for i, kind in enumerate(kinds)]
    columns.append(to_array([drawn.choice(values) for _ in range(rows)], Kind(value)))
    names = [f"k{i}" for i in range(len(kinds))] + ["v"]
    path = folder / "rows.parquet"
    pq.write_table(pa.Table.from_arrays(columns, names), path, row_group_size=rows // 9)
    return path


def assert_the_same(
    program: Program, path: Path, budgets: int = 0, ways: Sequence[Mapping[str, Any]] = HOW
) -> Outcome:
    """At any number of workers, with enough totem and at `budgets` more within the reduce."""
    data = {"rows": open_data(path)}

    def run(budget: int, **how: Any) -> Outcome:
        return run_job(program.verified, data, budget, **how)

    whole = run(PLENTY, tier="interpreter")
    ends = [PLENTY]
    if budgets:
        first, last = (stage.totem for stage in whole.usage.by_stage)
        ends += [first + last * part // budgets - 1 for part in range(1, budgets + 1)]
    for budget in ends:
        expected = essence(run(budget, tier="interpreter"))
        for how in ways:
            assert essence(run(budget, tier="native", **how)) == expected, (budget, how)
    return whole


@pytest.fixture(params=["by value where that can be", "in partitions"])
def found_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How groups are found; in partitions all but the first few."""
    way = str(request.param)
    if way == "in partitions":
        plan = partial(GroupingPlan, most_direct=0, most_hashed=4)
        monkeypatch.setattr("totemlang.engine.native_groups.GroupingPlan", plan)
    return way


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", ["long", "string"])
@pytest.mark.usefixtures("found_by")
def test_values_of_all_kinds(key: str, value: str, tmp_path: Path) -> None:
    program = job(key, value, summed=value != "duration")
    found = assert_the_same(program, written(tmp_path, key, value, VALUES[value]))
    assert found.status in ("done", "failed")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.usefixtures("found_by")
def test_keys_of_all_kinds(key: str, tmp_path: Path) -> None:
    path = written(tmp_path, key, "double", VALUES["double"])
    found = assert_the_same(job(key, "double"), path, budgets=1)
    assert found.table is not None
    assert found.table.num_rows == len({tuple(each) for each in KEYS[key]})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e308])
@pytest.mark.usefixtures("found_by")
def test_values_that_no_window_holds(value: float, tmp_path: Path) -> None:
    path = written(tmp_path, "long", "double", [value, 1.0, -1e-300])
    assert_the_same(job("long", "double"), path)


@pytest.mark.usefixtures("found_by")
def test_the_first_group_that_fails_is_told(tmp_path: Path) -> None:
    """In the order of keys, whoever reduces it; those before it are charged for."""
    body = ["long x = long(1000000000000.0 / abs(double(k0 - 8)))", "emit KEY, ASKED, x as x"]
    program = job("long", "long", summed=False, body=body)
    path = written(tmp_path, "long", "long", [1, 2])
    found = assert_the_same(program, path, budgets=2)
    assert found.status == "failed"


def test_a_sum_that_does_not_fit_fails(tmp_path: Path) -> None:
    path = written(tmp_path, "long", "long", [2**62, 2**62 + 1])
    assert assert_the_same(job("long", "long"), path).status == "failed"


@pytest.mark.usefixtures("found_by")
def test_groups_that_emit_several_rows_or_none(tmp_path: Path) -> None:
    body = [
        "for i = 0; i < 3; i++ do",
        "    if count(vs) > 12 + i then",
        "        emit KEY, ASKED",
        "    end if",
        "end for",
    ]
    path = written(tmp_path, "long", "double", VALUES["double"])
    assert_the_same(job("long", "double", body=body), path, budgets=2)


def test_a_reduce_without_key(tmp_path: Path) -> None:
    lines = [
        "dataset rows(long k0, double v)",
        "map m(rows row)",
        "    emit row.v",
        "end map",
        "reduce r(double[] vs)",
        "    emit sum(vs) as s, count(vs) as n, min(vs) as a",
        "end reduce",
    ]
    program = Program(Source("\n".join(lines) + "\n", "job.totem"))
    assert_the_same(program, written(tmp_path, "long", "double", VALUES["double"]))


def test_keys_that_are_far_apart_at_first_or_last(tmp_path: Path) -> None:
    """Workers whose ranges of keys differ, or one of whom finds groups by hash."""
    keys = [*range(1_000), 10**6, *range(2_000, 3_000), -(2**63), 2**63 - 1, *range(500)]
    for count in (1_001, 2_001, len(keys)):
        table = pa.table({"k0": pa.array(keys[:count]), "v": pa.array([0.5] * count)})
        path = tmp_path / f"{count}.parquet"
        pq.write_table(table, path, row_group_size=count // 7)
        assert_the_same(job("long", "double"), path, 0, MANY)


def test_many_groups_are_cut_between_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stretches of keys are reduced by several workers; some have no group."""
    seen: list[int] = []
    reduced = SharedGroups.reduced

    def noted(self: SharedGroups, *given: Any) -> Any:
        seen.append(self.groups)
        return reduced(self, *given)

    monkeypatch.setattr(SharedGroups, "reduced", noted)
    monkeypatch.setattr("totemlang.engine.tasks.SHARED_GROUPS", 100)
    monkeypatch.setattr("totemlang.engine.native_groups._AT_ONCE", 33)
    keys = [i * 17 % 1_000 for i in range(4_000)] + [5_000] * 10
    table = pa.table({"k0": pa.array(keys), "v": pa.array([i / 7 for i in range(len(keys))])})
    path = tmp_path / "rows.parquet"
    pq.write_table(table, path, row_group_size=500)
    assert_the_same(job("long", "double"), path, 2, MANY)
    assert max(seen) > 33
    assert len(seen) > 50


@pytest.mark.parametrize("kind", ["long", "string", "long strings"])
@pytest.mark.parametrize("is_agreed", [True, False])
def test_many_groups_by_hash(
    kind: str, is_agreed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers divide the partitions, then the keys; also where they sum in different windows."""
    together = []
    of = Ordered.of.__func__  # type: ignore[attr-defined]

    def noted(cls: type[Ordered], given: Any) -> Any:
        together.append(of(cls, given))
        return together[-1]

    monkeypatch.setattr(Ordered, "of", classmethod(noted))
    plan = partial(GroupingPlan, most_direct=0, most_hashed=64)
    monkeypatch.setattr("totemlang.engine.native_groups.GroupingPlan", plan)
    monkeypatch.setattr("totemlang.engine.tasks.SHARED_GROUPS", 300)
    monkeypatch.setattr("totemlang.native.grouping.meeting._AT_ONCE", 2_000)
    if not is_agreed:
        monkeypatch.setattr(Agreed, "places", lambda self, found: found)
    numbers = [i * 7_919 % 1_500 for i in range(6_000)]
    keys: list[Any] = [(number - 700) * 2**40 for number in numbers]
    if kind != "long":
        keys = [("the same begin " * (number % 3)) + str(number) for number in numbers]
    if kind == "string":
        keys = [key[-16:] for key in keys]
    values = [2.0 ** (i // 600 * 30 - 100) * (1 + i % 3) / 3 for i in range(6_000)]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"k0": keys, "v": values}), path, row_group_size=600)
    key = "long" if kind == "long" else "string"
    assert_the_same(job(key, "double"), path, 2, MANY)
    assert all(isinstance(each, Ordered) for each in together)
    assert len(together) > len(MANY)


def all_take_part(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """Have no thread take a second task before each has taken its first."""
    begun, barrier, do = set[int](), Barrier(workers), Hand.do

    def together(hand: Hand, *given: Any) -> Any:
        if get_ident() not in begun:
            begun.add(get_ident())
            barrier.wait(60)
        return do(hand, *given)

    monkeypatch.setattr(Hand, "do", together)


def test_what_a_worker_raises_when_they_meet_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = partial(GroupingPlan, most_direct=0, most_hashed=4)
    monkeypatch.setattr("totemlang.engine.native_groups.GroupingPlan", plan)

    def full(*_: Any) -> Any:
        raise MemoryError("the memory of a grouping cannot grow")

    monkeypatch.setattr("totemlang.native.grouping.meeting.taken", full)
    all_take_part(monkeypatch, 3)
    path = written(tmp_path, "long", "double", VALUES["double"])
    with pytest.raises(MemoryError):
        run_job(
            job("long", "double").verified,
            {"rows": open_data(path)},
            PLENTY,
            tier="native",
            workers=3,
            partitions=7,
        )
