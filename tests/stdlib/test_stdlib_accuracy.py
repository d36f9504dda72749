"""The math library against arithmetic of high precision: errors in units of the last place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import mpmath
import pytest
from library_calls import mapped
from mpmath import mp, mpf

DRAWS = 300

Draw = Callable[[Random], float]


def evenly(low: float, high: float) -> Draw:
    """Numbers from an interval."""
    return lambda random: random.uniform(low, high)


def widely(low: float, high: float) -> Draw:
    """Numbers of both signs whose sizes are spread over many powers of ten."""
    return lambda random: (
        math.exp(random.uniform(math.log(low), math.log(high))) * random.choice((1, -1))
    )


def size(low: float, high: float) -> Draw:
    """Positive numbers whose sizes are spread over many powers of ten."""
    return lambda random: math.exp(random.uniform(math.log(low), math.log(high)))


def near_quarter_turns(random: Random) -> float:
    """The doubles nearest to multiples of π/2, where the reduction loses the most digits."""
    with mp.workprec(200):
        return float(random.randrange(1, 10**9) * mp.pi / 2)


def error(found: float, exact: mpf) -> float:
    """The distance in units in the last place of the exact value."""
    nearest = float(exact)
    if math.isinf(nearest):
        return 0.0 if found == nearest else math.inf
    last = max(math.frexp(nearest)[1] - 53, -1074)
    return float(abs(mpf(found) - exact) / mpf(2) ** last)


UNARY: list[tuple[str, Callable[[mpf], mpf], Draw, float]] = [
    ("exp", mpmath.exp, evenly(-744, 709), 1.0),
    ("exp", mpmath.exp, evenly(-1, 1), 1.0),
    ("expm1", mpmath.expm1, widely(1e-20, 40), 1.5),
    ("log", mpmath.log, size(1e-320, 1e308), 1.0),
    ("log", mpmath.log, evenly(0.5, 2), 1.0),
    ("log1p", mpmath.log1p, size(1e-20, 1e10), 1.5),
    ("log1p", mpmath.log1p, evenly(-0.9, 1), 1.5),
    ("log2", lambda x: mpmath.log(x) / mpmath.log(2), size(1e-300, 1e300), 1.0),
    ("log10", mpmath.log10, evenly(0.5, 2000), 1.0),
    ("sin", mpmath.sin, evenly(-10, 10), 1.0),
    ("sin", mpmath.sin, widely(1e-5, 1e300), 1.0),
    ("sin", mpmath.sin, near_quarter_turns, 1.0),
    ("cos", mpmath.cos, evenly(-10, 10), 1.0),
    ("cos", mpmath.cos, widely(1e-5, 1e300), 1.0),
    ("cos", mpmath.cos, near_quarter_turns, 1.0),
    ("tan", mpmath.tan, evenly(-10, 10), 1.5),
    ("tan", mpmath.tan, near_quarter_turns, 1.5),
    ("atan", mpmath.atan, widely(1e-5, 1e5), 1.0),
    ("asin", mpmath.asin, evenly(-1, 1), 2.0),
    ("acos", mpmath.acos, evenly(-1, 1), 2.0),
    ("tanh", mpmath.tanh, widely(1e-6, 25), 1.5),
]


@pytest.mark.parametrize(
    ("name", "exact", "draw", "most"), UNARY, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(UNARY)]
)
def test_a_function_is_accurate(
    name: str, exact: Callable[[mpf], mpf], draw: Draw, most: float, tmp_path: Path
) -> None:
    random = Random(name)
    xs = [draw(random) for _ in range(DRAWS)]
    found = mapped(f"math.{name}(row.x)", tmp_path, x=xs)
    with mp.workprec(1300):
        worst = max((error(y, exact(mpf(x))), x) for x, y in zip(xs, found, strict=True))
    assert worst[0] < most, f"{worst[0]:.2f} units in the last place at {worst[1]!r}"


def powers(random: Random) -> Iterator[tuple[float, float]]:
    """Bases and exponents: moderate, of all sizes, and bases near 1 with large exponents."""
    for _ in range(DRAWS // 3):
        yield math.exp(random.uniform(-5, 5)), random.uniform(-50, 50)
        base = math.exp(random.uniform(-600, 600))
        yield base, random.uniform(-700, 700) / math.log(base)
        base = 1 + random.uniform(-1, 1) * 10 ** random.uniform(-12, -1)
        yield base, random.uniform(-700, 700) / math.log(base)


def test_powers_are_accurate(tmp_path: Path) -> None:
    pairs = list(powers(Random("pow")))
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    found = mapped("math.pow(row.x, row.y)", tmp_path, x=xs, y=ys)
    with mp.workprec(400):
        errors = [error(z, mpf(x) ** mpf(y)) for (x, y), z in zip(pairs, found, strict=True)]
    assert max(errors) < 1.0


def test_lengths_are_accurate_at_every_scale(tmp_path: Path) -> None:
    random = Random("hypot")
    scales = [10.0 ** random.randrange(-300, 300) for _ in range(DRAWS)]
    xs = [random.uniform(-5, 5) * scale for scale in scales]
    ys = [random.uniform(-5, 5) * scale * 10 ** random.uniform(-3, 3) for scale in scales]
    found = mapped("math.hypot(row.x, row.y)", tmp_path, x=xs, y=ys)
    with mp.workprec(400):
        exact = [mpmath.hypot(mpf(x), mpf(y)) for x, y in zip(xs, ys, strict=True)]
        assert max(map(error, found, exact)) < 1.0


def test_angles_are_accurate_in_every_quadrant(tmp_path: Path) -> None:
    random = Random("atan2")
    xs = [random.uniform(-5, 5) for _ in range(DRAWS)]
    ys = [random.uniform(-5, 5) for _ in range(DRAWS)]
    found = mapped("math.atan2(row.y, row.x)", tmp_path, x=xs, y=ys)
    with mp.workprec(200):
        exact = [mpmath.atan2(mpf(y), mpf(x)) for x, y in zip(xs, ys, strict=True)]
        assert max(map(error, found, exact)) < 1.5


def test_the_hardest_argument_of_all_is_reduced_well(tmp_path: Path) -> None:
    # No double comes nearer to a multiple of π/2, in proportion to its size.
    x = 6381956970095103 * 2.0**797
    (sine,) = mapped("math.sin(row.x)", tmp_path, x=[x])
    (cosine,) = mapped("math.cos(row.x)", tmp_path, x=[x])
    assert (sine, cosine) == (1.0, -4.687165924254628e-19)


def test_logarithms_of_whole_powers_are_whole(tmp_path: Path) -> None:
    exponents = range(-1074, 1024)
    assert mapped("math.log2(row.x)", tmp_path, x=[2.0**n for n in exponents]) == list(exponents)
    tens = range(23)
    assert mapped("math.log10(row.x)", tmp_path, x=[10.0**n for n in tens]) == list(tens)
