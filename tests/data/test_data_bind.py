"""Binding a program's columns to a file: types, missing values, constraints, premises, lookups."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attrs import evolve

from totemlang.bytecode.module import Dataset, Lookup
from totemlang.data.bind import BoundData, bind
from totemlang.data.describe import describe
from totemlang.data.file import DataFile, open_data
from totemlang.data.load_lookup import load_lookup
from totemlang.diagnostics import BadData
from totemlang.schema.metadata import Metadata
from totemlang.schema.types import (
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    STRING,
    TIMESTAMP,
    Constraint,
    Field,
    Type,
)
from totemlang.tables.prices import default_prices


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    table = pa.table(
        {
            "i": pa.array([1, 2, 3], pa.int32()),
            "l": pa.array([1, 2, 2**31], pa.int64()),
            "s": pa.array([7, 8, -9], pa.int64()),
            "f": pa.array([0.1, 0.5, 1.0], pa.float32()),
            "d": pa.array([0.1, None, 1.0]),
            "t": pa.array([0, 1, 2], pa.timestamp("us")),
            "name": ["a", "bb", "ccc"],
            "list": [[1], [2], [3]],
        }
    )
    pq.write_table(table, tmp_path / "d.parquet")
    return tmp_path / "d.parquet"


def bound(path: Path, name: str, type_: Type, constraint: Constraint | None = None) -> BoundData:
    field = Field(name, type_, constraint or Constraint())
    return bind(Dataset("d", (field,)), open_data(path))


def values(data: BoundData) -> list[object]:
    return [v for batch in data.batches() for v in batch.column(0).to_pylist()]


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        ("i", INT, [1, 2, 3]),
        ("i", LONG, [1, 2, 3]),
        ("i", DOUBLE, [1.0, 2.0, 3.0]),
        ("l", DOUBLE, [1.0, 2.0, 2.0**31]),
        ("s", INT, [7, 8, -9]),
        ("f", DOUBLE, [0.10000000149011612, 0.5, 1.0]),
        ("d", DOUBLE.optional, [0.1, None, 1.0]),
        ("i", INT.optional, [1, 2, 3]),
    ],
)
def test_widening_is_free_and_whole_numbers_narrow_with_a_check(
    path: Path, name: str, type_: Type, expected: list[object]
) -> None:
    data = bound(path, name, type_)
    assert values(data) == expected
    assert data.rows == 3


@pytest.mark.parametrize(
    ("name", "type_", "message"),
    [
        ("l", INT, "column 'l' holds a value that int cannot hold"),
        ("d", FLOAT.optional, "column 'd' is double, the program takes float; declare it double"),
        ("d", LONG, "column 'd' is double, the program takes long"),
        ("t", DATE, "column 't' is timestamp, the program takes date"),
        ("d", DOUBLE, "values are missing in column 'd'; declare it double\\? to take them"),
        ("kwh", DOUBLE, r"has no column 'kwh' \(it has: i, l, s, f, d, t, name\)"),
        ("list", INT, "column 'list' has the type list<element: int64>"),
    ],
)
def test_what_does_not_fit_is_bad_data_before_anything_runs(
    path: Path, name: str, type_: Type, message: str
) -> None:
    with pytest.raises(BadData, match=rf"^d\.parquet: {message}"):
        bound(path, name, type_)


def test_declared_constraints_are_checked(path: Path) -> None:
    assert values(bound(path, "name", STRING, Constraint(max_bytes=3))) == ["a", "bb", "ccc"]
    assert values(bound(path, "i", INT, Constraint("small", lower=1, upper=3))) == [1, 2, 3]
    with pytest.raises(BadData, match="a string of more than 2 bytes"):
        bound(path, "name", STRING, Constraint(max_bytes=2))
    for limits in (Constraint("small", lower=2), Constraint("small", upper=2)):
        with pytest.raises(BadData, match="outside the domain of small"):
            bound(path, "i", INT, limits)


def test_text_is_read_as_the_program_declares(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("code\n007\n010\n")
    assert values(bound(path, "code", STRING)) == ["007", "010"]
    assert values(bound(path, "code", LONG)) == [7, 10]


def test_a_text_without_header_shows_no_row_in_place_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("MAC000002,0.25\nMAC000003,0.5\n")
    with pytest.raises(BadData, match="no column 'kwh'") as caught:
        bound(path, "kwh", DOUBLE)
    assert "MAC" not in str(caught.value)
    assert "0.25" not in str(caught.value)
    path.write_text("home,KWH\nMAC000002,0.25\n")
    with pytest.raises(BadData, match="did you mean 'KWH'"):
        bound(path, "kwh", DOUBLE)


FIELDS = (Field("name", STRING), Field("i", INT), Field("d", DOUBLE.optional))


def test_data_that_keeps_to_its_metadata_is_bound(path: Path) -> None:
    data = open_data(path)
    metadata = describe(data, "d")
    small = bind(Dataset("d", FIELDS), open_data(path), metadata, keep_bytes=10**6)
    large = bind(Dataset("d", FIELDS), open_data(path), metadata)
    assert (small.kept is None, large.kept is None) == (False, True)
    for rows in (1, 2, 100):
        batches = [b for bound_data in (small, large) for b in bound_data.batches(rows)]
        assert max(batch.num_rows for batch in batches) <= rows
        assert [v for b in batches for v in b.column(1).to_pylist()] == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize(
    ("column", "change", "exact"),
    [
        ("name", {"distinct": 2}, True),
        ("name", {"distinct": 4}, True),
        ("name", {"max_bytes": 2}, True),
        ("name", {"total_bytes": 5}, False),
        ("name", {"total_bytes": 7}, True),
        ("i", {"lower": 2}, False),
        ("i", {"upper": 2}, False),
        ("d", {"missing": 0}, False),
        ("d", {"missing": 2}, True),
    ],
)
def test_data_that_breaks_its_metadata_is_bad_data(
    path: Path, column: str, change: dict[str, int], exact: bool
) -> None:
    data = open_data(path)
    metadata = describe(data, "d")
    columns = tuple(evolve(c, **change) if c.name == column else c for c in metadata.columns)
    broken = evolve(metadata, columns=columns, rows_exact=exact)
    with pytest.raises(BadData, match=f"^d: column '{column}' breaks its published"):
        bind(Dataset("d", FIELDS), data, broken)


def test_rows_are_exact_or_a_ceiling(path: Path) -> None:
    data = open_data(path)
    metadata = Metadata("d", 3, ())
    bind(Dataset("d", FIELDS), data, evolve(metadata, rows=9, rows_exact=False))
    for rows, exact in ((9, True), (2, True), (2, False)):
        with pytest.raises(BadData, match="the number of rows"):
            bind(Dataset("d", (FIELDS[1],)), data, evolve(metadata, rows=rows, rows_exact=exact))


def test_ceilings_hold_for_data_with_less(path: Path) -> None:
    data = open_data(path)
    metadata = describe(data, "d")
    wide = {"distinct": 10**9, "missing": 5, "max_bytes": 99, "total_bytes": 99}
    columns = tuple(
        evolve(c, **{k: v for k, v in wide.items() if getattr(c, k) is not None})
        for c in metadata.columns
    )
    loose = evolve(metadata, columns=columns, rows=10, rows_exact=False)
    assert bind(Dataset("d", FIELDS), data, loose).rows == 3


LOOKUP = Lookup("codes", (Field("k", STRING),), (Field("v", DOUBLE.optional),))


def table_of(tmp_path: Path, text: str, lookup: Lookup, memory_limit: int = 10**6) -> object:
    path = tmp_path / "t.csv"
    path.write_text(text)
    return load_lookup(lookup, open_data(path), default_prices(), memory_limit=memory_limit)


def test_a_lookup_finds_cells_by_key(tmp_path: Path) -> None:
    table = table_of(tmp_path, 'v,k\n1,A\n,""\n3,é\n', LOOKUP)
    assert [table.cell((key,), 0) for key in ("A", "", "é", "none")] == [1.0, None, 3.0, None]
    assert (table.rows, table.total_bytes) == (3, (1 + 1 + 2) + 3 * 8)


def test_a_key_may_have_parts_of_several_types(tmp_path: Path) -> None:
    lookup = Lookup("t", (Field("day", DATE), Field("n", INT)), (Field("at", TIMESTAMP),))
    text = "day,n,at\n1970-01-02,1,1970-01-01T00:00:01\n1970-01-02,2,1970-01-01T00:00:02\n"
    table = table_of(tmp_path, text, lookup)
    assert table.cell((1, 2), 0) == 2_000_000
    assert table.cell((1, 3), 0) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k,v\nA,1\nA,1\n", "a key of lookup codes stands twice"),
        ("k,v\n,1\n", "values are missing in column 'k'"),
        ("k\nA\n", "has no column 'v'"),
    ],
)
def test_a_table_that_is_none_is_bad_data(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadData, match=message):
        table_of(tmp_path, text, LOOKUP)


def test_a_table_too_large_to_hold_is_bad_data(tmp_path: Path) -> None:
    text = "k,v\n" + "".join(f"key{i},{i}\n" for i in range(1000))
    with pytest.raises(BadData, match="too large for a lookup"):
        table_of(tmp_path, text, LOOKUP, memory_limit=5_000)


def test_what_a_reading_has_shown_is_not_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_data(path)
    metadata = describe(data, "d")
    whole = evolve(FIELDS[1], constraint=Constraint(lower=-(10**9), upper=10**9))
    readings: list[object] = []
    original = DataFile.batches

    def batches(self: DataFile, *given: object, **named: object) -> object:
        readings.append(given)
        return original(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(DataFile, "batches", batches)
    known = bind(Dataset("d", FIELDS), data, metadata)
    assert not readings
    assert known.rows == metadata.rows
    for field, times in ((FIELDS[1], 0), (whole, 1), (whole, 1)):
        bind(Dataset("d", (field,)), data, metadata)
        assert len(readings) == times
    known_as = metadata.column("i")
    assert known_as is not None
    broken = evolve(metadata, columns=(evolve(known_as, distinct=1),))
    with pytest.raises(BadData, match="breaks its published distinct"):
        bind(Dataset("d", FIELDS), data, broken)
    assert len(readings) == 1
    bind(Dataset("d", FIELDS), data, metadata, anew=True)
    assert len(readings) == 2


def test_a_file_that_changed_since_it_was_known_is_bad_data(path: Path) -> None:
    data = open_data(path)
    metadata = describe(data, "d")
    pq.write_table(pq.read_table(path).slice(1), path)
    bound = bind(Dataset("d", FIELDS), data, metadata)
    with pytest.raises(BadData, match="changed"):
        list(bound.batches())
