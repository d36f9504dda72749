"""The quickest proof that a polynomial is not negative: higher powers make up for lower ones."""

from __future__ import annotations

from totemlang.cost.polynomial import Monomial, Polynomial


def grows_with_powers(polynomial: Polynomial) -> bool:
    """Whether what is taken off is always made up for by higher powers of the same: n² − n ≥ 0.

    Of whole numbers that are not negative, a product is 0 or grows with the powers.
    """
    if all(c > 0 for c in polynomial.terms.values()):
        return polynomial.nonnegative_factors
    left = {m: c for m, c in polynomial.terms.items() if c > 0}
    for monomial, coefficient in polynomial.terms.items():
        if coefficient > 0:
            continue
        if not all(f.nonnegative and f.whole for f, _ in monomial):
            return False
        missing = -coefficient
        for other in list(left):
            if missing and _has_powers(other, monomial):
                taken = min(missing, left[other])
                left[other] -= taken
                missing -= taken
        if missing:
            return False
    return all(f.nonnegative for m in left for f, _ in m)


def _has_powers(monomial: Monomial, of_other: Monomial) -> bool:
    """Whether it has the same factors, each at least as often."""
    return len(monomial) == len(of_other) and all(
        one == other and power >= least
        for (one, power), (other, least) in zip(monomial, of_other, strict=True)
    )
