"""Abstract values of what is known: constants of the program, parameters sent, fresh slots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from totemlang.bytecode.module import Value
from totemlang.cost.abstract import AbstractValue, Array, Number, Scalar, Text
from totemlang.cost.interval import UNKNOWN, Interval, between, exactly
from totemlang.cost.polynomial import ONE
from totemlang.cost.variety import ONE_VALUE, Variety
from totemlang.schema.types import Kind, Type


def known_value(at: Type, value: Value | Sequence[Value]) -> AbstractValue:
    """A value that is known to be `value`; an array may be a list or a tuple."""
    if not at.is_array:
        return _scalar(at.kind, value)
    given = list(value) if isinstance(value, list | tuple) else []
    return _array(at.kind, given)


def zero_value(at: Type) -> AbstractValue:
    """What a slot holds that nothing has been stored in: 0, "", missing or no elements."""
    if at.is_array:
        return _array(at.kind, [])
    return _scalar(at.kind, "" if at.kind is Kind.STRING else None if at.is_optional else 0)


def string_size(value: Value) -> int:
    """Bytes of a string as they are priced: at least 1, which a missing one has too."""
    return max(1, len(value.encode())) if isinstance(value, str) else 1


def exact_number(value: Value) -> int | Fraction | None:
    """The number as it is; None for NaN, infinities and what is missing."""
    if isinstance(value, float):
        return Fraction(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, int) else None


def _scalar(kind: Kind, value: object) -> Scalar:
    if kind is Kind.STRING:
        size = string_size(value if isinstance(value, str) else None)
        return Text(exactly(size), ONE_VALUE)
    found = exact_number(value if isinstance(value, int | float) else None)
    return Number(UNKNOWN if found is None else exactly(found), ONE_VALUE)


def _array(kind: Kind, values: Sequence[Value]) -> Array:
    variety = Variety(len(set(values)))
    length = exactly(len(values))
    if kind is Kind.STRING:
        sizes = [string_size(value) for value in values]
        longest = between(min(sizes), max(sizes)) if sizes else Interval(ONE, ONE)
        return Array(length, Text(longest, variety), exactly(sum(sizes)))
    numbers = [exact_number(value) for value in values]
    known = [n for n in numbers if n is not None]
    if len(known) < len(numbers):
        return Array(length, Number(UNKNOWN, variety))
    element = between(min(known), max(known)) if known else exactly(0)
    return Array(length, Number(element, variety))
