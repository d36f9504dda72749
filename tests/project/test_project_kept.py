"""What a process keeps of programs that it has compiled: their forms, and nothing else of them."""

from __future__ import annotations

import pytest
from attrs import evolve

from totemlang import Program, Refused, Source, UsageError, kept, load
from totemlang.schema.metadata import Metadata
from totemlang.tables.prices import default_prices, load_prices
from totemlang.tables.resources import resource_text

TEXT = "param int n = 3\nint a = 2 ** 3 + n\n"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    kept.forget()


def program(text: str = TEXT, name: str = "a.totem") -> Program:
    return Program(Source(text, name))


def test_the_same_text_is_compiled_once() -> None:
    first, again = program(), program()
    assert again.verified is first.verified
    assert again.tree is first.tree
    assert again.estimate({}) is first.estimate({})


def test_whichever_is_asked_first_makes_a_form() -> None:
    first, again = program(), program()
    assert again.first is again
    assert first.first is again
    assert first.module is again.module


def test_another_text_or_name_is_another_program() -> None:
    first = program()
    assert program(TEXT + "\n").verified is not first.verified
    other = program(name="b.totem")
    assert other.verified is not first.verified
    assert other.module.source == Source(TEXT, "b.totem")


def test_other_prices_are_another_program() -> None:
    text = resource_text("rules", "prices.csv").replace("weight,add,2", "weight,add,7")
    prices = load_prices(text, "other")
    assert prices != default_prices()
    cheap, dear = program(), Program(Source(TEXT, "a.totem"), prices=prices)
    assert dear.estimate({}).lower > cheap.estimate({}).lower


def test_a_parameter_without_default_is_asked_for_each_time() -> None:
    for _ in range(2):
        with pytest.raises(UsageError):
            program("param int n\nint a = n\n").estimate({})


def test_a_quote_follows_what_is_sent_and_published() -> None:
    text = "param int n = 5\nint a = 0\nfor i = 0; i < n; i++ do\n    a += 1\nend for\n"
    costs = [program(text).estimate({}, {"n": n}).upper for n in (1, 10, 1)]
    assert costs[0] == costs[2]
    assert costs[0] != costs[1]
    assert program(text).estimate({}).upper != costs[0]


def test_metadata_that_differ_are_quoted_apart() -> None:
    text = "dataset d(int x)\nmap m(d row)\n    emit row.x as x\nend map\n"
    few, many = (Metadata("d", rows, ()) for rows in (10, 1000))
    assert program(text).estimate({"d": few}) == program(text).estimate({"d": evolve(few)})
    assert program(text).estimate({"d": many}).upper != program(text).estimate({"d": few}).upper
    told = {"d": few}
    before = program(text).estimate(told)
    told["d"] = many
    assert program(text).estimate(told) != before


def test_what_is_wrong_is_said_again() -> None:
    for _ in range(2):
        wrong = program("int a = b\n")
        assert [found.code for found in wrong.diagnostics] == ["NAM103"]
        with pytest.raises(Refused):
            wrong.accept()


def test_bytecode_is_judged_by_itself() -> None:
    container = program().bytecode()
    first, again = load(container), load(container)
    assert again.verified is not first.verified


def test_schemas_make_a_program_its_own() -> None:
    text = "dataset d(x)\nmap m(d row)\n    emit row.x as x\nend map\n"
    assert program(text).diagnostics
    assert program(text).first is program(text).first
    told = Program(Source(text, "a.totem"), schemas={"d": Metadata("d", 1, ())})
    assert told.first is told


def test_few_programs_are_kept_and_no_large_ones() -> None:
    first = program()
    first.first  # noqa: B018
    for number in range(kept.MOST_KEPT):
        program(f"int a = {number}\n").first  # noqa: B018
    assert program().first is not first
    large = program(TEXT + "#" * kept.LONGEST_KEPT)
    assert large.first is large
    assert program(large.source.text).verified is not large.verified
