"""Bytes of strings, alone and together: at least one each, a missing one included."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from totemlang.vm import sizes
from totemlang.vm.aggregate import Aggregate

TEXTS = st.sampled_from(["", "a", "ab", "€", "äö", "𝒳𝒳", "\0"]) | st.text(max_size=4)


def size(text: str | None) -> int:
    return max(1, len((text or "").encode()))


@given(st.lists(TEXTS | st.none(), max_size=40), st.integers(1, 7))
def test_sizes_of_a_column_add_up(column: list[str | None], at_once: int) -> None:
    before = sizes._AT_ONCE
    sizes._AT_ONCE = at_once
    try:
        assert sizes.strings_bytes(column) == sum(map(size, column))
    finally:
        sizes._AT_ONCE = before
    assert [sizes.string_bytes(text) for text in column] == list(map(size, column))


@given(st.lists(TEXTS, max_size=20))
def test_the_longest_has_at_least_a_byte(array: list[str]) -> None:
    assert sizes.longest_bytes(array) == max([1, *map(size, array)])


def test_an_aggregate_knows_its_sizes() -> None:
    assert sizes.strings_bytes(Aggregate(2, 7, 6)) == 7
    assert sizes.longest_bytes(Aggregate(2, 7, 6)) == 6
    assert sizes.longest_bytes(Aggregate(0, 0, 0)) == 1
