"""Sums over items are bounded soundly: held against brute force over random groups."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from totemlang.cost.bounding import (
    binary_length,
    floor_quotient,
    larger,
    positive,
    quotient,
    smaller,
    substitute,
    times,
)
from totemlang.cost.coarsening import coarse_lower, coarse_upper
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import Interval, between, exactly
from totemlang.cost.polynomial import Atom, Polynomial, Symbol, number, of
from totemlang.cost.summation import Item, Items, summed


def value_at(polynomial: Polynomial, at: dict[str, int]) -> int | Fraction:
    """The value where every symbol is a number: written without the code under test."""
    result: int | Fraction = 0
    for monomial, coefficient in polynomial.terms.items():
        term = coefficient
        for factor, power in monomial:
            if isinstance(factor, Symbol):
                found = at[factor.name]
            else:
                assert isinstance(factor, Atom)
                values = [value_at(a, at) for a in factor.arguments]
                found = {
                    "max": lambda v=values: max(v),
                    "min": lambda v=values: min(v),
                    "floor": lambda v=values, d=factor.divisor: v[0] // d,
                    "bits": lambda v=values: max(0, int(v[0] // 1)).bit_length(),
                    "quotient": lambda v=values: v[0] // v[1],
                }[factor.kind]()
            term = term * found**power
        result += term
    return result


X = Symbol("x", low=1)
Y = Symbol("y", low=0)
OUTER = Symbol("k", low=2, high=5)
SIGNED = Symbol("v", low=-20, high=20)

sizes = st.sampled_from([of(X), of(Y), of(OUTER), number(1), number(3)])


def grown(inner: st.SearchStrategy[Polynomial]) -> st.SearchStrategy[Polynomial]:
    """Bounds of costs, from smaller ones: none of them ever below 0."""
    values = st.one_of(inner, st.just(of(SIGNED)))
    return st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, c: a.scaled(c), inner, st.integers(0, 9)),
        st.builds(times, inner, inner),
        st.builds(lambda a, b, c: positive(a.scaled(c) - b), inner, values, st.integers(1, 4)),
        st.builds(lambda a, b: positive(a - b), values, inner),
        st.builds(lambda a, b: larger(positive(a), b), values, inner),
        st.builds(lambda a, b: smaller(positive(a), b), values, inner),
        st.builds(floor_quotient, inner, st.integers(1, 5)),
        st.builds(binary_length, inner),
        st.builds(quotient, inner, inner),
    )


costs = st.recursive(sizes, grown, max_leaves=6)
rounds = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(-20, 20)), max_size=6)


def facts(groups: list[tuple[int, int, int]], *, shrinking: bool = False) -> Items:
    """What is published about the groups: exact totals, their number, and extremes."""
    xs = [g[0] for g in groups]
    ys = [g[1] for g in groups]
    everything = Symbol("rows", low=sum(xs), high=sum(xs))
    count = Symbol("keys", low=len(groups), high=len(groups), ceiling=of(everything))
    return Items(
        exactly(of(count)),
        {
            "x": Item(Interval(number(1), of(everything)), exactly(of(everything))),
            "y": Item(between(0, max(ys, default=0)), between(sum(ys), sum(ys) + 3)),
            "v": Item(between(-20, 20)),
        },
        shrinking,
    )


@settings(max_examples=400, deadline=None)
@given(costs, costs, st.integers(0, 3), rounds, st.integers(2, 5))
def test_a_sum_lies_between_its_bounds(
    cost: Polynomial, less: Polynomial, factor: int, groups: list[tuple[int, int, int]], k: int
) -> None:
    combined = cost - less.scaled(factor)
    actual = sum(value_at(combined, {"x": x, "y": y, "v": v, "k": k}) for x, y, v in groups)
    items = facts(groups)
    for side in (Side.LOWER, Side.UPPER):
        bound = summed(combined, items, side)
        assert bound is not None
        assert bound.names <= {"rows", "keys", "k"}
        found = value_at(bound, {"rows": sum(g[0] for g in groups), "keys": len(groups), "k": k})
        assert found >= actual if side is Side.UPPER else found <= actual
        extreme = evaluate(bound, side)
        assert extreme is not None
        assert extreme >= found if side is Side.UPPER else extreme <= found


@settings(max_examples=300, deadline=None)
@given(costs, costs, rounds, st.data())
def test_an_upper_bound_holds_when_records_fail(
    cost: Polynomial, less: Polynomial, groups: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """Records that fail leave groups smaller or out: what was bounded for all still bounds them."""
    combined = positive(cost - less)
    at = [{"x": x, "y": y, "v": v, "k": 3} for x, y, v in groups]
    left = [
        {
            **one,
            "x": data.draw(st.integers(1, one["x"])),
            "y": data.draw(st.integers(0, one["y"])),
        }
        for one in at
        if data.draw(st.booleans())
    ]
    bound = summed(combined, facts(groups, shrinking=True), Side.UPPER)
    assert bound is not None
    found = value_at(bound, {"rows": sum(g[0] for g in groups), "keys": len(groups), "k": 3})
    assert found >= sum(value_at(combined, one) for one in left)


@settings(max_examples=300, deadline=None)
@given(costs, costs, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3))
def test_what_is_subtracted_only_counts_at_its_least_when_records_fail(
    cost: Polynomial, less: Polynomial, groups: list[tuple[int, int]]
) -> None:
    """Where a bound is not below 0 for the full groups, it holds for smaller ones too."""
    full = [(x + 1, y, 0) for x, y in groups]
    combined = cost - less
    values = [value_at(combined, {"x": x, "y": y, "v": v, "k": 3}) for x, y, v in full]
    assume(all(v >= 0 for v in values))
    bound = summed(combined, facts(full, shrinking=True), Side.UPPER)
    assert bound is not None
    found = value_at(bound, {"rows": sum(g[0] for g in full), "keys": len(full), "k": 3})
    least = sum(value_at(combined, {"x": 1, "y": 0, "v": v, "k": 3}) for _, _, v in full)
    assert found >= sum(values)
    assert found >= least


@settings(max_examples=300, deadline=None)
@given(costs, costs, st.integers(0, 3), st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_bounds_put_in_place_of_symbols_bound_the_value(
    cost: Polynomial, less: Polynomial, factor: int, numbers: list[int]
) -> None:
    combined = cost - less.scaled(factor)
    low_x, more_x, low_y, more_y, x, y, v, k = numbers
    bounds = {
        "x": between(1 + low_x, 1 + low_x + more_x),
        "y": Interval(number(low_y), of(Symbol("top", low=0))),
        "v": between(-v, v),
    }
    at = {
        "x": 1 + low_x + x % (more_x + 1),
        "y": low_y + y % (more_y + 1),
        "v": v - x % (2 * v + 1),
        "k": 2 + k % 4,
    }
    actual = value_at(combined, at)
    known = {"k": at["k"], "top": low_y + more_y}
    for side in (Side.LOWER, Side.UPPER):
        bound = substitute(combined, bounds, side)
        assert bound is not None
        found = value_at(bound, known)
        assert found >= actual if side is Side.UPPER else found <= actual


@settings(max_examples=300, deadline=None)
@given(costs, costs, st.integers(0, 3), st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_a_coarser_bound_is_still_a_bound(
    cost: Polynomial, less: Polynomial, factor: int, numbers: list[int]
) -> None:
    combined = cost - less.scaled(factor)
    x, y, v, k = numbers
    at = {"x": 1 + x, "y": y, "v": v - 5, "k": 2 + k % 4}
    actual = value_at(combined, at)
    assert value_at(coarse_upper(combined), at) >= actual
    below = coarse_lower(combined)
    assert below is None or value_at(below, at) <= actual


def test_the_priced_example_of_the_thesis_adds_up() -> None:
    """4 + 8·n + 16·(n − 1) over keys groups of rows values: 24·rows − 12·keys."""
    rows = Symbol("rows", low=6, high=6)
    keys = Symbol("keys", low=1, high=6)
    n = Symbol("n", low=1, high=6)
    cost = number(4) + of(n).scaled(8) + positive(of(n) - 1).scaled(16)
    items = Items(
        exactly(of(keys)),
        {"n": Item(Interval(number(1), of(rows)), exactly(of(rows)))},
    )
    for side in (Side.LOWER, Side.UPPER):
        assert summed(cost, items, side) == of(rows).scaled(24) - of(keys).scaled(12)


def test_sorting_is_bounded_by_one_group_of_all() -> None:
    """Σ n·bits(n) ≤ E·bits(E), and at least E."""
    rows = Symbol("rows", low=1000, high=1000)
    n = Symbol("n", low=1, high=1000)
    items = Items(
        between(1, 1000),
        {"n": Item(Interval(number(1), of(rows)), exactly(of(rows)))},
        shrinking=True,
    )
    cost = times(of(n), binary_length(of(n)))
    upper, lower = (summed(cost, items, side) for side in (Side.UPPER, Side.LOWER))
    assert upper is not None
    assert lower is not None
    assert evaluate(upper, Side.UPPER) == 1000 * 10
    assert evaluate(lower, Side.LOWER) == 1000
