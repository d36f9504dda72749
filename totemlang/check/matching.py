"""Which row of the operation table operands mean, and at which type.

Works on types alone: what an operand is, and whether it is made of number literals, which take
the type that is expected of them. Widening: int to long, any whole number to double, float to
double; nothing else is implicit, and arrays do not widen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from totemlang.schema.types import DOUBLE, FLOAT, INT, LONG, Type
from totemlang.tables.operations import BINARY, NUMBERS, WHOLE, Operation, pattern_type

_WIDER: dict[Type, tuple[Type, ...]] = {
    INT: (LONG, DOUBLE),
    LONG: (DOUBLE,),
    FLOAT: (DOUBLE,),
}


@frozen
class Given:
    """What is known of an operand: its type, or the natural type of number literals."""

    type: Type
    literal: bool = False


@frozen
class Match:
    """A row at a type (None where it takes none), the operands' exact types and the result's."""

    operation: str
    at: Type | None
    targets: tuple[Type, ...]
    result: Type


def widens(given: Type, to: Type) -> bool:
    """Whether a value of one type is implicitly one of another (or the same)."""
    return given == to or to in _WIDER.get(given, ())


def join(left: Type, right: Type) -> Type | None:
    """The narrowest type that both widen to."""
    for wide in (left, right, *_WIDER.get(left, ())):
        if widens(left, wide) and widens(right, wide):
            return wide
    return None


def fit(wanted: Type, natural: Type) -> Type | None:
    """The type that number literals of a natural type take where `wanted` is expected.

    A fraction where a whole number is expected stays double, a literal too long for int stays
    long: the place itself then says what is wrong. None where no number fits.
    """
    if wanted not in NUMBERS or natural not in NUMBERS:
        return None
    if natural in BINARY:
        return wanted if wanted in BINARY else DOUBLE
    return join(wanted, natural) if wanted in WHOLE else wanted


def literal_fits(natural: Type, to: Type) -> bool:
    """Whether number literals (or an array of them) can be of a type."""
    if natural.is_array and to.is_array:
        return fit(to.element, natural.element) == to.element
    return natural.is_scalar and to.is_scalar and fit(to, natural) == to


def accepts(to: Type, given: Given) -> bool:
    """Whether an operand can stand where a type is expected."""
    return literal_fits(given.type, to) if given.literal else widens(given.type, to)


def match(
    row: Operation, given: Sequence[Given], wanted: Type | None = None, *, folds: bool = False
) -> Match | None:
    """How a row takes these operands; None where it does not.

    `wanted` is the type expected of the result; it decides for literals only. With `folds` a row
    of two operands takes two or more of one type.
    """
    patterns = _patterns(row, len(given), folds=folds)
    if patterns is None:
        return None
    at = None
    if row.over:
        at = _type_at(row, patterns, given, wanted)
        if at is None:
            return None
    targets = tuple(pattern_type(pattern, at) for pattern in patterns)
    if not all(accepts(target, g) for target, g in zip(targets, given, strict=True)):
        return None
    return Match(row.name, at, targets, pattern_type(row.result, at))


def _patterns(row: Operation, count: int, *, folds: bool) -> tuple[str, ...] | None:
    patterns = row.operands
    if folds and len(patterns) == 2:
        patterns = (patterns[0],) * max(count, 2)
    elif patterns and patterns[-1].endswith("*"):
        patterns = (patterns[0].removesuffix("*"),) * max(count, 1)
    return patterns if len(patterns) == count else None


def _type_at(
    row: Operation, patterns: Sequence[str], given: Sequence[Given], wanted: Type | None
) -> Type | None:
    elements = [g.type for p, g in zip(patterns, given, strict=True) if p == "T[]"]
    if elements:
        return elements[0].element if _is_over(row, elements) else None
    own = [g for p, g in zip(patterns, given, strict=True) if p == "T"]
    typed = [g.type for g in own if not g.literal]
    literals = [g.type for g in own if g.literal]
    base = _base(typed, literals, _expected(row, wanted))
    if base is None:
        return None
    return next((over for over in row.over if widens(base, over)), None)


def _is_over(row: Operation, arrays: Iterable[Type]) -> bool:
    return all(array.is_array and array.element in row.over for array in arrays)


def _expected(row: Operation, wanted: Type | None) -> Type | None:
    """The type at which literals would give the result that is expected."""
    if row.result in ("T", "E", "T[]"):
        if wanted is None or wanted.is_array != (row.result == "T[]"):
            return None
        wanted = wanted.element
    else:
        wanted = pattern_type(row.result, None)
    return wanted if wanted in row.over and wanted in NUMBERS else None


def _base(typed: list[Type], literals: list[Type], expected: Type | None) -> Type | None:
    """The narrowest type that all operands of pattern T can have."""
    base = join_all(typed) if typed else expected
    if typed and base is None:
        return None
    if base is None:
        return join_all(literals)
    if typed and literals and expected is not None and base in NUMBERS:
        base = join(base, expected)
    for natural in literals:
        base = fit(base, natural) if base is not None else None
    return base


def join_all(types: Iterable[Type]) -> Type | None:
    """The narrowest type that all widen to; None where there is none, or no type."""
    joined: Type | None = None
    for at in types:
        joined = at if joined is None else join(joined, at)
        if joined is None:
            return None
    return joined
