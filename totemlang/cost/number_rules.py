"""What operations on numbers and truth values do to intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from totemlang.cost.abstract import TRUTH, Facts, Number, number_range
from totemlang.cost.applied import Applied, Rule, Rules
from totemlang.cost.arithmetic import (
    EXACT_UP_TO,
    RANGES,
    absolute,
    add,
    divide,
    fitted,
    floor_by,
    floor_divide,
    greatest,
    least,
    modulo,
    multiply,
    negate,
    never_negative,
    numeric,
    power,
    rounded,
    scale,
    subtract,
)
from totemlang.cost.bounding import at_most
from totemlang.cost.interval import Interval, between, exactly
from totemlang.cost.polynomial import ZERO, Polynomial
from totemlang.cost.variety import Variety
from totemlang.schema.types import Kind

OneToOne = Callable[[Interval], Interval]
TwoToOne = Callable[[Interval, Interval], Interval]


def settled(applied: Applied, interval: Interval) -> Number:
    """The interval of a result: checked against the range of its kind, or rounded to it."""
    kind = applied.result.kind
    return Number(rounded(interval, kind) if kind in EXACT_UP_TO else fitted(interval, kind))


def one(compute: OneToOne) -> Rule:
    """The rule of an operation on one number."""
    return lambda applied: settled(applied, compute(applied.number(0)))


def two(compute: TwoToOne) -> Rule:
    """The rule of an operation on two numbers."""
    return lambda applied: settled(applied, compute(applied.number(0), applied.number(1)))


def _same(applied: Applied) -> Number:
    """Conversions that keep the value, or fail."""
    value = applied.operands[0]
    assert isinstance(value, Number)
    interval = value.value
    if applied.result.kind in EXACT_UP_TO:
        interval = rounded(interval, applied.result.kind)
    elif applied.types[0].kind in EXACT_UP_TO:
        interval = Interval(_ceil(interval).low, _floor(interval).high)
    return Number(interval, Variety(value.variety.choices, value.variety.sources))


def _widened(applied: Applied) -> Number:
    value = applied.operands[0]
    assert isinstance(value, Number)
    return value


def _power(applied: Applied) -> Number:
    kind = applied.result.kind
    if kind not in RANGES:
        return Number()
    return Number(power(applied.number(0), applied.number(1), kind))


def _square_root(applied: Applied) -> Number:
    known = numeric(applied.number(0))
    if known is None or known[0] < 0:
        return Number()
    low, high = (Fraction(math.sqrt(bound)) for bound in known)
    return Number(between(low, high))


# --- comparison and bits


def _compared(operation: str) -> Rule:
    """A comparison of numbers; of whole ones it may be known before the run."""

    def rule(applied: Applied) -> Number:
        kind = applied.types[0].kind
        if kind is Kind.STRING or kind in EXACT_UP_TO:
            return Number(TRUTH)
        left, right = applied.number(0), applied.number(1)
        return Number(_decided(operation, left, right), facts=_facts(operation, left, right))

    return rule


def _facts(operation: str, left: Interval, right: Interval) -> Facts:
    """What it tells of the operands that a comparison comes out true, or false."""
    if operation in ("gt", "ge"):
        return _facts("lt" if operation == "gt" else "le", right, left)
    not_above, not_below = _gap(left, right), _gap(right, left)
    if operation == "eq":
        return Facts((*not_above, *not_below))
    if operation == "ne":
        return Facts((), (*not_above, *not_below))
    if operation == "lt":
        return Facts(tuple(gap - 1 for gap in not_above), not_below)
    return Facts(not_above, tuple(gap - 1 for gap in not_below))


def _gap(left: Interval, right: Interval) -> tuple[Polynomial, ...]:
    """What is not negative if left is not above right."""
    if left.low is None or right.high is None:
        return ()
    return (right.high - left.low,)


def _decided(operation: str, left: Interval, right: Interval) -> Interval:
    if operation in ("gt", "ge"):
        return _decided("lt" if operation == "gt" else "le", right, left)
    below, above = _below(left, right), _below(right, left)
    if operation in ("eq", "ne"):
        same = left.exact is not None and left.exact == right.exact
        differs = below or above
        if same or differs:
            return exactly(int(same == (operation == "eq")))
        return TRUTH
    strict = operation == "lt"
    if below or (not strict and _not_above(left, right)):
        return exactly(1)
    if above or (strict and _not_above(right, left)):
        return exactly(0)
    return TRUTH


def _not_above(left: Interval, right: Interval) -> bool:
    return left.high is not None and right.low is not None and at_most(left.high, right.low)


def _below(left: Interval, right: Interval) -> bool:
    return left.high is not None and right.low is not None and at_most(left.high + 1, right.low)


def _not(applied: Applied) -> Number:
    value = applied.operands[0]
    assert isinstance(value, Number)
    facts = Facts(value.facts.if_false, value.facts.if_true)
    return Number(subtract(exactly(1), value.value), facts=facts)


def _bit_and(applied: Applied) -> Number:
    masks = [x for x in (applied.number(0), applied.number(1)) if never_negative(x)]
    if not masks:
        return Number()
    highs = [mask.high for mask in masks if mask.high is not None]
    return Number(Interval(ZERO, highs[0] if highs else None))


def _bit_or(applied: Applied) -> Number:
    ranges = [number_range(applied.number(0)), number_range(applied.number(1))]
    if any(low is None or low < 0 or high is None for low, high in ranges):
        return Number()
    digits = max((high or 0).bit_length() for _, high in ranges)
    return Number(between(0, 2**digits - 1))


def _shifted(applied: Applied) -> Number:
    by = numeric(applied.number(1))
    if by is None or by[0] != by[1] or not 0 <= by[0] < 64:
        return Number()
    factor = 2 ** int(by[0])
    if applied.operation == "shift_left":
        return settled(applied, scale(applied.number(0), factor))
    return Number(floor_by(applied.number(0), factor))


def _unsure(_: Applied) -> Number:
    return Number(TRUTH)


def _floor(interval: Interval) -> Interval:
    return floor_by(interval, 1)


def _ceil(interval: Interval) -> Interval:
    return negate(floor_by(negate(interval), 1))


def _round(interval: Interval) -> Interval:
    low, high = _floor(interval).low, _ceil(interval).high
    known = numeric(interval)
    return between(round(known[0]), round(known[1])) if known else Interval(low, high)


NUMBER_RULES: Rules = {
    "widen_long": _widened,
    "widen_double": _same,
    "present": _widened,
    "add": two(add),
    "sub": two(subtract),
    "mul": two(multiply),
    "scale": two(multiply),
    "div": two(divide),
    "ratio": two(divide),
    "floor_div": two(floor_divide),
    "times_in": two(floor_divide),
    "mod": two(modulo),
    "neg": one(negate),
    "abs": one(absolute),
    "pow": _power,
    "sqrt": _square_root,
    **{name: _compared(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "not": _not,
    "bit_and": _bit_and,
    "bit_or": _bit_or,
    "bit_xor": _bit_or,
    "shift_left": _shifted,
    "shift_right": _shifted,
    **dict.fromkeys(("to_int", "to_long", "to_float", "to_double"), _same),
    "floor": one(_floor),
    "ceil": one(_ceil),
    "round": one(_round),
    "starts_with": _unsure,
    "missing": _unsure,
    "contains": _unsure,
}


def extreme_of_two(applied: Applied) -> Number:
    """`min` and `max` of two numbers; they take one of the two values."""
    choose = least if applied.operation == "min" else greatest
    return Number(choose(applied.number(0), applied.number(1)))
