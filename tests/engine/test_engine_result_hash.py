"""The hash of a result, made in pieces and beside other work."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from totemlang.engine.result_hash import HashInMaking, table_hash
from totemlang.schema.types import Field, Kind, Type


@pytest.mark.parametrize("rows", [0, 1, 100, 200_000])
def test_a_hash_made_beside_other_work_is_the_same(rows: int) -> None:
    columns = (Field("n", Type(Kind.LONG)), Field("x", Type(Kind.DOUBLE)))
    numbers = list(range(rows))
    values = [math.nan if n % 7 == 3 else n / 3 for n in numbers]
    whole = pa.table({"n": pa.array(numbers, pa.int64()), "x": pa.array(values, pa.float64())})
    pieces = pa.concat_tables([whole.slice(0, rows // 3), whole.slice(rows // 3)])
    assert HashInMaking(pieces, columns).result() == table_hash(whole, columns)


def test_what_goes_wrong_in_a_hash_made_beside_other_work_is_raised() -> None:
    table = pa.table({"x": pa.array(range(200_000))})
    with pytest.raises(ValueError, match="zip"):
        HashInMaking(table, ()).result()


def test_a_nan_of_any_kind_is_hashed_as_the_one_nan() -> None:
    column = Field("x", Type(Kind.DOUBLE))
    nans = np.array([0x7FF8 << 48, 0xFFF8 << 48, (0x7FF8 << 48) + 5, 0], np.uint64)
    found = pa.table({"x": pa.array(nans.view(np.float64), from_pandas=False)})
    one = pa.table({"x": pa.array([math.nan] * 3 + [0.0])})
    assert table_hash(found, (column,)) == table_hash(one, (column,))
