"""CSV: kinds from all values of the file, or those that a program declares."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from totemlang.data.file import open_data
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind


def kinds_of(tmp_path: Path, *fields: str) -> Kind:
    path = tmp_path / "d.csv"
    path.write_text("x,other\n" + "".join(f"{field},1\n" for field in fields))
    return open_data(path).kinds["x"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (("1", "-2", ""), Kind.INT),
        (("2147483647", "NA"), Kind.INT),
        (("2147483648",), Kind.LONG),
        (("9223372036854775808",), Kind.DOUBLE),
        (("1", "2.5", " 3e-1 "), Kind.DOUBLE),
        (("1", "NaN", "-inf"), Kind.DOUBLE),
        (("1e999",), Kind.STRING),
        (("true", "False"), Kind.BOOL),
        (("true", "1"), Kind.STRING),
        (("2019-02-25",), Kind.DATE),
        (("2019-02-30",), Kind.STRING),
        (("2019-02-25 10:30", "2019-02-25T10:30:00.123"), Kind.TIMESTAMP),
        (("2019-02-25T10:30Z", "2019-02-25T10:30:00+02:00"), Kind.TIMESTAMP),
        (("2019-02-25T10:30Z", "2019-02-25T10:30:00"), Kind.STRING),
        (("1", "one"), Kind.STRING),
        (("1", "NA", "null"), Kind.INT),
        (("", "NA"), Kind.STRING),
        (("+1",), Kind.STRING),
        (("0x10",), Kind.STRING),
    ],
)
def test_a_column_has_the_first_kind_that_all_values_have(
    tmp_path: Path, fields: tuple[str, ...], kind: Kind
) -> None:
    assert kinds_of(tmp_path, *fields) is kind


def test_the_last_row_counts_as_much_as_the_first(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("x\n" + "1\n" * 200_000 + "n/k\n")
    assert open_data(path).kinds["x"] is Kind.STRING


def values(path: Path, kinds: dict[str, Kind] | None = None) -> dict[str, list[object]]:
    data = open_data(path)
    found: dict[str, list[object]] = {name: [] for name in data.kinds}
    for batch in data.batches(list(found), kinds=kinds):
        for name in found:
            found[name] += batch.column(name).to_pylist()
    return found


def test_values_arrive_as_their_kinds(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(
        "n,x,day,ts,zoned,name\n"
        '1, 0.1 ,2019-02-25,2019-02-25 10:30:00.1234560,2019-02-25T10:30+02:00,"a, ""b"""\n'
        '"",NA,,,,""\n'
        "3,null,,,,NA\n"
    )
    moment = datetime(2019, 2, 25, 10, 30, 0, 123456)
    assert values(path) == {
        "n": [1, None, 3],
        "x": [0.1, None, None],
        "day": [date(2019, 2, 25), None, None],
        "ts": [moment, None, None],
        "zoned": [datetime(2019, 2, 25, 8, 30), None, None],
        "name": ['a, "b"', "", "NA"],
    }


def test_a_program_may_declare_what_the_text_is_read_as(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("code\n007\n010\n")
    assert values(path) == {"code": [7, 10]}
    assert values(path, {"code": Kind.STRING}) == {"code": ["007", "010"]}
    assert values(path, {"code": Kind.DOUBLE}) == {"code": [7.0, 10.0]}
    with pytest.raises(BadData, match=r"d\.csv: column 'code' holds a text that is no date"):
        values(path, {"code": Kind.DATE})


def test_floats_round_once_from_their_digits(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("x\n1.00000017881393432617187499\n")  # to double first it would be a tie
    assert values(path, {"x": Kind.FLOAT}) == {"x": [1.0000001192092896]}


@pytest.mark.parametrize(("text", "sign"), [("a;b\n1;2\n", ";"), ("a\tb\n1\t2\n", "\t")])
def test_semicolons_and_tabs_are_seen_in_the_header(tmp_path: Path, text: str, sign: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text(text)
    assert values(path) == {"a": [1], "b": [2]}


def test_line_ends_marks_and_lines_within_quotes(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes('\ufeffname,n\r\n"two\r\nlines",1\r\n\r\nx,2\r\n'.encode())
    assert values(path) == {"name": ["two\r\nlines", "x"], "n": [1, 2]}


def test_text_files_of_one_data_set_find_a_common_kind(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,v\n1,\n")
    (tmp_path / "2.csv").write_text("id,v\nx,0.5\n")
    data = open_data(tmp_path)
    assert dict(data.kinds) == {"id": Kind.STRING, "v": Kind.DOUBLE}
    assert [b.to_pydict() for b in data.batches(["id", "v"])] == [
        {"id": ["1"], "v": [None]},
        {"id": ["x"], "v": [0.5]},
    ]
