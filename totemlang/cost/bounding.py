"""Functions of polynomials that are none themselves, proofs about them, and substitution.

`larger`, `smaller`, `positive`, `floor_quotient` and `binary_length` simplify where they can prove
something and make an atom where they cannot. `substitute` puts bounds in place of symbols, each
factor on the side that its coefficient asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from totemlang.cost.complexity import MAX_DEPTH, MAX_WEIGHT, too_complex
from totemlang.cost.envelopes import above, below
from totemlang.cost.evaluation import OPPOSITE, Side, binary_digits, evaluate
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
    multiply_monomials,
    number,
    of,
    product,
    total,
    weighted,
)
from totemlang.cost.powers import grows_with_powers

MAX_ARGUMENTS = 8
"""Arguments of one `max` or `min`; of more, a coarser bound is taken."""

MAX_PRODUCT = 64
"""Terms of a product; beyond, one side is taken as a single term."""

PROOF_STEPS = 4
"""How often bounds of symbols are put in place of them while something is being proved."""

PROOF_WEIGHT = 60
"""Parts of a polynomial about which a proof is tried; of larger ones, only the numbers are."""

PROOF_CASES = 2
"""How many `max` and `min` are taken apart in one proof."""


# --- proofs


def is_nonnegative(polynomial: Polynomial, depth: int = PROOF_CASES) -> bool:
    """Whether it is proved that the value is never below 0. False proves nothing."""
    least = evaluate(polynomial, Side.LOWER)
    if least is not None and (least >= 0 or polynomial.constant is not None):
        return least >= 0
    if grows_with_powers(polynomial):
        return True
    if polynomial.weight > PROOF_WEIGHT:
        return False
    place = ("nonnegative", depth)
    if place not in polynomial.noted:
        polynomial.noted[place] = _proved(polynomial, depth)
    proved: bool = polynomial.noted[place]
    return proved


def _proved(polynomial: Polynomial, depth: int) -> bool:
    rest = polynomial
    for _ in range(PROOF_STEPS):
        most = evaluate(rest, Side.UPPER)
        if most is not None and most < 0:
            return False
        bounds = _bounds_of_symbols(rest)
        lowered = substitute(rest, bounds, Side.LOWER) if bounds else None
        if lowered is None or lowered == rest:
            break
        rest = lowered
        least = evaluate(rest, Side.LOWER)
        if least is not None and least >= 0:
            return True
    return depth > 0 and _by_cases(rest, depth)


def _bounds_of_symbols(polynomial: Polynomial) -> dict[str, Interval]:
    found: dict[str, Interval] = {}
    for monomial in polynomial.terms:
        for factor, _ in monomial:
            if isinstance(factor, Symbol) and (factor.floor or factor.ceiling):
                here = of(factor)
                found[factor.name] = Interval(factor.floor or here, factor.ceiling or here)
    return found


def _by_cases(polynomial: Polynomial, depth: int) -> bool:
    """Take the first `max` or `min` apart: for all its arguments, or for one that is enough."""
    for monomial, coefficient in polynomial.terms.items():
        if len(monomial) != 1 or monomial[0][1] != 1:
            continue
        atom = monomial[0][0]
        if not isinstance(atom, Atom) or atom.kind not in ("max", "min"):
            continue
        rest = polynomial - of(atom).scaled(coefficient)
        cases = (rest + argument.scaled(coefficient) for argument in atom.arguments)
        one_is_enough = (atom.kind == "max") == (coefficient > 0)
        decide = any if one_is_enough else all
        return decide(is_nonnegative(case, depth - 1) for case in cases)
    return False


def at_most(left: Polynomial, right: Polynomial) -> bool:
    """Whether it is proved that `left` is never above `right`."""
    if left is right:
        return True
    one, other = left.constant, right.constant
    if one is not None and other is not None:
        return one <= other
    return left == right or is_nonnegative(right - left)


# --- functions that are no polynomials


def _atom(kind: str, arguments: tuple[Polynomial, ...], divisor: int = 1) -> Polynomial:
    _expect_simple(arguments)
    if kind == "max":
        never_below = any(is_nonnegative(a) for a in arguments)
    else:
        never_below = kind in ("bits", "quotient") or all(is_nonnegative(a) for a in arguments)
    return of(Atom(kind, arguments, divisor, never_below))


def _expect_simple(arguments: Sequence[Polynomial]) -> None:
    depth, weight = max(a.depth for a in arguments), sum(a.weight for a in arguments)
    if depth >= MAX_DEPTH or weight > MAX_WEIGHT:
        raise too_complex("conditions and sizes hang together too deeply")


def opaque(polynomial: Polynomial) -> Polynomial:
    """One term that stands for a whole polynomial, as large (0 where that is negative)."""
    _expect_simple((polynomial,))
    return of(Atom("max", tuple(sorted((polynomial, ZERO), key=_key)), 1, True))


def larger(left: Polynomial, right: Polynomial, side: Side = Side.UPPER) -> Polynomial:
    """The larger of two; of too many cases, a bound of it on that side."""
    return _extreme("max", left, right, side)


def smaller(left: Polynomial, right: Polynomial, side: Side = Side.LOWER) -> Polynomial:
    """The smaller of two; of too many cases, a bound of it on that side."""
    return _extreme("min", left, right, side)


def positive(polynomial: Polynomial) -> Polynomial:
    """The value, or 0 where it is negative."""
    noted = polynomial.noted
    found: Polynomial | None = noted.get("positive")
    if found is None:
        found = noted["positive"] = _positive(polynomial)
    return found


def _positive(polynomial: Polynomial) -> Polynomial:
    if is_nonnegative(polynomial):
        return polynomial
    if is_nonnegative(-polynomial):
        return ZERO
    return _atom("max", tuple(sorted((polynomial, ZERO), key=_key)))


def _key(polynomial: Polynomial) -> str:
    return polynomial.key


def _extreme(kind: str, left: Polynomial, right: Polynomial, side: Side) -> Polynomial:
    if left.constant is not None and right.constant is not None:
        return left if _beats(kind, left, right) else right
    kept: list[Polynomial] = []
    for argument in (*_arguments(kind, left), *_arguments(kind, right)):
        if any(_beats(kind, other, argument) for other in kept):
            continue
        kept = [other for other in kept if not _beats(kind, argument, other)]
        kept.append(argument)
    if len(kept) == 1:
        return kept[0]
    kept.sort(key=_key)
    if len(kept) > MAX_ARGUMENTS:
        kept = _fewer(kind, kept, side)
    return kept[0] if len(kept) == 1 else _atom(kind, tuple(kept))


def _fewer(kind: str, arguments: list[Polynomial], side: Side) -> list[Polynomial]:
    """A bound with fewer arguments: leave some out, or put one above (below) all the rest."""
    if side is not (Side.UPPER if kind == "max" else Side.LOWER):
        return arguments[:MAX_ARGUMENTS]
    rest = arguments[MAX_ARGUMENTS - 1 :]
    if not all(a.nonnegative_factors for a in rest):
        raise too_complex("too many cases have to be compared")
    merged = rest[0]
    for other in rest[1:]:
        merged = above(merged, other) if kind == "max" else below(merged, other)
    return [*arguments[: MAX_ARGUMENTS - 1], merged]


def _arguments(kind: str, polynomial: Polynomial) -> tuple[Polynomial, ...]:
    if len(polynomial.terms) == 1:
        ((monomial, coefficient),) = polynomial.terms.items()
        if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            factor = monomial[0][0]
            if isinstance(factor, Atom) and factor.kind == kind:
                return factor.arguments
    return (polynomial,)


def _beats(kind: str, one: Polynomial, other: Polynomial) -> bool:
    return at_most(other, one) if kind == "max" else at_most(one, other)


def floor_quotient(polynomial: Polynomial, divisor: int) -> Polynomial:
    """The value // `divisor` (at least 1); what divides without rest is taken out.

    Symbols stand for whole numbers, so most terms with a whole coefficient are whole.
    """
    whole = total(
        Polynomial({m: c}).scaled(Fraction(1, divisor))
        for m, c in polynomial.terms.items()
        if isinstance(c, int) and c % divisor == 0 and all(f.whole for f, _ in m)
    )
    rest = polynomial - whole.scaled(divisor)
    constant = rest.constant
    if constant is not None:
        return whole + int(constant // divisor)
    return whole + _atom("floor", (rest,), divisor)


def quotient(above: Polynomial, below: Polynomial) -> Polynomial:
    """Above // below, for something that is not negative by something of at least 1."""
    constant = below.constant
    if constant is not None and isinstance(constant, int):
        return floor_quotient(positive(above), max(constant, 1))
    above = positive(above)
    return above if above.constant == 0 else _atom("quotient", (above, larger(below, ONE)))


def binary_length(polynomial: Polynomial) -> Polynomial:
    """Binary digits of the value; 0 where it is not positive."""
    constant = polynomial.constant
    if constant is not None:
        return number(binary_digits(constant))
    return _atom("bits", (polynomial,))


# --- substitution


Memo = dict[tuple[Factor, Side], Polynomial | None]
"""Bounds of atoms by side, under the same bounds of symbols."""


def substitute(
    polynomial: Polynomial, bounds: Bounds, side: Side, memo: Memo | None = None
) -> Polynomial | None:
    """A bound of the value where symbols lie within `bounds`; None where one is missing.

    `memo` may be shared by calls with the same bounds.
    """
    if polynomial.names.isdisjoint(bounds):
        return polynomial
    return _substitute(polynomial, bounds, side, {} if memo is None else memo)


def _substitute(
    polynomial: Polynomial, bounds: Bounds, side: Side, memo: Memo
) -> Polynomial | None:
    parts: list[tuple[Polynomial, Coefficient]] = []
    kept: dict[Monomial, Coefficient] = {}
    for monomial, coefficient in polynomial.terms.items():
        for factor, _ in monomial:
            if not factor.names.isdisjoint(bounds):
                break
        else:
            kept[monomial] = coefficient
            continue
        value = _monomial_bound(monomial, bounds, side if coefficient > 0 else OPPOSITE[side], memo)
        if value is None:
            return None
        parts.append((value, coefficient))
    if kept:
        parts.append((Polynomial(kept), 1))
    return weighted(parts)


def _monomial_bound(
    monomial: Monomial, bounds: Bounds, side: Side, memo: Memo
) -> Polynomial | None:
    """A bound of a product: of each factor, with its power."""
    alone = len(monomial) == 1 and monomial[0][1] == 1
    simple: Monomial = ()
    scale: Coefficient = 1
    value = ONE
    for factor, power in monomial:
        found = _factor_bound(factor, bounds, side, memo)
        if found is None:
            return ZERO if side is Side.LOWER and factor.nonnegative else None
        if alone:
            return found
        if len(found.terms) <= 1 and found.nonnegative_factors:
            ((part, coefficient),) = found.terms.items() or ((UNIT, 0),)
            if coefficient <= 0:
                return ZERO
            scale *= coefficient**power
            simple = multiply_monomials(simple, tuple((f, p * power) for f, p in part))
            continue
        for _ in range(power):
            value = times(value, found)
    return times(value, product(simple)).scaled(scale)


def times(left: Polynomial, right: Polynomial) -> Polynomial:
    """The product of bounds of quantities that are not negative, with a bounded number of terms.

    Where a bound could be below 0 it counts as 0.
    """
    for one, other in ((left, right), (right, left)):
        if one.constant is not None:
            return other.scaled(max(0, one.constant))
    left, right = _multiplicand(left), _multiplicand(right)
    if len(left.terms) * len(right.terms) > MAX_PRODUCT:
        if len(left.terms) > len(right.terms):
            left = opaque(left)
        else:
            right = opaque(right)
    return left * right


def _multiplicand(polynomial: Polynomial) -> Polynomial:
    if not polynomial.nonnegative_factors:
        return opaque(polynomial)
    return positive(polynomial)


def _factor_bound(factor: Factor, bounds: Bounds, side: Side, memo: Memo) -> Polynomial | None:
    if factor.names.isdisjoint(bounds):
        return of(factor)
    if isinstance(factor, Symbol):
        return bounds[factor.name].side(side)
    assert isinstance(factor, Atom)
    place = (factor, side)
    if place not in memo:
        memo[place] = _atom_bound(factor, bounds, side, memo)
    return memo[place]


def _atom_bound(atom: Atom, bounds: Bounds, side: Side, memo: Memo) -> Polynomial | None:
    if atom.kind == "quotient":
        return _quotient_bound(atom, bounds, side, memo)
    found = [_substitute(argument, bounds, side, memo) for argument in atom.arguments]
    known = [f for f in found if f is not None]
    if atom.kind in ("max", "min"):
        enough = Side.LOWER if atom.kind == "max" else Side.UPPER
        if not known or (len(known) < len(found) and side is not enough):
            return None
        best = known[0]
        for other in known[1:]:
            best = _extreme(atom.kind, best, other, side)
        return best
    if not known:
        return None
    if atom.kind == "floor":
        return floor_quotient(known[0], atom.divisor)
    return binary_length(known[0])


def within(interval: Interval, bounds: Bounds) -> Interval:
    """The interval of a quantity whose own bounds depend on symbols that lie within `bounds`."""
    low, high = interval.low, interval.high
    return Interval(
        None if low is None else substitute(low, bounds, Side.LOWER),
        None if high is None else substitute(high, bounds, Side.UPPER),
    )


def _quotient_bound(atom: Atom, bounds: Bounds, side: Side, memo: Memo) -> Polynomial | None:
    above = _substitute(atom.arguments[0], bounds, side, memo)
    below = _substitute(atom.arguments[1], bounds, OPPOSITE[side], memo)
    if above is None:
        return None
    if below is None:
        return ZERO if side is Side.LOWER else positive(above)
    return quotient(above, below)
