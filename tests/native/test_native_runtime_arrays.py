"""The runtime's operations on arrays give what the interpreter's meanings give."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from native.runtime_machine import EXAMPLES, FORMATS, Failed, bits, machine, meant
from totemlang.schema.types import INT_RANGE, LONG_RANGE
from totemlang.vm import arrays, checks
from totemlang.vm.failures import OUT_OF_RANGE
from totemlang.vm.limits import MAX_ELEMENTS

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text("ab", max_size=12)
ELEMENTS: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": st.integers(*INT_RANGE) | st.integers(-3, 3),
    "long": st.integers(*LONG_RANGE) | st.integers(-3, 3),
    "float": st.floats(width=32) | st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf]),
    "double": st.floats() | st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf]),
    "string": TEXT,
}
FORMS = sorted(ELEMENTS)


def same(found: Any, expected: Any) -> bool:
    """Whether two values are the same to the last bit."""
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, float) and isinstance(found, float):
        return bits(found) == bits(expected)
    return bool(found == expected)


def value_of(form: str, result: Any) -> Any:
    """A result of a scalar function as a Python value."""
    return machine().text(result) if form == "string" and isinstance(result, int) else result


@pytest.mark.parametrize("form", FORMS)
@EXAMPLES
@given(data=st.data())
def test_reading_and_copying(form: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(ELEMENTS[form], max_size=40))
    own = machine()
    assert own.call("count", (form, values)) == own.call("length", (form, values)) == len(values)
    assert same(own.array(form, own.call(f"copy_array_{form}", (form, values))), values)
    value = data.draw(ELEMENTS[form])
    for asked in [value, *values[:2]]:
        found = own.call(f"contains_{form}", (form, values), asked)
        assert bool(found) is arrays.contains(values, asked)


@pytest.mark.parametrize("form", FORMS)
@EXAMPLES
@given(data=st.data())
def test_extremes(form: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(ELEMENTS[form], max_size=40))
    floating = form in ("float", "double")
    for name, meaning in (
        ("min_of", arrays.min_of_double if floating else arrays.min_of),
        ("max_of", arrays.max_of_double if floating else arrays.max_of),
    ):
        found = value_of(form, machine().call(f"{name}_{form}", (form, values)))
        assert same(found, meant(meaning, values))


def test_extremes_of_zeros_and_nan_at_every_place() -> None:
    for form in ("float", "double"):
        for length in range(1, 20):
            for place in range(length):
                for value, other in ((-0.0, 0.0), (math.nan, 1.0), (0.0, -0.0), (2.0, 3.0)):
                    values = [other] * length
                    values[place] = value
                    least = machine().call(f"min_of_{form}", (form, values))
                    greatest = machine().call(f"max_of_{form}", (form, values))
                    assert same(least, arrays.min_of_double(values))
                    assert same(greatest, arrays.max_of_double(values))


LENGTHS = st.integers(0, 60) | st.sampled_from([23, 24, 25, 255, 999, 1000, 1499, 1500, 3000])


@st.composite
def long_lists(draw: st.DrawFn, form: str) -> list[Any]:
    """Lists long enough for every way of sorting, of few values or many."""
    length = draw(LENGTHS)
    some = draw(st.lists(ELEMENTS[form], min_size=1, max_size=40))
    random = draw(st.randoms(use_true_random=False))
    if form in ("int", "long") and draw(st.booleans()):
        size = draw(st.integers(0, 31 if form == "int" else 63))
        return [random.randrange(-(1 << size), 1 << size) for _ in range(length)]
    if form == "string" and draw(st.booleans()):
        start = draw(st.sampled_from(["", "a", "household-", "é" * 9]))
        size = draw(st.sampled_from([3, 10**9, 10**30]))
        return [f"{start}{random.randrange(size)}" for _ in range(length)]
    if form == "double" and draw(st.booleans()):
        return [random.uniform(-1, 1) * 10.0 ** random.randrange(-9, 9) for _ in range(length)]
    values = [random.choice(some) for _ in range(length)]
    return sorted(values, key=str) if draw(st.booleans()) else values


@pytest.mark.parametrize("form", FORMS)
@EXAMPLES
@given(data=st.data())
def test_sorting(form: str, data: st.DataObject) -> None:
    values = data.draw(long_lists(form))
    own = machine()
    meaning = arrays.sort_double if form in ("float", "double") else arrays.sort
    found = own.array(form, own.call(f"sort_{form}", (form, values)))
    assert same(found, meaning(values))


@pytest.mark.parametrize("form", FORMS)
@EXAMPLES
@given(data=st.data(), descending=st.booleans())
def test_the_order_of_an_array_is_stable(form: str, data: st.DataObject, descending: bool) -> None:
    values = data.draw(long_lists(form))
    own = machine()
    positions = own.call(f"order_{form}", (form, values), descending)
    expected = arrays.order_of(values, descending=descending)
    assert own.array("int", positions) == expected
    taken = own.again(f"take_{form}", (form, values), positions)
    assert same(own.array(form, taken), [values[at] for at in expected])


@EXAMPLES
@given(values=st.lists(ELEMENTS["int"], max_size=70))
def test_sums_of_ints(values: list[int]) -> None:
    assert machine().call("sum_int", ("int", values)) == sum(values)


NEAR = st.sampled_from([2**63 - 1, -(2**63), 2**62, -(2**62), 2**32, -(2**32), 2**31, 1, -1])


@EXAMPLES
@given(values=st.lists(ELEMENTS["long"] | NEAR, max_size=70))
@example(values=[2**63 - 1, 1])
@example(values=[2**63 - 1, 1, -1])
@example(values=[-(2**63), -(2**63), 2**63 - 1, 2**63 - 1])
def test_sums_of_longs(values: list[int]) -> None:
    total = sum(values)
    expected = total if LONG_RANGE[0] <= total <= LONG_RANGE[1] else Failed(OUT_OF_RANGE)
    for name in ("sum_long", "sum_duration"):
        assert machine().call(name, ("long", values)) == expected


@pytest.mark.parametrize("form", FORMS)
@EXAMPLES
@given(data=st.data())
def test_filling(form: str, data: st.DataObject) -> None:
    length, value = data.draw(st.integers(-2, 300)), data.draw(ELEMENTS[form])
    own = machine()
    found = own.call(f"fill_{form}", length, value)
    expected = meant(arrays.fill, length, value)
    assert found == expected if length < 0 else same(own.array(form, found), expected)


def test_filling_has_its_limits() -> None:
    own = machine()
    for form in FORMS:
        value: Any = 0.0 if form in ("float", "double") else "" if form == "string" else 0
        for length in (MAX_ELEMENTS + 1, 2**32, 2**62, 2**63 - 1):
            found = own.call(f"fill_{form}", length, value)
            assert found == Failed("value is larger than the memory limit")
    long = "x" * (1 << 20)
    assert own.call("fill_string", 129, long) == Failed("value is larger than the memory limit")
    assert own.call("length", own.call("fill_string", 128, long)) == 128
    assert own.call("fill_string", -(2**63), "") == Failed("length is negative")


@EXAMPLES
@given(count=st.integers(1, 2**40), over=st.booleans(), data=st.data())
def test_an_aggregate_answers(count: int, over: bool, data: st.DataObject) -> None:
    own = machine()
    for form, sums in (
        ("bool", ()),
        ("int", ("sum_int",)),
        ("long", ("sum_long", "sum_duration")),
        ("float", ("sum_exact_float",)),
        ("double", ("sum_exact_double",)),
    ):
        least = data.draw(ELEMENTS[form])
        total = data.draw(ELEMENTS["double" if form in ("float", "double") else "long"])
        code = "d" if form in ("float", "double") else "q"
        own.raw("reset", own.mark)
        array = own.aggregate(
            form, count, struct.pack(code, total), struct.pack(FORMATS[form], least), over
        )
        assert own.again("count", array) == count
        expected = count if count < 2**31 else Failed(OUT_OF_RANGE)
        assert own.again("length", array) == expected
        assert same(own.again(f"min_of_{form}", array), least)
        assert same(own.again(f"max_of_{form}", array), least)
        for name in sums:
            fails = over and form in ("int", "long")
            assert same(own.again(name, array), Failed(OUT_OF_RANGE) if fails else total)
        assert own.again("strings_bytes", array) == 100
        assert own.again("longest_bytes", array) == 7
        assert own.again(f"copy_array_{form}", array) == array
    empty = own.aggregate("int", 0, b"", b"")
    assert own.again("min_of_int", empty) == Failed("array is empty")
    assert own.again("sum_exact_double", empty) == 0.0


# --- checks


@pytest.mark.parametrize("form", ["int", "long", "float", "double"])
@EXAMPLES
@given(data=st.data())
def test_ranges(form: str, data: st.DataObject) -> None:
    bound = ELEMENTS[form].filter(lambda v: v == v)
    values = data.draw(st.lists(ELEMENTS[form], max_size=9))
    lower, upper = data.draw(bound), data.draw(bound)
    expected = meant(checks.check_range, values, lower, upper)
    found = machine().call(f"check_range_all_{form}", (form, values), lower, upper)
    assert found == (expected if isinstance(expected, Failed) else None)
    for value in values:
        one = meant(checks.check_range, value, lower, upper)
        found = machine().call(f"check_range_{form}", value, lower, upper)
        assert found == (one if isinstance(one, Failed) else None)


@EXAMPLES
@given(values=st.lists(TEXT, max_size=9), limit=st.integers(0, 40), length=st.integers(0, 9))
def test_bytes_and_lengths(values: list[str], limit: int, length: int) -> None:
    own = machine()
    for name, given_, operands in (
        ("check_bytes_all", ("string", values), (values, limit)),
        ("check_bytes", "".join(values), ("".join(values), limit)),
    ):
        expected = meant(checks.check_bytes, *operands)
        found = own.call(name, given_, limit)
        assert found == (expected if isinstance(expected, Failed) else None)
    expected = meant(checks.check_length, values, length)
    found = own.call("check_length", ("string", values), length)
    assert found == (expected if isinstance(expected, Failed) else None)
    found = own.call("same_length", ("string", values), ("int", [1] * length))
    assert found == (expected if isinstance(expected, Failed) else None)
