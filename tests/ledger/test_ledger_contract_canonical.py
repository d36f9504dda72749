"""Canonical JSON: one text a value, and nothing else is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totemlang.ledger.canonical import (
    MAX_DEPTH,
    NotCanonical,
    canonical,
    digest,
    parse,
    parse_canonical,
)

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_reads_back_and_has_one_text(value: object) -> None:
    text = canonical(value)
    assert parse_canonical(text) == value
    assert canonical(parse(json.dumps(value, indent=1).encode())) == text


def test_keys_are_sorted_and_nothing_is_escaped_without_need() -> None:
    assert canonical({"b": [1, True, None], "a": "é"}) == '{"a":"é","b":[1,true,null]}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        b"1.0",
        b"1e3",
        b"NaN",
        b"-Infinity",
        b"-0",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1" * 5_000,
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b"\xff",
        b'"\\ud800"',
        b"[1",
        b"",
        b"\xef\xbb\xbf1",
        b"[" * 100_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    ],
)
def test_what_no_ledger_can_hold_is_not_read(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(text)


@pytest.mark.parametrize("text", [b" 1", b"[1, 2]", b'{"b":1,"a":2}', b'"\\u0041"', b'"\\/"'])
def test_another_spelling_is_not_canonical(text: bytes) -> None:
    parse(text)
    with pytest.raises(NotCanonical):
        parse_canonical(text)


@pytest.mark.parametrize("value", [1.0, 2**63, {1: 2}, b"x", {"a": {1}}, "\ud800", object()])
def test_a_value_of_another_kind_is_not_written(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_size_is_bounded_before_anything_is_read() -> None:
    with pytest.raises(NotCanonical):
        parse(b'"' + b"x" * 100 + b'"', most=50)


def test_digests_tell_values_apart() -> None:
    assert digest({"a": 1}) == digest({"a": 1}) != digest({"a": True})
