"""Maps over texts: strings cut, turned, compared and emitted are those of the interpreter."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native.native_pairs import Pair
from vm.compiled import compiled

EDGES = (0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 128, 129)
ALPHABETS = ("ab, ", "aB — é", "ßẞİıſKÅΣσςǅΐŉﬀŸµ\u0301 ", "日本 語,", "😀a—", "AZaz[`{@ ")


@st.composite
def edged(draw: st.DrawFn) -> str:
    """A text whose letters, or bytes, are of a number at which something ends."""
    letters = draw(st.sampled_from(ALPHABETS))
    length = draw(st.sampled_from(EDGES))
    text = "".join(draw(st.lists(st.sampled_from(letters), min_size=length, max_size=length)))
    if draw(st.booleans()):
        text = text.encode()[:length].decode(errors="ignore")
    return text


@st.composite
def alike(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts: any, or the same, or the same but for one place."""
    text = draw(edged())
    if not text or draw(st.booleans()):
        return text, draw(st.just(text) | edged())
    place = draw(st.integers(0, len(text) - 1))
    return text, text[:place] + draw(st.sampled_from(["", "b", "é"])) + text[place + 1 :]


TEXTS = st.lists(alike(), max_size=12)

WORDS = """\
param string cut = " "
dataset lines(string text, string other)
map m(lines line)
    string low = lower(line.text)
    for word in words(low, "— ,ß") do
        emit word as a, upper(word) as b, "constant" as c, line.other as d, words(low, cut)[0] as e
    end for
    for word in words(line.text, line.other) do
        string twice = concat(word, word)
        string rest = substr(low, len(word), 16)
        string part = substr(word, 1, 20)
        emit twice as a, concat(twice, word, line.other) as b, "" as c, part as d, rest as e
    end for
end map
"""

SCALARS = """\
dataset lines(string text, string other)
map m(lines line)
    string up = upper(line.text)
    string part = substr(line.text, 3, 14)
    emit len(up) as n, up == line.text as same, line.text != line.other as unlike,
        up < line.other as less, part >= line.other as more,
        starts_with(line.text, part) as first, starts_with(line.text, substr(up, 0, 2)) as second,
        max(up, line.other) as larger, min(part, line.text) as smaller,
        contains(words(line.text), line.other) as among, concat(part, up, part) as all
end map
"""


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    """Both programs, translated once."""
    return {WORDS: Pair(compiled(WORDS), [", —é語"]), SCALARS: Pair(compiled(SCALARS))}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(records=TEXTS)
def test_what_is_made_of_texts(pairs: dict[str, Pair], records: list[tuple[str, str]]) -> None:
    for pair in pairs.values():
        pair.check_stage(0, records)
        assert pair.given_up == 0


def test_strings_of_all_lengths_are_emitted(pairs: dict[str, Pair]) -> None:
    """Short ones, long ones and one larger than a block of the pool; the pool grows."""
    records = [("x" * (n % 40) + " y—" + "z" * (n % 18), "w" * (n % 23)) for n in range(3000)]
    records[1500] = ("v" * 100_000 + " u", "")
    pairs[WORDS].check_stage(0, records)
    assert pairs[WORDS].given_up == 0


def test_a_budget_that_ends_among_words(pairs: dict[str, Pair]) -> None:
    records = [("ab cd— ef", "c"), ("é" * 40, "é"), ("", "")] * 5
    used = pairs[WORDS].check_stage(0, records)
    for budget in (0, 1, used // 2, used - 1, used):
        pairs[WORDS].check_stage(0, records, budget)
