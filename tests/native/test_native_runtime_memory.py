"""The runtime's memory: temporary areas, held blocks, variables that own their bytes, lookups."""

from __future__ import annotations

import random
import struct
from itertools import pairwise
from typing import Any

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from native.runtime_machine import EXAMPLES, Failed, Machine, machine
from totemlang.native.runtime.selection import MARGIN
from totemlang.vm.failures import OUTSIDE_ARRAY

PAGE = 1 << 16


@EXAMPLES
@given(sizes=st.lists(st.integers(0, 3 << 20) | st.integers(0, 100), max_size=12))
def test_temporary_bytes_do_not_meet_and_come_back(sizes: list[int]) -> None:
    own = machine()
    own.raw("reset", own.mark)
    taken = []
    for size in sizes:
        at = own.raw("alloc", size)
        assert at % 8 == 0
        own.write(at, b"\x01" * size)
        taken.append((at, size))
        assert at + size <= own.memory.data_len(own.store) - MARGIN
    ends = sorted(taken)
    assert all(a + n <= b for (a, n), (b, _) in pairwise(ends) if n)
    own.raw("reset", own.mark)
    assert own.raw("heap") == own.mark


def test_resetting_frees_chunks_that_lie_apart() -> None:
    own = Machine()
    marks, pages = [own.raw("heap")], []
    for turn in range(3):
        for _ in range(5):
            own.raw("hold", 300_000)  # what grows after it cannot join the chunk before
            own.raw("alloc", 2 << 20)
            marks.append(own.raw("heap"))
        while len(marks) > 1:
            marks.pop()
            own.raw("reset", marks[-1])
            assert own.raw("heap") == marks[-1]
        pages.append(own.memory.size(own.store))
        assert turn == 0 or pages[-1] - pages[-2] <= 5 * 6  # only what is held
    own.raw("alloc", 100)


def test_a_memory_that_may_not_grow_traps() -> None:
    own = Machine(pages=64)
    for name, size in (("alloc", 64 * PAGE), ("hold", 64 * PAGE), ("alloc", -1), ("hold", -1)):
        with pytest.raises(wasmtime.Trap):
            own.raw(name, size)
    own.raw("alloc", 30 * PAGE)  # the last bit is taken without a reserve
    own.raw("alloc", 20 * PAGE)
    with pytest.raises(wasmtime.Trap):
        own.raw("alloc", 20 * PAGE)


def test_held_blocks_are_used_again() -> None:
    own, source = Machine(), random.Random(1)
    held: dict[int, tuple[int, int]] = {}
    for turn in range(3000):
        if held and source.random() < 0.5:
            at = source.choice(sorted(held))
            size, mark = held.pop(at)
            assert own.read(at, size) == bytes([mark]) * size
            own.raw("release", at)
        else:
            size, mark = int(2 ** source.uniform(0, 16)), turn % 256
            at = own.raw("hold", size)
            assert at % 8 == 0
            assert at not in held
            assert own.raw("room", at) >= size
            assert at + own.raw("room", at) <= own.memory.data_len(own.store) - MARGIN
            own.write(at, bytes([mark]) * size)
            held[at] = (size, mark)
    own.raw("release", 0)
    assert own.memory.size(own.store) < 400


@pytest.mark.parametrize("length", [*range(70), 100, 1000])
def test_moving_bytes_up_and_down(length: int) -> None:
    own = machine()
    text = bytes(at % 251 for at in range(length + 40))
    for by in (-9, -8, -3, -1, 0, 1, 2, 5, 8, 16, 20):
        own.raw("reset", own.mark)
        at = own.bytes_at(text)
        own.raw("move", at + 20 + by, at + 20, length)
        expected = bytearray(text)
        expected[20 + by : 20 + by + length] = text[20 : 20 + length]
        assert own.read(at, len(text)) == bytes(expected)


# --- variables


def test_a_variable_may_grow_without_end_of_rounds() -> None:
    own = Machine()
    slot = own.raw("hold", 8)
    own.write(slot, bytes(8))
    value, expected = own.raw("keep_string", slot, 0), ""
    mark = own.raw("heap")
    for turn in range(3000):
        value = own.again("concatenate_2", value, own.put("xyz"))
        value = own.raw("keep_string", slot, value)
        own.raw("reset", mark)
        expected += "xyz"
        if turn % 1000 == 500:
            value = own.raw("keep_string", slot, own.again("substring", value, 5, 7))
            expected = expected[5:12]
    assert own.text(value) == expected
    assert own.memory.size(own.store) < 64


def test_a_variable_that_grows_gives_its_block_back() -> None:
    own = Machine()
    slot = own.raw("hold", 16)
    for keep, small, large in (
        ("keep_string", "x" * 40, "x" * 400),
        ("keep_array_long", ("long", [1] * 5), ("long", [1] * 500)),
        ("keep_array_string", ("string", ["x" * 40]), ("string", ["x"] * 500)),
    ):
        own.write(slot, bytes(16))
        own.call(keep, slot, small)
        before = int.from_bytes(own.read(slot, 4), "little")
        before -= 8 if keep == "keep_array_string" else 0
        room = own.raw("room", before)
        own.call(keep, slot, large)
        assert own.raw("hold", room) == before


WORDS = st.text("aé€", max_size=30)
STEPS = st.lists(
    st.tuples(st.just("set"), st.integers(-1, 6), WORDS)
    | st.tuples(st.just("swap"), st.integers(0, 5), st.integers(0, 5))
    | st.tuples(st.just("keep"), st.just(0), st.lists(WORDS, max_size=6))
    | st.tuples(st.just("sort"), st.just(0), st.just(0))
    | st.tuples(st.just("part"), st.integers(0, 5), st.integers(0, 5)),
    max_size=25,
)


def element(own: Machine, slot: int, at: int) -> int:
    """The packed string at a place of an array."""
    (data,) = struct.unpack("<i", own.read(slot, 4))
    (packed,) = struct.unpack("<q", own.read(data + 8 * at, 8))
    return int(packed)


@EXAMPLES
@given(steps=STEPS)
def test_an_array_of_strings_owns_its_texts(steps: list[tuple[str, int, Any]]) -> None:
    own = machine()
    own.raw("reset", own.mark)
    slot, other = own.raw("hold", 16), own.raw("hold", 8)
    own.write(slot, bytes(16))
    own.write(other, bytes(8))
    expected: list[str] = []
    for name, at, more in steps:
        if name == "set":
            found = own.again("set_element_string", slot, at, more)
            if 0 <= at < len(expected):
                expected[at] = more
                assert found is None
            else:
                assert found == Failed(OUTSIDE_ARRAY)
        elif name == "keep":
            own.again("keep_array_string", slot, ("string", more))
            expected = list(more)
        elif name == "sort":
            own.again("keep_array_string", slot, own.again("sort_string", slot))
            expected.sort()
        elif at < len(expected) and more < len(expected):
            text = element(own, slot, at)
            if name == "part":
                own.again("set_element_string", slot, at, own.again("substring", text, 1, 3))
                expected[at] = expected[at][1:4]
            else:
                kept = own.raw("keep_string", other, text)
                own.again("set_element_string", slot, at, element(own, slot, more))
                own.again("set_element_string", slot, more, kept)
                expected[at], expected[more] = expected[more], expected[at]
        own.write(own.raw("alloc", 64), b"#" * 64)
        own.raw("reset", own.mark)  # what the variable holds does not lie there
        own.write(own.raw("alloc", 4000), b"#" * 4000)
        assert own.array("string", slot) == expected
    own.raw("drop_array_string", slot)
    assert own.read(slot, 16) == bytes(16)


@pytest.mark.parametrize("form", ["bool", "int", "long", "float", "double"])
def test_an_array_owns_its_elements(form: str) -> None:
    own = Machine()
    slot = own.raw("hold", 16)
    own.write(slot, bytes(16))
    number: Any = float if form in ("float", "double") else int
    for length in (0, 3, 1, 5, 400, 2, 30, 401, 5000):
        values = [number(at % 2) for at in range(length)]
        own.call(f"keep_array_{form}", slot, (form, values))
        own.raw(f"keep_array_{form}", slot, slot)
        assert own.array(form, slot) == values


def test_replacing_strings_round_after_round_takes_no_more_memory() -> None:
    own = Machine()
    slot = own.raw("hold", 16)
    own.write(slot, bytes(16))
    own.call("keep_array_string", slot, ("string", ["", "a", "b"]))
    pages = 0
    for turn in range(2000):
        own.call("set_element_string", slot, turn % 3, "x" * (turn * 997 % 20_000))
        if turn % 50 == 0:
            own.call("keep_array_string", slot, own.again("sort_string", slot))
        pages = pages if turn > 200 else own.memory.size(own.store)
    assert own.memory.size(own.store) <= pages + 4


# --- lookups

KEYS = st.tuples(
    st.integers(-(2**31), 2**31 - 1) | st.integers(0, 3),
    st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
    st.text(max_size=30) | st.text("ab", max_size=4),
)


@EXAMPLES
@given(
    rows=st.lists(KEYS, max_size=60),
    others=st.lists(KEYS, max_size=20),
    seed=st.integers(-(2**63), 2**63 - 1) | st.just(0),
)
def test_a_lookup_finds_its_rows_and_no_others(
    rows: list[tuple[int, int, str]], others: list[tuple[int, int, str]], seed: int
) -> None:
    own = machine()
    for parts, pick in (("ils", (0, 1, 2)), ("l", (1,)), ("s", (2,))):
        own.raw("reset", own.mark)
        keys = list(dict.fromkeys(tuple(row[p] for p in pick) for row in rows))
        mask = (1 << max(1, (2 * len(keys)).bit_length())) - 1
        columns = []
        for n, part in enumerate(parts):
            cells = [own.put(key[n]) for key in keys]
            code = "i" if part == "i" else "q"
            columns.append(own.bytes_at(struct.pack(f"<{len(cells)}{code}", *cells)))
        slots = own.bytes_at(bytes(4 * mask + 4))
        table = own.bytes_at(struct.pack("<qiii", seed, mask, slots, len(keys)))
        table = own.bytes_at(own.read(table, 20) + struct.pack(f"<{len(parts)}i", *columns))
        own.raw(f"build_lookup_{parts}", table)
        index = {key: row for row, key in enumerate(keys)}
        for key in [*keys, *(tuple(row[p] for p in pick) for row in others)]:
            assert own.again(f"lookup_{parts}", table, *key) == index.get(key, -1)
