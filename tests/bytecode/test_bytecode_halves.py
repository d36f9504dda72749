"""The two halves of a job of several providers, cut at `merge`, are programs like any other."""

from __future__ import annotations

import pytest

from totemlang.bytecode.container import decode, encode
from totemlang.bytecode.halves import above_merge, below_merge
from totemlang.bytecode.module import Module, StageKind
from totemlang.program import Program
from totemlang.source import Source
from totemlang.verify.verifier import verify

HEAD = """\
dataset readings(timestamp ts, double kwh)
param long never = 7

map by_half_hour(readings row)
    emit row.ts, row.kwh
end map

reduce community(timestamp ts, double[] kwh)
    emit ts, sum(kwh) as kwh, count(kwh) as homes
end reduce

merge
"""

REDUCE = """
reduce peak(timestamp[] ts, double[] kwh, long[] homes) order by kwh desc
    emit ts[0], 2 * kwh[0] as kw, homes[0] + 3
end reduce
"""

MAP = """
map means(timestamp ts, double total, long n)
    emit ts, 2 * total / n as mean
end map
"""


def module(text: str) -> Module:
    """A program's bytecode."""
    return Program(Source(text)).module


def is_sound(half: Module) -> bool:
    """Whether the verifier takes it, and it has its one encoding."""
    any_program = Program(Source(HEAD))
    verify(half, any_program.rules, any_program.prices, any_program.library)
    return decode(encode(half)) == half


@pytest.mark.parametrize("rest", [REDUCE, MAP])
def test_the_half_above_is_the_program_that_ends_at_merge(rest: str) -> None:
    assert above_merge(module(HEAD + rest)) == module(HEAD)


@pytest.mark.parametrize("rest", [REDUCE, MAP])
def test_both_halves_are_sound(rest: str) -> None:
    whole = module(HEAD + rest)
    below = below_merge(whole)
    assert below is not None
    assert is_sound(above_merge(whole))
    assert is_sound(below)
    assert below.dataset is not None
    assert below.dataset.name == "merged"


def test_a_map_below_takes_the_merged_rows_under_its_own_names() -> None:
    below = below_merge(module(HEAD + MAP))
    assert below is not None
    assert below.dataset is not None
    assert [column.name for column in below.dataset.columns] == ["ts", "total", "n"]
    assert [stage.name for stage in below.stages] == ["means"]


def test_rows_are_handed_on_to_a_reduce_below() -> None:
    below = below_merge(module(HEAD + REDUCE))
    assert below is not None
    assert [stage.kind for stage in below.stages] == [StageKind.MAP, StageKind.REDUCE_ALL]


def test_a_program_that_ends_with_the_merge_has_nothing_below() -> None:
    whole = module(HEAD)
    assert above_merge(whole) == whole
    assert below_merge(whole) is None


def test_the_name_of_the_merged_rows_is_nobody_elses() -> None:
    below = below_merge(module(HEAD + MAP.replace("means", "merged")))
    assert below is not None
    assert below.dataset is not None
    assert below.dataset.name != "merged"
