"""What a condition does for the cost of what it guards.

If a piece runs only where a size x is at least m, then ⌊x/m⌋ is at least 1 whenever it runs. So a
fixed cost c is also at most c·⌊x/m⌋; added up over items, that is at most c·⌊Σx/m⌋. Of the words
of a text, those of five bytes and more are at most a fifth of its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from totemlang.cost.bounding import floor_quotient, smaller, times
from totemlang.cost.evaluation import Side
from totemlang.cost.paths import Outcome
from totemlang.cost.polynomial import ONE, UNIT, Polynomial, Symbol, number, of
from totemlang.cost.tally import Use


def guarded(outcome: Outcome, facts: Iterable[Polynomial]) -> Outcome:
    """A piece that runs only where these polynomials are not negative."""
    guard = _guard(facts)
    if guard is None:
        return outcome
    paths = {
        leaving: evolve(path, tally=path.tally.each(lambda use: _guarded(use, guard)))
        for leaving, path in outcome.paths.items()
    }
    return evolve(outcome, paths=paths, lines=outcome.lines.each(lambda use: _guarded(use, guard)))


def _guard(facts: Iterable[Polynomial]) -> Polynomial | None:
    """What is 1 where the piece runs, and elsewhere 0 or 1: smaller with a larger least size."""
    sizes = [size for size in map(_least_size, facts) if size is not None]
    if not sizes:
        return None
    symbol, least = max(sizes, key=lambda size: (size[1], size[0].name))
    return smaller(ONE, floor_quotient(of(symbol), least), Side.UPPER)


def _least_size(fact: Polynomial) -> tuple[Symbol, int] | None:
    """The size that a fact is about, and the least it can be, if that is over 1."""
    rest = [(m, c) for m, c in fact.terms.items() if m]
    if len(rest) != 1 or fact.fixed >= 0:
        return None
    monomial, coefficient = rest[0]
    factor, power = monomial[0]
    if len(monomial) != 1 or power != 1 or coefficient <= 0:
        return None
    if not isinstance(factor, Symbol) or not factor.nonnegative:
        return None
    least = int(-(fact.fixed // coefficient))
    return (factor, least) if least > 1 else None


def _guarded(use: Use, guard: Polynomial) -> Use:
    upper = use.upper
    if upper is None or upper.fixed <= 0 or any(c < 0 for c in upper.terms.values()):
        return use
    growing = Polynomial({m: c for m, c in upper.terms.items() if m != UNIT})
    return evolve(use, upper=times(guard, number(upper.fixed)) + growing)
