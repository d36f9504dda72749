"""Rows of several providers become one by the merge rule, at a price that can be reckoned."""

from __future__ import annotations

import hashlib
import math
import struct

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.bytecode.module import Emitted, Value
from totemlang.data.kinds import ARROW
from totemlang.data.python_values import to_array, to_values
from totemlang.diagnostics import BadData, OperationFailed
from totemlang.engine.result_hash import table_hash
from totemlang.node.merging import check_columns, merge_rows, stack_rows
from totemlang.node.result_form import read_result, write_result
from totemlang.schema.types import DATE, DOUBLE, INT, LONG, STRING, Field, Kind, Type
from totemlang.tables.prices import default_prices

PRICES = default_prices()
COLUMNS = (Field("name", STRING), Field("total", DOUBLE), Field("n", LONG))
EMITTED = Emitted(COLUMNS, 1)


def table(rows: list[tuple[Value, ...]], columns: tuple[Field, ...] = COLUMNS) -> pa.Table:
    """A result as the engine gives it."""
    values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    arrays = [to_array(v, c.type.kind) for v, c in zip(values, columns, strict=True)]
    schema = pa.schema([pa.field(c.name, ARROW[c.type.kind], nullable=False) for c in columns])
    return pa.Table.from_arrays(arrays, schema=schema)


def rows_of(found: pa.Table) -> list[tuple[object, ...]]:
    """Its rows."""
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def test_equal_keys_combine_and_other_keys_are_added() -> None:
    north = table([("ann", 0.1, 1), ("cid", 2.0, 2)])
    south = table([("ann", 0.2, 3), ("bob", 1.0, 1)])
    found = merge_rows([north, south], EMITTED, ("sum", "count"), PRICES)
    assert rows_of(found.table) == [("ann", 0.1 + 0.2, 4), ("bob", 1.0, 1), ("cid", 2.0, 2)]
    # four rows of 3 + 8 + 8 bytes read; of the two of ann one joins: two additions of 2 · 8
    assert found.totem == 4 * 19 + 2 * 16
    assert found.reading == 3 * 19


def test_the_least_and_the_greatest_are_compared() -> None:
    columns = (Field("day", DATE), Field("low", DOUBLE), Field("high", STRING))
    parts = [
        table([(1, -0.0, "b")], columns),
        table([(1, 0.0, "abc")], columns),
        table([(1, 1.0, "bb")], columns),
    ]
    found = merge_rows(parts, Emitted(columns, 1), ("min", "max"), PRICES)
    (low,) = to_values(found.table.column("low").chunk(0), Kind.DOUBLE)
    assert isinstance(low, float)
    assert math.copysign(1.0, low) == -1.0
    assert found.table.column("high").to_pylist() == ["bb"]
    # read: 3 · (3 + 8) and 1 + 3 + 2 bytes; two rows join: relational · 8 and · the longest's 3
    assert found.totem == 33 + 6 + 2 * (8 + 3)
    nan = merge_rows(
        [parts[0], table([(1, math.nan, "")], columns)], Emitted(columns, 1), ("min", "max"), PRICES
    )
    assert math.isnan(nan.table.column("low").to_pylist()[0])


def test_sums_are_exact_and_do_not_wrap() -> None:
    parts = [table([("a", value, 1)]) for value in (1e308, 1e308, -1e308)]
    found = merge_rows(parts, EMITTED, ("sum", "count"), PRICES)
    assert rows_of(found.table) == [("a", 1e308, 3)]
    full = [table([("a", 0.0, 2**62)]) for _ in range(2)]
    with pytest.raises(OperationFailed, match="out of range"):
        merge_rows(full, EMITTED, ("sum", "count"), PRICES)


@given(
    st.lists(st.lists(st.tuples(st.text("abc", max_size=2), st.integers(-9, 9)), max_size=5)),
)
def test_the_order_of_providers_changes_nothing(parts: list[list[tuple[str, int]]]) -> None:
    columns = (Field("k", STRING), Field("v", LONG))
    tables = [table(list(dict(rows).items()), columns) for rows in parts]
    found = merge_rows(tables, Emitted(columns, 1), ("sum",), PRICES)
    again = merge_rows(tables[::-1], Emitted(columns, 1), ("sum",), PRICES)
    assert found.table.equals(again.table)
    assert found.totem == again.totem
    keys = found.table.column("k").to_pylist()
    assert keys == sorted(set(keys))


def test_stacked_rows_name_their_provider_first() -> None:
    columns = (Field("provider", STRING), Field("v", INT))
    parts = [("south", [("x", 1)]), ("north", []), ("south", [("w", 0)])]
    found = stack_rows([(name, table(rows, columns)) for name, rows in parts], columns)
    assert found.column_names == ["provider2", "provider", "v"]
    assert rows_of(found) == [("south", "x", 1), ("south", "w", 0)]


def test_a_result_of_other_columns_is_bad_data() -> None:
    found = table([("a", 1.0, 1)])
    check_columns(found, COLUMNS, COLUMNS)
    with pytest.raises(BadData, match="other columns"):
        check_columns(found, COLUMNS, COLUMNS[:2])


# --- how a result travels

EVERY = tuple(Field(kind.value, Type(kind)) for kind in Kind)
ROW: tuple[Value, ...] = (True, -5, 2**62, 0.1, math.nan, -1, 1, -(2**40), "Zoë\n\0")


def test_a_result_travels_as_what_is_hashed() -> None:
    row = tuple(
        struct.unpack("f", struct.pack("f", value))[0] if field.type.kind is Kind.FLOAT else value
        for field, value in zip(EVERY, ROW, strict=True)
    )
    whole = table([row, row], EVERY)
    data = write_result(whole, EVERY)
    assert hashlib.sha256(data).hexdigest() == table_hash(whole, EVERY)
    found, columns = read_result(data)
    assert columns == EVERY
    assert table_hash(found, columns) == table_hash(whole, EVERY)
    assert write_result(found, columns) == data


def test_a_result_without_rows_travels() -> None:
    assert read_result(write_result(table([]), COLUMNS))[0].num_rows == 0


@given(st.integers(0, 200), st.binary(max_size=3))
def test_a_damaged_result_is_refused_or_another(at: int, instead: bytes) -> None:
    data = write_result(table([("ann", 0.5, 1), ("bob", 1.5, 2)]), COLUMNS)
    damaged = data[:at] + instead + data[at + 1 :]
    try:
        found, columns = read_result(damaged)
    except BadData:
        return
    assert write_result(found, columns) == damaged or b"\xff" in damaged


@pytest.mark.parametrize("data", [b"", b"totem result 1\n", b"totem result 1\n" + b"\xff" * 8])
def test_what_is_no_result_is_refused(data: bytes) -> None:
    with pytest.raises(BadData):
        read_result(data)
