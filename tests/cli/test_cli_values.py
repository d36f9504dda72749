"""How values are written for machines and for people, and how results become files."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from totemlang.cli.bindings import bound
from totemlang.cli.output import (
    format_of,
    require_writable,
    table_bytes,
    table_document,
    write_file,
)
from totemlang.cli.plot import bars, line
from totemlang.cli.table import safe
from totemlang.cli.values import csv_value, shown
from totemlang.diagnostics import UsageError
from totemlang.engine.result_json import json_value
from totemlang.schema.types import (
    BOOL,
    DATE,
    DOUBLE,
    DURATION,
    FLOAT,
    INT,
    LONG,
    STRING,
    TIMESTAMP,
    Field,
    Type,
)

SECOND = 1_000_000
BINARY32_OF_3_8 = 3.799999952316284


@pytest.mark.parametrize(
    ("declared", "value", "as_json", "for_people"),
    [
        (BOOL, True, "true", "true"),
        (INT, 9, "9", "9"),
        (LONG, 2**63 - 1, "9223372036854775807", "9223372036854775807"),
        (DOUBLE, 0.1, "0.1", "0.1"),
        (DOUBLE, 0.1 + 0.2, "0.30000000000000004", "0.3"),
        (DOUBLE, 400.0, "400.0", "400"),
        (DOUBLE, -0.0, "-0.0", "-0"),
        (DOUBLE, 1e300, "1e+300", "1e+300"),
        (DOUBLE, math.nan, '"NaN"', "NaN"),
        (DOUBLE, math.inf, '"Infinity"', "Infinity"),
        (FLOAT, -math.inf, '"-Infinity"', "-Infinity"),
        (FLOAT, BINARY32_OF_3_8, "3.8", "3.8"),
        (DATE, 17952, '"2019-02-25"', "2019-02-25"),
        (DATE, -719162, '"0001-01-01"', "0001-01-01"),
        (TIMESTAMP, 0, '"1970-01-01T00:00:00"', "1970-01-01 00:00:00"),
        (TIMESTAMP, -1, '"1969-12-31T23:59:59.999999"', "1969-12-31 23:59:59.999999"),
        (DURATION, 90 * SECOND, "90000000", "00:01:30"),
        (DURATION, -(86_400 * SECOND + SECOND // 2), "-86400500000", "-1 d 00:00:00.5"),
        (STRING, 'a "b"', '"a \\"b\\""', 'a "b"'),
        (DOUBLE.optional, None, "null", "missing"),
        (DOUBLE.array, (1.0, math.nan), '[1.0, "NaN"]', "[1, NaN]"),
        (STRING.array, ("a", "b, c"), '["a", "b, c"]', '["a", "b, c"]'),
    ],
)
def test_a_value_is_written(declared: Type, value: object, as_json: str, for_people: str) -> None:
    assert json.dumps(json_value(value, declared.kind)) == as_json
    assert shown(declared, value) == for_people


def test_csv_has_the_values_of_json_without_quotes() -> None:
    assert csv_value(False) == "false"
    assert csv_value(0.1 + 0.2) == "0.30000000000000004"
    assert csv_value("a,b") == "a,b"
    assert csv_value(None) == ""


COLUMNS = tuple(
    Field(name, declared)
    for name, declared in {
        "b": BOOL,
        "i": INT,
        "l": LONG,
        "f": FLOAT,
        "d": DOUBLE,
        "day": DATE,
        "ts": TIMESTAMP,
        "gap": DURATION,
        "s": STRING,
    }.items()
)


@pytest.fixture
def table() -> pa.Table:
    """A result with a column of every type."""
    return pa.table(
        {
            "b": pa.array([True, False], pa.bool_()),
            "i": pa.array([1, -1], pa.int32()),
            "l": pa.array([2**53 + 1, 0], pa.int64()),
            "f": pa.array([3.8, 0.1], pa.float32()),
            "d": pa.array([0.1, math.nan], pa.float64()),
            "day": pa.array([17952, -719162], pa.int32()).cast(pa.date32()),
            "ts": pa.array([0, -1], pa.int64()).cast(pa.timestamp("us")),
            "gap": pa.array([0, 90 * SECOND], pa.int64()).cast(pa.duration("us")),
            "s": ["a,b", "ü"],
        }
    )


def test_a_result_as_json(table: pa.Table) -> None:
    document = table_document(table, COLUMNS)
    assert [column["type"] for column in document["columns"]] == [
        *("bool", "int", "long", "float", "double", "date", "timestamp", "duration", "string")
    ]
    assert document["rows"] == [
        [True, 1, 2**53 + 1, 3.8, 0.1, "2019-02-25", "1970-01-01T00:00:00", 0, "a,b"],
        [False, -1, 0, 0.1, "NaN", "0001-01-01", "1969-12-31T23:59:59.999999", 90 * SECOND, "ü"],
    ]
    assert json.loads(table_bytes(table, COLUMNS, "json")) == document


def test_a_result_of_no_rows_keeps_its_columns(table: pa.Table) -> None:
    document = table_document(table.slice(0, 0), COLUMNS)
    assert (len(document["columns"]), document["rows"]) == (9, [])


def test_a_result_as_parquet_and_arrow_keeps_every_bit(table: pa.Table) -> None:
    parquet = pyarrow.parquet.read_table(pa.BufferReader(table_bytes(table, COLUMNS, "parquet")))
    arrow = pa.ipc.open_file(pa.BufferReader(table_bytes(table, COLUMNS, "arrow"))).read_all()
    for read in (parquet, arrow):
        assert read.drop_columns("d").equals(table.drop_columns("d"))
        assert math.isnan(read["d"][1].as_py())


def test_a_result_as_csv(table: pa.Table) -> None:
    rows = list(csv.reader(table_bytes(table, COLUMNS, "csv").decode().splitlines()))
    assert rows[0] == table.column_names
    assert rows[1][-1] == "a,b"
    assert rows[2][4:7] == ["NaN", "0001-01-01", "1969-12-31T23:59:59.999999"]


@pytest.mark.parametrize(
    ("name", "asked", "wanted"),
    [("r.CSV", None, "csv"), ("r.parquet", None, "parquet"), ("r.txt", "json", "json")],
)
def test_the_ending_or_the_option_gives_the_format(name: str, asked: str, wanted: str) -> None:
    assert format_of(Path(name), asked) == wanted


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(UsageError, match=r"what format is r\.xlsx"):
        format_of(Path("r.xlsx"), None)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "result.csv"
    write_file(target, b"old")
    write_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["result.csv"]
    for wrong in (tmp_path, tmp_path / "none" / "result.csv"):
        with pytest.raises(UsageError):
            require_writable(wrong)
        with pytest.raises(UsageError):
            write_file(wrong, b"")


@pytest.mark.parametrize(
    ("given", "names", "wanted"),
    [
        (["a.csv"], ["readings"], {"readings": "a.csv"}),
        (["readings=a.csv,b.csv"], ["readings"], {"readings": "a.csv,b.csv"}),
        (["h=h.csv", "a.csv"], ["r", "h"], {"h": "h.csv", "r": "a.csv"}),
        (["a.csv"], ["r", "h"], {"r": "a.csv"}),
        (["year=2019/a.csv"], ["r"], {"r": "year=2019/a.csv"}),
        (["data/x=1.csv"], ["r"], {"r": "data/x=1.csv"}),
        ([], ["r"], {}),
    ],
)
def test_data_is_bound_to_names(given: list[str], names: list[str], wanted: dict[str, str]) -> None:
    assert bound("--data", given, names) == wanted


@pytest.mark.parametrize(
    ("given", "names", "reason"),
    [
        (["x=a.csv"], ["r", "h"], r"no data set 'x' \(it has: r, h\)"),
        (["r=a.csv", "r=b.csv"], ["r"], "gives r twice"),
        (["a.csv", "b.csv"], ["r", "h"], "what is --data a.csv for"),
        (["r=a.csv", "b.csv"], ["r"], "what is --data b.csv for"),
        (["a.csv"], [], "it takes no data"),
    ],
)
def test_data_that_can_mean_several_things_is_asked_about(
    given: list[str], names: list[str], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        bound("--data", given, names)


def test_text_of_others_moves_no_cursor() -> None:
    assert safe("kWh/hh ü") == "kWh/hh ü"
    assert safe("a\x1b[2Jb\nc\u202ed") == "a\\x1b[2Jb\\nc\\u202ed"


def test_bars_start_at_zero() -> None:
    drawn = bars(["a", "bb", "c"], [2.0, 4.0, math.nan], 30)
    assert drawn[0].startswith("a  █")
    assert drawn[0].endswith(" 2")
    assert drawn[1].count("█") == 2 * drawn[0].count("█")
    assert drawn[2].split() == ["c", "nan"]
    assert max(map(len, drawn)) <= 30


def test_negative_bars_go_left() -> None:
    up, down = bars(["up", "dn"], [1.0, -1.0], 40)
    assert up.index("█") >= down.rindex("█")


def test_a_line_rises_from_the_lower_left_to_the_upper_right() -> None:
    drawn = line(range(100), [float(i) for i in range(100)], ("first", "last"), 50)
    graph = [row.partition("│")[2] for row in drawn if "│" in row]
    assert graph[0].rstrip("⠀")[-1] != "⠀"
    assert graph[0].startswith("⠀")
    assert not graph[-1].startswith("⠀")
    assert graph[-1].endswith("⠀")
    assert drawn[0].startswith("99 │")
    assert drawn[-1].split() == ["first", "last"]
    assert len({len(row) for row in graph}) == 1


@pytest.mark.parametrize(
    "values", [[math.nan], [1.0], [2.0, 2.0], [-1.7e308, 1.7e308], [math.inf, 1.0, -math.inf]]
)
def test_a_line_of_odd_values_is_drawn_all_the_same(values: list[float]) -> None:
    assert line(range(len(values)), values, ("a", "b"), 40)
    assert bars(["x"] * len(values), values, 40)
