"""How parts of days and moments are written in WebAssembly: where they are asked for.

A day is counted from 1970-01-01, a moment in microseconds from its begin. Counted from 0001-01-01,
the first there is, both are not negative, so that unsigned division rounds down.
"""

from __future__ import annotations

from totemlang.tables.native import Native, NativeCode, code

_SINCE_FIRST = "(i64.add {0} (i64.const 62135596800000000))"
_DAYS = f"(i32.wrap_i64 (i64.div_u {_SINCE_FIRST} (i64.const 86400000000)))"
_SINCE = {
    "date": {day: f"(i32.add {{0}} (i32.const {day}))" for day in (719162, 719468)},
    "timestamp": {719162: _DAYS, 719468: f"(i32.add {_DAYS} (i32.const 306))"},
}
"""Days since 0001-01-01, and since 0000-03-01: from there on leap days end their years."""

DATE_OF = code(f"(i32.sub {_DAYS} (i32.const 719162))")
TIMESTAMP_OF = code("(i64.mul (i64.extend_i32_s {0}) (i64.const 86400000000))")


def clock(microseconds: int, count: int) -> NativeCode:
    """Which of so many stretches of a day or an hour a moment lies in; each of so many."""
    whole = f"(i64.div_u {_SINCE_FIRST} (i64.const {microseconds}))"
    return code(f"(i32.wrap_i64 (i64.rem_u {whole} (i64.const {count})))")


def calendar(part: str) -> NativeCode:
    """A part of a day, or of the day of a moment: year, month, day or weekday."""
    return NativeCode({kind: _PARTS[part](_SINCE[kind]) for kind in _SINCE})


# Divisions by multiplying, as Neri and Schneider have them. 146097 quarters of days are a century
# on average, and 1461 a year.


def _quarters(since: dict[int, str]) -> str:
    return f"(i32.or (i32.shl {since[719468]} (i32.const 2)) (i32.const 3))"


def _of_century(since: dict[int, str]) -> str:
    return f"(i32.or (i32.rem_u {_quarters(since)} (i32.const 146097)) (i32.const 3))"


def _year(since: dict[int, str]) -> Native:
    """The year that begins in March in the upper half, how much of it is over in the lower."""
    century = f"(i32.div_u {_quarters(since)} (i32.const 146097))"
    years = f"(i64.extend_i32_u (i32.mul {century} (i32.const 100)))"
    within = f"(i64.mul (i64.extend_i32_u {_of_century(since)}) (i64.const 2939745))"
    return Native(
        # 306 days after the first of March it is January
        "(i32.add (i32.wrap_i64 (i64.shr_u {w} (i64.const 32)))"
        " (i32.ge_u (i32.wrap_i64 {w}) (i32.const 3598247880)))",
        wide=f"(i64.add (i64.shl {years} (i64.const 32)) {within})",
    )


def _march(since: dict[int, str]) -> str:
    """The month, from 3 to 14, in the third and fourth byte, the day below, 2141 each."""
    within = f"(i32.mul {_of_century(since)} (i32.const 2939745))"
    days = f"(i32.div_u {within} (i32.const 11758980))"
    scaled = f"(i32.add (i32.mul {days} (i32.const 2141)) (i32.const 197913))"
    return f"(i64.extend_i32_u {scaled})"


def _month(since: dict[int, str]) -> Native:
    is_next = "(i64.ge_u {w} (i64.const 851968))"
    months = f"(select (i64.const 12) (i64.const 0) {is_next})"
    return Native(
        f"(i32.wrap_i64 (i64.sub (i64.shr_u {{w}} (i64.const 16)) {months}))", wide=_march(since)
    )


def _day(since: dict[int, str]) -> Native:
    return Native(
        "(i32.add (i32.div_u (i32.and (i32.wrap_i64 {w}) (i32.const 0xffff)) (i32.const 2141))"
        " (i32.const 1))",
        wide=_march(since),
    )


def _weekday(since: dict[int, str]) -> Native:
    """1 Monday to 7 Sunday; 0001-01-01 was a Monday."""
    return Native(f"(i32.add (i32.rem_u {since[719162]} (i32.const 7)) (i32.const 1))")


_PARTS = {"year": _year, "month": _month, "day": _day, "weekday": _weekday}
