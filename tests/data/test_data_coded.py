"""Strings that come as a dictionary: kept apart where that is worth it, and trusted in nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totemlang.bytecode.module import Dataset
from totemlang.data.bind import bind
from totemlang.data.coded import CODED, indices_of, is_coded, longest, total_bytes, written_out
from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.data.limits import DEFAULT_LIMITS, Limits
from totemlang.data.normalise import normalised_pieces
from totemlang.data.survey import ColumnSurvey
from totemlang.diagnostics import BadData
from totemlang.schema.types import Field, Kind, Type

SECRET = "s3cret"


def dictionary(
    indices: Sequence[int | None], strings: pa.Array, index: pa.DataType | None = None
) -> pa.Array:
    """A dictionary array that nobody has looked through."""
    held = pa.array(indices, index or pa.int32())
    return pa.DictionaryArray.from_arrays(held, strings, safe=False)


def read(array: pa.Array, limits: Limits = DEFAULT_LIMITS) -> list[pa.Array]:
    batch = pa.RecordBatch.from_arrays([array], names=["x"])
    pieces = normalised_pieces(batch, ["x"], {"x": Kind.STRING}, "f", limits, may_code=True)
    return [piece.column(0) for piece in pieces]


@pytest.mark.parametrize("values", [["a", "bb", "", "é"], ["a", None, "", None]])
def test_few_strings_of_a_parquet_file_stay_coded_where_that_is_asked(
    tmp_path: Path, values: list[str | None]
) -> None:
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"x": values * 50}), path, row_group_size=120)
    data = open_data(path)
    kept = list(data.batches(["x"], 64, may_code=True))
    plain = list(data.batches(["x"], 64))
    assert {batch.schema.field(0).type for batch in kept} == {CODED}
    assert {batch.schema.field(0).type for batch in plain} == {pa.string()}
    for batches in (kept, plain, [each for batch in kept for each in written_out(batch)]):
        assert [v for batch in batches for v in batch.column(0).to_pylist()] == values * 50


def test_many_strings_are_written_out(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"x": [f"{number}" for number in range(100)] * 2}), path)
    (batch,) = open_data(path).batches(["x"], may_code=True)
    assert batch.column(0).type == CODED
    first, *_ = open_data(path).batches(["x"], 150, may_code=True)
    assert first.column(0).type == pa.string()


@pytest.mark.parametrize("index", [pa.int8(), pa.uint8(), pa.int32(), pa.uint64()])
@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.string_view()])
def test_all_forms_of_dictionaries_are_coded_alike(index: pa.DataType, text: pa.DataType) -> None:
    whole = dictionary([0, 1, None, 0, 1, 0], pa.array(["a", "é"], text), index)
    for array, values in (
        (whole, ["a", "é", None, "a", "é", "a"]),
        (whole.slice(1, 4), ["é", None, "a", "é"]),
    ):
        (found,) = read(array)
        assert found.type == CODED
        assert found.to_pylist() == values


@pytest.mark.parametrize("index", [-1, 2, 127])
def test_an_index_without_a_string_is_bad_data(index: int) -> None:
    strings = pa.array([SECRET, "b"])
    for indices in ([0, 1, 0, index], [0, None, 0, 1, index, 0]):
        with pytest.raises(
            BadData, match="f: column 'x' holds a value that string cannot"
        ) as error:
            read(dictionary(indices, strings, pa.int8()))
        assert SECRET not in str(error.value)


def test_a_row_without_a_value_has_an_index_too() -> None:
    held = pa.array(
        np.array([0, 2**31 - 1, -1, 1, 0], np.int32), mask=np.array([0, 1, 1, 0, 0], bool)
    )
    array = pa.DictionaryArray.from_arrays(held, pa.array(["a", "b"]), safe=False)
    assert indices_of(array).tolist() == [0, 2**31 - 1, -1, 1, 0]
    (found,) = read(array)
    assert found.to_pylist() == ["a", None, None, "b", "a"]
    assert indices_of(found).tolist() == [0, 0, 0, 1, 0]


def test_strings_of_a_dictionary_must_be_strings() -> None:
    raw = pa.array([b"s3cret", b"s3cret\xff"])
    strings = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    with pytest.raises(BadData, match="f: column 'x'") as error:
        read(dictionary([0, 0, 0, 0], strings))  # even if no row has it
    assert SECRET not in str(error.value)


def test_missing_strings_of_a_dictionary_are_missing_values() -> None:
    (found,) = read(dictionary([0, 1, 0, 1], pa.array(["a", None])))
    assert found.type == pa.string()
    assert found.to_pylist() == ["a", None, "a", None]
    (found,) = read(dictionary([None, None], pa.array([], pa.string())))
    assert found.to_pylist() == [None, None]


def test_only_strings_that_a_row_has_are_held_against_limits() -> None:
    array = dictionary([0, 0, 0, 1], pa.array(["a", "k" * 100]))
    limits = Limits(string_bytes=50)
    with pytest.raises(BadData, match="holds a string over 50 bytes"):
        read(array, limits)
    (found,) = read(dictionary([0, 0, 0, 0], array.dictionary), limits)
    assert longest(found, 50) == 1
    assert longest(found, 100) == 100  # as far as it was asked, not over


def test_large_dictionaries_are_written_out_in_pieces() -> None:
    array = dictionary([0] * 500, pa.array(["k" * 1_000]))
    assert [is_coded(piece) for piece in read(array)] == [True]
    pieces = read(array, Limits(dictionary_bytes=500, batch_bytes=10_000))
    assert len(pieces) > 40
    assert not any(is_coded(piece) for piece in pieces)


def test_batches_are_cut_for_other_columns_and_stay_as_they_were_judged() -> None:
    """In a half of a batch a dictionary may be longer than it is worth, and is coded still."""
    names = dictionary([0, 1, 2, 3, 0, 0, 0, 0], pa.array(["k" * 90, "l" * 90, "m", "n"]))
    batch = pa.RecordBatch.from_arrays([names, pa.array(range(8))], names=["x", "y"])
    kinds = {"x": Kind.STRING, "y": Kind.LONG}
    limits = Limits(batch_bytes=20)
    found = list(normalised_pieces(batch, ["x", "y"], kinds, "f", limits, may_code=True))
    assert [piece.num_rows for piece in found] == [2, 2, 2, 2]
    assert {piece.column(0).type for piece in found} == {CODED}
    assert [v for piece in found for v in piece.column(0).to_pylist()] == names.to_pylist()


@pytest.mark.parametrize("strings", [["aa", "bb"], ["", "é", "longer"]])
@pytest.mark.parametrize("missing", [False, True])
def test_bytes_and_surveys_are_those_of_plain_strings(strings: list[str], missing: bool) -> None:
    values: list[str | None] = [*strings, *strings, strings[-1]] * 3
    values += [None] * 4 * missing
    plain = pa.array(values)
    whole = dictionary(
        plain.dictionary_encode().indices.to_pylist(), pa.array([*strings, "none has it"])
    )
    for array, other in ((whole, plain), (whole.slice(3, 5), plain.slice(3, 5))):
        texts = [value or "" for value in other.to_pylist()]
        assert total_bytes(array) == sum(max(1, len(text.encode())) for text in texts)
        surveys = ColumnSurvey(Kind.STRING), ColumnSurvey(Kind.STRING)
        for survey, each in zip(surveys, (array, other), strict=True):
            survey.add(each)
            survey.finish()
        assert surveys[0].distinct is not None
        assert surveys[1].distinct is not None
        assert surveys[0].distinct.count == surveys[1].distinct.count
        for name in ("rows", "missing", "max_bytes", "total_bytes"):
            assert getattr(surveys[0], name) == getattr(surveys[1], name)


def test_what_is_published_does_not_depend_on_how_strings_are_stored(tmp_path: Path) -> None:
    values = ["a", "bb", None, "", "é"] * 20
    pq.write_table(pa.table({"x": values}), tmp_path / "d.parquet")
    pq.write_table(pa.table({"x": values}), tmp_path / "p.parquet", use_dictionary=False)
    found = [describe(open_data(tmp_path / name), "d") for name in ("d.parquet", "p.parquet")]
    assert found[0] == found[1]


@pytest.mark.parametrize("keep_bytes", [0, 10**6])
def test_a_program_gets_coded_strings_only_where_it_asks(tmp_path: Path, keep_bytes: int) -> None:
    path = tmp_path / "d.parquet"
    values = ["a", "bb", "é"] * 20
    pq.write_table(pa.table({"x": values}), path)
    dataset = Dataset("d", (Field("x", Type(Kind.STRING)),))
    bound = bind(dataset, open_data(path), keep_bytes=keep_bytes)
    assert (bound.kept is None) == (keep_bytes == 0)
    for may_code, form in ((True, CODED), (False, pa.string())):
        batches = list(bound.batches(may_code=may_code))
        assert {batch.schema.field(0).type for batch in batches} == {form}
        assert [v for batch in batches for v in batch.column(0).to_pylist()] == values
