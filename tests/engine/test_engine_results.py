"""What leaves a run: JSON values, the hash of exact bits, receipts, progress, accounts."""

from __future__ import annotations

import hashlib
import json
import math
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.data.python_values import to_array
from totemlang.diagnostics import OutOfTotem, UsageError
from totemlang.engine.account import NullAccount
from totemlang.engine.billing import Bill
from totemlang.engine.progress import Progress, Reporter
from totemlang.engine.receipt import Receipt, parameters_hash
from totemlang.engine.result_hash import FORMS, table_hash, variables_hash
from totemlang.engine.result_json import json_columns, json_rows, json_value, json_variables
from totemlang.schema.types import DOUBLE, FLOAT, INT, STRING, Field, Kind, Type


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (True, Kind.BOOL, "true"),
        (2**63 - 1, Kind.LONG, "9223372036854775807"),
        (0.1 + 0.2, Kind.DOUBLE, "0.30000000000000004"),
        (100.0, Kind.DOUBLE, "100.0"),
        (-0.0, Kind.DOUBLE, "-0.0"),
        (3.799999952316284, Kind.FLOAT, "3.8"),
        (16777216.0, Kind.FLOAT, "16777220.0"),
        (math.nan, Kind.DOUBLE, '"NaN"'),
        (math.inf, Kind.FLOAT, '"Infinity"'),
        (-math.inf, Kind.DOUBLE, '"-Infinity"'),
        (0, Kind.DATE, '"1970-01-01"'),
        (-719_162, Kind.DATE, '"0001-01-01"'),
        (0, Kind.TIMESTAMP, '"1970-01-01T00:00:00"'),
        (1, Kind.TIMESTAMP, '"1970-01-01T00:00:00.000001"'),
        (90, Kind.DURATION, "90"),
        ('a"b', Kind.STRING, '"a\\"b"'),
        (None, Kind.INT, "null"),
        ([1.5, math.nan], Kind.DOUBLE, '[1.5, "NaN"]'),
        ((), Kind.INT, "[]"),
    ],
)
def test_values_in_json(value: object, kind: Kind, expected: str) -> None:
    assert json.dumps(json_value(value, kind)) == expected  # type: ignore[arg-type]


COLUMNS = (Field("home", STRING), Field("n", INT), Field("kwh", DOUBLE))


def table(*rows: tuple[str, int, float]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    arrays = [to_array(c, f.type.kind) for c, f in zip(columns, COLUMNS, strict=True)]
    return pa.table(arrays, names=[f.name for f in COLUMNS])


def test_a_table_in_json() -> None:
    assert json_columns(COLUMNS) == [
        {"name": "home", "type": "string"},
        {"name": "n", "type": "int"},
        {"name": "kwh", "type": "double"},
    ]
    assert json_rows(table(("a", 1, 0.5), ("b", 2, math.nan)), COLUMNS) == [
        ["a", 1, 0.5],
        ["b", 2, "NaN"],
    ]
    assert json_rows(table(), COLUMNS) == []
    variables = {"a": (INT, 1), "xs": (DOUBLE.array, [0.5]), "m": (INT.optional, None)}
    assert json_variables(variables) == {"a": 1, "xs": [0.5], "m": None}


def test_the_hash_is_of_the_exact_bits_however_they_are_cut() -> None:
    whole = table(("a", 1, 0.5), ("bc", 2, -0.0))
    cut = pa.concat_tables([table(("a", 1, 0.5)), table(("bc", 2, -0.0))])
    expected = table_hash(whole, COLUMNS)
    assert table_hash(cut, COLUMNS) == expected
    others = [
        table(("a", 1, 0.5), ("bc", 2, 0.0)),
        table(("ab", 1, 0.5), ("c", 2, -0.0)),
        table(("bc", 2, -0.0), ("a", 1, 0.5)),
        table(("a", 1, math.nextafter(0.5, 1)), ("bc", 2, -0.0)),
    ]
    assert len({expected, *(table_hash(other, COLUMNS) for other in others)}) == 5
    renamed = (Field("house", STRING), *COLUMNS[1:])
    assert table_hash(whole, renamed) != expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_value_is_encoded_alike_in_a_table_and_alone(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(ENCODED)))
    values = data.draw(st.lists(ENCODED[kind], max_size=20))
    start = data.draw(st.integers(0, len(values)))
    fields, array = (Field("x", Type(kind)),), to_array(values, kind).slice(start)
    digest = hashlib.sha256(b"totem result 1\n" + struct.pack("<q", 1))
    for text in ("x", kind.value):
        digest.update(struct.pack("<q", len(text)) + text.encode())
    digest.update(struct.pack("<q", len(array)))
    for value in values[start:]:
        digest.update(alone(value, kind))
    assert table_hash(pa.table([array], names=["x"]), fields) == digest.hexdigest()


ENCODED = {
    Kind.BOOL: st.booleans(),
    Kind.INT: st.integers(-(2**31), 2**31 - 1),
    Kind.LONG: st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(width=32),
    Kind.DOUBLE: st.floats(),
    Kind.DATE: st.integers(-719162, 2932896),
    Kind.TIMESTAMP: st.integers(-(10**15), 10**15),
    Kind.STRING: st.text(max_size=4),
}


def alone(value: object, kind: Kind) -> bytes:
    if isinstance(value, str):
        return struct.pack("<q", len(value.encode())) + value.encode()
    if value != value:
        return bytes.fromhex("0000c07f" if kind is Kind.FLOAT else "000000000000f87f")
    return struct.pack(FORMS[kind], value)


def test_the_encoding_under_the_hash_is_pinned() -> None:
    import struct

    def count(n: int) -> bytes:
        return struct.pack("<q", n)

    def text(t: str) -> bytes:
        return count(len(t)) + t.encode()

    encoded = b"totem result 1\n" + count(3)
    for name, type_ in (("home", "string"), ("n", "int"), ("kwh", "double")):
        encoded += text(name) + text(type_)
    encoded += count(1) + text("a") + struct.pack("<i", 7) + bytes.fromhex("000000000000f87f")
    negative_nan = struct.unpack("<d", bytes.fromhex("010000000000f8ff"))[0]
    found = table_hash(table(("a", 7, negative_nan)), COLUMNS)
    assert found == hashlib.sha256(encoded).hexdigest()


def test_variables_hash_by_name_type_and_value() -> None:
    def of(type_: Type, value: object) -> str:
        return variables_hash({"x": (type_, value)})  # type: ignore[dict-item]

    different = [
        of(INT, 1),
        of(FLOAT, 1.0),
        of(DOUBLE, 1.0),
        of(DOUBLE.array, [1.0]),
        of(DOUBLE.optional, 1.0),
        of(DOUBLE.optional, None),
        of(DOUBLE.array, []),
    ]
    assert len(set(different)) == len(different)
    assert of(DOUBLE.array, [1.0]) == of(DOUBLE.array, (1.0,))


def test_parameters_hash_by_exact_bits() -> None:
    assert parameters_hash({"a": 1.0, "b": (1, 2)}) == parameters_hash({"b": [1, 2], "a": 1.0})
    assert parameters_hash({"a": 0.0}) != parameters_hash({"a": -0.0})
    assert parameters_hash({"a": 1}) != parameters_hash({"a": 1.0})


def test_a_receipt_in_json() -> None:
    receipt = Receipt(
        "b", "r", "p", "q", {"d": "m"}, "done", "h", "metered", (1, 2, None), 5, (("s", 5),)
    )
    assert receipt.to_json()["quote"] == {"lower": 1, "expected": 2, "upper": None}
    assert receipt.to_json()["by_stage"] == [{"stage": "s", "totem": 5}]
    assert len(receipt.hash) == 64
    failed = Receipt("b", "r", "p", "q", {}, "failed", "", "metered", None, 5)
    assert not {"quote", "result"} & failed.to_json().keys()


def test_progress_is_told_at_the_ends_and_at_most_ten_times_a_second() -> None:
    told: list[Progress] = []
    now = [0.0]
    reporter = Reporter(told.append, 100, 2, lambda: now[0])
    for step in range(1001):
        now[0] = step / 1000
        reporter.tell(("s", 1), step, 1000, step // 10, now=step in (0, 1000))
    assert 10 <= len(told) <= 12
    assert told[0] == Progress("s", 1, 2, 0, 1000, 0, 100, 0.0)
    assert told[-1] == Progress("s", 1, 2, 1000, 1000, 100, 100, 1.0, 1.0)
    half = next(moment for moment in told if moment.rows >= 600)
    assert half.rows_per_second == pytest.approx(1000)
    assert half.seconds_left == pytest.approx((1000 - half.rows) / 1000)
    assert told[0].rows_per_second is told[0].seconds_left is None
    now[0] = 2.0
    reporter.tell(("t", 2), 0, None, 100, now=True)
    now[0] = 4.0
    reporter.tell(("t", 2), 10, None, 100, now=True)
    assert (told[-1].rows_per_second, told[-1].seconds_left) == (5, None)


def test_an_account_in_memory_loses_nothing() -> None:
    account = NullAccount(100)
    account.reserve("a", 60)
    with pytest.raises(UsageError):
        account.reserve("b", 41)
    with pytest.raises(UsageError):
        account.reserve("a", 1)
    account.reserve("b", 40)
    assert account.deduct("a", "s", 50) == 10
    with pytest.raises(OutOfTotem):
        account.deduct("a", "t", 11)
    assert account.deduct("b", "s", 15) == 25
    assert account.settle("b") == 25
    account.reserve("c", 25)
    account.deduct("c", "s", 5)
    assert account.cancel("c") == 25
    assert (account.available, account.spent) == (25, 75)


def test_a_flat_bill_is_its_bounds_whatever_was_used() -> None:
    for used in (0, 3, 10):
        account = NullAccount(100)
        bill = Bill(account, "j", 20, bounds=(8, 10, 1))
        bill.open()
        for stage in ("m", "r", "last"):
            bill.stage_done(stage, used)
        bill.settle()
        assert [stage.totem for stage in bill.charged] == [8, 10, 2]
        assert account.spent == 20


def test_a_bill_that_runs_out_takes_the_whole_reserve() -> None:
    account = NullAccount(100)
    bill = Bill(account, "j", 20)
    bill.open()
    bill.stage_done("m", 8)
    bill.run_out("r")
    assert (account.available, account.spent) == (80, 20)
