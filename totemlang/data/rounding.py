"""Extremes are data: how the bounds of a column are rounded outward before they are published.

Numbers and durations (in microseconds) to two significant digits, timestamps to whole days, dates
to whole months; always away from the values, so that every value stays within the bounds, and
never out of the kind's own range.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from totemlang.data.normalise import FIRST_DAY, FIRST_MOMENT, LAST_DAY, LAST_MOMENT
from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind

_DAY = 86_400_000_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DIGITS = 2


def round_down(kind: Kind, value: int | float) -> int | float:
    """The published lower bound of values that are not under `value`."""
    if kind is Kind.DATE:
        return max(FIRST_DAY, _month_start(int(value)))
    if kind is Kind.TIMESTAMP:
        return max(FIRST_MOMENT, int(value) // _DAY * _DAY)
    rounded = Context(prec=_DIGITS, rounding=ROUND_FLOOR).create_decimal(_digits(value))
    return _within(kind, rounded)


def round_up(kind: Kind, value: int | float) -> int | float:
    """The published upper bound of values that are not over `value`."""
    if kind is Kind.DATE:
        return min(LAST_DAY, _month_end(int(value)))
    if kind is Kind.TIMESTAMP:
        return min(LAST_MOMENT, -(-int(value) // _DAY) * _DAY)
    rounded = Context(prec=_DIGITS, rounding=ROUND_CEILING).create_decimal(_digits(value))
    return _within(kind, rounded)


def _digits(value: int | float) -> Decimal:
    """A number as people write it: the shortest digits that read back as a float."""
    return Decimal(repr(value))


def _within(kind: Kind, rounded: Decimal) -> int | float:
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        bound = float(rounded)
        largest = 3.4028234663852886e38 if kind is Kind.FLOAT else 1.7976931348623157e308
        return math.copysign(min(abs(bound), largest), bound)
    low, high = INT_RANGE if kind is Kind.INT else LONG_RANGE
    return max(low, min(high, int(rounded)))


def _month_start(day: int) -> int:
    return date.fromordinal(day + _EPOCH_DAY).replace(day=1).toordinal() - _EPOCH_DAY


def _month_end(day: int) -> int:
    last = date.fromordinal(day + _EPOCH_DAY)
    if (last.year, last.month) == (9999, 12):
        return LAST_DAY
    year, month = (last.year + 1, 1) if last.month == 12 else (last.year, last.month + 1)
    return date(year, month, 1).toordinal() - _EPOCH_DAY - 1
