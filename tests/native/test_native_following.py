"""Counters that follow from something else: totem is exact, whatever fails or ends on the way."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest

from engine.outcomes import essence
from native.native_pairs import Pair
from totemlang.data.file import open_data
from totemlang.engine.local import run_job
from totemlang.native import streaming
from totemlang.native.streaming import Chunks
from totemlang.native.translation import counted, dues, stages
from totemlang.native.translation.translator import translate_module
from totemlang.program import Program
from totemlang.source import Source
from vm.compiled import PLENTY, compiled

HEAD = """\
param double[] xs = [3.0, 4.5, 5.5, 6.5, 7.5]
param int[] ks = [2, 0, 3]
param int many = 4
param int[] large = [1, 2]

dataset rows(int? n, double? v)

map m(rows row)
"""
NEAREST = """\
    if not missing(row.n) and not missing(row.v) then
        double least = 1e300
        int nearest = 0
        for i = 0; i < len(xs); i++ do
            double d = abs(value(row.v) - xs[i])
            if d < least then
                least = d
                nearest = i
            end if
        end for
        emit nearest as k, least as d
    end if
"""
BODIES = {
    "nearest": NEAREST,
    "fails before its loop, in it and after it": """\
    if not missing(row.v) and not missing(row.n) then
        int c = 12 // value(row.n)
        for i = 0; i < many; i++ do
            c = c + 10 // (i + value(row.n))
            if c % 2 == 0 then
                c = c + 1
            end if
        end for
        c = c + 7 // (value(row.n) - 5)
        emit c as k, 0.5 as d
    end if
""",
    "in each record": """\
    int c = 0
    for i = 7; i >= -2; i -= 3 do
        c = c + ks[value(row.n)] * i
    end for
    for k in ks do
        c = c + 6 // (k - value(row.n) + 2)
    end for
    for i = 1; i <= many; i += 2 do
        c = c - i
    end for
    emit c as k, 0.25 as d
""",
    "left early": """\
    double s = 0
    for x in xs do
        if x > default(row.v, 4.0) then
            break
        end if
        if x < 4 then
            continue
        end if
        s = s + x
    end for
    if s > 0 then
        for i = 0; i < 6; i++ do
            if i == default(row.n, 2) then
                break
            end if
        end for
        emit 1 as k, s as d
    end if
""",
    "fails after it has emitted": """\
    if default(row.n, 1) > 0 then
        emit 1 as k, default(row.v, 0.5) as d
        for i = 0; i < 3; i++ do
            int c = 10 // (i - default(row.n, 7))
        end for
    end if
    int z = 3 // (default(row.n, 5) - 4)
""",
    "in the other branch": """\
    int c = 1
    if missing(row.n) then
        c = 2
    else
        for i = 0; i < len(ks); i++ do
            c = c + ks[i]
        end for
        emit c as k, 0.5 as d
    end if
    for i = 0; i < many - 4; i++ do
        c = 5
    end for
""",
    "loops in loops, and one beside": """\
    int c = 0
    for i = 0; i < default(row.n, 3); i++ do
        for j = 0; j < len(ks); j++ do
            c = c + 1
        end for
    end for
    if not missing(row.v) and not missing(row.n) and value(row.n) > 1 then
        for j = 0; j < len(ks); j++ do
            c = c + ks[j]
        end for
        for j = 0; j < c; j++ do
            c = c - 1
        end for
        emit c as k, value(row.v) as d
    end if
""",
    "a side that fails": """\
    bool both = not missing(row.n) and 6 // value(row.n) > 1
    bool none = not missing(row.n) and not missing(row.v)
    if both and none then
        emit 1 as k, value(row.v) as d
    end if
""",
    "an if that costs nothing but its loop": """\
    int c = default(row.n, 1)
    bool any = c > 1
    if any then
        for k in ks do
            c = c + 6 // (k - c + 4)
        end for
    end if
    if any then
        for x in xs do
            c = c + 1
        end for
    end if
    emit c as k, 0.5 as d
""",
    "no round at all": """\
    int c = 0
    for i = 9; i < many; i++ do
        c = c + 1
    end for
    for i = -1; i > 3; i-- do
        c = c + 1
    end for
    emit c as k, 0.0 as d
""",
}
RECORDS = [
    (None if n % 7 == 3 else n % 6 - 1, None if n % 5 == 2 else v)
    for n, v in enumerate([4.4, 6.2, math.nan, -0.0, math.inf, 5e-324, 7.0, -math.inf, 1e300] * 9)
]
GIVEN = ([3.0, 4.5, 5.5, 6.5, 7.5], [2, 0, 3], 4, [1, 2])


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("given", [GIVEN, ([], [], 0, []), ([1.5], [0], -7, [1])], ids=str)
def test_what_follows_is_as_counted_by_the_interpreter(
    body: str, given: tuple[list[float], list[int], int, list[int]]
) -> None:
    pair = Pair(compiled(HEAD + body + "end map\n"), given)
    used = pair.check_stage(0, RECORDS)
    for budget in {0, used - 1, used, *range(0, used, used // 9 + 1)}:
        pair.check_stage(0, RECORDS, budget)
    for record in RECORDS[:14]:
        pair.check_stage(0, [record])
    pair.check_stage(0, [])
    pair.check_stage(0, RECORDS[:32])
    pair.check_stage(0, RECORDS[:33])
    assert pair.given_up == 0


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("rounds", [1, 7])
def test_totem_is_looked_for_at_any_time(
    body: str, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (dues, counted, stages):
        monkeypatch.setattr(module, "ROUNDS", rounds)
    pair = Pair(compiled(HEAD + body + "end map\n"), GIVEN)
    used = pair.check_stage(0, RECORDS)
    for budget in {0, used - 1, used, *range(0, used, used // 9 + 1)}:
        pair.check_stage(0, RECORDS, budget)
    assert pair.given_up == 0


ROUNDS_TO_COME = """\
    int c = 0
    if not missing(row.n) then
        for i = 0; i < len(large); i++ do
            c = (c + large[i]) % 1000 + 1 // (39999 - i + value(row.n))
            if c > 900 then
                c = 5
            end if
        end for
        for i = 0; i < many; i++ do
            c = 7 - c
        end for
        emit c as k, 0.5 as d
    end if
"""


def test_more_rounds_than_may_go_unpaid() -> None:
    pair = Pair(compiled(HEAD + ROUNDS_TO_COME + "end map\n"), ([], [], 20000, [3] * 40000))
    records = [(0, 1.0), (None, 2.0), (4, None), (5, 1.5)]
    used = pair.check_stage(0, records)
    for budget in {used - 1, used, *range(0, used, used // 7)}:
        pair.check_stage(0, records, budget)
    assert pair.given_up == 0


def test_nothing_is_counted_in_a_record_but_what_a_comparison_says() -> None:
    """Of the nearest of some: how often it changed, not records, rows or rounds."""
    text = translate_module(compiled(HEAD + NEAREST + "end map\n")).text
    record = text[text.index("loop $records") : text.index("(br_if $records")]
    counted = [line for line in record.split("\n") if line.startswith("(;m;)(local.set $n")]
    within = record[record.index("loop $l") : record.index("(br_if $b")]
    assert [line for line in counted if line in within.split("\n")]
    for line in counted:
        assert line in within.split("\n") or "(call $due" in line
    assert "$tick" not in record


TEXTS = """\
dataset rows(string s, int n)

map m(rows row)
    int c = 0
    for word in words(row.s, " ") do
        c = c + 12 // (len(word) - row.n)
        if word == "end" then
            break
        end if
        emit word, c as k
    end for
    for i = 0; i < 2; i++ do
        for other in words(row.s, "e") do
            c = c + len(other)
        end for
    end for
    emit "all" as word, c as k
end map
"""


@pytest.mark.parametrize("rounds", [2, dues.ROUNDS])
def test_rounds_over_texts_are_owed_until_later(
    rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (dues, counted, stages):
        monkeypatch.setattr(module, "ROUNDS", rounds)
    texts = ["", "one two three", "four end five", "  a  bb end", "é" * 40 + " x", "end"]
    records = [(text, n) for n in range(5) for text in texts]
    pair = Pair(compiled(TEXTS))
    used = pair.check_stage(0, records)
    for budget in {0, used - 1, used, *range(0, used, used // 40)}:
        pair.check_stage(0, records, budget)
    assert pair.given_up == 0


JOB = HEAD + "@end map\n\nreduce r(int k, double[] d)\n    emit k, sum(d), count(d)\nend reduce\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    columns = zip(*RECORDS * 3, strict=True)
    kinds = (pa.int32(), pa.float64())
    arrays = [pa.array(column, at) for column, at in zip(columns, kinds, strict=True)]
    path = tmp_path_factory.mktemp("rows") / "rows.arrow"
    table = pa.table(arrays, names=["n", "v"])
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    return str(Path(path))


@pytest.mark.parametrize("chunks", [(1, 1, 1), (5, 7, 3), (33, 31, 16)], ids=str)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_chunks_that_begin_anywhere_are_counted_alike(
    body: str, chunks: tuple[int, int, int], data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "CHUNKS", Chunks(*chunks))
    verified = Program(Source(JOB.replace("@", body))).verified
    right = run_job(verified, {"rows": open_data(data)}, PLENTY, tier="interpreter")
    found = run_job(verified, {"rows": open_data(data)}, PLENTY, tier="native")
    assert essence(found) == essence(right)
