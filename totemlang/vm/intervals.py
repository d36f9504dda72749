"""What is known of whole results before they are computed: it saves range checks, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from totemlang.schema.types import Kind
from totemlang.vm.dates import DATE_RANGE, DAY, HOUR, MINUTE
from totemlang.vm.items import BOUNDED, RANGES, Interval, Item

_LENGTHS = (0, 2**40)
_FIXED: dict[str, Interval] = {
    "len": (0, 2**31 - 1),
    "count": _LENGTHS,
    "year": (1, 9999),
    "month": (1, 12),
    "day": (1, 31),
    "weekday": (1, 7),
    "hour": (0, 23),
    "minute": (0, 59),
}
SELF_CHECKED = {"pow": None, "make_date": Kind.DATE, "floor_to": Kind.TIMESTAMP}
"""Operations whose meaning gives only what is in range, with the kind of their result."""

_BETWEEN_DAYS = (DATE_RANGE[0] - DATE_RANGE[1], DATE_RANGE[1] - DATE_RANGE[0] + 1)
_UNITS = {"days": DAY, "hours": HOUR, "minutes": MINUTE, "seconds": 1_000_000}


def _corners(left: Interval, right: Interval) -> Interval:
    products = [a * b for a in left for b in right]
    return min(products), max(products)


def _modulo(left: Interval, right: Interval) -> Interval:
    if right[0] > 0:
        return 0, right[1] - 1
    return min(right[0] + 1, 0), max(right[1] - 1, 0)


def _floor_divided(left: Interval, right: Interval) -> Interval:
    if right[0] > 0:
        return min(left[0], 0), max(left[1], 0)
    largest = max(abs(left[0]), abs(left[1]))
    return -largest, largest


_OF_TWO: dict[str, Callable[[Interval, Interval], Interval]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "mul": _corners,
    "scale": _corners,
    "mod": _modulo,
    "floor_div": _floor_divided,
    "times_in": _floor_divided,
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
}
_OF_ONE: dict[str, Callable[[Interval], Interval]] = {
    "neg": lambda a: (-a[1], -a[0]),
    "abs": lambda a: (0, max(abs(a[0]), abs(a[1]))),
    "widen_long": lambda a: a,
    "to_int": lambda a: a,
    "to_long": lambda a: a,
}


def result_interval(operation: str, operands: Sequence[Item]) -> Interval | None:
    """Where the mathematical result of an operation lies; None where nothing is known."""
    if operation in SELF_CHECKED:
        return RANGES[SELF_CHECKED[operation] or operands[0].type.kind]
    if any(operand.type.kind not in BOUNDED for operand in operands):
        return _FIXED.get(operation)
    if operation == "between":
        return _corners(_BETWEEN_DAYS, (DAY, DAY))
    if operation in _FIXED:
        return _FIXED[operation]
    if operation in _OF_TWO:
        return _OF_TWO[operation](operands[0].interval, operands[1].interval)
    if operation in _UNITS:
        return _corners(operands[0].interval, (_UNITS[operation], _UNITS[operation]))
    if operation in _OF_ONE:
        return _OF_ONE[operation](operands[0].interval)
    return None
