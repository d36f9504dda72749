"""Strings: code points, a pinned table of cases, pieces without empty ones."""

from __future__ import annotations

import unicodedata

import pytest
from compiled import machine
from hypothesis import given
from hypothesis import strategies as st

from totemlang.diagnostics import OperationFailed
from totemlang.vm import failures, strings
from totemlang.vm.case_table import UNICODE_VERSION
from totemlang.vm.failures import Failure

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_case_keeps_the_number_of_code_points_and_bytes(text: str) -> None:
    for changed in (strings.lower(text), strings.upper(text)):
        assert len(changed) == len(text)
        assert len(changed.encode()) == len(text.encode())


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Größe", "größe", "GRÖßE"),  # ß has no single capital of two bytes
        ("ΣΑΣ", "σασ", "ΣΑΣ"),  # no final sigma: one to one
        ("\u0130\u0131\u017f\u212a",) * 3,  # two, one, one and one bytes on the other side
        ("Ǆǅ", "ǆǆ", "ǄǄ"),
        ("Ⴀⅷ", "ⴀⅷ", "ႠⅧ"),
        ("tEsT 1", "test 1", "TEST 1"),
    ],
)
def test_cases(text: str, low: str, high: str) -> None:
    assert strings.lower(text) == low
    assert strings.upper(text) == high


@pytest.mark.skipif(
    unicodedata.unidata_version != UNICODE_VERSION, reason="Python has another Unicode"
)
def test_the_table_is_that_of_its_unicode_version() -> None:
    for change, whole in ((strings.lower, str.lower), (strings.upper, str.upper)):
        for number in range(0x110000):
            if 0xD800 <= number < 0xE000:
                continue
            letter = chr(number)
            other = whole(letter)
            one_to_one = len(other) == 1 and len(other.encode()) == len(letter.encode())
            assert change(letter) == (other if one_to_one else letter)


@given(TEXTS, st.text(max_size=5).filter(lambda t: t.isprintable()))
def test_words_lie_between_separators(text: str, separators: str) -> None:
    pieces = strings.words(text, separators)
    assert "".join(pieces) == "".join(letter for letter in text if letter not in separators)
    assert all(piece and not set(piece) & set(separators) for piece in pieces)
    rest = text
    for piece in pieces:
        at = rest.index(piece)
        assert set(rest[:at]) <= set(separators)
        rest = rest[at + len(piece) :]
        assert not rest or rest[0] in separators


@given(st.text("abcxyz\0é", max_size=30))
def test_many_separators_part_like_few(text: str) -> None:
    many = "ab" + "".join(map(chr, range(0x400, 0x440)))
    assert strings.words(text, many) == strings.words(text, "ab")


def test_words_at_space_knows_ascii_alone() -> None:
    assert strings.words_at_space(" a\tb\n\v\f\rc d\x1ce ") == ["a", "b", "c", "d\x1ce"]


@pytest.mark.parametrize("separators", ["]", "^a", "a-c", "\\", "[]^-\\"])
def test_separators_are_no_pattern(separators: str) -> None:
    assert strings.words(f"x{separators[0]}y", separators) == ["x", "y"]
    assert strings.words("xby", "a-c") == ["xby"]


def test_substring_counts_code_points_and_is_clipped() -> None:
    assert strings.substring("a𝒳b", 1, 1) == "𝒳"
    assert strings.substring("abc", 2, 2**40) == "c"
    assert strings.substring("abc", 2**40, 1) == ""
    with pytest.raises(Failure, match=failures.NEGATIVE_START):
        strings.substring("abc", -1, 1)
    with pytest.raises(Failure, match=failures.NEGATIVE_LENGTH):
        strings.substring("abc", 0, -1)


@given(TEXTS, TEXTS)
def test_the_order_of_strings_is_that_of_their_bytes(one: str, other: str) -> None:
    assert (one < other) == (one.encode() < other.encode())


def test_a_string_is_not_built_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "MAX_VALUE_BYTES", 10)
    assert strings.concatenate(["12345", "67890"]) == "1234567890"
    with pytest.raises(Failure, match=failures.TOO_LARGE):
        strings.concatenate(["12345", "6789€"])
    monkeypatch.setattr(strings, "MAX_ELEMENTS", 3)
    assert strings.words("a b c", " ") == ["a", "b", "c"]
    with pytest.raises(Failure, match=failures.TOO_LARGE):
        strings.words("a b c d", " ")


def test_what_comes_after_too_many_words_is_not_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "MAX_ELEMENTS", 3)
    used = set()
    for text in ("x", "x" * 1000):
        run, meter = machine(f'long n = count(words("a b c d", " ")) + count(words("{text}", " "))')
        with pytest.raises(OperationFailed, match=failures.TOO_LARGE):
            run.run_script()
        used.add(meter.used)
    assert len(used) == 1
