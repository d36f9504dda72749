"""Polynomials that lie above or below two others, term by term."""

from __future__ import annotations

from collections.abc import Callable

from totemlang.cost.polynomial import Coefficient, Polynomial


def above(left: Polynomial, right: Polynomial) -> Polynomial:
    """A polynomial that is never below either, where no factor is negative."""
    return _by_coefficients(max, left, right)


def below(left: Polynomial, right: Polynomial) -> Polynomial:
    """A polynomial that is never above either, where no factor is negative."""
    return _by_coefficients(min, left, right)


def _by_coefficients(
    choose: Callable[[Coefficient, Coefficient], Coefficient], left: Polynomial, right: Polynomial
) -> Polynomial:
    terms = {}
    for monomial in {**left.terms, **right.terms}:
        chosen = choose(left.terms.get(monomial, 0), right.terms.get(monomial, 0))
        if chosen:
            terms[monomial] = chosen
    return Polynomial(terms)
