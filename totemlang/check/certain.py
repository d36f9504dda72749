"""Operations on literals that must fail: found before anything runs.

Only whole numbers, days and spans are computed here, exactly, and only where it is cheap; what is
not known stays None. A known operand may be enough for a certain failure (`x // 0`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from totemlang.bytecode.module import Value
from totemlang.check.literals import as_float, days_of
from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind, Type

Known = int | float | None

_DAY = 86_400_000_000
_UNITS = {"days": _DAY, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000}
_RANGES = {
    Kind.INT: INT_RANGE,
    Kind.LONG: LONG_RANGE,
    Kind.DURATION: LONG_RANGE,
    Kind.DATE: (-719_162, 2_932_896),
    Kind.TIMESTAMP: (-719_162 * _DAY, 2_932_897 * _DAY - 1),
}


class CertainFailure(Exception):
    """The operation fails whenever it runs; the text says why, with what to write instead."""

    def __init__(self, reason: str, hint: str = "") -> None:
        """Keep both."""
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def certain(operation: str, result: Type, values: Sequence[Value]) -> int | None:
    """The value of an operation on known operands (None where one, or the value, is not known).

    Raises:
        CertainFailure: it must fail.
    """
    known = [v if isinstance(v, int | float) and not isinstance(v, bool) else None for v in values]
    early = _REFUSES.get(operation)
    if early is not None:
        early(known)
    rule = _RULES.get(operation)
    if rule is None or any(v is None for v in known):
        return None
    value = rule(*known)
    bounds = _RANGES.get(result.kind) if result.is_scalar else None
    if value is None or bounds is None:
        return None
    if not bounds[0] <= value <= bounds[1]:
        raise CertainFailure(
            f"the result is out of the range of {result}", _WIDER.get(result.kind, "")
        )
    return value


_WIDER = {Kind.INT: "compute in long: give one side the type long"}


# --- failures that follow from one operand


def _zero_divisor(known: Sequence[Known]) -> None:
    if known[1] == 0:
        raise CertainFailure("division by zero", "`/` divides as double and gives infinity")


def _negative_exponent(known: Sequence[Known]) -> None:
    if known[1] is not None and known[1] < 0:
        raise CertainFailure("the exponent is negative", "write `math.pow(x, y)`, or `1 / x ** n`")


def _negative_index(known: Sequence[Known]) -> None:
    if known[1] is not None and known[1] < 0:
        raise CertainFailure(
            "an index counts from 0 and is never negative", "the last one is `xs[len(xs) - 1]`"
        )


def _negative_length(known: Sequence[Known]) -> None:
    if known[0] is not None and known[0] < 0:
        raise CertainFailure("an array cannot have fewer than 0 elements")


def _negative_piece(known: Sequence[Known]) -> None:
    if any(k is not None and k < 0 for k in known[1:]):
        raise CertainFailure(
            "start and length of a piece are never negative", "the end is at `len(s)`"
        )


def _negative_shift(known: Sequence[Known]) -> None:
    if known[1] is not None and not 0 <= known[1] <= 63:
        raise CertainFailure("the shift is less than 0 or not less than the bits of the type")


_REFUSES: dict[str, Callable[[Sequence[Known]], None]] = {
    "floor_div": _zero_divisor,
    "mod": _zero_divisor,
    "times_in": _zero_divisor,
    "pow": _negative_exponent,
    "element": _negative_index,
    "fill": _negative_length,
    "substr": _negative_piece,
    "shift_left": _negative_shift,
    "shift_right": _negative_shift,
}


# --- values


def _power(base: int, exponent: int) -> int | None:
    if not isinstance(base, int):
        return None
    if abs(base) > 1 and exponent > 64:
        raise CertainFailure("the result is out of range", "floating: write `double(x) ** n`")
    return int(base**exponent)


def _whole(value: float) -> int:
    if value != value or value in (math.inf, -math.inf) or value != math.floor(value):
        raise CertainFailure("the value is not a whole number", "write `floor`, `ceil` or `round`")
    return int(value)


def _narrow(value: float) -> None:
    if math.isinf(as_float(value)):
        raise CertainFailure("the value is out of the range of float")


def _make_date(year: int, month: int, day: int) -> int:
    days = days_of(year, month, day)
    if days is None:
        raise CertainFailure("there is no such day")
    return days


def _add(a: Value, b: Value) -> int | None:
    return a + b if isinstance(a, int) and isinstance(b, int) else None


def _sub(a: Value, b: Value) -> int | None:
    return a - b if isinstance(a, int) and isinstance(b, int) else None


def _mul(a: Value, b: Value) -> int | None:
    return a * b if isinstance(a, int) and isinstance(b, int) else None


def _negative(a: Value) -> int | None:
    return -a if isinstance(a, int) else None


def _absolute(a: Value) -> int | None:
    return abs(a) if isinstance(a, int) else None


def _floor_div(a: int, b: int) -> int:
    return a // b


def _modulo(a: int, b: int) -> int:
    return a % b


def _shift_left(a: int, n: int) -> int:
    return a << n


def _shift_right(a: int, n: int) -> int:
    return a >> n


def _times(unit: int) -> Callable[[int], int]:
    def rule(count: int) -> int:
        return count * unit

    return rule


_RULES: dict[str, Callable[..., int | None]] = {
    "widen_long": int,
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "scale": _mul,
    "neg": _negative,
    "abs": _absolute,
    "floor_div": _floor_div,
    "times_in": _floor_div,
    "mod": _modulo,
    "pow": _power,
    "to_int": _whole,
    "to_long": _whole,
    "to_float": _narrow,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "make_date": _make_date,
    "shift_left": _shift_left,
    "shift_right": _shift_right,
    **{name: _times(unit) for name, unit in _UNITS.items()},
}
