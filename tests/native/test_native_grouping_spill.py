"""Groups that went to scratch files: many runs, of several groupings, show nowhere."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from native.grouping_cases import expected, given_by, plainly, plan
from totemlang.native.grouping.copies import one_by_one, shifted
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.tables import Way
from totemlang.schema.types import Kind

ROWS = 6_000


def texts(numbers: np.ndarray) -> pa.Array:
    """Keys of up to 16 bytes, and every third of more."""
    return pa.array([f"key {n}" + "-which-is-long" * (n % 3 == 0) for n in numbers.tolist()])


def columns(key: Kind, value: Kind, keys: int, seed: int = 3) -> pa.RecordBatch:
    """Rows of so many keys."""
    random = np.random.default_rng(seed)
    numbers = random.integers(0, keys, ROWS)
    key_column = texts(numbers) if key is Kind.STRING else pa.array(numbers << 20)
    if value is Kind.STRING:
        values = texts(random.integers(0, 90, ROWS))
    else:
        doubles = random.normal(size=ROWS) * 2.0 ** random.integers(-90, 90, ROWS)
        doubles[:: ROWS // 9] = math.inf
        doubles[1 :: ROWS // 7] = 5e-324
        values = pa.array(doubles)
    return pa.RecordBatch.from_arrays([key_column, values], names=["k", "x"])


def spilled(of: GroupingPlan, batch: pa.RecordBatch, step: int) -> NativeGrouping:
    """A grouping that wrote a run after so many rows each."""
    grouping = NativeGrouping(of)
    for start in range(0, batch.num_rows, step):
        grouping.add_batch(batch.slice(start, step))
        grouping.gathered.spill()
    return grouping


@pytest.mark.parametrize("at_once", [0, 5_000, 1 << 20])
@pytest.mark.parametrize("value", [Kind.DOUBLE, Kind.STRING])
@pytest.mark.parametrize("key", [Kind.LONG, Kind.STRING])
def test_what_many_runs_have_of_a_partition(
    key: Kind, value: Kind, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read piece by piece or as one, with all that groups refer to."""
    monkeypatch.setattr("totemlang.native.grouping.spill._READ_AT_ONCE", at_once)
    monkeypatch.setattr("totemlang.native.grouping.gathered._AT_ONCE", at_once)
    batch = columns(key, value, 2_500)
    of = plan([key], [value])
    assert plainly(given_by(spilled(of, batch, 500))) == plainly(expected(of, batch))


@pytest.mark.parametrize("rest", [0, 700])
@pytest.mark.parametrize("key", [Kind.LONG, Kind.STRING])
def test_runs_of_several_groupings(key: Kind, rest: int) -> None:
    """They are taken over as they are; some groupings have groups in memory, too, or only these."""
    batch = columns(key, Kind.DOUBLE, 1_000)
    of = plan([key], [Kind.DOUBLE])
    parts = [batch.slice(start, 1_500) for start in range(0, ROWS, 1_500)]
    for first in range(len(parts)):
        groupings = []
        for part in parts:
            grouping = spilled(of, part.slice(rest), 300)
            grouping.add_batch(part.slice(0, rest))
            groupings.append(grouping)
        groupings[first] = NativeGrouping(of)
        groupings[first].add_batch(parts[first])  # that has not spilled
        whole, *others = groupings
        for other in others:
            whole.merge(other)
            assert other.gathered.runs is None
        assert whole.rows == ROWS
        assert plainly(given_by(whole)) == plainly(expected(of, batch))


def test_groups_that_are_taken_one_partition_after_the_other() -> None:
    """Each has what it refers to and nothing else; pieces put one behind the other are as one."""
    of = plan([Kind.STRING], [Kind.STRING])
    grouping = NativeGrouping(of)
    grouping.add_batch(columns(Kind.STRING, Kind.STRING, 2_000))
    gathered = grouping.gathered
    gathered.tables.part()
    assert gathered.tables.way is Way.PARTED
    stretches = list(gathered.tables.groups())
    stretches[3] = (stretches[3][0], 0)  # a partition without groups
    memory = gathered.room.view(0, gathered.room.size, np.uint8)
    pieces = list(one_by_one(of.layout, memory, stretches, ()))
    assert [len(piece.groups) // of.layout.size for piece in pieces] == [n for _, n in stretches]
    assert not len(pieces[3].texts)
    begins, groups, text = [], 0, 0
    for piece in pieces:
        begins.append((groups, text))
        groups += len(piece.groups) // of.layout.size
        text += len(piece.texts)
    joined = np.concatenate([piece.groups for piece in pieces])
    all_texts = np.concatenate([piece.texts for piece in pieces]).tobytes()
    words = shifted(of.layout, joined, begins).view(np.int64).reshape(-1, of.layout.size // 8)
    packed = words[:, of.layout.long_words[0]]
    for word in packed[packed >= 17 << 32].tolist():
        at, size = word & 0xFFFFFFFF, word >> 32
        assert all_texts[at : at + size].startswith(b"key ")
        assert all_texts[at : at + size].endswith(b"-which-is-long")
    grouping.close()
