"""Dates and times: the proleptic Gregorian calendar from 0001 to 9999."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.vm import dates, failures
from totemlang.vm.failures import Failure

EPOCH = datetime(1970, 1, 1)
MOMENTS = st.datetimes(min_value=datetime.min, max_value=datetime.max)


def micro(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@given(MOMENTS)
def test_parts_are_those_of_the_calendar(moment: datetime) -> None:
    at, day = micro(moment), (moment.date() - EPOCH.date()).days
    assert dates.date_of(at) == day
    assert (dates.year_of_timestamp(at), dates.month_of_timestamp(at)) == (
        moment.year,
        moment.month,
    )
    assert dates.day_of_timestamp(at) == dates.day_of_date(day) == moment.day
    assert dates.weekday_of_timestamp(at) == dates.weekday_of_date(day) == moment.isoweekday()
    assert (dates.hour_of(at), dates.minute_of(at)) == (moment.hour, moment.minute)
    assert dates.make_date(moment.year, moment.month, moment.day) == day
    assert dates.timestamp_of(day) == micro(datetime.combine(moment.date(), datetime.min.time()))


@given(MOMENTS, st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(800)))
def test_floor_counts_periods_from_monday_of_year_one(moment: datetime, by: timedelta) -> None:
    period = by // timedelta(microseconds=1)
    start = dates.floor_to(micro(moment), period)
    assert 0 <= micro(moment) - start < period
    assert (start - micro(datetime.min)) % period == 0


def test_weeks_begin_on_monday() -> None:
    week = 7 * dates.DAY
    wednesday = micro(datetime(2019, 2, 27, 12))
    assert dates.floor_to(wednesday, week) == micro(datetime(2019, 2, 25))


def test_the_range_is_that_of_four_digit_years() -> None:
    assert tuple((d - EPOCH.date()).days for d in (date.min, date.max)) == dates.DATE_RANGE
    assert (micro(datetime.min), micro(datetime.max)) == dates.TIMESTAMP_RANGE


@pytest.mark.parametrize(
    "parts", [(2019, 2, 29), (0, 1, 1), (10000, 1, 1), (2019, 13, 1), (2**31 - 1, 1, 1)]
)
def test_there_is_no_such_date(parts: tuple[int, int, int]) -> None:
    with pytest.raises(Failure, match=failures.NO_SUCH_DATE):
        dates.make_date(*parts)


def test_a_date_moves_by_whole_days_only() -> None:
    assert dates.later_date(10, -3 * dates.DAY) == 7
    with pytest.raises(Failure, match=failures.NOT_WHOLE_DAYS):
        dates.later_date(10, dates.HOUR)


@pytest.mark.parametrize("period", [0, -1])
def test_a_period_is_positive(period: int) -> None:
    with pytest.raises(Failure, match=failures.PERIOD):
        dates.floor_to(0, period)
