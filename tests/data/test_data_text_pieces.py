"""Rows cut by the bytes of their strings: whole, in order, no piece with more than it may have."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from totemlang.data.text_pieces import pieces


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
