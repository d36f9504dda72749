"""Tasks are of about one size, however a file is cut, and always the same ones."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.engine.tasks import LEAST_ROWS, MOST_ROWS, TASKS, even

MILLION = 1 << 20


@pytest.mark.parametrize(
    ("sizes", "tasks"),
    [
        ([], [0]),
        ([0], [0]),
        ([5], [5]),
        ([1_000_000], [125_000] * 8),  # one row group keeps several workers busy
        ([MILLION] * 9 + [600_000], [MILLION] * 9 + [600_000]),
        ([4 * MILLION] * 4, [MILLION] * 16),
        ([1_000] * 100, [33_000] * 3 + [1_000]),
        ([10] * 3, [30]),
    ],
)
def test_large_pieces_are_cut_and_small_ones_are_taken_together(
    sizes: list[int], tasks: list[int]
) -> None:
    edges = even(list(accumulate(sizes, initial=0)))
    assert [stop - start for start, stop in pairwise(edges)] == tasks


@given(st.lists(st.integers(0, 3 * MILLION), max_size=30))
def test_tasks_are_all_rows_in_order_and_of_about_one_size(sizes: list[int]) -> None:
    edges = list(accumulate(sizes, initial=0))
    found = even(edges)
    assert found[0] == 0
    assert found[-1] == edges[-1]
    assert len(found) > 1
    size = max(LEAST_ROWS, min(MOST_ROWS, edges[-1] // TASKS))
    taken = [stop - start for start, stop in pairwise(found)]
    assert all(rows >= size // 2 for rows in taken[:-1])
    assert all(rows <= 2 * size for rows in taken)
