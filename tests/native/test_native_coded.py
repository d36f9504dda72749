"""Strings that come as a dictionary: rows, totem and failures are those of plain ones."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from native.native_pairs import PLENTY, Pair
from totemlang.data.coded import CODED
from totemlang.data.file import open_data
from totemlang.engine.interpreted import InterpretedMachine
from totemlang.native.machine import NativeMachine
from totemlang.vm.meter import Meter
from vm.compiled import compiled

HEAD = "dataset rows(int k, string s, string? o, double v)\n\nmap m(rows row)\n"
TAIL = "end map\n\nreduce r(string s, int[] n)\n    emit s, sum(n)\nend reduce\n"
BODIES = {
    "emitted as it is": "    emit row.s, row.k\n",
    "looked into": '    if starts_with(row.s, "b") then\n        emit upper(row.s) as s, 1\n'
    "    end if\n",
    "perhaps missing": '    emit default(row.o, "none") as s, row.k\n',
    "both, some of them failing": "    int q = 10 // (len(row.s) - 2)\n"
    '    if not missing(row.o) then\n        emit concat(row.s, default(row.o, "")) as s, q\n'
    "    end if\n",
    "not used": '    emit "one" as s, row.k\n',
    "several times": "    for i = 0; i < 3; i++ do\n        emit row.s, i\n    end for\n",
}
TEXTS = ["", "b", "abc", "é" * 40, "x" * 300, "zb"]
RECORDS: list[list[Any]] = [
    [n % 5, TEXTS[n % 6], [None, "o", "", "b" * 99][n % 4], [0.5, math.nan][n % 2]]
    for n in range(120)
]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize(
    "records", [RECORDS, RECORDS[:1], [], [[1, "", None, 0.0]] * 9], ids=["many", "1", "0", "null"]
)
def test_it_is_as_in_the_interpreter_at_any_budget(body: str, records: list[Any]) -> None:
    pair = Pair(compiled(HEAD + body + TAIL))
    used = pair.check_stage(0, records, coded=True)
    assert pair.check_stage(0, records) == used
    for budget in {0, max(0, used - 1), used, *range(0, used, used // 5 or 1)}:
        pair.check_stage(0, records, budget, coded=True)
    assert pair.given_up == 0


def test_plain_and_coded_batches_may_follow_each_other() -> None:
    """Each row group has a dictionary of its own, or none: one machine takes what comes."""
    verified = compiled(HEAD + BODIES["both, some of them failing"] + TAIL)
    given = verified, (), ()
    machines = NativeMachine(*given, Meter(PLENTY)), InterpretedMachine(*given, Meter(PLENTY))
    plain = pa.record_batch(
        [
            pa.array([1, 2, 3, 4], pa.int32()),
            pa.array(["b", "abc", "", "abcd"]),
            pa.array(["o", None, "", "o"]),
            pa.array([0.0] * 4),
        ],
        names=["k", "s", "o", "v"],
    )
    other = pa.array(["unused", "abc", "b", "abcd", ""])
    coded = [
        plain.columns[1].dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([2, 1, 4, 3], pa.int32()), other),
        pa.DictionaryArray.from_arrays(pa.array([0, 2, 1, 4, 3, 0], pa.int32()), other).slice(1, 4),
    ]
    for column in (*coded, plain.columns[1], coded[1]):
        for optional in (plain.columns[2], plain.columns[2].dictionary_encode()):
            batch = plain.set_column(1, "s", column).set_column(2, "o", optional)
            first, second = (machine.map(0, batch) for machine in machines)
            assert first.failures == second.failures
            assert first.batch().equals(second.batch())
    assert machines[0].totals() == machines[1].totals()
    assert machines[0].given_up == 0


def test_the_same_strings_in_longer_and_shorter_batches() -> None:
    """Strings that are known from the batch before may lie elsewhere in memory now."""
    verified = compiled(HEAD + BODIES["both, some of them failing"] + TAIL)
    given = verified, (), ()
    machines = NativeMachine(*given, Meter(PLENTY)), InterpretedMachine(*given, Meter(PLENTY))
    strings, others = pa.array(["b", "abc", "", "é" * 9]), pa.array(["c", "abcd"])
    for rows, held in ((4, strings), (900, strings), (0, strings), (7, others), (50, strings)):
        numbers = pa.array(range(rows), pa.int32())
        indices = pa.array([n % len(held) for n in range(rows)], pa.int32())
        column = pa.DictionaryArray.from_arrays(indices, held)
        columns = [numbers, column, column, pa.array([0.0] * rows)]
        batch = pa.record_batch(columns, names=["k", "s", "o", "v"])
        first, second = (machine.map(0, batch) for machine in machines)
        assert first.failures == second.failures
        assert first.batch().equals(second.batch())
    assert machines[0].totals() == machines[1].totals()
    assert machines[0].given_up == 0


def test_a_batch_without_memory_goes_to_the_interpreter_coded() -> None:
    pair = Pair(compiled(HEAD + BODIES["emitted as it is"] + TAIL), memory=1 << 20)
    many = [[1, "k" * 200_000 + "abcdefgh"[n % 8], None, 0.0] for n in range(20)]
    pair.check_stage(0, many, coded=True)
    assert pair.given_up > 0


def test_what_a_file_gives_is_what_a_machine_takes(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"s": ["a", "bb", None, "é"] * 25}), path, row_group_size=40)
    text = (
        "dataset rows(string? s)\n\nmap m(rows row)\n"
        '    emit default(row.s, "none") as s, 1 as n\nend map\n\n' + TAIL.split("end map\n\n")[1]
    )
    verified = compiled(text)
    machine, used = NativeMachine(verified, (), (), Meter(PLENTY)), []
    for may_code in (True, False):
        found: list[Any] = []
        before = machine.totals().used
        for batch in open_data(path).batches(["s"], may_code=may_code):
            assert (batch.schema.field(0).type == CODED) == may_code
            found += machine.map(0, batch).batch().column(0).to_pylist()
        assert found == ["a", "bb", "none", "é"] * 25
        used.append(machine.totals().used - before)
    assert used[0] == used[1]
