"""Metadata and policies as JSON: what is written reads back, and nothing else is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.diagnostics import BadData
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.metadata_json import metadata_from_json, metadata_hash, metadata_to_json
from totemlang.schema.policy import Billing, Ceiling, Policy, policy_from_json
from totemlang.schema.types import DATE, DOUBLE, INT, STRING, TIMESTAMP, Kind, Type

METADATA = Metadata(
    "readings",
    1_674_718,
    (
        ColumnMetadata("home", STRING, 100, 0, max_bytes=9, total_bytes=15_072_462),
        ColumnMetadata("ts", TIMESTAMP, 17_520, 0, 0, 86_400_000_001),
        ColumnMetadata("day", DATE.optional, lower=-719_162, upper=2_932_896),
        ColumnMetadata("kwh", DOUBLE.optional, missing=3, lower=-0.5, upper=6.6),
        ColumnMetadata("n", INT),
    ),
    rows_exact=False,
)

TEXT = """{
  "totem_metadata": 1,
  "name": "d",
  "rows": 2,
  "rows_exact": true,
  "columns": [
    {
      "name": "ts",
      "type": "timestamp?",
      "missing": 1,
      "lower": "1970-01-01T00:00:00",
      "upper": "1970-01-02T00:00:00.000001"
    }
  ]
}
"""


def test_what_is_written_reads_back() -> None:
    assert metadata_from_json(metadata_to_json(METADATA)) == METADATA
    assert metadata_to_json(metadata_from_json(TEXT)) == TEXT


def test_the_hash_is_of_what_is_said_not_how() -> None:
    compact = json.dumps(json.loads(TEXT))
    found = metadata_hash(metadata_from_json(compact))
    assert found == metadata_hash(metadata_from_json(TEXT))
    assert found != metadata_hash(METADATA)
    assert len(found) == 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"totem_metadata": 2}, "this version reads"),
        ({"name": ""}, "'name', a text of 1 to 1000 characters"),
        ({"name": "a\nb"}, "not text"),
        ({"rows": -1}, "'rows' must be a whole number"),
        ({"rows": 1.0}, "'rows' must be a whole number"),
        ({"rows": True}, "'rows' must be a whole number"),
        ({"rows": 2**63}, "'rows' must be a whole number"),
        ({"rows_exact": 1}, "'rows_exact' must be true or false"),
        ({"row_count": 1}, "a key that is not known"),
        ({"columns": {}}, "'columns' must be a list"),
        ({"columns": [1]}, "column 1 must be an object"),
        ({"columns": [{"name": "x", "type": "real"}]}, "column 1: the type"),
        ({"columns": [{"name": "x", "type": "int[]"}]}, "holds no arrays"),
        (
            {"columns": [{"name": "x", "type": "int", "lower": 1.5}]},
            "a bound is no value of type int",
        ),
        ({"columns": [{"name": "x", "type": "int", "lower": 2**31}]}, "a bound is no value"),
        ({"columns": [{"name": "x", "type": "int", "lower": 2, "upper": 1}]}, "above the upper"),
        ({"columns": [{"name": "x", "type": "bool", "lower": 0}]}, "a bound is no value"),
        (
            {"columns": [{"name": "x", "type": "date", "lower": "9999-99-99"}]},
            "a bound is no value",
        ),
        ({"columns": [{"name": "x", "type": "int", "max_bytes": 4}]}, "only strings have"),
        ({"columns": [{"name": "x", "type": "int", "missing": 4}]}, "the type must be int?"),
        ({"columns": [{"name": "x", "type": "int"}] * 2}, "column 2 has the name"),
        ({"columns": [{"name": "x", "type": "int", "mean": 2}]}, "a key that is not known"),
    ],
)
def test_nothing_else_is_read(change: dict[str, object], message: str) -> None:
    document = json.loads(TEXT) | change
    with pytest.raises(BadData, match=message.replace("?", r"\?")):
        metadata_from_json(json.dumps(document))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"totem_metadata": 1, "totem_metadata": 1}',
        '{"totem_metadata": NaN}',
        '{"totem_metadata": 1' + "0" * 10_000 + "}",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        '"' + "x" * 5_000_000 + '"',
    ],
)
def test_hostile_documents_are_bad_data(text: str | bytes) -> None:
    with pytest.raises(BadData, match="the metadata"):
        metadata_from_json(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "type", "rows", "columns", "lower", "missing", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_or_bad_data(value: object) -> None:
    document = value if isinstance(value, dict) else {"columns": [value]}
    document = {"totem_metadata": 1, "name": "d"} | document
    try:
        found = metadata_from_json(json.dumps(document))
    except BadData:
        return
    assert metadata_from_json(metadata_to_json(found)) == found


@given(st.sampled_from([k for k in Kind if k not in (Kind.BOOL, Kind.STRING)]), st.data())
def test_bounds_of_every_kind_read_back(kind: Kind, data: st.DataObject) -> None:
    values = {
        Kind.DATE: st.integers(-719_162, 2_932_896),
        Kind.TIMESTAMP: st.integers(-719_162 * 86_400_000_000, 2_932_897 * 86_400_000_000 - 1),
        Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False, width=32),
        Kind.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    }.get(kind, st.integers(-(2**31), 2**31 - 1))
    bound = data.draw(values)
    metadata = Metadata("d", None, (ColumnMetadata("x", Type(kind), lower=bound, upper=bound),))
    assert metadata_from_json(metadata_to_json(metadata)) == metadata


def test_a_policy_reads_from_json() -> None:
    text = """{"totem_policy": 1, "privacy_unit": "home",
        "withhold": {"extremes": ["kwh"], "distinct": ["home"]},
        "ceilings": {"rows": 2000000, "columns": {"kwh": {"lower": 0, "upper": 50}}},
        "largest_result_rows": 100}"""
    assert policy_from_json(text) == Policy(
        Billing.FLAT,
        "home",
        frozenset({"kwh"}),
        frozenset({"home"}),
        2_000_000,
        {"kwh": Ceiling(lower=0, upper=50)},
        largest_result_rows=100,
    )
    assert policy_from_json('{"totem_policy": 1}') == Policy()
    metered = '{"totem_policy": 1, "privacy_unit": "home", "billing": "metered"}'
    assert not policy_from_json(metered).is_flat


@pytest.mark.parametrize(
    "change",
    [
        {"totem_policy": 2},
        {"billing": "free"},
        {"privacy_unit": None},
        {"withhold": {"all": []}},
        {"withhold": {"extremes": "kwh"}},
        {"withhold": []},
        {"ceilings": {"columns": {"kwh": {"upper": True}}}},
        {"ceilings": {"columns": {"kwh": {"mean": 1}}}},
        {"largest_result_rows": -1},
        {"other": 1},
    ],
)
def test_a_policy_that_is_none_is_bad_data(change: dict[str, object]) -> None:
    with pytest.raises(BadData, match="the policy"):
        policy_from_json(json.dumps({"totem_policy": 1} | change))
