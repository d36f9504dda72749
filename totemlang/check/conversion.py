"""Values where a type is expected: implicit widening, or a finding that says what to write.

Widening is written out as operations that cost nothing and keep what is plain plain; a whole
literal that widens becomes a literal of the wider type.
"""

from __future__ import annotations

from totemlang.check.context import Body
from totemlang.check.matching import Match, widens
from totemlang.check.typed import ConstantValue, OperationValue, TypedExpression
from totemlang.check.values import constant, operation
from totemlang.schema.types import BOOL, DOUBLE, LONG, Kind, Type
from totemlang.tables.operations import BINARY, NUMBERS, WHOLE

MISSING_HINT = "write `default(x, v)`, or `value(x)` where it is surely there"


def widened(body: Body, value: TypedExpression, to: Type) -> TypedExpression | None:
    """The value at a type that it implicitly has; None where it does not."""
    if value.type == to:
        return value
    if to.is_optional and value.type.is_scalar:
        inner = widened(body, value, to.element)
        if inner is None:
            return None
        return operation(
            body, Match("present", to.element, (to.element,), to), (inner,), value.span
        )
    if not widens(value.type, to):
        return None
    if isinstance(value, ConstantValue) and isinstance(value.value, int):
        number = float(value.value) if to == DOUBLE else value.value
        return constant(body, to, number, value.span)
    name = "widen_long" if to == LONG else "widen_double"
    return operation(body, Match(name, value.type, (value.type,), to), (value,), value.span)


def convert(body: Body, value: TypedExpression, to: Type, place: str) -> TypedExpression | None:
    """The value at the type that a place expects; `place` names it in the finding.

    Returns None, with a finding, where it is not implicitly of that type.
    """
    found = widened(body, value, to)
    if found is None:
        mismatch(body, value.type, to, value, place)
    return found


def mismatch(body: Body, found: Type, to: Type, value: TypedExpression, place: str) -> None:
    """Report a value of one type where another is expected."""
    if found.is_optional and not to.is_optional:
        optional(body, value)
        return
    hint = conversion_hint(found, to)
    if isinstance(value, OperationValue) and value.operation == "div" and to in WHOLE:
        hint = "`a // b` divides whole numbers; of fractions write `floor(a / b)`"
    body.report("TYP101", value.span, f"{place} expects {to}, this is {found}", hint)


def optional(body: Body, value: TypedExpression) -> None:
    """Report a value that may be missing where one must be there."""
    body.report("TYP102", value.span, f"this may be missing ({value.type})", MISSING_HINT)


def conversion_hint(found: Type, to: Type) -> str:
    """What to write to get from one type to another."""
    if found.is_optional and to.is_optional:
        return f"write `default(x, v)` first: only a plain value widens to {to.element}"
    if found.is_array and to.is_scalar:
        return "take an element, `xs[i]`, or combine them: `sum(xs)`, `max(xs)`"
    if found.is_scalar and to.is_array:
        fits = widens(found, to.element)
        return "write it in brackets, `[x]`, or `fill(n, x)`" if fits else ""
    if found.is_array or to.is_array:
        fill = "arrays do not widen: fill another one in a loop"
        return fill if widens(found.element, to.element) else ""
    return _scalar_hint(found, to.element)


def _scalar_hint(found: Type, to: Type) -> str:
    if to in WHOLE and found in BINARY:
        return f"write `{to}(x)`, which fails on fractions, or `floor(x)`, `ceil(x)`, `round(x)`"
    if to in NUMBERS and found in (*NUMBERS, BOOL):
        return f"write `{to}(x)`"
    if to == BOOL and found in NUMBERS:
        return "write a comparison, such as `x != 0`"
    return _KIND_HINTS.get((found.kind, to.kind), "")


_KIND_HINTS = {
    (Kind.TIMESTAMP, Kind.DATE): "write `date(ts)`",
    (Kind.DATE, Kind.TIMESTAMP): "write `timestamp(day)`",
    (Kind.STRING, Kind.DATE): 'a literal is written `date("2019-02-25")`',
    (Kind.STRING, Kind.TIMESTAMP): 'a literal is written `timestamp("2019-02-25T10:30:00")`',
    (Kind.INT, Kind.DURATION): "write `hours(n)`, `minutes(n)` or `seconds(n)`",
    (Kind.LONG, Kind.DURATION): "write `hours(n)`, `minutes(n)` or `seconds(n)`",
    (Kind.DURATION, Kind.DOUBLE): "divide by a unit: `d / hours(1)`",
    (Kind.DURATION, Kind.LONG): "divide by a unit: `d // minutes(1)`",
    (Kind.DURATION, Kind.INT): "divide by a unit: `int(d // minutes(1))`",
}
