"""What operations on strings, arrays and optionals do to sizes and elements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from attrs import evolve

from totemlang.cost.abstract import (
    AbstractValue,
    Array,
    Number,
    Scalar,
    Text,
    join,
    join_intervals,
    meet_intervals,
)
from totemlang.cost.applied import Applied, Rules
from totemlang.cost.arithmetic import (
    EXACT_UP_TO,
    add,
    fitted,
    floor_by,
    multiply,
    positive_part,
)
from totemlang.cost.bounding import larger, positive, times
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import UNKNOWN, Interval, exactly
from totemlang.cost.number_rules import extreme_of_two
from totemlang.cost.polynomial import ONE, ZERO, number
from totemlang.cost.variety import either
from totemlang.schema.types import Kind

# --- arrays


def count_interval(interval: Interval) -> Interval:
    """The interval as a number of things: what is negative fails, so it is none."""
    low, high = interval.low, interval.high
    return Interval(
        ZERO if low is None else positive(low), None if high is None else positive(high)
    )


def product_of_sizes(left: Interval, right: Interval) -> Interval:
    """The product of two sizes."""
    low = ZERO if left.low is None or right.low is None else times(left.low, right.low)
    if left.high is None or right.high is None:
        return Interval(low, ZERO if ZERO in (left.high, right.high) else None)
    return Interval(low, times(left.high, right.high))


def all_bytes(element: Scalar, length: Interval) -> Interval:
    """The bytes of all elements, for arrays of strings; nothing for others."""
    return product_of_sizes(length, element.bytes) if isinstance(element, Text) else UNKNOWN


def array_of(element: Scalar, length: Interval) -> Array:
    """An array of so many elements like this one."""
    return Array(length, element, all_bytes(element, length))


def joined_elements(elements: Sequence[Scalar], kind: Kind) -> Scalar:
    """What holds of each of several scalars."""
    if not elements:
        return Text(Interval(ONE, ONE)) if kind is Kind.STRING else Number(exactly(0))
    found: AbstractValue = elements[0]
    for element in elements[1:]:
        found = join(found, element)
    assert not isinstance(found, Array)
    return found


def _literal(applied: Applied) -> Array:
    elements = [applied.scalar(place) for place in range(len(applied.operands))]
    length = exactly(len(elements))
    element = joined_elements(elements, applied.result.kind)
    if isinstance(element, Text):
        sizes = [e.bytes for e in elements if isinstance(e, Text)]
        return Array(length, element, reduce(add, sizes, exactly(0)))
    return Array(length, element)


def _fill(applied: Applied) -> Array:
    return array_of(applied.scalar(1), count_interval(applied.number(0)))


def _element(applied: Applied) -> Scalar:
    return applied.array(0).element


def _length(applied: Applied) -> Number:
    value = applied.operands[0]
    if isinstance(value, Array):
        return Number(fitted(value.length, Kind.INT))
    assert isinstance(value, Text)
    return Number(Interval(ZERO, value.bytes.high))


def _count(applied: Applied) -> Number:
    return Number(applied.array(0).length)


def _sum(applied: Applied) -> Number:
    array = applied.array(0)
    each = array.element
    assert isinstance(each, Number)
    if applied.result.kind in EXACT_UP_TO:
        return Number()
    return Number(fitted(multiply(array.length, each.value), applied.result.kind))


def _sort(applied: Applied) -> Array:
    return applied.array(0)


# --- strings


def _as_long(applied: Applied) -> Text:
    return Text(applied.text(0))


def _concatenated(applied: Applied) -> Text:
    """As long as all together, where an empty one counts as a byte only alone."""
    sizes = [applied.text(place) for place in range(len(applied.operands))]
    high = reduce(add, sizes, exactly(0)).high
    lows = [evaluate(size.low, Side.LOWER) or 1 for size in sizes if size.low is not None]
    least = max(1, sum(low for low in lows if low > 1))
    return Text(Interval(number(least), None if high is None else larger(high, ONE, Side.UPPER)))


def _substring(applied: Applied) -> Text:
    """No longer than the string, and than four bytes a code point that was asked for."""
    asked = positive_part(applied.number(2))
    by_length = None if asked is None else larger(asked.scaled(4), ONE, Side.UPPER)
    return Text(meet_intervals(Interval(ONE, applied.text(0).high), Interval(ONE, by_length)))


def _words(applied: Applied) -> Array:
    """Pieces of at least a byte, with at least a byte between them."""
    size = applied.text(0).high
    pieces = floor_by(Interval(None, None if size is None else size + 1), 2).high
    return Array(Interval(ZERO, pieces), Text(Interval(ONE, size)), Interval(ZERO, size))


def _extreme(applied: Applied) -> Scalar:
    """`min` and `max` of two."""
    left, right = applied.scalar(0), applied.scalar(1)
    variety = either(left.variety, right.variety)
    if isinstance(left, Text) and isinstance(right, Text):
        return Text(join_intervals(left.bytes, right.bytes), variety)
    found = extreme_of_two(applied)
    return evolve(found, variety=variety)


# --- what may be missing, and declared types


def _default(applied: Applied) -> AbstractValue:
    return join(applied.operands[0], applied.operands[1])


def _present(applied: Applied) -> AbstractValue:
    return applied.operands[0]


def _check_bytes(applied: Applied) -> AbstractValue:
    value = applied.operands[0]
    bound = Interval(ONE, exactly(max(1, applied.immediates[0])).high)
    if isinstance(value, Text):
        return evolve(value, bytes=meet_intervals(value.bytes, bound))
    assert isinstance(value, Array)
    assert isinstance(value.element, Text)
    element = evolve(value.element, bytes=meet_intervals(value.element.bytes, bound))
    total = meet_intervals(value.total, all_bytes(element, value.length))
    return evolve(value, element=element, total=total)


def _check_length(applied: Applied) -> AbstractValue:
    return evolve(applied.array(0), length=exactly(applied.immediates[0]))


def ranged(value: AbstractValue, low: Interval, high: Interval) -> AbstractValue:
    """The value after it was found to lie between two bounds."""
    bound = Interval(low.low, high.high)
    if isinstance(value, Number):
        return evolve(value, value=meet_intervals(value.value, bound))
    assert isinstance(value, Array)
    element = ranged(value.element, low, high)
    assert not isinstance(element, Array)
    return evolve(value, element=element)


def same_length(value: Array, other: Array) -> Array:
    """The array after it was found to be as long as another."""
    if other.length.exact is not None and value.length.exact is None:
        return evolve(value, length=other.length)
    return evolve(value, length=meet_intervals(value.length, other.length))


def stored_element(array: Array, element: Scalar) -> Array:
    """The array after some element of it became this one."""
    joined = join(array.element, element)
    assert not isinstance(joined, Array)
    if not isinstance(joined, Text):
        return evolve(array, element=joined)
    return evolve(array, element=joined, total=all_bytes(joined, array.length))


SIZE_RULES: Rules = {
    "array": _literal,
    "fill": _fill,
    "element": _element,
    "len": _length,
    "count": _count,
    "sum": _sum,
    "sum_time": _sum,
    "exact_sum": _sum,
    "min_of": _element,
    "max_of": _element,
    "sort": _sort,
    "lower": _as_long,
    "upper": _as_long,
    "substr": _substring,
    "concat": _concatenated,
    "words": _words,
    "words_space": _words,
    "min": _extreme,
    "max": _extreme,
    "default": _default,
    "value": _present,
    "check_bytes": _check_bytes,
    "check_length": _check_length,
}
