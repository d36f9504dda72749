"""The container: what is written is read back, and nothing but what would be written is read."""

from __future__ import annotations

import contextlib
import math
import struct
import time
import tracemalloc

import pytest
from attrs import evolve
from bytecode_samples import SAMPLES, compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.bytecode.container import MAGIC, decode, encode, module_hash
from totemlang.bytecode.limits import MAX_MODULE_BYTES
from totemlang.bytecode.module import Code, Instruction, Module
from totemlang.bytecode.wire import Writer
from totemlang.diagnostics import Refused
from totemlang.schema.types import DOUBLE, FLOAT, INT, STRING
from totemlang.source import NOWHERE, Source, Span

MODULES = {name: compiled(text) for name, text in SAMPLES.items()}
EMPTY = MODULES["empty"]


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.diagnostics[0].code


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
@pytest.mark.parametrize("strip", [False, True])
def test_what_is_written_is_read_back(module: Module, strip: bool) -> None:
    data = encode(module, strip=strip)
    assert decode(data) == module
    assert encode(decode(data)) == data


def test_spans_names_and_source_come_back_too() -> None:
    module = MODULES["job"]
    read = decode(encode(module))
    assert read.source == module.source
    assert [s.code.spans for s in read.stages] == [s.code.spans for s in module.stages]
    assert [s.code.slot_names for s in read.stages] == [s.code.slot_names for s in module.stages]


def test_the_hash_is_of_what_runs_and_not_of_what_people_read() -> None:
    module = MODULES["script"]
    stripped = decode(encode(module, strip=True))
    assert stripped.source is None
    assert module_hash(stripped) == module_hash(module)
    commented = compiled(SAMPLES["script"] + "# a comment\n")
    assert module_hash(commented) == module_hash(module)
    assert module_hash(compiled("int a = 2")) != module_hash(compiled("int a = 1"))


def test_compiling_is_deterministic_to_the_byte() -> None:
    for name, text in SAMPLES.items():
        assert encode(compiled(text)) == encode(MODULES[name])


def with_constant(at: object, value: object) -> Module:
    used = Code((), (Instruction("const", at, (0,)),))  # type: ignore[arg-type]
    return evolve(EMPTY, constants=((at, value),), script=used, source=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (DOUBLE, -0.0),
        (DOUBLE, math.inf),
        (FLOAT, -0.0),
        (FLOAT, 2.0**-149),
        (INT, -(2**31)),
        (STRING, "naïve \0 \U0001f600"),
        (STRING.optional, None),
        (INT.array, ()),
        (DOUBLE.array, (1.0, -0.0)),
    ],
)
def test_constants_keep_every_bit(at: object, value: object) -> None:
    ((_, read),) = decode(encode(with_constant(at, value))).constants
    assert repr(read) == repr(value)


@pytest.mark.parametrize(("at", "size"), [(FLOAT, 4), (DOUBLE, 8)])
def test_there_is_one_nan(at: object, size: int) -> None:
    odd = struct.unpack(">d", bytes.fromhex("fff8000000000123"))[0]
    data = encode(with_constant(at, odd))
    assert encode(with_constant(at, math.nan)) == data
    canonical = bytes.fromhex("7fc00000" if size == 4 else "7ff8000000000000")
    assert canonical in data
    other = canonical[:-1] + b"\1"
    with pytest.raises(Refused, match="NaN") as refused:
        decode(data.replace(canonical, other))
    assert code_of(refused) == "BYT004"


@pytest.mark.parametrize(
    ("at", "value"),
    [(FLOAT, 0.1), (FLOAT, 1e300), (INT, 2**31), (INT, True), (STRING, "\ud800"), (INT, None)],
)
def test_a_constant_that_is_no_value_of_its_type_is_not_written(at: object, value: object) -> None:
    with pytest.raises(Refused) as refused:
        encode(with_constant(at, value))
    assert code_of(refused) == "BYT006"


def section(number: int, content: bytes) -> bytes:
    writer = Writer()
    writer.byte(number)
    writer.number(len(content))
    writer.raw(content)
    return writer.written


def assembled(constants: bytes = b"\0", script: bytes = b"\0\0", rest: bytes = b"") -> bytes:
    """A container by hand: sections of a script."""
    return (
        MAGIC
        + b"\1"
        + section(1, bytes(64))
        + section(2, constants)
        + section(3, b"\0")
        + section(4, b"\0")
        + section(5, script)
        + section(6, b"\0\0")
        + section(7, b"\0\0")
        + rest
    )


CONST = b"\1\0\1\1\1\0"
"""A script without slots: one instruction, `const.int 0`; no variables."""


def test_a_container_by_hand() -> None:
    assert decode(assembled()).script is None
    script = decode(assembled(b"\1\1\2", CONST + b"\0")).script
    assert script == Code((), (Instruction("const", INT, (0,)),))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "BYT001"),
        (b"PK\3\4", "BYT001"),
        (MAGIC, "BYT004"),
        (MAGIC + b"\2", "BYT002"),
        (MAGIC + b"\1", "BYT004"),
        (MAGIC + bytes(MAX_MODULE_BYTES), "BYT003"),
        (assembled() + b"\0", "BYT004"),
        (assembled()[:-1], "BYT004"),
        # A number that is longer than it must be, in a count and in a section's length.
        (assembled(b"\x80\0"), "BYT004"),
        (assembled().replace(section(3, b"\0"), b"\3\x81\0\0"), "BYT004"),
        # A count of more than can follow, and one beyond 64 bits.
        (assembled(b"\xff\xff\xff\xff\x0f"), "BYT004"),
        (assembled(b"\xff" * 9 + b"\x7f"), "BYT004"),
        # A section too long for its content; sections in another order.
        (assembled(b"\0\0"), "BYT004"),
        (assembled().replace(section(4, b"\0"), section(8, b"\0")), "BYT004"),
        # Constants: never used, used before they stand, standing twice.
        (assembled(b"\1\1\2"), "BYT004"),
        (assembled(b"\2\1\2\1\4", b"\1\0\2\1\1\1\1\1\0\0"), "BYT004"),
        (assembled(b"\2\1\2\1\2", b"\1\0\2\1\1\0\1\1\1\0"), "BYT004"),
        # A type, an operation, a truth value that does not exist; text that is no UTF-8.
        (assembled(b"\1\x0f\2", CONST + b"\0"), "BYT004"),
        (assembled(b"\0", b"\1\0\1\xff\0"), "BYT004"),
        (assembled(b"\0", b"\2\0"), "BYT004"),
        (assembled(b"\1\x08\2\xc0\x80", b"\1\0\1\1\x08\0\0"), "BYT004"),
        # A section for people that says nothing.
        (assembled(rest=section(8, b"\0")), "BYT004"),
    ],
)
def test_whatever_is_not_the_one_form_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(data)
    assert code_of(refused) == code


def test_a_span_outside_the_source_is_refused() -> None:
    module = evolve(EMPTY, source=Source("ab"))
    script = evolve(EMPTY.script, instructions=(Instruction("end"),), spans=(Span(1, 3),))
    with pytest.raises(Refused) as refused:
        encode(evolve(module, script=script))
    assert code_of(refused) == "BYT006"
    sound = encode(evolve(module, script=evolve(script, spans=(Span(0, 2),))))
    with pytest.raises(Refused):
        decode(sound[:-3] + b"\4" + sound[-2:])


@given(
    st.sampled_from(list(MODULES.values())),
    st.booleans(),
    st.lists(
        st.tuples(
            st.sampled_from(["flip", "insert", "delete", "copy"]),
            st.floats(0, 1),
            st.binary(min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=3,
    ),
)
@settings(max_examples=400, deadline=None)
def test_mutated_bytes_are_refused_or_mean_what_they_say(
    module: Module, strip: bool, changes: list[tuple[str, float, bytes]]
) -> None:
    data = bytearray(encode(module, strip=strip))
    for how, where, what in changes:
        at = int(where * (len(data) - 1)) if data else 0
        if how == "flip" and data:
            data[at] ^= what[0] or 1
        elif how == "insert":
            data[at:at] = what
        elif how == "delete":
            del data[at : at + len(what)]
        else:
            data[at:at] = data[at // 2 : at // 2 + len(what)]
    try:
        read = decode(bytes(data))
    except Refused:
        return
    assert encode(read) == bytes(data)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_or_mean_what_they_say(content: bytes) -> None:
    for data in (content, MAGIC + b"\1" + content, assembled(script=content)):
        try:
            read = decode(data)
        except Refused:
            continue
        assert encode(read) == data


def many(count: int) -> bytes:
    writer = Writer()
    writer.number(count)
    return writer.written


HOSTILE = {
    "instructions": assembled(script=b"\1\0" + many(120_000) + b"\x82" * 120_000 + b"\0"),
    "constants": assembled(many(40_000) + b"".join(b"\1" + many(k) for k in range(40_000))),
    "elements": assembled(b"\1\x10" + many(200_000) + bytes(200_000), b"\1\0\1\1\x10\0\0"),
    "a long text": assembled(b"\1\x08" + many(200_000) + b"a" * 200_000, b"\1\0\1\1\x08\0\0"),
    "slots": assembled(script=b"\1" + many(10_000) + bytes(10_000) + b"\0\0"),
    "a count without content": assembled(many(2**40)),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_the_largest_containers_take_little_time_and_memory(data: bytes) -> None:
    tracemalloc.start()
    before = time.process_time()
    with contextlib.suppress(Refused):
        decode(data)
    used = time.process_time() - before
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 20
    assert peak < 100_000_000


def test_a_module_without_container_is_refused_in_words() -> None:
    for script in (
        Code((), (Instruction("jump"),)),
        Code((), (Instruction("load", None, (0,)),)),
        Code((), (Instruction("not", INT),)),
        Code((), (Instruction("load", INT),)),
        Code((), (Instruction("load", INT, (-1,)),)),
        Code((), (Instruction("end"),), spans=(NOWHERE, NOWHERE)),
        Code((INT,), (), slot_names=("a", "b")),
    ):
        with pytest.raises(Refused) as refused:
            encode(evolve(EMPTY, script=script))
        assert code_of(refused) == "BYT006"
    with pytest.raises(Refused):
        encode(evolve(EMPTY, rules_hash="nothing"))
