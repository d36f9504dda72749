"""What operations on dates and times do to intervals, and which part of a time they depend on."""

from __future__ import annotations

from datetime import date
from math import gcd

from totemlang.cost.abstract import Number, number_range
from totemlang.cost.applied import Applied, Rule, Rules
from totemlang.cost.arithmetic import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    RANGES,
    add,
    floor_by,
    numeric,
    scale,
    subtract,
)
from totemlang.cost.interval import Interval, between
from totemlang.cost.number_rules import TwoToOne, one, settled
from totemlang.cost.variety import ANYTHING, Variety
from totemlang.schema.types import Kind

HOUR = 3_600_000_000
MINUTE = 60_000_000
EPOCH = 719_163
"""The ordinal of 1970-01-01 in the calendar that starts with 1 on 0001-01-01."""


def _calendar(days: int) -> date:
    return date.fromordinal(min(max(days, FIRST_DAY), LAST_DAY) + EPOCH)


def _days(applied: Applied) -> tuple[int | None, int | None]:
    interval = applied.number(0)
    if applied.types[0].kind is Kind.TIMESTAMP:
        interval = floor_by(interval, DAY)
    return number_range(interval)


def _coarser(applied: Applied, period: int) -> Variety:
    """What depends only on column // period, where the operand is a time column itself."""
    value = applied.operands[0]
    variety = value.variety if isinstance(value, Number) else ANYTHING
    if not variety.bare or variety.sources is None or applied.types[0].kind is not Kind.TIMESTAMP:
        return Variety(variety.most, variety.sources)
    return Variety(variety.most, frozenset((c, p * period) for c, p in variety.sources))


def _part(name: str, first: int, last: int, period: int) -> Rule:
    def rule(applied: Applied) -> Number:
        return Number(_part_range(applied, name, first, last), _coarser(applied, period))

    return rule


def _part_range(applied: Applied, name: str, first: int, last: int) -> Interval:
    low, high = _days(applied)
    if low is not None and high is not None and low <= high and name in ("year", "month"):
        one, other = _calendar(low), _calendar(high)
        if name == "year":
            return between(one.year, other.year)
        if one.year == other.year:
            return between(one.month, other.month)
    return between(first, last)


def _date_of(applied: Applied) -> Number:
    return Number(floor_by(applied.number(0), DAY), _coarser(applied, DAY))


def _floor_to(applied: Applied) -> Number:
    """The start of a period counted from the first moment of 0001-01-01, which starts a day."""
    period = numeric(applied.number(1))
    low, high = number_range(applied.number(0))
    if period is None or period[0] != period[1] or period[0] <= 0:
        start = None if low is None else RANGES[Kind.TIMESTAMP][0]
        return Number(between(start, high))
    by, origin = int(period[0]), RANGES[Kind.TIMESTAMP][0]
    first = None if low is None else (low - origin) // by
    last = None if high is None else (high - origin) // by
    periods = None if first is None or last is None else max(0, last - first + 1)
    variety = _coarser(applied, gcd(by, DAY))
    known = [count for count in (periods, variety.choices) if count is not None]
    return Number(
        between(
            None if first is None else origin + first * by,
            None if last is None else origin + last * by,
        ),
        Variety(min(known, default=None), variety.sources),
    )


def _make_date(applied: Applied) -> Number:
    low, high = number_range(applied.number(0))
    first = FIRST_DAY if low is None else date(min(max(low, 1), 9999), 1, 1).toordinal() - EPOCH
    last = LAST_DAY if high is None else date(min(max(high, 1), 9999), 12, 31).toordinal() - EPOCH
    return Number(between(first, last))


def _between(applied: Applied) -> Number:
    unit = DAY if applied.types[0].kind is Kind.DATE else 1
    return settled(applied, scale(subtract(applied.number(0), applied.number(1)), unit))


def _moved(move: TwoToOne) -> Rule:
    def rule(applied: Applied) -> Number:
        by = applied.number(1)
        if applied.types[0].kind is Kind.DATE:
            by = floor_by(by, DAY)
        return settled(applied, move(applied.number(0), by))

    return rule


def _units(microseconds: int) -> Rule:
    return one(lambda interval: scale(interval, microseconds))


TIME_RULES: Rules = {
    "date_of": _date_of,
    "timestamp_of": one(lambda interval: scale(interval, DAY)),
    "make_date": _make_date,
    "year": _part("year", 1, 9999, DAY),
    "month": _part("month", 1, 12, DAY),
    "day": _part("day", 1, 31, DAY),
    "weekday": _part("weekday", 1, 7, DAY),
    "hour": _part("hour", 0, 23, HOUR),
    "minute": _part("minute", 0, 59, MINUTE),
    "days": _units(DAY),
    "hours": _units(HOUR),
    "minutes": _units(MINUTE),
    "seconds": _units(1_000_000),
    "between": _between,
    "later": _moved(add),
    "earlier": _moved(subtract),
    "floor_to": _floor_to,
}
