"""What reading groups costs is exact, however large they are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from totemlang.native.reading import exact_total


@given(st.lists(st.integers(0, 2**62)))
def test_sizes_add_up_beyond_64_bits(sizes: list[int]) -> None:
    assert exact_total(np.array(sizes, dtype=np.int64)) == sum(sizes)
