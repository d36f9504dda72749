"""What the operations on dates and times mean: the proleptic Gregorian calendar, 0001 to 9999.

A date is days since 1970-01-01, a timestamp and a duration microseconds; there are no zones.
"""

from __future__ import annotations

from datetime import date

from totemlang.vm.failures import NO_SUCH_DATE, NOT_WHOLE_DAYS, PERIOD, Failure

DAY = 86_400_000_000
HOUR = 3_600_000_000
MINUTE = 60_000_000

_ORDINAL_OF_1970 = 719_163
_from_ordinal = date.fromordinal

DATE_RANGE = (1 - _ORDINAL_OF_1970, date.max.toordinal() - _ORDINAL_OF_1970)
"""0001-01-01 and 9999-12-31, as days since 1970-01-01."""
TIMESTAMP_RANGE = (DATE_RANGE[0] * DAY, (DATE_RANGE[1] + 1) * DAY - 1)
"""The first and the last microsecond of those days."""


def calendar_day(days: int) -> date:
    """The day as a calendar knows it."""
    return _from_ordinal(days + _ORDINAL_OF_1970)


def date_of(moment: int) -> int:
    """The day of a timestamp."""
    return moment // DAY


def timestamp_of(day: int) -> int:
    """The first moment of a day."""
    return day * DAY


def make_date(year: int, month: int, day: int) -> int:
    """The date of a year, month and day."""
    try:
        return date(year, month, day).toordinal() - _ORDINAL_OF_1970
    except (ValueError, OverflowError):
        raise Failure(NO_SUCH_DATE) from None


def year_of_date(day: int) -> int:
    """1 to 9999."""
    return _from_ordinal(day + _ORDINAL_OF_1970).year


def month_of_date(day: int) -> int:
    """1 to 12."""
    return _from_ordinal(day + _ORDINAL_OF_1970).month


def day_of_date(day: int) -> int:
    """1 to 31."""
    return _from_ordinal(day + _ORDINAL_OF_1970).day


def weekday_of_date(day: int) -> int:
    """1 Monday to 7 Sunday; 1970-01-01 was a Thursday."""
    return (day + 3) % 7 + 1


def year_of_timestamp(moment: int) -> int:
    """1 to 9999."""
    return year_of_date(moment // DAY)


def month_of_timestamp(moment: int) -> int:
    """1 to 12."""
    return month_of_date(moment // DAY)


def day_of_timestamp(moment: int) -> int:
    """1 to 31."""
    return day_of_date(moment // DAY)


def weekday_of_timestamp(moment: int) -> int:
    """1 Monday to 7 Sunday."""
    return weekday_of_date(moment // DAY)


def hour_of(moment: int) -> int:
    """0 to 23."""
    return moment // HOUR % 24


def minute_of(moment: int) -> int:
    """0 to 59."""
    return moment // MINUTE % 60


def between_date(one: int, other: int) -> int:
    """From `other` to `one`, in microseconds."""
    return (one - other) * DAY


def between_timestamp(one: int, other: int) -> int:
    """From `other` to `one`, in microseconds."""
    return one - other


def later_date(day: int, by: int) -> int:
    """The day that is `by` microseconds later, which must be whole days."""
    days, rest = divmod(by, DAY)
    if rest:
        raise Failure(NOT_WHOLE_DAYS)
    return day + days


def later_timestamp(moment: int, by: int) -> int:
    """The moment that is `by` microseconds later."""
    return moment + by


def floor_to(moment: int, period: int) -> int:
    """The start of the period that holds the moment, counted from Monday 0001-01-01T00:00."""
    if period <= 0:
        raise Failure(PERIOD)
    return moment - (moment - TIMESTAMP_RANGE[0]) % period
