"""Rows cut by the bytes of their strings: whole, in order, no piece with more than it may have."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.data.coded import longest
from totemlang.data.text_pieces import all_bytes, pieces


@given(st.lists(st.integers(0, 40)), st.integers(1, 60), st.integers(1, 8))
def test_pieces_follow_each_other_and_keep_within_their_bounds(
    sizes: list[int], most: int, rows: int
) -> None:
    cuts = list(pieces(np.array(sizes, dtype=np.int64), most, rows))
    edges = [0, *(stop for _, stop in cuts)]
    assert [start for start, _ in cuts] == edges[:-1]
    assert edges[-1] == len(sizes)
    for start, stop in cuts:
        assert 0 < stop - start <= rows
        assert stop - start == 1 or sum(sizes[start:stop]) <= most
        if stop < len(sizes) and stop - start < rows:
            assert sum(sizes[start : stop + 1]) > most


@pytest.mark.parametrize("texts", [["a"], ["", "bc", ""], [None, "ä", None], ["x" * 100] * 9])
def test_all_bytes_are_seen_from_two_offsets(texts: list[str | None]) -> None:
    array = pa.array(texts, pa.string())
    sizes = [len((text or "").encode()) for text in texts]
    assert all_bytes(array) == sum(sizes)
    assert all_bytes(array.slice(1)) == (sum(sizes[1:]) if len(texts) > 1 else None)


def test_where_no_offsets_can_be_looked_at_all_bytes_are_not_known() -> None:
    assert all_bytes(pa.array(["a"], pa.large_string())) is None
    assert all_bytes(pa.array(["a", "a"]).dictionary_encode()) is None
    assert all_bytes(pa.array([], pa.string())) is None


def test_the_longest_is_exact_beyond_the_limit() -> None:
    array = pa.array(["a", "bbb", "cc"])
    assert longest(array, 2) == 3
    assert longest(array, 6) <= 6
