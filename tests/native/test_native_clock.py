"""Moments and days in whole programs: the parts that are written where they are asked for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from native.native_pairs import Pair
from vm.compiled import compiled

DAY = 86_400_000_000
FIRST, LAST = -719_162 * DAY, 2_932_897 * DAY - 1

PARTS = """\
dataset log(timestamp at)
map m(log row)
    date day = date(row.at)
    emit hour(row.at) as h, minute(row.at) as i, day as d, timestamp(day) as t, year(row.at) as y,
        month(row.at) as m, day(row.at) as o, weekday(row.at) as w, floor(row.at, hours(7)) as f
end map
"""
DAYS = """\
dataset log(date day)
map m(log row)
    emit year(row.day) as y, month(row.day) as m, day(row.day) as d, weekday(row.day) as w
end map
"""
EDGES = [
    start + by
    for start in (FIRST, FIRST + DAY, -DAY, 0, DAY, 951_782_400_000_000, LAST - DAY)
    for by in (0, 1, 59_999_999, 60_000_000, 3_599_999_999, 3_600_000_000, DAY - 1)
]
PAIR = Pair(compiled(PARTS))


@settings(deadline=None, max_examples=60)
@given(moments=st.lists(st.integers(FIRST, LAST), max_size=40))
def test_parts_of_moments(moments: list[int]) -> None:
    PAIR.check_stage(0, [(moment,) for moment in moments])


def test_parts_at_the_ends() -> None:
    PAIR.check_stage(0, [(moment,) for moment in [*EDGES, LAST]])
    assert PAIR.given_up == 0


def test_parts_of_days_over_the_whole_range() -> None:
    """Days of all years, and every day of leap years of each sort and their neighbours."""
    first, last = FIRST // DAY, LAST // DAY
    near = [range(first, first + 1500), range(last - 1500, last + 1)]
    near += [range(start - 800, start + 800) for start in (-25_567, 0, 10_957, 47_482)]
    days = sorted({*range(first, last + 1, 131), *(day for some in near for day in some)})
    Pair(compiled(DAYS)).check_stage(0, [(day,) for day in days])
