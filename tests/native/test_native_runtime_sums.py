"""Exact sums in native code: the correctly rounded sum, whatever the numbers and their order."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from native.runtime_machine import EXAMPLES, bits, machine, single
from totemlang.vm.exact_sum import ExactSum

LARGEST = 1.7976931348623157e308
NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e308, -1e308, LARGEST, -LARGEST, 5e-324, -5e-324, 2.0**-1022])
    | st.sampled_from([0.0, -0.0, 1.0, 2.0**53, -(2.0**53), 1e16, -1e16, 0.1, 2.0**971])
    | st.floats(-1e6, 1e6)
)
SPECIAL = NUMBERS | st.sampled_from([math.inf, -math.inf, math.nan])


def reference(values: list[float]) -> float:
    """By fractions, or by what is not finite."""
    if any(v != v for v in values) or {math.inf, -math.inf} <= set(values):
        return math.nan
    for end in (math.inf, -math.inf):
        if end in values:
            return end
    total = sum(map(Fraction, values), Fraction(0))
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def native_sum(values: list[float]) -> float:
    found: float = machine().call("sum_exact_double", ("double", values))
    return found


def summed(way: str, values: list[float]) -> float:
    """The sum by a way into the large sum, which few numbers do not take by themselves."""
    own = machine()
    own.raw("reset", own.mark)
    data, total = own.bytes_at(struct.pack(f"<{len(values)}d", *values)), own.raw("sum_begin")
    own.raw(way, total, data, len(values))
    found: float = own.raw("sum_end", total)
    return found


@EXAMPLES
@given(values=st.lists(SPECIAL, max_size=200))
@example(values=[])
@example(values=[-0.0])
@example(values=[-0.0, -0.0])
@example(values=[LARGEST, LARGEST, -LARGEST])
@example(values=[LARGEST, 2.0**970])
@example(values=[LARGEST, math.nextafter(2.0**970, 0)])
@example(values=[1e308, 1e308])
@example(values=[1.0, 2.0**-53])
@example(values=[1.0, 2.0**-53, 2.0**-1074])
@example(values=[1.0, 2.0**-53, -(2.0**-1074)])
@example(values=[1.0 + 2.0**-52, 2.0**-53])
@example(values=[math.inf, -math.inf])
@example(values=[math.nan, math.inf])
def test_it_is_the_exact_sum_rounded_once(values: list[float]) -> None:
    expected = bits(reference(values))
    assert bits(native_sum(values)) == expected
    for way in ("sum_each", "sum_block"):
        assert bits(summed(way, values)) == expected


def wild(source: random.Random, length: int) -> list[float]:
    """Any bits that are a finite double."""
    found = []
    while len(found) < length:
        (value,) = struct.unpack("<d", source.randbytes(8))
        if math.isfinite(value):
            found.append(value)
    return found


def tiny(source: random.Random, length: int) -> list[float]:
    """Subnormals, and normal numbers near them."""
    return [source.choice((-1, 1)) * source.getrandbits(54) * 2.0**-1074 for _ in range(length)]


def huge(source: random.Random, length: int) -> list[float]:
    """So large that sums on the way have no double."""
    return [source.choice((-1, 1)) * source.uniform(0.5, 1) * LARGEST for _ in range(length)]


def cancelling(source: random.Random, length: int) -> list[float]:
    """Each number with its opposite, and a small rest."""
    half = [source.uniform(-1, 1) * 2.0 ** source.randrange(-60, 60) for _ in range(length // 2)]
    return [*half, *(-v for v in half), 2.0 ** source.randrange(-1074, 0)]


def tied(source: random.Random, length: int) -> list[float]:
    """Sums that lie halfway between doubles, or a hair beside."""
    ones = [1.0] * (length - 2)
    last = math.ulp(float(length)) / 2
    return [*ones, last, source.choice((0.0, 2.0**-1074, -(2.0**-1074), last, 2.0**-500))]


def ordinary(source: random.Random, length: int) -> list[float]:
    """Amounts of money and measurements."""
    return [round(source.lognormvariate(3, 2), 2) for _ in range(length)]


def outlying(source: random.Random, length: int) -> list[float]:
    """Ordinary numbers, and now and then one that is not."""
    found = [source.gauss(0, 1) for _ in range(length)]
    for _ in range(length // 300 + 1):
        found[source.randrange(length)] = source.choice((1e300, -1e-300, 5e-324, 1e30, 2.0**1023))
    return found


def edges_of_cuts(source: random.Random, length: int) -> list[float]:
    """Powers of two and their neighbours, over the digits that a block is cut at."""
    found = [math.ldexp(1.0, source.randrange(-110, 60)) for _ in range(length)]
    return [source.choice((v, -v, math.nextafter(v, 0), -math.nextafter(v, 1e9))) for v in found]


KINDS = (wild, tiny, huge, cancelling, tied, ordinary, outlying, edges_of_cuts)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_numbers_meant_to_break_it(
    kind: Callable[[random.Random, int], list[float]],
) -> None:
    source = random.Random(kind.__name__)
    for length in (2, 3, 20, 127, 128, 129, 500, 2047, 2048, 2049, 2050, 7001):
        values = kind(source, length)
        exact = ExactSum()
        exact.extend(values)
        expected = bits(exact.result())
        assert bits(native_sum(values)) == expected, length
        source.shuffle(values)
        assert bits(native_sum(values)) == expected, length
        try:
            assert bits(math.fsum(values) + 0.0) == expected
        except OverflowError:  # on the way only
            assert kind in (huge, wild, outlying)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_any_split_gives_the_same_bits(
    kind: Callable[[random.Random, int], list[float]],
) -> None:
    """Blocks of any lengths, by the fast way and number by number, into one sum."""
    source, own = random.Random(kind.__name__), machine()
    values = kind(source, 5000)
    expected = bits(native_sum(values))
    for _ in range(4):
        own.raw("reset", own.mark)
        data = own.bytes_at(struct.pack(f"<{len(values)}d", *values))
        total, at = own.raw("sum_begin"), 0
        while at < len(values):
            count = min(source.randint(1, 2048), len(values) - at)
            way = source.choice(("sum_block", "sum_block", "sum_each"))
            own.raw(way, total, data + 8 * at, count)
            at += count
        assert bits(own.raw("sum_end", total)) == expected


@EXAMPLES
@given(values=st.lists(st.floats(width=32) | st.floats(-100, 100, width=32), max_size=60))
@example(values=[single(3.4e38)] * 50)
@example(values=[2.0**-149] * 3)
@example(values=[-0.0])
def test_binary32_numbers_are_added_as_doubles(values: list[float]) -> None:
    for times in (1, 3, 50):
        found = machine().call("sum_exact_float", ("float", values * times))
        assert bits(found) == bits(reference(values * times))


def test_very_many_of_the_largest() -> None:
    count = 300_000
    values = [LARGEST] * count + [-LARGEST] * (count - 1)
    assert native_sum(values) == LARGEST
    assert native_sum([LARGEST] * count) == math.inf
    assert native_sum([-(2.0**-1074)] * count) == -count * 2.0**-1074
