"""What each construct of the language becomes in bytecode, by source and expected code."""

from __future__ import annotations

import inspect

import attrs
import pytest

from totemlang.bytecode.lowering import PARTS, lower
from totemlang.bytecode.module import Code, Module
from totemlang.check import typed
from totemlang.check.typed import ConstantValue, OperationValue, SlotValue, Store, TypedBody
from totemlang.program import Program
from totemlang.schema.types import FREE, INT, Field
from totemlang.source import NOWHERE, Source
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules


def module(text: str) -> Module:
    return Program(Source(text)).module


def code_text(module: Module, code: Code) -> list[str]:
    """Instructions with constants written out: `const.int {1}`."""
    lines = []
    for instruction in code.instructions:
        text = str(instruction)
        if instruction.operation == "const":
            (number,) = instruction.immediates
            text = f"const.{instruction.type} {{{module.constants[number][1]!r}}}"
        lines.append(text)
    return lines


def script(text: str) -> str:
    found = module(text)
    assert found.script is not None
    return "; ".join(code_text(found, found.script))


BODIES = {
    "a declaration of a literal is an assignment": (
        "int a = 1",
        "const.int {1}; assign.int 0",
    ),
    "a result is set": (
        "int a = 1\na = a + 2",
        "const.int {1}; assign.int 0; load.int 0; const.int {2}; add.int; set.int 0",
    ),
    "an increment": (
        "int a = 1\na++",
        "const.int {1}; assign.int 0; load.int 0; const.int {1}; add.int; set.int 0",
    ),
    "a widened name stays plain": (
        "int a = 1\ndouble d = a",
        "const.int {1}; assign.int 0; load.int 0; widen_double.int; assign.double 1",
    ),
    "a signed literal is plain": ("int a = -1", "const.int {-1}; assign.int 0"),
    "a store into a string of bounded size is checked": (
        'string[3] s = "abc"',
        "const.string {'abc'}; check_bytes.string 3; assign.string 0",
    ),
    "an array keeps its first length": (
        "double[2] a = [1, 2]\na = [3, 4]",
        "const.double {1.0}; const.double {2.0}; array.double 2; check_length.double[] 2; "
        "set.double[] 0; const.double {3.0}; const.double {4.0}; array.double 2; "
        "check_length.double[] 2; same_length.double[] 0; set.double[] 0",
    ),
    "an element is assigned or set": (
        "int[] a = [1]\na[0] = 2\na[0] = 2 + 3",
        "const.int {1}; array.int 1; set.int[] 0; const.long {0}; const.int {2}; "
        "assign_element.int 0; const.long {0}; const.int {2}; const.int {3}; add.int; "
        "set_element.int 0",
    ),
    "an element is updated": (
        "int[] a = [1]\na[0] -= 2",
        "const.int {1}; array.int 1; set.int[] 0; const.long {0}; take_element.int 0; "
        "const.int {2}; sub.int; put_element.int 0",
    ),
    "else if is an if within else": (
        "int a = 1\nif a > 1 then\n a = 2\nelse if a > 0 then\n a = 3\nelse\n a = 4\nend if",
        "const.int {1}; assign.int 0; load.int 0; const.int {1}; gt.int; if; const.int {2}; "
        "assign.int 0; else; load.int 0; const.int {0}; gt.int; if; const.int {3}; assign.int 0; "
        "else; const.int {4}; assign.int 0; end; end",
    ),
    "the right side of and runs where it decides": (
        "bool b = true\nb = b and not b or b",
        "const.bool {True}; assign.bool 0; load.bool 0; and; load.bool 0; not; end; or; "
        "load.bool 0; end; set.bool 0",
    ),
    "for": (
        "for i = 0; i < 3; i++ do\n if i == 1 then\n  continue\n end if\nend for",
        "const.int {0}; assign.int 0; for.int 0; load.int 0; const.int {3}; lt.int; do; "
        "load.int 0; const.int {1}; eq.int; if; continue; end; step; load.int 0; const.int {1}; "
        "add.int; set.int 0; end",
    ),
    "for with the bound on the left": (
        "for i = 9; 3 <= i; i -= 2 do\nend for",
        "const.int {9}; assign.int 0; for.int 0; load.int 0; const.int {3}; ge.int; do; step; "
        "load.int 0; const.int {2}; sub.int; set.int 0; end",
    ),
    "foreach": (
        "int[] a = [1]\nfor x in a do\n break\nend for",
        "const.int {1}; array.int 1; set.int[] 0; load.int[] 0; foreach.int 1; break; end",
    ),
    "while": (
        "bool b = true\nwhile b limit 10 do\n b = not b\nend while",
        "const.bool {True}; assign.bool 0; const.long {10}; while; load.bool 0; do; load.bool 0; "
        "not; set.bool 0; end",
    ),
    "texts are joined in one instruction": (
        'string s = concat("a", "b", "c")',
        "const.string {'a'}; const.string {'b'}; const.string {'c'}; concat 3; set.string 0",
    ),
    "a quotient of whole numbers is double": (
        "double d = 1 / 2",
        "const.double {1.0}; const.double {2.0}; div.double; set.double 0",
    ),
}


@pytest.mark.parametrize(("text", "expected"), BODIES.values(), ids=BODIES)
def test_a_statement_becomes(text: str, expected: str) -> None:
    assert script(text) == expected


def test_a_call_of_a_function_whose_parameter_is_bounded() -> None:
    found = module(
        'function int f(string[4] s)\n return len(s)\nend function\nstring s = "abc"\nint n = f(s)'
    )
    assert code_text(found, found.functions[0].code) == ["load.string 0", "len.string", "return"]
    assert found.script is not None
    assert code_text(found, found.script)[2:] == [
        "load.string 0",
        "check_bytes.string 4",
        "call 0",
        "set.int 1",
    ]


def test_parameters_and_constants_have_initial_code() -> None:
    found = module(
        "dataset d(int k, double v)\nparam double rate = 0.5\ndouble twice = 2 * rate\n"
        "map m(d row)\n emit row.k, row.v * twice\nend map"
    )
    initial = [g.initial for g in found.globals if g.initial is not None]
    assert [code_text(found, code) for code in initial] == [
        ["const.double {0.5}"],
        ["const.double {2.0}", "global.double 0", "mul.double"],
    ]
    assert code_text(found, found.stages[0].code) == [
        "load.int 0",
        "load.double 1",
        "global.double 1",
        "mul.double",
        "emit",
    ]


def test_a_cell_of_a_lookup() -> None:
    found = module(
        "dataset d(string k, double v)\nlookup l((string k, int h), double price)\n"
        "map m(d row)\n emit row.k, default(l[(row.k, 3)].price, 0)\nend map"
    )
    assert code_text(found, found.stages[0].code)[1:] == [
        "load.string 0",
        "const.int {3}",
        "lookup.double 0 0",
        "const.double {0.0}",
        "default.double?",
        "emit",
    ]


def test_constants_stand_once_in_the_order_of_their_first_use() -> None:
    found = module("double a = 0.0, b = -0.0, c = 0.0\nint d = 0\nbool e = false")
    shown = [(str(at), str(value)) for at, value in found.constants]
    assert shown == [("double", "0.0"), ("double", "-0.0"), ("int", "0"), ("bool", "False")]


def test_every_instruction_knows_where_it_comes_from() -> None:
    text = "int a = 1\nfor i = 0; i < 3; i++ do\n  a = a + i\nend for"
    found = module(text).script
    assert found is not None
    assert len(found.spans) == len(found.instructions)
    lines = [Source(text).position(span.start).line for span in found.spans]
    by_operation = {i.operation: line for i, line in zip(found.instructions, lines, strict=True)}
    assert by_operation["for"] == 2
    assert (
        lines[
            found.instructions.index(next(i for i in found.instructions if str(i) == "set.int 0"))
        ]
        == 3
    )


def test_library_functions_carry_no_spans_of_another_source() -> None:
    found = module("double[] xs = [1.0, 2.0]\ndouble m = stats.mean(xs)")
    library = [function for function in found.functions if function.library]
    assert [function.name for function in library] == ["stats.mean"]
    assert all(function.code.spans == () for function in library)


def test_every_class_of_the_typed_program_is_lowered() -> None:
    nodes = {
        node
        for _, node in inspect.getmembers(typed, inspect.isclass)
        if issubclass(node, (typed.TypedExpression, typed.TypedStatement))
        and node not in (typed.TypedExpression, typed.TypedStatement)
    }
    assert set(PARTS) == nodes


def test_trees_of_any_depth_are_lowered() -> None:
    value: typed.TypedExpression = ConstantValue(INT, NOWHERE, 1)
    for _ in range(20_000):
        value = OperationValue(INT, NOWHERE, "add", INT, (value, SlotValue(INT, NOWHERE, 0)))
    body = TypedBody((Field("a", INT),), (Store(NOWHERE, 0, value, FREE, True),), NOWHERE)
    program = typed.TypedProgram(Source(""), script=body)
    found = lower(program, default_rules(), default_prices()).script
    assert found is not None
    assert len(found.instructions) == 40_002


def test_the_same_program_gives_the_same_module() -> None:
    text = "int a = 1\nfor i = 0; i < 3; i++ do\n  a = a + i\nend for"
    first, second = module(text), module(text)
    assert attrs.asdict(first, recurse=False) == attrs.asdict(second, recurse=False)
