"""The listing: what people read of a module, with prices and source lines."""

from __future__ import annotations

import pytest
from attrs import evolve
from bytecode_samples import JOB, SAMPLES, SCRIPT, compiled

from totemlang.bytecode.container import decode, encode
from totemlang.bytecode.formula import formula, term
from totemlang.bytecode.listing import listing
from totemlang.bytecode.module import Code
from totemlang.check.library import default_library
from totemlang.source import Source
from totemlang.tables.measure import (
    ONE,
    BitLength,
    BytesOf,
    ElementBytesOf,
    Larger,
    LengthOf,
    LessOne,
    LookupRows,
    Operands,
    ResultBytes,
    ValueOf,
)
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules
from totemlang.verify.verifier import verify


def verified_listing(text: str) -> str:
    module = compiled(text)
    verified = verify(module, default_rules(), default_prices(), default_library())
    return listing(verified)


VECTOR_A = """\

script
    1 | int a = 1, b = 2
        block: 24
       0  const.int 0                        0                        int 1
       1  assign.int 0                       4                        a
       2  const.int 1                        0                        int 2
       3  assign.int 1                       4                        b
    2 | int c = add (a, b)
       4  load.int 0                         0                        a
       5  load.int 1                         0                        b
       6  add.int                            8
       7  set.int 2                          0                        c
    3 | float d = 4.1
       8  const.float 2                      0                        float 4.099999904632568
       9  assign.float 3                     4                        d
    4 | for i = 1; i <= 3; i++ do
      10  const.int 0                        0                        int 1
      11  assign.int 4                       4                        i
      12  for.int 4                          0                        i
        block: 4
      13    load.int 4                       0                        i
      14    const.int 3                      0                        int 3
      15    le.int                           4
      16  do                                 0
    5 |   c = add (c, i)
        block: 16
      17    load.int 2                       0                        c
      18    load.int 4                       0                        i
      19    add.int                          8
      20    set.int 2                        0                        c
    6 |   d = sub (d, 0.1)
      21    load.float 3                     0                        d
      22    const.float 4                    0                        float 0.10000000149011612
      23    sub.float                        8
      24    set.float 3                      0                        d
    4 | for i = 1; i <= 3; i++ do
      25  step                               0
        block: 8
      26    load.int 4                       0                        i
      27    const.int 0                      0                        int 1
      28    add.int                          8
      29    set.int 4                        0                        i
      30  end                                0
"""


def test_the_listing_of_the_sample_script() -> None:
    head = f"rules  {default_rules().hash}\nprices {default_prices().hash}\n"
    assert verified_listing(SCRIPT) == head + VECTOR_A


@pytest.mark.parametrize(
    "line",
    [
        "dataset readings(string home, timestamp ts, double? kwh, int zone)",
        "lookup prices((int zone, int hour), double price)",
        "param double[] weights",
        "constant duration span",
        "function double math.exp(double x) (library)",
        "function double weighed(double x, string name)",
        "map by_home(string home, timestamp ts, double? kwh, int zone)"
        " -> (string home, date day), double cost, int n",
        "reduce by_day((string home, date day), double[] cost, int[] n) order by cost desc"
        " -> (string home, date day), double cost, long n",
        "merge sum, count",
    ],
)
def test_heads_say_what_a_part_takes_and_gives(line: str) -> None:
    assert line in verified_listing(JOB).splitlines()


@pytest.mark.parametrize(
    "parts",
    [
        ("lookup.double 0 0", "24 + 8·bit_length(rows)", "prices"),
        ("eq.string", "max(bytes(0), bytes(1))"),
        ("exact_sum.double", "16·(max(len(0), 1) - 1)"),
        ("fill.double", "8·value(0)"),
        ("foreach.double", "24"),
        ("call", "8", "weighed"),
        ("const.string", "0", 'string "name"'),
    ],
)
def test_every_instruction_shows_its_price(parts: tuple[str, ...]) -> None:
    text = JOB.replace("len(name) > 3", 'name == "x"')
    lines = [" ".join(line.split()) for line in verified_listing(text).splitlines()]
    assert any(all(part in line for part in parts) for line in lines)


def test_a_stripped_module_is_listed_without_source() -> None:
    module = compiled(SCRIPT)
    lines = listing(decode(encode(module, strip=True))).splitlines()
    assert "       6  add.int" in lines
    assert not any("|" in line for line in lines)


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_a_listing_is_the_same_every_time(text: str) -> None:
    assert verified_listing(text) == verified_listing(text)


def test_foreign_texts_cannot_steer_a_terminal() -> None:
    module = compiled('string s = "\\u{1b}[2J\\u{9b}2J"\nint a = 1')
    assert module.script is not None
    named = evolve(module.script, slot_names=("\x1b[2J", "a"))
    changed = evolve(module, script=named, source=Source("\x1b[2J\n", "x"))
    text = listing(changed)
    assert all(line.isprintable() for line in text.splitlines())


def test_unsound_code_is_listed_all_the_same() -> None:
    module = compiled("int a = 1")
    script = module.script
    assert script is not None
    odd = [evolve(i, immediates=(-5, 9)) for i in script.instructions]
    odd += [evolve(odd[0], operation="jump"), evolve(odd[0], operation="end")]
    assert "jump.int -5 9" in listing(evolve(module, script=Code((), tuple(odd))))


def test_formulas_in_words() -> None:
    assert formula(Larger(BytesOf(0), BytesOf(1))) == "max(bytes(0), bytes(1))"
    assert formula(ElementBytesOf(0) * LengthOf(0) * BitLength(LengthOf(0))) == (
        "longest(0)·len(0)·bit_length(len(0))"
    )
    assert formula((BytesOf(0) + 4) * BitLength(LookupRows())) == (
        "(bytes(0) + 4)·bit_length(rows)"
    )
    assert formula(LessOne(LengthOf(2))) == "(max(len(2), 1) - 1)"
    assert term(6, Larger(ONE, BitLength(ValueOf(1)))) == "6·max(1, bit_length(value(1)))"
    assert term(1, ResultBytes()) == "bytes(result)"
    assert term(1, Operands()) == "bytes(operands)"
