"""What the verifier accepts and refuses in a body: types, slots, stores, control, loops."""

from __future__ import annotations

import pytest
from attrs import evolve
from verify_assembler import Assembler, script

from totemlang.bytecode.module import Module, StageKind
from totemlang.check.library import default_library
from totemlang.diagnostics import Refused
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules, load_rules
from totemlang.verify.verified import VerifiedModule
from totemlang.verify.verifier import verify


def accept(module: Module) -> VerifiedModule:
    return verify(module, default_rules(), default_prices(), default_library())


def codes(module: Module) -> list[str]:
    """The codes of all that speaks against a module; empty if it is accepted."""
    try:
        accept(module)
    except Refused as refused:
        return [found.code for found in refused.diagnostics]
    return []


SLOTS = "int a, long l, double d, string s, int[] xs, double[] ds, int? o, bool b, float f"

ACCEPTED = {
    "a literal is assigned": "const.int {1}\n assign.int 0",
    "a widened name is assigned": "load.int 0\n widen_double.int\n assign.double 2",
    "a present name is assigned": "load.int 0\n present.int\n assign.int? 6",
    "a checked name is assigned": "load.int 0\n check_range.int {0} {9}\n assign.int 0",
    "a result is set": "load.int 0\n neg.int\n set.int 0",
    "a checked result is set": "load.int 0\n neg.int\n check_range.int {0} {9}\n set.int 0",
    "a result widened is set": "load.int 0\n neg.int\n widen_long.int\n set.long 1",
    "an array keeps its length": "load.int[] 4\n same_length.int[] 4\n assign.int[] 4",
    "an element": "load.long 1\n load.int 0\n assign_element.int 4",
    "an element by a result": "load.long 1\n load.int 0\n neg.int\n set_element.int 4",
    "an element is updated": (
        "load.long 1\n take_element.int 4\n load.int 0\n add.int\n put_element.int 4"
    ),
    "an update is checked": (
        "load.long 1\n take_element.int 4\n load.int 0\n mul.int\n"
        "check_range.int {0} {9}\n put_element.int 4"
    ),
    "an array of operands": "const.int {1}\n load.int 0\n array.int 2\n set.int[] 4",
    "an array of nothing": "array.int 0\n set.int[] 4",
    "texts joined": "load.string 3\n load.string 3\n load.string 3\n concat 3\n set.string 3",
    "and": "load.bool 7\n and\n load.bool 7\n not\n end\n set.bool 7",
    "or within and": (
        "load.bool 7\n and\n load.bool 7\n or\n load.bool 7\n end\n end\n set.bool 7"
    ),
    "and above other values": (
        "load.long 1\n load.bool 7\n and\n load.bool 7\n end\n to_int.bool\n set_element.int 4"
    ),
    "if": "load.bool 7\n if\n const.int {1}\n assign.int 0\n end",
    "if else": "load.bool 7\n if\n else\n const.int {1}\n assign.int 0\n end",
    "while": ("const.long {5}\n while\n load.bool 7\n do\n load.bool 7\n not\n set.bool 7\n end"),
    "foreach with break": "load.int[] 4\n foreach.int 0\n load.bool 7\n if\n break\n end\n end",
    "foreach and continue": "load.int[] 4\n foreach.int 0\n continue\n end",
    "a constant of every sort": (
        "const.double {-0.0}\n assign.double 2\n const.float {0.5}\n assign.float 8\n"
        "const.int? {None}\n assign.int? 6\n const.int[] {(1, 2)}\n assign.int[] 4"
    ),
}

COUNTED = """
    const.int {start}
    assign.int 0
    for.int 0
    load.int 0
    {bound}
    {test}
    do
    {body}
    step
    load.int 0
    const.int {stride}
    {move}
    set.int 0
    end
"""


def counted(**parts: str) -> str:
    usual = {
        "start": "{0}",
        "bound": "const.int {9}",
        "test": "lt.int",
        "body": "",
        "stride": "{1}",
        "move": "add.int",
    }
    return COUNTED.format(**(usual | parts))


ACCEPTED |= {
    "for upwards": counted(),
    "for downwards": counted(test="ge.int", move="sub.int"),
    "for to a computed bound": counted(bound="load.int[] 4\n len.int[]"),
    "for to a double": counted(bound="widen_double.int\n load.double 2", test="le.double"),
    "break in for": counted(body="break"),
    "for twice on one slot": counted() + counted(),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_sound_code_is_accepted(text: str) -> None:
    assert codes(script(SLOTS, text)) == []


REFUSED = {
    # Types and the stack.
    "no such operation": ("jump", "BYT130"),
    "no such type of it": ("load.bool 7\n load.bool 7\n add.bool\n set.bool 7", "BYT130"),
    "a type too many": ("load.bool 7\n not.bool\n set.bool 7", "BYT130"),
    "a type too few": ("load 0", "BYT130"),
    "too few numbers": ("load.int", "BYT131"),
    "a negative number": ("load.int -1\n assign.int 0", "BYT131"),
    "operands of other types": ("load.int 0\n load.double 2\n add.int\n set.int 0", "BYT132"),
    "an index that is int": ("load.int[] 4\n load.int 0\n element.int\n set.int 0", "BYT132"),
    "too few operands": ("load.int 0\n add.int\n set.int 0", "BYT133"),
    "a value left at the end": ("load.int 0", "BYT133"),
    "a value left below a store": ("load.int 0\n load.int 0\n assign.int 0", "BYT133"),
    "a value left below a branch": ("load.int 0\n load.bool 7\n if\n end", "BYT133"),
    "a value left in a branch": ("load.bool 7\n if\n load.int 0\n end", "BYT133"),
    "a branch that takes from outside": ("load.int 0\n load.bool 7\n if\n neg.int\n end", "BYT133"),
    "a right side that takes the left": ("load.bool 7\n load.bool 7\n and\n not\n end", "BYT133"),
    "a right side of two values": (
        "load.bool 7\n and\n load.bool 7\n load.bool 7\n end\n set.bool 7",
        "BYT133",
    ),
    "a right side that is no bool": (
        "load.bool 7\n and\n load.int 0\n end\n set.bool 7",
        "BYT132",
    ),
    "more elements than values": ("array.int 4000000000\n set.int[] 4", "BYT133"),
    "another constant's type": ("const.long {5}\n const.int 0\n assign.int 0", "BYT120"),
    "no such constant": ("const.int 7\n assign.int 0", "BYT131"),
    "no such global": ("global.int 0\n assign.int 0", "BYT131"),
    "no such lookup": ("load.int 0\n lookup.int 0 0\n set.int? 6", "BYT131"),
    "an optional taken bare": ("load.int? 6\n neg.int\n set.int 0", "BYT132"),
    "an optional as plain": ("load.int? 6\n assign.int 0", "BYT132"),
    # Slots and stores.
    "no such slot": ("load.int 99\n assign.int 0", "BYT131"),
    "a slot of another type": ("load.long 0\n assign.long 1", "BYT134"),
    "a store of another type": ("load.int 0\n assign.int 1", "BYT134"),
    "a store of an element in no array": (
        "load.long 1\n load.int 0\n assign_element.int 0",
        "BYT134",
    ),
    "the length of another type": ("load.int[] 4\n same_length.int[] 5\n assign.int[] 4", "BYT134"),
    "a literal set for nothing": ("const.int {1}\n set.int 0", "BYT136"),
    "a name set for nothing": ("load.int 0\n set.int 0", "BYT136"),
    "an array set for nothing": ("load.int[] 4\n set.int[] 4", "BYT136"),
    "a widened name set for nothing": ("load.int 0\n widen_long.int\n set.long 1", "BYT136"),
    "a checked name set for nothing": (
        "load.int 0\n check_range.int {0} {9}\n set.int 0",
        "BYT136",
    ),
    "an element set for nothing": ("load.long 1\n load.int 0\n set_element.int 4", "BYT136"),
    "a result that is charged twice": ("load.int 0\n neg.int\n assign.int 0", "BYT136"),
    # Updates of elements.
    "put without take": ("load.int 0\n load.int 0\n put_element.int 4", "BYT137"),
    "put into another array": (
        "load.long 1\n take_element.int 4\n load.int 0\n add.int\n put_element.int 9",
        "BYT137",
    ),
    "an update for nothing": ("load.long 1\n take_element.int 4\n put_element.int 4", "BYT137"),
    "an update by something else": (
        "load.long 1\n take_element.int 4\n load.int 0\n min.int\n put_element.int 4",
        "BYT137",
    ),
    "an element used before it is put": (
        "load.long 1\n take_element.int 4\n neg.int\n put_element.int 4",
        "BYT137",
    ),
    "an element stored elsewhere": ("load.long 1\n take_element.int 4\n set.int 0", "BYT137"),
    "the element as right operand": (
        "load.long 1\n take_element.int 4\n array.int 2\n set.int[] 4",
        "BYT137",
    ),
    "a place that is never filled": ("load.long 1\n take_element.int 4", "BYT133"),
    # Checks.
    "a check twice": (
        "load.int 0\n neg.int\n check_range.int {0} {9}\n check_range.int {0} {9}\n set.int 0",
        "BYT138",
    ),
    "elements checked for nothing": (
        "load.int[] 4\n check_range.int[] {0} {9}\n len.int[]\n set.int 0",
        "BYT138",
    ),
    "a bound of another type": ("load.int 0\n check_range.int {True} {9}\n assign.int 0", "BYT120"),
    # Control.
    "end of nothing": ("end", "BYT140"),
    "else of nothing": ("else", "BYT140"),
    "do of nothing": ("load.bool 7\n do", "BYT140"),
    "step of nothing": ("step", "BYT140"),
    "if without end": ("load.bool 7\n if", "BYT140"),
    "else twice": ("load.bool 7\n if\n else\n else\n end", "BYT140"),
    "and closed by else": ("load.bool 7\n and\n load.bool 7\n else\n end", "BYT140"),
    "while without do": ("const.long {5}\n while\n load.bool 7\n end", "BYT140"),
    "a statement in a condition": (
        "const.long {5}\n while\n const.int {1}\n assign.int 0\n load.bool 7\n do\n end",
        "BYT140",
    ),
    "a break in a condition": (
        "load.int[] 4\n foreach.int 0\n const.long {5}\n while\n break\n do\n end\n end",
        "BYT140",
    ),
    "a statement in a right side": (
        "load.bool 7\n and\n const.int {1}\n assign.int 0\n load.bool 7\n end\n set.bool 7",
        "BYT140",
    ),
    "break outside": ("break", "BYT142"),
    "continue after the loop": ("load.int[] 4\n foreach.int 0\n end\n continue", "BYT142"),
    "code after break": (
        "load.int[] 4\n foreach.int 0\n break\n const.int {1}\n assign.int 1\n end",
        "BYT143",
    ),
    "code after branches that leave": (
        "load.int[] 4\n foreach.int 0\n load.bool 7\n if\n break\n else\n continue\n end\n"
        "const.long {1}\n assign.long 1\n end",
        "BYT143",
    ),
    "emit in a script": ("load.int 0\n emit", "BYT145"),
    "return in a script": ("load.int 0\n return", "BYT145"),
    "a call of nothing": ("call 0", "BYT150"),
    # Loops that count.
    "no start": ("for.int 0\n load.int 0\n const.int {9}\n lt.int\n do", "BYT141"),
    "a start elsewhere": (counted().replace("assign.int 0", "assign.int 9"), "BYT141"),
    "a step of zero": (counted(stride="{0}"), "BYT141"),
    "a step of less": (counted(stride="{-1}"), "BYT141"),
    "a step away from the bound": (counted(move="sub.int"), "BYT141"),
    "a step that multiplies": (counted(move="mul.int"), "BYT141"),
    "a step of another slot": (
        counted().replace("step\n    load.int 0", "step\n    load.int 9"),
        "BYT141",
    ),
    "a step into another slot": (counted().replace("set.int 0", "set.int 9"), "BYT141"),
    "more than a step": (
        counted().replace("set.int 0", "set.int 0\n const.int {0}\n assign.int 9"),
        "BYT141",
    ),
    "a test of the bound": (counted().replace("for.int 0\n    load.int 0", "for.int 0"), "BYT141"),
    "a test for what is not there": (counted(test="ne.int"), "BYT141"),
    "a test negated": (counted(test="lt.int\n not"), "BYT141"),
    "a test in an or": (counted(test="lt.int\n or\n load.bool 7\n end"), "BYT141"),
    "a bound that runs ahead": (
        counted(bound="load.int 0\n const.int {1}\n add.int"),
        "BYT141",
    ),
    "a bound that runs ahead within and": (
        counted(
            bound="load.bool 7\n and\n load.int 0\n load.int 0\n eq.int\n end\n to_int.bool",
        ),
        "BYT141",
    ),
    "a variable computed before the test": (counted(bound="neg.int\n const.int {9}"), "BYT141"),
    "the variable stored in the body": (counted(body="const.int {0}\n assign.int 0"), "BYT135"),
    "the variable as another loop's": (
        counted(body="load.int[] 4\n foreach.int 0\n end"),
        "BYT135",
    ),
    "the variable counted again within": (counted(body=counted()), "BYT135"),
    "an element's variable stored": (
        "load.int[] 4\n foreach.int 0\n const.int {1}\n assign.int 0\n end",
        "BYT135",
    ),
    "the array stored while it is run over": (
        "load.int[] 4\n foreach.int 0\n const.int[] {(1,)}\n assign.int[] 4\n end",
        "BYT135",
    ),
    "an element stored while it is run over": (
        "load.int[] 4\n foreach.int 0\n load.long 1\n load.int 0\n assign_element.int 4\n end",
        "BYT135",
    ),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_unsound_code_is_refused(text: str, code: str) -> None:
    found = codes(script(SLOTS + ", int z", text))
    assert code in found


def test_nesting_is_bounded() -> None:
    def nested(depth: int) -> str:
        return "load.bool 0\n if\n" * depth + "end\n" * depth

    assert codes(script("bool b", nested(200))) == []
    assert codes(script("bool b", nested(201))) == ["BYT146"]


def test_the_stack_is_bounded() -> None:
    def wide(count: int) -> str:
        return "const.int {1}\n" * count + f"array.int {count}\n set.int[] 0"

    assert codes(script("int[] xs", wide(10_000))) == []
    assert codes(script("int[] xs", wide(10_001))) == ["BYT147"]


def test_operations_within_each_other_are_bounded() -> None:
    def deep(count: int) -> str:
        return "load.int 0\n" + "neg.int\n" * count + "set.int 0"

    assert codes(script("int a", deep(1_000))) == []
    assert codes(script("int a", deep(1_001))) == ["BYT147"]


def test_faults_of_all_bodies_are_found_but_not_without_end() -> None:
    parts = Assembler()
    parts.function("int", "f", "int a", "load.double 0\n return")
    parts.function(
        "int", "g", "int a", "load.int 0\n const.int {1}\n set.int 0\n load.int 0\n return"
    )
    module = parts.script("int a", "load.int 0\n set.int 0\n" * 100)
    found = codes(module)
    assert found[:4] == ["BYT134", "BYT132", "BYT136", "BYT135"]
    assert len(found) == 50


def test_a_function_returns_on_every_path() -> None:
    def function(text: str) -> list[str]:
        parts = Assembler()
        parts.function("int", "f", "int a, bool b", text)
        return codes(parts.script("", ""))

    assert function("load.int 0\n return") == []
    branches = "load.bool 1\n if\n load.int 0\n return\n else\n load.int 0\n return\n end\n"
    assert function(branches) == []
    assert function("load.bool 1\n if\n load.int 0\n return\n end") == ["BYT144"]
    assert function("") == ["BYT144"]
    assert function(branches + "load.int 0\n return") == ["BYT143"]
    assert function("load.int 0\n return\n load.int 0\n return") == ["BYT143"]
    assert function("load.int 0\n widen_long.int\n return") == ["BYT132"]
    assert function("const.int {1}\n assign.int 0\n load.int 0\n return") == ["BYT135"]


def test_functions_call_only_those_before_them() -> None:
    parts = Assembler()
    parts.function("int", "f", "int a", "load.int 0\n call 0\n return")
    assert codes(parts.script("", "")) == ["BYT150"]
    parts = Assembler()
    parts.function("int", "f", "int a", "load.int 0\n return")
    parts.function("int", "g", "int a", "load.int 0\n call 0\n return")
    assert codes(parts.script("int a", "const.int {3}\n call 1\n set.int 0")) == []
    assert codes(parts.script("int a", "const.long {3}\n call 1\n set.int 0")) == ["BYT132"]


def test_chains_of_calls_are_bounded() -> None:
    parts = Assembler()
    parts.function("int", "f0", "int a", "load.int 0\n return")
    for number in range(1, 102):
        text = f"load.int 0\n call {number - 1}\n return"
        parts.function("int", f"f{number}", "int a", text)
    assert codes(parts.script("", "")) == ["BYT150"]
    parts.functions.pop()
    parts.functions.pop()
    assert codes(parts.script("", "")) == []


def test_an_array_that_is_returned_is_the_functions_own() -> None:
    def function(text: str) -> list[str]:
        parts = Assembler()
        parts.function("int[]", "f", "int[] xs", text, locals_="int[] ys")
        return codes(parts.script("", ""))

    assert function("load.int[] 0\n return") == ["BYT136"]
    assert function("const.int[] {(1, 2)}\n return") == ["BYT136"]
    assert function("load.int[] 0\n assign.int[] 1\n load.int[] 1\n return") == []
    assert function("load.int[] 0\n sort.int\n return") == []


def test_rules_bind_foreign_code_by_command() -> None:
    rules = default_rules()
    rows = [f'{r.command},{r.reaction},{r.command_type},"{r.domain}"' for r in rules.rows]
    kept = [row for row in rows if not row.startswith(("While,", "Float,"))]
    narrow = load_rules("\n".join(["CMD,Reaction,CMD type,Domain", *kept]), "narrow.csv")
    text = "const.long {5}\n while\n load.bool 0\n do\n break\n end"
    module = evolve(script("bool b, float f", text), rules_hash=narrow.hash)
    with pytest.raises(Refused) as refused:
        verify(module, narrow, default_prices(), default_library())
    messages = [found.message for found in refused.value.diagnostics]
    assert [found.code for found in refused.value.diagnostics] == ["BYT103", "BYT103"]
    assert any("Float" in m and "narrow.csv" in m for m in messages)
    assert any("While" in m for m in messages)


def test_a_stage_reads_its_parameters_and_does_not_store_them() -> None:
    parts = Assembler()
    text = "const.int {1}\n assign.int 0\n load.int 0\n emit"
    parts.stage(StageKind.MAP, "m", "int a", "int a", text)
    assert codes(parts.job()) == ["BYT135"]
