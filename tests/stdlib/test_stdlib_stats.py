"""The statistics library against NumPy, and what must not matter: the order of the values."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from library_calls import array, failing, ran, script

RANDOM = Random("stats")
XS = [RANDOM.gauss(10, 3) for _ in range(101)]
YS = [0.5 * x + RANDOM.gauss(0, 1) for x in XS]
GIVEN = f"double[] xs = {array(XS)}\ndouble[] ys = {array(YS)}\n"


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("stats.mean(xs)", np.mean(XS)),
        ("stats.weighted_mean(xs, ys)", np.average(XS, weights=YS)),
        ("stats.variance(xs)", np.var(XS, ddof=1)),
        ("stats.stddev(xs)", np.std(XS, ddof=1)),
        ("stats.median(xs)", np.median(XS)),
        ("stats.quantile(xs, 0.95)", np.quantile(XS, 0.95)),
        ("stats.quantile(xs, 0.0)", min(XS)),
        ("stats.quantile(xs, 1.0)", max(XS)),
        ("stats.quantile_sorted(sort(xs), 0.333)", np.quantile(XS, 0.333)),
        ("stats.interquartile_range(xs)", np.subtract(*np.quantile(XS, [0.75, 0.25]))),
        ("stats.median_deviation(xs)", np.median(np.abs(np.array(XS) - np.median(XS)))),
        ("stats.covariance(xs, ys)", np.cov(XS, YS)[0, 1]),
        ("stats.correlation(xs, ys)", np.corrcoef(XS, YS)[0, 1]),
        ("stats.slope(xs, ys)", np.polyfit(XS, YS, 1)[0]),
        ("stats.intercept(xs, ys)", np.polyfit(XS, YS, 1)[1]),
        ("stats.linear_fit(xs, ys)[1]", np.polyfit(XS, YS, 1)[0]),
    ],
)
def test_what_numpy_says(call: str, wanted: float) -> None:
    assert script(f"{GIVEN}double found = {call}")["found"] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("kind", ["int", "long", "float"])
def test_other_numbers_give_doubles(kind: str) -> None:
    found = script(
        f"{kind}[] xs = [4, 1, 7, 2]\n{kind}[] ys = [1, 2, 2, 5]\n"
        "double mean = stats.mean(xs)\ndouble variance = stats.variance(xs)\n"
        "double stddev = stats.stddev(xs)\ndouble median = stats.median(xs)\n"
        "double quantile = stats.quantile(xs, 0.9)\n"
        "double correlation = stats.correlation(xs, ys)\n"
    )
    xs = [4, 1, 7, 2]
    assert found["mean"] == 3.5
    assert found["median"] == 3.0
    assert found["variance"] == pytest.approx(np.var(xs, ddof=1))
    assert found["stddev"] == pytest.approx(np.std(xs, ddof=1))
    assert found["quantile"] == pytest.approx(np.quantile(xs, 0.9))
    assert found["correlation"] == pytest.approx(np.corrcoef(xs, [1, 2, 2, 5])[0, 1])


def test_extreme_whole_numbers_do_not_overflow() -> None:
    found = script(
        "int[] xs = [2147483647, -2147483647]\n"
        "double median = stats.median(xs)\ndouble mean = stats.mean(xs)\n"
        "double sd = stats.stddev(xs)"
    )
    assert (found["median"], found["mean"]) == (0.0, 0.0)
    assert found["sd"] == pytest.approx(2147483647 * math.sqrt(2))


def test_means_do_not_depend_on_the_order() -> None:
    values = [1e16, 1.0, -1e16, 3.0, 1e-3]
    turned = values[::-1]
    found = script(
        f"double a = stats.mean({array(values)})\ndouble b = stats.mean({array(turned)})\n"
        f"double c = stats.variance({array(values)})\ndouble d = stats.variance({array(turned)})"
    )
    assert found["a"] == found["b"] == 4.001 / 5
    assert found["c"] == found["d"]


def test_correlation_from_sums_is_the_correlation() -> None:
    sums = [len(XS), sum(XS), sum(YS)]
    sums += [math.fsum(x * x for x in XS), math.fsum(y * y for y in YS)]
    sums += [math.fsum(x * y for x, y in zip(XS, YS, strict=True))]
    given = ", ".join(repr(float(value)) for value in sums)
    found = script(f"double r = stats.correlation_of({given})")["r"]
    assert found == pytest.approx(np.corrcoef(XS, YS)[0, 1], rel=1e-9)


def test_inequality() -> None:
    found = script(
        "double none = stats.gini([5.0, 5.0, 5.0])\ndouble all = stats.gini([0.0, 0.0, 0.0, 1.0])"
    )
    assert found["none"] == pytest.approx(0.0)
    assert found["all"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    "call", ["stats.variance([1.0])", "stats.mean(fill(0, 0.0))", "stats.correlation([1.0], [2.0])"]
)
def test_too_few_values_give_no_number(call: str) -> None:
    assert math.isnan(script(f"double x = {call}")["x"])


@pytest.mark.parametrize("call", ["stats.median(fill(0, 0.0))", "stats.quantile([1.0, 2.0], 1.5)"])
def test_a_quantile_that_is_not_there_fails(call: str) -> None:
    assert failing(f"double x = {call}") == "failed"


@pytest.mark.parametrize(
    ("call", "totem"),
    [
        # call 8, n - 1 additions, len 12, a division of doubles 32
        ("stats.mean(xs)", 8 + 16 * 100 + 12 + 32),
        # the two calls, the sort, and 268 for the place between two values
        ("stats.quantile(xs, 0.25)", 8 + 8 * 101 * 7 + 8 + 268),
        # call, root, call, mean, fill, loop, 128 an element, sum, len - 1, division
        (
            "stats.stddev(xs)",
            56 + 8 + 1652 + 820 + (4 + 102 * 16 + 101 * 8) + 101 * 128 + 1600 + 52,
        ),
        ("stats.correlation_of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)", 304),
    ],
)
def test_what_library_functions_cost(call: str, totem: int) -> None:
    given = ran(f"double[] xs = {array(XS)}").totem
    assert ran(f"double[] xs = {array(XS)}\ndouble y = {call}").totem - given == totem
