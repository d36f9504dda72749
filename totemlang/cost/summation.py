"""Sums over items: what rows, groups or rounds cost together, from what each costs by itself.

An *item symbol* has a value for each item (the length of a string in a row, the size of a group).
Of the values together only a few facts are known: how many items there are, the least and the most
that a value can be, and bounds of all values together. A sum of a polynomial in item symbols is
bounded from these facts alone, term by term, after like terms are combined:

- a term without item symbols is counted;
- a symbol by itself gives the total of its values;
- of a product, one factor gives its total and the others their most (their least from below);
- `max(0, a·x − c)` is convex, and superadditive for c ≥ 0; so Σ max(0, a·x − c) lies between
  max(0, a·Σx − c·count) and max(0, a·Σx − c);
- floored quotients are superadditive; a sum of minima is at most the smaller sum;
- x·bits(x) is no convex function, but it is never below x·log2(x), which is: so its sum is at least
  Σx·log2(Σx/count);
- whatever else grows with its symbols: its most, counted.

Where several of these hold, the one that is best for the known numbers is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from totemlang.cost.bounding import (
    binary_length,
    floor_quotient,
    is_nonnegative,
    positive,
    quotient,
    smaller,
    substitute,
    times,
)
from totemlang.cost.evaluation import OPPOSITE, Side, evaluate
from totemlang.cost.interval import UNKNOWN, Interval
from totemlang.cost.polynomial import (
    ONE,
    UNIT,
    Atom,
    Coefficient,
    Factor,
    Monomial,
    Polynomial,
    Symbol,
    of,
    product,
    weighted,
)

MAX_DEPTH = 4
"""Atoms within atoms that are taken apart; what is deeper is counted at its most."""


MAX_FACTORS = 2
"""Factors of a product of which each may be the one that is summed up; of more, only symbols."""


@frozen
class Item:
    """What is known of the values of an item symbol: each alone, and all together."""

    each: Interval = UNKNOWN
    together: Interval = UNKNOWN


@frozen
class Items:
    """The items of a sum: how many, and their symbols by name.

    `shrinking` tells that some items may be missing or smaller than `together` says, when records
    fail; then nothing is taken off an upper bound but what every item has at least.
    """

    count: Interval
    symbols: Mapping[str, Item]
    shrinking: bool = False
    _noted: dict[tuple[Monomial, Side, bool], Polynomial | None] = field(
        factory=dict, eq=False, repr=False
    )

    @property
    def each(self) -> dict[str, Interval]:
        """Bounds of the values of each symbol."""
        return {name: item.each for name, item in self.symbols.items()}


def summed(polynomial: Polynomial, items: Items, side: Side) -> Polynomial | None:
    """A bound of the sum over all items; None if nothing bounds it on that side."""
    parts: list[tuple[Polynomial, Coefficient]] = []
    for monomial, coefficient in polynomial.terms.items():
        inner, outer = _split(monomial, items)
        off = items.shrinking and side is Side.UPPER and coefficient < 0
        place = (inner, side.under(coefficient), off)
        if place not in items._noted:
            items._noted[place] = _monomial(inner, items, place[1], off=off)
        bound = items._noted[place]
        if bound is None:
            return None
        if outer:
            bound = times(bound, product(outer))
        parts.append((bound, coefficient))
    return weighted(parts)


def _split(monomial: Monomial, items: Items) -> tuple[Monomial, Monomial]:
    free = [each[0].names.isdisjoint(items.symbols) for each in monomial]
    if True not in free:
        return monomial, UNIT
    if False not in free:
        return UNIT, monomial
    parts = list(zip(monomial, free, strict=True))
    return tuple(m for m, is_free in parts if not is_free), tuple(m for m, f in parts if f)


def _monomial(inner: Monomial, items: Items, side: Side, *, off: bool) -> Polynomial | None:
    """A bound of the sum of a product of factors with item symbols."""
    if inner == UNIT:
        return items.count.side(side)
    if off:
        return _counted(inner, items, side)
    if side is Side.EXPECTED:
        return _expected(inner, items)
    best: Polynomial | None = None
    value: Coefficient | None = None
    for candidate in _candidates(inner, items, side):
        found = evaluate(candidate, side)
        if best is None or (
            found is not None
            and (value is None or (found < value if side is Side.UPPER else found > value))
        ):
            best, value = candidate, found
    return best


def _expected(inner: Monomial, items: Items) -> Polynomial | None:
    """What the sum may well be: a total, with the rest half way; else half way, counted."""
    for factor, power in inner:
        if isinstance(factor, Symbol):
            together = items.symbols[factor.name].together.side(Side.EXPECTED)
            rest = _others(inner, factor, power, items, Side.EXPECTED)
            if together is not None and rest is not None:
                return together if rest == ONE else times(together, rest)
    return _counted(inner, items, Side.EXPECTED)


def _candidates(inner: Monomial, items: Items, side: Side) -> Iterator[Polynomial]:
    if side is Side.LOWER and len(inner) == 2:
        yield from _sum_of_logarithms(inner, items)
    for factor, power in inner:
        if isinstance(factor, Atom) and len(inner) > MAX_FACTORS:
            continue
        rest = _others(inner, factor, power, items, side)
        if rest is None:
            continue
        for sum_of_factor in _factor_sums(factor, items, side):
            yield sum_of_factor if rest == ONE else times(sum_of_factor, rest)
    counted = _counted(inner, items, side)
    if counted is not None:
        yield counted


def _sum_of_logarithms(inner: Monomial, items: Items) -> Iterator[Polynomial]:
    """Σ x·bits(x) ≥ Σ x·log2(x) ≥ X·log2(X/count), which is convex; X is the sum of all x."""
    for (one, power), (other, exponent) in (inner, inner[::-1]):
        if not (isinstance(one, Symbol) and isinstance(other, Atom) and power == exponent == 1):
            continue
        together = items.symbols[one.name].together.low if one.name in items.symbols else None
        count = items.count.high
        if other.kind == "bits" and other.arguments[0] == of(one) and together and count:
            mean = quotient(together, count)
            yield times(together, positive(binary_length(mean) - 1))


def _others(
    inner: Monomial, chosen: Factor, power: int, items: Items, side: Side
) -> Polynomial | None:
    """What the rest of a product is for each item, when `chosen` is taken once as a total."""
    rest = tuple((f, p if f != chosen else p - 1) for f, p in inner)
    rest = tuple((f, p) for f, p in rest if p)
    return substitute(product(rest), items.each, side) if rest else ONE


def _counted(inner: Monomial, items: Items, side: Side) -> Polynomial | None:
    """The bound of each item, as often as there are items."""
    each = substitute(product(inner), items.each, side)
    if each is None:
        return None
    constant = each.constant
    if constant is not None and constant < 0:
        # What is negative counts most where there are least items.
        count = items.count.side(OPPOSITE[side])
        return None if count is None else count.scaled(constant)
    if constant is None and side is Side.LOWER and not all(f.nonnegative for f, _ in inner):
        return None
    count = items.count.side(side)
    return None if count is None else times(count, each)


def _factor_sums(factor: Factor, items: Items, side: Side) -> Iterator[Polynomial]:
    """Bounds of the sum of one factor over all items, other than by counting."""
    if isinstance(factor, Symbol):
        together = items.symbols[factor.name].together.side(side)
        if together is not None:
            yield together
        return
    assert isinstance(factor, Atom)
    if factor.depth > MAX_DEPTH:
        return
    if factor.kind == "max":
        yield from _sums_of_larger(factor, items, side)
    elif factor.kind == "min" and side is Side.UPPER:
        yield from _sums_of_smaller(factor, items)
    elif factor.kind == "floor" and side is Side.UPPER:
        (inside,) = factor.arguments
        sum_inside = summed(inside, items, side)
        if sum_inside is not None:
            yield floor_quotient(sum_inside, factor.divisor)


def _sums_of_smaller(atom: Atom, items: Items) -> Iterator[Polynomial]:
    sums = [summed(argument, items, Side.UPPER) for argument in atom.arguments]
    known = [s for s in sums if s is not None]
    if known:
        least = known[0]
        for other in known[1:]:
            least = smaller(least, other, Side.UPPER)
        yield least


def _sums_of_larger(atom: Atom, items: Items, side: Side) -> Iterator[Polynomial]:
    """`max(p, q)` as q + max(0, p − q), for the arguments in either role."""
    if side is Side.LOWER:
        for argument in atom.arguments:
            found = summed(argument, items, side)
            if found is not None:
                yield positive(found) if atom.nonnegative else found
        return
    if len(atom.arguments) != 2:
        return
    for base, other in (atom.arguments, atom.arguments[::-1]):
        excess = _sum_of_positive(other - base, items)
        under = summed(base, items, side)
        if excess is not None and under is not None:
            yield under + excess


def _sum_of_positive(difference: Polynomial, items: Items) -> Polynomial | None:
    """An upper bound of Σ max(0, d): superadditive where what is fixed in d is not above 0."""
    fixed: dict[Monomial, Coefficient] = {}
    growing: dict[Monomial, Coefficient] = {}
    for monomial, coefficient in difference.terms.items():
        inner, _ = _split(monomial, items)
        if inner and not (coefficient > 0 and all(f.nonnegative for f, _ in monomial)):
            return None
        (growing if inner else fixed)[monomial] = coefficient
    least = Polynomial(fixed)
    if not is_nonnegative(-least):
        return None
    sum_growing = summed(Polynomial(growing), items, Side.UPPER)
    return None if sum_growing is None else positive(sum_growing + least)
