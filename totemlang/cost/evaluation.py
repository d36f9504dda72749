"""Numbers for polynomials: least, expected and greatest value over the ranges of symbols."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction

from totemlang.cost.polynomial import (
    UNIT,
    Atom,
    Coefficient,
    Factor,
    Monomial,
    Polynomial,
    Symbol,
)


class Side(Enum):
    """Which bound is meant: one that is never above, one in between, one that is never below."""

    LOWER = "lower"
    EXPECTED = "expected"
    UPPER = "upper"

    __hash__ = object.__hash__  # an enumeration's own is slow, and this is asked very often

    def under(self, coefficient: Coefficient) -> Side:
        """The bound that a factor needs below a coefficient of that sign."""
        return self if coefficient > 0 else OPPOSITE[self]


OPPOSITE = {Side.LOWER: Side.UPPER, Side.EXPECTED: Side.EXPECTED, Side.UPPER: Side.LOWER}


def evaluate(polynomial: Polynomial, side: Side) -> Coefficient | None:
    """A bound of the value; None where a symbol that it needs is open on that side.

    On the expected side an open symbol counts with what it has at least (0 without that).
    """
    terms = polynomial.terms
    if len(terms) <= 1 and (UNIT in terms or not terms):
        return terms.get(UNIT, 0)
    noted = polynomial.noted
    if side not in noted:
        noted[side] = _sum(polynomial, side)
    found: Coefficient | None = noted[side]
    return found


def _sum(polynomial: Polynomial, side: Side) -> Coefficient | None:
    total: Coefficient = 0
    for monomial, coefficient in polynomial.terms.items():
        value = _monomial(monomial, side if coefficient > 0 else OPPOSITE[side])
        if value is None:
            return None
        total += coefficient * value
    return total


def _monomial(monomial: Monomial, side: Side) -> Coefficient | None:
    value: Coefficient | None = 1
    for factor, power in monomial:
        found = _factor(factor, side)
        if found is None:
            if side is Side.LOWER:
                return 0 if factor.nonnegative else None
            value = None
        elif found == 0 and factor.nonnegative:
            return 0  # nothing, however large the others: no rows have no largest value
        elif value is not None:
            value *= found**power
    return value


def _factor(factor: Factor, side: Side) -> Coefficient | None:
    assert isinstance(factor, Symbol | Atom)
    noted = factor.noted
    if side not in noted:
        value = symbol_value(factor, side) if isinstance(factor, Symbol) else _atom(factor, side)
        noted[side] = max(value, 0) if value is not None and factor.nonnegative else value
    found: Coefficient | None = noted[side]
    return found


def symbol_value(symbol: Symbol, side: Side) -> Coefficient | None:
    """The bound of a symbol, by itself."""
    if side is Side.LOWER:
        return symbol.low
    if side is Side.UPPER:
        return symbol.high
    if symbol.expected is not None:
        return symbol.expected
    if symbol.low is not None and symbol.high is not None:
        return Fraction(symbol.low + symbol.high, 2)
    return symbol.low if symbol.low is not None else symbol.high or 0


def _atom(atom: Atom, side: Side) -> Coefficient | None:
    if atom.kind == "quotient":
        return _quotient(atom, side)
    values = [evaluate(argument, side) for argument in atom.arguments]
    if atom.kind == "max":
        known = [v for v in values if v is not None]
        if side is Side.LOWER:
            return max(known) if known else None
        return max(known) if len(known) == len(values) else None
    if atom.kind == "min":
        known = [v for v in values if v is not None]
        if side is Side.UPPER:
            return min(known) if known else None
        return min(known) if len(known) == len(values) else None
    (value,) = values
    if value is None:
        return None
    if atom.kind == "floor":
        return int(value // atom.divisor)
    return binary_digits(value)


def _quotient(atom: Atom, side: Side) -> Coefficient | None:
    above = evaluate(atom.arguments[0], side)
    below = evaluate(atom.arguments[1], OPPOSITE[side])
    if above is None:
        return None
    if below is None:
        return 0 if side is Side.LOWER else max(0, int(above // 1))
    return max(0, int(above // max(below, 1)))


def binary_digits(value: Coefficient) -> int:
    """Binary digits of the whole part; 0 where it is not positive."""
    return max(0, int(value // 1)).bit_length()
