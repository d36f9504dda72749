"""Coarser bounds in place of involved ones: whatever a program does, formulas stay small.

Of an upper bound, `max` becomes a sum, `min` its simplest argument, a quotient its dividend. What
is left has few kinds of factors; if it still has many terms, one power of their sum stands above
all of them. Of a lower bound, what is involved counts as nothing.
"""

from __future__ import annotations

from totemlang.cost.bounding import Memo, opaque, positive, substitute, times
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import Bounds, Interval
from totemlang.cost.polynomial import (
    ONE,
    UNIT,
    ZERO,
    Atom,
    Coefficient,
    Factor,
    Monomial,
    Polynomial,
    Symbol,
    number,
    of,
    product,
    total,
)
from totemlang.cost.summation import Items, summed
from totemlang.diagnostics import Refused

HEAVY = 250
"""Parts of a bound; one of more is made coarser."""

COARSE = "coarse"
"""Where it is noted with an atom what simple thing stands above it."""

FEW = 24
"""Terms that a coarse bound may have."""


def simple_interval(interval: Interval) -> Interval:
    """The interval, with coarser bounds in place of heavy ones."""
    low, high = interval.low, interval.high
    if (low is None or low.weight <= HEAVY) and (high is None or high.weight <= HEAVY):
        return interval
    return Interval(simple_bound(low, Side.LOWER), simple_bound(high, Side.UPPER))


def simple_bound(bound: Polynomial | None, side: Side) -> Polynomial | None:
    """The bound, or a coarser one if it is heavy; None where there is no simple one."""
    if bound is None or bound.weight <= HEAVY:
        return bound
    known = evaluate(bound, side)
    if known is not None:
        return number(known)
    return coarse_lower(bound) if side is Side.LOWER else coarse_upper(bound)


def substituted(
    polynomial: Polynomial, bounds: Bounds, side: Side, memo: Memo | None = None
) -> Polynomial | None:
    """`substitute`, with a simple outcome; what is too involved is made simpler before.

    None where that is still too involved, too.
    """
    try:
        return simple_bound(substitute(polynomial, bounds, side, memo), side)
    except Refused:
        pass
    try:
        within = {name: coarse_interval(interval) for name, interval in bounds.items()}
        simple = _coarse(polynomial, side)
        return None if simple is None else substitute(simple, within, side)
    except Refused:
        return None


def summed_up(polynomial: Polynomial, items: Items, side: Side) -> Polynomial | None:
    """`summed`, with a simple outcome; what is too involved is made simpler before.

    None where that is still too involved, too.
    """
    try:
        return simple_bound(summed(polynomial, items, side), side)
    except Refused:
        pass
    try:
        simple = _coarse(polynomial, side)
        return None if simple is None else summed(simple, items, side)
    except Refused:
        return None


def _coarse(polynomial: Polynomial, side: Side) -> Polynomial | None:
    return coarse_lower(polynomial) if side is Side.LOWER else coarse_upper(polynomial)


def coarse_interval(interval: Interval) -> Interval:
    """The interval with bounds of few and simple parts."""
    low, high = interval.low, interval.high
    return Interval(
        None if low is None else coarse_lower(low), None if high is None else coarse_upper(high)
    )


def coarse_upper(polynomial: Polynomial) -> Polynomial:
    """A polynomial that is never below, without involved parts."""
    parts: list[Polynomial] = []
    for monomial, coefficient in polynomial.terms.items():
        if coefficient < 0:
            below = coarse_lower(product(monomial))
            parts.append(ZERO if below is None else below.scaled(coefficient))
            if below is None:
                parts.append(_magnitude(monomial[0][0]).scaled(-coefficient))
            continue
        value = ONE
        for factor, power in monomial:
            simple = _noted_upper(factor)
            for _ in range(power):
                value = _bounded(times(value, simple))
        parts.append(value.scaled(coefficient))
    return _bounded(total(parts))


def coarse_lower(polynomial: Polynomial) -> Polynomial | None:
    """A polynomial that is never above, without involved parts; None if nothing is known."""
    parts: list[Polynomial] = []
    for monomial, coefficient in polynomial.terms.items():
        if all(isinstance(factor, Symbol) for factor, _ in monomial):
            parts.append(product(monomial).scaled(coefficient))
        elif coefficient < 0:
            parts.append(coarse_upper(product(monomial)).scaled(coefficient))
        elif not all(factor.nonnegative for factor, _ in monomial):
            return None
    return total(parts)


def _noted_upper(factor: Factor) -> Polynomial:
    if not isinstance(factor, Atom):
        return _upper_factor(factor)
    if COARSE not in factor.noted:
        factor.noted[COARSE] = _upper_factor(factor)
    found: Polynomial = factor.noted[COARSE]
    return found


def _upper_factor(factor: Factor) -> Polynomial:
    """Something simple that is never below a factor, nor below 0."""
    if isinstance(factor, Symbol):
        return positive(of(factor))
    assert isinstance(factor, Atom)
    if factor.kind == "min":
        return _upper_argument(min(factor.arguments, key=lambda a: (a.weight, a.key)))
    if factor.kind == "max":
        return _bounded(total(_upper_argument(argument) for argument in factor.arguments))
    # Quotients and binary digits are no more than what they are of.
    return _upper_argument(factor.arguments[0])


def _upper_argument(polynomial: Polynomial) -> Polynomial:
    """Something simple that is never below a polynomial, nor below 0."""
    return total(
        _positive_term(monomial, coefficient)
        for monomial, coefficient in coarse_upper(polynomial).terms.items()
    )


def _positive_term(monomial: Monomial, coefficient: Coefficient) -> Polynomial:
    if all(factor.nonnegative for factor, _ in monomial):
        return Polynomial({monomial: coefficient}) if coefficient > 0 else ZERO
    return positive(product(monomial).scaled(coefficient))


def _magnitude(factor: Factor) -> Polynomial:
    """Something simple that is never below the absolute value of a factor that may be negative."""
    parts: list[Polynomial] = []
    if isinstance(factor, Symbol):
        parts = [of(factor), -of(factor)]
    elif isinstance(factor, Atom):
        parts = [sign for argument in factor.arguments for sign in (argument, -argument)]
    return _bounded(total(_upper_argument(part) for part in parts) + 1)


def _bounded(polynomial: Polynomial) -> Polynomial:
    """One power of a sum above all terms, if there are many."""
    if len(polynomial.terms) <= FEW or not polynomial.nonnegative_factors:
        return polynomial
    factors = {factor for monomial in polynomial.terms for factor, _ in monomial}
    degree = max(sum(power for _, power in monomial) for monomial in polynomial.terms)
    ordered = sorted(factors)
    base = opaque(total([ONE, *(of(factor) for factor in ordered)]))
    ((monomial, _),) = base.terms.items()
    amount = sum(c for c in polynomial.terms.values() if c > 0)
    return (
        Polynomial({((monomial[0][0], degree),): amount})
        if degree
        else number(polynomial.terms.get(UNIT, 0))
    )
