"""The math library where there is nothing to compute: zeros and their signs, infinities, NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from library_calls import failing, mapped, script

INF, NAN = math.inf, math.nan
LARGE, SMALL = 1.7976931348623157e308, 5e-324
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 2.0**53, LARGE, -LARGE, SMALL, -SMALL, INF)
SPECIAL += (-INF, NAN)


def same(found: float, wanted: float) -> bool:
    """Equal with equal signs, both NaN, or neighbours where a value is computed."""
    if math.isnan(found) or math.isnan(wanted):
        return math.isnan(found) and math.isnan(wanted)
    if found == wanted:
        return math.copysign(1, found) == math.copysign(1, wanted)
    return math.isclose(found, wanted, rel_tol=4e-16)


def guarded(function: Callable[..., float], *arguments: float) -> float:
    """What C gives where Python raises: NaN outside of the domain, infinity beyond the range."""
    try:
        return function(*arguments)
    except ValueError:
        return NAN
    except OverflowError:
        return INF


def natural(function: Callable[[float], float]) -> Callable[[float], float]:
    """A logarithm, which is minus infinity at 0."""
    return lambda x: -INF if x == 0 else guarded(function, x)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("exp", math.exp),
        ("expm1", math.expm1),
        ("log", natural(math.log)),
        ("log2", natural(math.log2)),
        ("log10", natural(math.log10)),
        ("log1p", lambda x: -INF if x == -1 else guarded(math.log1p, x)),
        ("sin", math.sin),
        ("cos", math.cos),
        ("tan", math.tan),
        ("atan", math.atan),
        ("asin", math.asin),
        ("acos", math.acos),
        ("tanh", math.tanh),
    ],
)
def test_functions_of_one_number(
    name: str, wanted: Callable[[float], float], tmp_path: Path
) -> None:
    found = mapped(f"math.{name}(row.x)", tmp_path, x=SPECIAL)
    wrong = [
        (x, y, guarded(wanted, x))
        for x, y in zip(SPECIAL, found, strict=True)
        if not same(y, guarded(wanted, x))
    ]
    assert wrong == []


def power(x: float, y: float) -> float:
    """What C gives for x to the power y, poles and large results included."""
    if x == 0 and y < 0:
        odd = abs(y) < 2**53 and y % 2 == 1
        return math.copysign(INF, x) if odd else INF
    try:
        return math.pow(x, y)
    except ValueError:
        return NAN
    except OverflowError:
        return -INF if x < 0 and y % 2 == 1 else INF


@pytest.mark.parametrize(
    ("name", "wanted"), [("pow", power), ("atan2", math.atan2), ("hypot", math.hypot)]
)
def test_functions_of_two_numbers(
    name: str, wanted: Callable[[float, float], float], tmp_path: Path
) -> None:
    pairs = list(product(SPECIAL, SPECIAL))
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    found = mapped(f"math.{name}(row.x, row.y)", tmp_path, x=xs, y=ys)
    wrong = [
        (x, y, z, wanted(x, y))
        for (x, y), z in zip(pairs, found, strict=True)
        if not same(z, wanted(x, y))
    ]
    assert wrong == []


def test_signs_ranges_and_places() -> None:
    found = script(
        """
        double a = math.sign(-3.5)
        double b = math.sign(0.0)
        double c = math.clamp(7.0, 0.0, 5.0)
        long d = math.clamp(-1, 0, 5)
        double e = math.round_to(2.71828, 2)
        double f = math.round_to(1234.0, -2)
        double g = math.round_to(2.5, 0)
        bool h = math.is_nan(math.nan)
        bool i = math.is_finite(math.infinity)
        bool j = math.is_finite(1.0)
        """
    )
    assert found == {
        "a": -1.0, "b": 0.0, "c": 5.0, "d": 0, "e": 2.72, "f": 1200.0, "g": 2.0,
        "h": True, "i": False, "j": True,
    }  # fmt: skip


def test_constants_are_the_nearest_doubles() -> None:
    found = script("double a = math.pi\ndouble b = math.e\ndouble c = math.tau")
    assert found == {"a": math.pi, "b": math.e, "c": math.tau}


def test_rounding_to_places_fails_beyond_whole_numbers() -> None:
    assert failing("double x = math.round_to(1e300, 2)") == "failed"
