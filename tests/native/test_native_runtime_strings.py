"""The runtime's operations on strings give what the interpreter's meanings give."""

from __future__ import annotations

import random
import struct
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from native.runtime_machine import BASE, EXAMPLES, Failed, Machine, machine, meant
from totemlang.native.runtime.selection import MARGIN
from totemlang.vm import sizes, strings
from totemlang.vm.arrays import bounded
from totemlang.vm.case_table import LOWER, UPPER
from totemlang.vm.failures import TOO_LARGE

ALL = st.characters(exclude_categories=["Cs"])
FEW = "ab ,;é€😀\t\x00"
CASED = "aZßẞİıſKÅΣσςǅǆΐŉﬀẖÿŸµΩeÉ\u0301 —"
TEXT = st.one_of(
    st.text(ALL, max_size=70),
    st.text(FEW, max_size=90),
    st.text("ab ", max_size=150),
    st.text(CASED, max_size=90),
)
LARGE = Failed(TOO_LARGE)


@EXAMPLES
@given(left=TEXT, right=TEXT, shared=TEXT)
def test_comparing(left: str, right: str, shared: str) -> None:
    own = machine()
    for one, two in ((left, right), (shared + left, shared + right), (left, left), (left, "")):
        order = own.call("compare_strings", one, two)
        assert (order > 0) - (order < 0) == (one > two) - (one < two)
        assert own.call("equal_strings", one, two) == (one == two)
        assert own.call("starts_with", one, two) == one.startswith(two)
        assert own.text(own.call("smaller_string", one, two)) == min(one, two)
        assert own.text(own.call("larger_string", one, two)) == max(one, two)
    assert own.call("starts_with", shared + left, shared) == 1


def test_comparing_at_every_length() -> None:
    own = machine()
    for length in range(40):
        for place in range(length):
            one = "m" * length
            for letter in "az":
                two = one[:place] + letter + one[place + 1 :]
                order = own.call("compare_strings", one, two)
                assert (order > 0) == (one > two)
                assert own.call("equal_strings", one, two) == 0
                assert own.call("starts_with", one + "x", two) == 0


@EXAMPLES
@given(text=TEXT, start=st.integers(-1, 100), length=st.integers(-1, 100))
@example(text="abc", start=2**63 - 1, length=2**63 - 1)
@example(text="a€" * 20, start=2**32, length=1)
@example(text="a€" * 20, start=16, length=2**32)
@example(text="", start=-(2**63), length=-(2**63))
def test_parts(text: str, start: int, length: int) -> None:
    own = machine()
    assert own.call("length_string", text) == len(text)
    found = own.call("substring", text, start, length)
    expected = meant(strings.substring, text, start, length)
    assert (found if isinstance(found, Failed) else own.text(found)) == expected


@EXAMPLES
@given(text=TEXT)
@example(text="ÀÞßÿŸİıſKÅ" * 3)
@example(text="A" * 40 + "É")
def test_cases(text: str) -> None:
    own = machine()
    assert own.text(own.call("lower", text)) == strings.lower(text)
    assert own.text(own.call("upper", text)) == strings.upper(text)


def test_the_case_of_every_letter() -> None:
    """All letters of the table and their neighbours, and all of ASCII."""
    ends = [at for runs in (LOWER, UPPER) for run in runs for at in run[:2]]
    near = {at + by for at in ends for by in (-1, 0, 1)}
    near |= set(range(0x3000))
    text = "".join(map(chr, sorted(near)))
    own = machine()
    assert own.text(own.call("lower", text)) == strings.lower(text)
    assert own.text(own.call("upper", text)) == strings.upper(text)


SEPARATORS = st.text(ALL, max_size=4) | st.text(FEW, max_size=12) | st.text(ALL, max_size=40)


@EXAMPLES
@given(text=TEXT, separators=SEPARATORS)
@example(text="", separators="")
@example(text="a", separators="")
@example(text=" " * 33, separators=" ")
@example(text="a" * 16 + " " + "b" * 16, separators=" ")
@example(text="aéb€c😀d", separators="é€😀àâäçèêëîï")
@example(text="aéb€cïdîeëfà", separators="é€😀àâäçèêëîï")
@example(text="aéb€c😀d", separators="é😀")
@example(text="a\x7fb\x80c", separators="\x7f")
def test_words(text: str, separators: str) -> None:
    own = machine()
    found = own.array("string", own.call("words", text, separators))
    assert found == strings.words(text, separators)
    found = own.array("string", own.call("words_at_space", text))
    assert found == strings.words_at_space(text)


def test_each_ascii_separator_alone() -> None:
    own = machine()
    text = "".join(map(chr, range(256))) * 2
    for code in range(128):
        found = own.array("string", own.call("words", text, chr(code)))
        assert found == strings.words(text, chr(code))


@pytest.mark.parametrize("gap", range(18))
def test_strings_at_the_end_of_memory(gap: int) -> None:
    """Only the margin lies behind them, and a trap would tell of reading beyond it."""
    own = Machine(pages=9)
    own.call("upper", "é")  # for which a table is made
    end = own.memory.data_len(own.store) - MARGIN - gap
    whole = "ab cd  efghi jklmnopqrstuvw xyz a" * 4
    for text in [*(whole[short:] for short in range(len(whole))), "a" * 20, " " * 20, "é" * 40]:
        at = end - len(text.encode())
        own.write(at, text.encode())
        packed = at | len(text.encode()) << 32
        for name, more in (("words_at_space", []), ("words", [own.put(" €")])):
            found = own.array("string", own.again(name, packed, *more))
            assert found == text.split()
        assert own.again("length_string", packed) == len(text)
        assert own.text(own.again("substring", packed, 1, len(text))) == text[1:]
        assert own.text(own.again("upper", packed)) == text.upper()
        assert own.text(own.again("concatenate_2", packed, packed)) == text * 2
        own.raw("reset", own.mark)


LENGTHS = (0, 1, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("odd", ["—", "ß", "İ", "Σ", "a", " ", "😀"])
def test_one_letter_at_every_place(length: int, odd: str) -> None:
    """A letter or separator of several bytes may lie across any border of what is read at once."""
    own = machine()
    for place in range(length + 1):
        text = ("xY" * length)[:place] + odd + ("Zz w" * length)[: length - place]
        assert own.text(own.call("lower", text)) == strings.lower(text)
        assert own.text(own.call("upper", text)) == strings.upper(text)
        assert own.call("length_string", text) == len(text)
        for separators in (" —", "😀ß", " ", "Yİ—ßΣ😀éèêë"):
            found = own.array("string", own.call("words", text, separators))
            assert found == strings.words(text, separators)


def test_sets_of_separators_take_turns() -> None:
    """Constant sets, which are kept, and others, in any order."""
    own = Machine()
    at, sets = 16, []
    for separators in (" ,", "—b", "", "abcdéèêëàâäçîï", " ", "éèêëàâäçîïöü"):
        data = separators.encode()
        own.write(at, data)
        sets.append((separators, at | len(data) << 32 if data else 0))
        at += len(data)
    assert at < BASE
    text = "ab, cé—d ïöl—" * 9
    source = random.Random(3)
    for _ in range(300):
        own.raw("reset", own.mark)
        separators, packed = source.choice(sets)
        if source.random() < 0.5:
            packed = own.put(separators)
        found = own.array("string", own.again("words", own.put(text), packed))
        assert found == strings.words(text, separators)
    assert own.memory.size(own.store) < 40


@EXAMPLES
@given(parts=st.lists(TEXT, max_size=9))
def test_joining(parts: list[str]) -> None:
    own = machine()
    own.raw("reset", own.mark)
    packed = struct.pack(f"<{len(parts)}q", *map(own.put, parts))
    found = own.again("concatenate", own.bytes_at(packed), len(parts))
    assert own.text(found) == "".join(parts)
    if len(parts) > 1:
        found = own.again("concatenate_2", parts[0], parts[1])
        assert own.text(found) == parts[0] + parts[1]


def test_values_have_a_largest_size() -> None:
    own = machine()
    own.raw("reset", own.mark)
    half = own.put("x" * (1 << 26))
    packed = own.bytes_at(struct.pack("<qqq", half, half, own.put("y")))
    assert own.again("concatenate_2", half, half) >> 32 == 1 << 27
    assert own.again("concatenate", packed, 2) >> 32 == 1 << 27
    assert own.again("concatenate", packed, 3) == LARGE
    whole = own.again("concatenate_2", half, half)
    assert own.again("concatenate_2", whole, "y") == LARGE
    data = own.bytes_at(struct.pack("<qq", whole, own.put("")))
    array = own.bytes_at(struct.pack("<iiii", data, 2, 0, 0))
    assert own.again("bounded_string", array) == array
    own.write(data + 8, struct.pack("<q", own.put("y")))
    assert own.again("bounded_string", array) == LARGE
    assert bounded(["a"]) == ["a"]


def test_more_words_than_an_array_may_hold_fail() -> None:
    own = machine()
    own.raw("reset", own.mark)
    count = (1 << 24) + 1
    text = own.put("a " * count)
    assert own.again("words_at_space", text) == LARGE
    assert own.again("words", text, " ") == LARGE
    assert own.again("words", text, " é") == LARGE
    assert own.again("words", text, " 0123456789éèêëàâäçîï") == LARGE
    less = (text & 0xFFFFFFFF) | (count * 2 - 2) << 32
    assert own.again("length", own.again("words_at_space", less)) == count - 1


@EXAMPLES
@given(values=st.lists(TEXT, max_size=12))
def test_sizes(values: list[str]) -> None:
    own = machine()
    assert own.call("strings_bytes", ("string", values)) == sizes.strings_bytes(values)
    expected = sizes.longest_bytes(values) if values else 1
    assert own.call("longest_bytes", ("string", values)) == expected
    for value in values:
        assert own.call("string_bytes", value) == sizes.string_bytes(value)
    assert own.call("string_bytes", 0) == sizes.string_bytes(None)


# --- Arrow


@EXAMPLES
@given(values=st.lists(TEXT, max_size=20))
def test_strings_to_offsets(values: list[str]) -> None:
    own = machine()
    data = int.from_bytes(own.read(own.call("copy_array_string", ("string", values)), 4), "little")
    total = sum(len(value.encode()) for value in values)
    assert own.again("packed_bytes", data, len(values)) == total
    offsets, text = own.raw("alloc", 4 * len(values) + 4), own.raw("alloc", total)
    own.again("gather_strings", data, len(values), offsets, text)
    assert own.read(text, total).decode() == "".join(values)
    found = struct.unpack(f"<{len(values) + 1}i", own.read(offsets, 4 * len(values) + 4))
    ends = accumulate((len(value.encode()) for value in values), initial=0)
    assert found == tuple(ends)


def test_static_data_lies_below_the_machine() -> None:
    assert machine().mark > BASE
