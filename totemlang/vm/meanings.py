"""The functions that the operation table's meanings name, under those names and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from totemlang.schema.types import Kind
from totemlang.vm import arrays, dates, numbers, strings

Meaning = Callable[..., Any]

_FLOATING = (Kind.FLOAT, Kind.DOUBLE)


def _by_kind(name: str, exact: Meaning, floating: Meaning) -> dict[str, Meaning]:
    """A meaning for each kind: floats order their zeros and have NaN."""
    return {f"{name}_{k.value}": floating if k in _FLOATING else exact for k in Kind}


def _named(*functions: Meaning) -> dict[str, Meaning]:
    return {function.__name__: function for function in functions}


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "abs": abs,
        "float": float,
        "value": arrays.present_value,
        **_named(
            numbers.divide,
            numbers.floor_divide,
            numbers.modulo,
            numbers.square_root,
            numbers.power_int,
            numbers.power_long,
            numbers.power_float,
            numbers.power_double,
            numbers.shift_left_int,
            numbers.shift_left_long,
            numbers.shift_right_int,
            numbers.shift_right_long,
            numbers.whole,
            numbers.floor,
            numbers.ceil,
            numbers.half_even,
            numbers.narrow,
        ),
        **_by_kind("smaller", numbers.smaller, numbers.smaller_double),
        **_by_kind("larger", numbers.larger, numbers.larger_double),
        **_named(
            dates.date_of,
            dates.timestamp_of,
            dates.make_date,
            dates.year_of_date,
            dates.month_of_date,
            dates.day_of_date,
            dates.weekday_of_date,
            dates.year_of_timestamp,
            dates.month_of_timestamp,
            dates.day_of_timestamp,
            dates.weekday_of_timestamp,
            dates.hour_of,
            dates.minute_of,
            dates.between_date,
            dates.between_timestamp,
            dates.later_date,
            dates.later_timestamp,
            dates.floor_to,
        ),
        **_named(
            arrays.fill,
            arrays.element,
            arrays.length,
            arrays.count,
            arrays.contains,
            arrays.sum_whole,
            arrays.sum_exact,
            arrays.default,
        ),
        **_by_kind("min_of", arrays.min_of, arrays.min_of_double),
        **_by_kind("max_of", arrays.max_of, arrays.max_of_double),
        **_by_kind("sort", arrays.sort, arrays.sort_double),
        **_named(
            strings.lower,
            strings.upper,
            strings.substring,
            strings.concatenate,
            strings.words,
            strings.words_at_space,
        ),
    }
)
