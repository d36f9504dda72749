"""What verified code says: types of each step, prices from the tables, blocks, partners."""

from __future__ import annotations

import pytest
from attrs import evolve
from verify_assembler import script

from totemlang.bytecode.formula import term
from totemlang.check.library import default_library
from totemlang.diagnostics import Refused
from totemlang.tables.prices import PriceTable, default_prices, load_prices
from totemlang.tables.resources import resource_text
from totemlang.tables.rules import default_rules
from totemlang.verify.verified import Block, VerifiedCode
from totemlang.verify.verifier import verify


def verified(slots: str, text: str, prices: PriceTable | None = None) -> VerifiedCode:
    prices = prices or default_prices()
    module = evolve(script(slots, text), prices_hash=prices.hash)
    found = verify(module, default_rules(), prices, default_library()).script
    assert found is not None
    return found


def price(slots: str, text: str, operation: str, prices: PriceTable | None = None) -> str:
    """The price of the one instruction of that name, as text."""
    code = verified(slots, text, prices)
    names = [instruction.operation for instruction in code.code.instructions]
    found = code.steps[names.index(operation)].price
    return " + ".join([str(found.fixed), *(term(w, m) for w, m in found.sized)])


@pytest.mark.parametrize(
    ("slots", "text", "operation", "expected"),
    [
        ("int a", "load.int 0\n load.int 0\n add.int\n set.int 0", "add", "8"),
        ("double a", "load.double 0\n load.double 0\n div.double\n set.double 0", "div", "32"),
        ("int[] xs", "load.int[] 0\n assign.int[] 0", "assign", "0 + 4·len(0)"),
        ("string s", "load.string 0\n assign.string 0", "assign", "0 + bytes(0)"),
        (
            "string s, bool b",
            "load.string 0\n load.string 0\n eq.string\n set.bool 1",
            "eq",
            "0 + max(bytes(0), bytes(1))",
        ),
        (
            "double[] xs, double d",
            "load.double[] 0\n exact_sum.double\n set.double 1",
            "exact_sum",
            "0 + 16·(max(len(0), 1) - 1)",
        ),
        (
            "string[] xs",
            "load.string[] 0\n sort.string\n set.string[] 0",
            "sort",
            "0 + longest(0)·len(0)·bit_length(len(0))",
        ),
        (
            "int[] xs",
            "load.int[] 0\n sort.int\n set.int[] 0",
            "sort",
            "0 + 4·len(0)·bit_length(len(0))",
        ),
        (
            "int a",
            "load.int 0\n const.long {9}\n pow.int\n set.int 0",
            "pow",
            "0 + 24·max(1, bit_length(value(1)))",
        ),
        ("int[] xs", "load.int[] 0\n len.int[]\n array.int 1\n set.int[] 0", "array", "4"),
        (
            "string s",
            "load.string 0\n load.string 0\n concat 2\n set.string 0",
            "concat",
            "0 + 5·bytes(operands)",
        ),
        (
            "string[] xs, long l",
            "load.long 1\n const.string {'a'}\n assign_element.string 0",
            "assign_element",
            "0 + 3·bytes(1) + bytes(1)",
        ),
        ("int? o, int a", "load.int? 0\n value.int?\n set.int 1", "value", "4"),
    ],
)
def test_a_price_is_the_rows_with_all_that_is_fixed_folded(
    slots: str, text: str, operation: str, expected: str
) -> None:
    assert price(slots, text, operation) == expected


def test_prices_come_from_the_table_in_force() -> None:
    text = resource_text("rules", "prices.csv").replace("weight,add,2", "weight,add,7")
    dear = load_prices(text, "dear.csv")
    code = "load.int 0\n load.int 0\n add.int\n set.int 0"
    assert price("int a", code, "add", dear) == "28"


def test_a_module_under_other_tables_is_refused_in_words() -> None:
    module = script("", "")
    for changed, word in (("rules_hash", "rules"), ("prices_hash", "prices")):
        with pytest.raises(Refused, match=f"compiled under other {word}"):
            verify(
                evolve(module, **{changed: "0" * 64}),
                default_rules(),
                default_prices(),
                default_library(),
            )


def test_blocks_end_with_control_and_carry_fixed_prices() -> None:
    code = verified(
        "int a, bool b",
        """
        const.int {1}
        assign.int 0        # 4
        load.bool 1
        if                  # ends block 0
        load.int 0
        neg.int             # 8
        set.int 0
        else
        end
        load.int 0
        neg.int
        set.int 0
        """,
    )
    assert code.blocks == (Block(0, 4, 4), Block(4, 8, 8), Block(8, 9, 0), Block(9, 12, 8))
    assert [step.partner for step in code.steps][3] == 7
    assert [step.partner for step in code.steps][7] == 8


def test_a_test_of_while_is_charged_with_the_first_block_of_the_condition() -> None:
    code = verified(
        "int a, bool b",
        "const.long {5}\n while\n load.bool 1\n and\n load.bool 1\n end\n do\n end",
    )
    assert code.blocks == (
        Block(0, 2, 0),
        Block(2, 4, 4 + 4),
        Block(4, 6, 0),
        Block(6, 7, 0),
        Block(7, 8, 0),
    )
    assert code.steps[1].price.fixed == 4


def test_a_round_of_foreach_is_in_no_block() -> None:
    code = verified("int[] xs, int x", "load.int[] 0\n foreach.int 1\n end")
    assert code.blocks == (Block(0, 2, 0), Block(2, 3, 0))
    assert code.steps[1].price.fixed == 3 * 4


def test_partners_of_a_counted_loop() -> None:
    code = verified(
        "int i",
        "const.int {1}\n assign.int 0\n for.int 0\n load.int 0\n const.int {3}\n le.int\n do\n"
        "step\n load.int 0\n const.int {1}\n add.int\n set.int 0\n end",
    )
    partners = {i: s.partner for i, s in enumerate(code.steps) if s.partner >= 0}
    assert partners == {2: 12, 6: 7, 7: 12}


def test_steps_carry_types_and_groups() -> None:
    code = verified("int a, bool b", "load.int 0\n const.int {3}\n le.int\n set.bool 1")
    step = code.steps[2]
    assert ([str(at) for at in step.operands], str(step.result)) == (["int", "int"], "bool")
    assert step.group == "RelationalOperation"
    code = verified("int a", "const.int {3}\n assign.int 0")
    assert code.steps[1].group == "INTassign"
