"""Opening data sets: formats, several files as one, and the types that every reader sees."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from totemlang.data.describe import describe
from totemlang.data.file import DataFile, open_data
from totemlang.data.kinds import ARROW
from totemlang.data.limits import Limits
from totemlang.diagnostics import BadData, UsageError
from totemlang.schema.types import Kind

NORMALISED = {
    "bool": (pa.bool_(), [True, None], Kind.BOOL),
    "int8": (pa.int8(), [-128, 127], Kind.INT),
    "uint16": (pa.uint16(), [65_535, None], Kind.INT),
    "int32": (pa.int32(), [-(2**31), 1], Kind.INT),
    "uint32": (pa.uint32(), [2**32 - 1, 0], Kind.LONG),
    "int64": (pa.int64(), [2**63 - 1, None], Kind.LONG),
    "uint64": (pa.uint64(), [2**63 - 1, 0], Kind.LONG),
    "float32": (pa.float32(), [0.5, -0.0], Kind.FLOAT),
    "double": (pa.float64(), [0.1, None], Kind.DOUBLE),
    "date32": (pa.date32(), [date(2019, 2, 25), date(1, 1, 1)], Kind.DATE),
    "date64": (pa.date64(), [date(2019, 2, 25), None], Kind.DATE),
    "duration": (pa.duration("s"), [timedelta(hours=1), None], Kind.DURATION),
    "string": (pa.string(), ["", "é"], Kind.STRING),
    "large": (pa.large_string(), ["a", None], Kind.STRING),
    "category": (pa.dictionary(pa.int8(), pa.string()), ["a", None], Kind.STRING),
}


def column(data: DataFile, name: str) -> list[object]:
    return [v for batch in data.batches([name]) for v in batch.column(name).to_pylist()]


def write(path: Path, table: pa.Table) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".arrow":
        feather.write_feather(table, str(path), compression="zstd")
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".ipc"])
@pytest.mark.parametrize("name", NORMALISED)
def test_every_arrow_type_arrives_as_its_kind(tmp_path: Path, name: str, suffix: str) -> None:
    arrow, values, kind = NORMALISED[name]
    data = open_data(write(tmp_path / f"d{suffix}", pa.table({"x": pa.array(values, arrow)})))
    assert dict(data.kinds) == {"x": kind}
    (batch,) = data.batches(["x"])
    assert batch.schema.field("x").type == ARROW[kind]
    assert column(data, "x") == values


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_timestamps_are_utc_microseconds(tmp_path: Path, suffix: str) -> None:
    noon = datetime(2019, 2, 25, 12, tzinfo=UTC)
    table = pa.table(
        {
            "zoned": pa.array([noon], pa.timestamp("us", "Europe/Oslo")),
            "nano": pa.array([1_551_096_000_000_001_000], pa.timestamp("ns")),
            "second": pa.array([1_551_096_000], pa.timestamp("s")),
        }
    )
    data = open_data(write(tmp_path / f"d{suffix}", table))
    (batch,) = data.batches(["zoned", "nano", "second"])
    found = [batch.column(i).view(pa.int64()).to_pylist() for i in range(3)]
    assert found == [[1_551_096_000_000_000], [1_551_096_000_000_001], [1_551_096_000_000_000]]


@pytest.mark.parametrize(
    ("array", "kept"),
    [
        (pa.array([1_551_096_000_000_000_001], pa.timestamp("ns")), False),
        (pa.array([2**63], pa.uint64()), False),
        (pa.array([2_932_897], pa.date32()), False),
        (pa.array([-(2**62)], pa.timestamp("us")), False),
        (pa.array([2**60], pa.timestamp("s")), False),
        (pa.array([2_932_896], pa.date32()), True),
    ],
)
def test_what_a_kind_cannot_hold_is_bad_data(tmp_path: Path, array: pa.Array, kept: bool) -> None:
    data = open_data(write(tmp_path / "d.arrow", pa.table({"when": array})))
    if kept:
        assert len(column(data, "when")) == 1
        return
    with pytest.raises(BadData, match=r"d\.arrow: column 'when'") as error:
        column(data, "when")
    assert not set("0123456789") & set(str(error.value).replace("years 1 to 9999", ""))


def test_decimals_are_read_from_their_digits(tmp_path: Path) -> None:
    values = {"price": [Decimal("0.10"), None], "count": [Decimal(12), Decimal(-3)]}
    table = pa.table(
        {
            "price": pa.array(values["price"], pa.decimal128(30, 2)),
            "count": pa.array(values["count"], pa.decimal128(10, 0)),
        }
    )
    data = open_data(write(tmp_path / "d.parquet", table))
    assert dict(data.kinds) == {"price": Kind.DOUBLE, "count": Kind.LONG}
    assert column(data, "price") == [0.1, None]
    assert column(data, "count") == [12, -3]


def test_columns_that_no_kind_reads_are_named_and_left_out(tmp_path: Path) -> None:
    table = pa.table({"a": [1], "list": [[1, 2]], "raw": pa.array([b"\xff"])})
    data = open_data(write(tmp_path / "d.parquet", table))
    assert list(data.kinds) == ["a"]
    assert dict(data.unreadable) == {"list": "list<element: int64>", "raw": "binary"}


def test_there_is_one_nan(tmp_path: Path) -> None:
    other = pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(b"\1\0\0\0\0\0\xf8\xff")])
    data = open_data(write(tmp_path / "d.arrow", pa.table({"x": other})))
    (batch,) = data.batches(["x"])
    assert batch.column(0).buffers()[1].to_pybytes()[:8] == b"\0\0\0\0\0\0\xf8\x7f"


def test_all_nan_are_one_value_of_a_column(tmp_path: Path) -> None:
    bits = [0x7FF8000000000000, 0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001]
    table = pa.table({"x": np.array(bits, np.uint64).view(np.float64)})
    data = open_data(write(tmp_path / "d.arrow", table))
    (column,) = describe(data, "d").columns
    assert column.distinct == 1


@pytest.mark.parametrize("other", [None, 9])
@pytest.mark.parametrize("start", [0, 3, 8])
def test_there_is_one_nan_among_missing_values(
    tmp_path: Path, other: int | None, start: int
) -> None:
    """A NaN often stands where a value is missing: it is none."""
    values = np.arange(20.0)
    values[[1, 6, 10, 17]] = np.nan
    missing = np.isnan(values)
    if other is not None:
        values.view(np.int64)[other] = -1
    array = pa.array(values, mask=missing).slice(start)
    (batch,) = open_data(write(tmp_path / "d.arrow", pa.table({"x": array}))).batches(["x"])
    found = batch.column(0)
    assert found.null_count == int(missing[start:].sum())
    assert found.drop_null().to_pylist() == pytest.approx(
        [math.nan if at == other else float(at) for at in range(start, 20) if not missing[at]],
        nan_ok=True,
    )
    if other is not None:
        at = other - start + found.offset
        assert found.buffers()[1].to_pybytes()[8 * at : 8 * at + 8] == b"\0\0\0\0\0\0\xf8\x7f"


def test_files_with_commas_folders_and_globs_follow_in_that_order(tmp_path: Path) -> None:
    for name, value in (("b", 2), ("a", 1), ("c", 3)):
        write(tmp_path / f"{name}.parquet", pa.table({"x": [value]}))
    (tmp_path / "readme.txt").write_text("no data")
    a, b, c = (str(tmp_path / f"{name}.parquet") for name in "abc")
    assert column(open_data(f"{c},{a}, {b}"), "x") == [3, 1, 2]
    assert column(open_data([c, Path(a)]), "x") == [3, 1]
    assert column(open_data(tmp_path), "x") == [1, 2, 3]
    assert column(open_data(str(tmp_path / "[bc].parquet")), "x") == [2, 3]
    assert column(open_data(f"{a},{a}"), "x") == [1]


def test_files_of_one_data_set_agree_on_columns_and_widen_kinds(tmp_path: Path) -> None:
    one = write(tmp_path / "1.parquet", pa.table({"x": pa.array([1], pa.int32()), "y": ["a"]}))
    two = write(tmp_path / "2.parquet", pa.table({"y": ["b"], "x": pa.array([0.5])}))
    bad = write(tmp_path / "3.parquet", pa.table({"x": ["text"], "y": ["a"]}))
    less = write(tmp_path / "4.parquet", pa.table({"x": [1]}))
    assert column(open_data([one, two]), "x") == [1.0, 0.5]
    with pytest.raises(BadData, match=r"3\.parquet: column 'x' is string, in an earlier file int"):
        open_data([one, bad])
    with pytest.raises(BadData, match=r"4\.parquet: has other columns than 1\.parquet"):
        open_data([one, less])


def test_batches_are_small_and_only_the_columns_asked_for(tmp_path: Path) -> None:
    table = pa.table({"x": list(range(1000)), "y": ["wide" * 100] * 1000})
    path = tmp_path / "d.parquet"
    pq.write_table(table, path, row_group_size=300)
    sizes = [(b.num_rows, b.schema.names) for b in open_data(path).batches(["x"], 128)]
    assert all(names == ["x"] and rows <= 128 for rows, names in sizes)
    assert sum(rows for rows, _ in sizes) == 1000


def test_dictionaries_are_cut_before_they_are_written_out(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"x": ["k" * 100_000] * 500}), path)  # 50 MB in 100 KB
    limits = Limits(batch_bytes=10**6)
    data = open_data(path, limits)
    sizes = [batch.nbytes for batch in data.batches(["x"])]
    assert len(sizes) > 40
    assert max(sizes) < 2 * limits.batch_bytes


@pytest.mark.parametrize("spec", ["nothing.parquet", "", "a,b", "*.parquet", "\0", "x" * 5000])
def test_what_is_not_there_is_wrong_use(spec: str) -> None:
    with pytest.raises(UsageError):
        open_data(spec)
