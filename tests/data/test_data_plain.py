"""What is only looked at is what making it anew gives, batch after batch, and as wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa
import pytest

from totemlang.data.coded import CODED
from totemlang.data.limits import DEFAULT_LIMITS, Limits
from totemlang.data.normalise import LAST_MOMENT, normalised_pieces
from totemlang.data.plain import PlainColumns, looking_through
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind

SECRET = "s3cret"
KINDS = {
    "b": Kind.BOOL,
    "i": Kind.INT,
    "l": Kind.LONG,
    "f": Kind.FLOAT,
    "d": Kind.DOUBLE,
    "day": Kind.DATE,
    "ts": Kind.TIMESTAMP,
    "took": Kind.DURATION,
    "s": Kind.STRING,
}
Read = Callable[[pa.RecordBatch], Iterable[pa.RecordBatch]]


def coded(indices: Sequence[int | None], strings: Sequence[str]) -> pa.Array:
    held = pa.array(indices, pa.int32())
    return pa.DictionaryArray.from_arrays(held, pa.array(strings), safe=False)


def batch(missing: bool = False, strings: Sequence[str] = ("a", "éb", "")) -> pa.RecordBatch:
    def of(values: Sequence[object], arrow: pa.DataType) -> pa.Array:
        return pa.array(
            [None if missing and n % 3 == 0 else v for n, v in enumerate(values)], arrow
        )

    numbers = list(range(12))
    indices = [None if missing and n % 3 == 0 else n % len(strings) for n in numbers]
    return pa.record_batch(
        {
            "s": coded(indices, strings),
            "ts": of(numbers, pa.timestamp("us")),
            "b": of([n % 2 == 0 for n in numbers], pa.bool_()),
            "i": of(numbers, pa.int32()),
            "l": of([-n for n in numbers], pa.int64()),
            "f": of([0.5, float("nan"), -0.0, float("inf")] * 3, pa.float32()),
            "d": of([0.5, float("nan"), -0.0, float("-inf")] * 3, pa.float64()),
            "day": of(numbers, pa.date32()),
            "took": of(numbers, pa.duration("us")),
        }
    )


def both(columns: Sequence[str], limits: Limits = DEFAULT_LIMITS) -> tuple[Read, Read]:
    """Looking, and making anew."""
    given = columns, KINDS, "f", limits
    look = looking_through(*given, may_code=True)
    return look, lambda found: normalised_pieces(found, *given, may_code=True)


def check(columns: Sequence[str], *batches: pa.RecordBatch) -> None:
    look, make = both(columns)
    for given in batches:
        found, expected = (list(read(given)) for read in (look, make))
        assert [each.schema for each in found] == [each.schema for each in expected]
        for one, other in zip(found, expected, strict=True):
            for a, b in zip(one.columns, other.columns, strict=True):
                assert a.is_null().equals(b.is_null())
                assert repr(a.to_pylist()) == repr(b.to_pylist())


@pytest.mark.parametrize("missing", [False, True])
def test_all_kinds_are_taken_as_they_lie(missing: bool) -> None:
    whole = batch(missing)
    for given in (whole, whole.slice(1, 7), whole.slice(0, 0), whole):
        check(list(KINDS), given)
    looker = PlainColumns(list(KINDS), KINDS, DEFAULT_LIMITS)
    for given in (whole, whole.slice(1, 7)):
        found = looker.taken(given)
        assert found is not None
        assert found.schema.names == list(KINDS)


def test_strings_may_be_others_in_the_next_batch() -> None:
    check(["s", "l"], batch(), batch(), batch(strings=["c"]), batch(strings=["c", "dd"]), batch())


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("ts", pa.array([-1] * 12, pa.timestamp("us"))),  # before 1970, and fine
        ("ts", pa.array([1] * 12, pa.timestamp("ms"))),
        ("ts", pa.array([1] * 12, pa.timestamp("us", "Europe/London"))),
        ("day", pa.array([-5] * 12, pa.date32())),
        ("l", pa.array([1] * 12, pa.int32())),
        ("d", pa.array([1] * 12, pa.int64())),
        ("s", pa.array(["a"] * 12)),
        ("s", coded([0] * 12, ["a"] * 7)),  # not worth it
        ("s", coded([0] * 12, ["a"]).cast(pa.dictionary(pa.int8(), pa.string()))),
    ],
)
def test_what_takes_more_than_a_look_is_made(name: str, array: pa.Array) -> None:
    whole = batch()
    other = whole.set_column(whole.schema.get_field_index(name), name, array)
    columns = [name, "i"]
    assert PlainColumns(columns, KINDS, DEFAULT_LIMITS).taken(other) is None
    check(columns, whole, other, whole)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("ts", pa.array([0] * 11 + [LAST_MOMENT + 1], pa.timestamp("us"))),
        ("ts", pa.array([0] * 11 + [-(2**62)], pa.timestamp("us"))),
        ("day", pa.array([0] * 11 + [2**31 - 1], pa.date32())),
        ("s", coded([0] * 11 + [2], ["a", SECRET])),
        ("s", coded([0] * 11 + [-1], ["a", SECRET])),
    ],
)
def test_what_is_wrong_is_as_wrong(name: str, array: pa.Array) -> None:
    whole = batch(strings=["a", SECRET])
    other = whole.set_column(whole.schema.get_field_index(name), name, array)
    said = []
    for read in both([name, "i"]):
        assert list(read(whole))
        with pytest.raises(BadData) as error:
            list(read(other))
        said.append(str(error.value))
    assert said[0] == said[1]
    assert SECRET not in said[0]


def test_strings_that_are_no_text_are_bad_data_also_after_others() -> None:
    raw = pa.array([b"a", b"\xff"])
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    broken = pa.DictionaryArray.from_arrays(pa.array([0] * 12, pa.int32()), text, safe=False)
    whole = batch()
    for read in both(["s"]):
        assert list(read(whole))
        with pytest.raises(BadData, match="cannot hold"):
            list(read(whole.set_column(0, "s", broken)))


def test_limits_hold() -> None:
    look, make = both(["s"], Limits(string_bytes=3))
    for read in (look, make):
        with pytest.raises(BadData, match="a string over 3 bytes"):
            list(read(batch(strings=["a", "four"])))
        (found,) = read(batch(strings=["one", "two"]))
        assert found.column(0).type == CODED
    look, make = both(["l", "d"], Limits(batch_bytes=64))
    sizes = [[each.num_rows for each in read(batch())] for read in (look, make)]
    assert sizes[0] == sizes[1]
    assert max(sizes[0]) <= 4


def test_what_may_not_be_coded_is_written_out_with_one_nan() -> None:
    odd = np.array([0x7FF8_0000_0000_0001], np.int64).view(np.float64)
    given = pa.record_batch({"s": coded([0, 0], ["a"]), "d": pa.array(np.repeat(odd, 2))})
    (found,) = looking_through(["s", "d"], KINDS, "f", DEFAULT_LIMITS, may_code=False)(given)
    assert found.column(0).type == pa.string()
    assert np.frombuffer(found.column(1).buffers()[1], np.int64, 1)[0] == 0x7FF8 << 48
