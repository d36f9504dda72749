"""The rules drive the language: what they take out is gone, what they add is there."""

from __future__ import annotations

import pytest
from syntax_outline import marked, outline

from totemlang.diagnostics import Diagnostic, ErrorClass
from totemlang.source import Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.resources import resource_text
from totemlang.tables.rules import RuleBook, default_rules, load_rules

SHIPPED = resource_text("rules", "rules.csv")


def without(*commands: str) -> RuleBook:
    lines = SHIPPED.splitlines()
    kept = [line for line in lines if line.partition(",")[0] not in commands]
    return load_rules("\n".join(kept), "oslo.csv")


def with_rows(*rows: str) -> RuleBook:
    return load_rules(SHIPPED + "\n".join(rows), "oslo.csv")


def check(text: str, rules: RuleBook) -> tuple[tree.Program | None, tuple[Diagnostic, ...]]:
    return parse(Source(text), rules)


@pytest.mark.parametrize(
    ("command", "text", "places"),
    [
        ("For", "for i = 1; i <= 3; i++ do\nend for\n", ["for"]),
        ("For", "for x in xs do\nend for\nfor x in xs do\nend for\n", ["for", "for"]),
        ("If", "if a then\nelse if b then\nend if\n", ["if"]),
        ("While", "while a limit 3 do\nend while\n", ["while"]),
        ("Break", "break\n", ["break"]),
        ("Continue", "continue\n", ["continue"]),
        ("Map", "map f(d row)\nend map\n", ["map"]),
        ("Reduce", "reduce f(int k)\nend reduce\n", ["reduce"]),
        ("Merge", "merge\n", ["merge"]),
        ("Emit", "emit a\n", ["emit"]),
        ("Function", "function int f()\nend function\n", ["function"]),
        ("Return", "return 1\n", ["return"]),
        ("Dataset", "dataset d\n", ["dataset"]),
        ("Lookup", "lookup L(int k, int v)\n", ["lookup"]),
        ("Param", "param int p\n", ["param"]),
        ("Int", "int x = int(y)\n", ["int", "int"]),
        ("Date", 'dataset d(date date)\nx = date("2019-02-25")\n', ["date", "date"]),
        ("String", "string[4]? s = t\n", ["string"]),
    ],
)
def test_a_command_taken_out_is_gone(command: str, text: str, places: list[str]) -> None:
    program, findings = check(text, without(command))
    assert [(f.code, f.error_class, marked(f)) for f in findings] == [
        ("CMD001", ErrorClass.COMMAND, place) for place in places
    ]
    assert findings[0].message == f"{command.lower()} is not a command here"
    assert findings[0].hint == "the rules of oslo.csv do not have it"
    # The structure is sound, so that the checker can look for more.
    assert program is not None
    assert check(text, default_rules())[1] == ()


def test_a_command_that_is_gone_hides_no_other_error() -> None:
    program, findings = check("for i = 1; i <= 3; i++ do\n  x = 1 +\nend for\n", without("For"))
    assert program is None
    assert [found.code for found in findings] == ["CMD001", "SYN020"]


def test_a_column_may_bear_the_name_of_a_type_that_is_gone() -> None:
    program, findings = check("dataset d(int date)\nx = row.date\n", without("Date"))
    assert findings == ()
    assert program is not None


def test_a_row_adds_a_type_word() -> None:
    rules = with_rows('Percent,HandleNumber(),Labelled,"Set of Z in [0, 100]"')
    program, findings = check("percent p = 3\npercent[] q = [p]\nx = percent.of(p)\n", rules)
    assert findings == ()
    assert program is not None
    assert [outline(item)[1] for item in program.items] == ["percent", "percent[]", "x"]
    _, findings = check("int percent = 3\n", rules)
    assert [found.code for found in findings] == ["SYN032"]
    _, findings = check("percent p = 3\n", default_rules())
    assert [found.code for found in findings] == ["CMD002"]


def test_a_size_of_an_added_string_type_is_its_bytes() -> None:
    rules = with_rows("Meter,HandleString(),Labelled,Set of strings of at most 8 bytes")
    program, _ = check("meter[4] m = s\ndouble[4] d = e\n", rules)
    assert program is not None
    meter, double = (item.type for item in program.items if isinstance(item, tree.Declaration))
    assert (meter.is_array, meter.size) == (False, 4)
    assert (double.is_array, double.size) == (True, 4)


def test_no_rules_bind_the_library() -> None:
    text = "function int math.f(int percent)\n  for x in xs do\n  end for\nend function\n"
    rules = load_rules(
        "\n".join(line for line in SHIPPED.splitlines() if not line.startswith("For,"))
        + '\nPercent,HandleNumber(),Labelled,"Set of Z in [0, 100]"\n',
        "oslo.csv",
    )
    program, findings = parse(Source(text), rules, library=True)
    assert findings == ()
    assert program is not None
    assert parse(Source(text), rules)[1] != ()


def test_only_the_library_has_dotted_functions() -> None:
    _, findings = check("function int a.b(int x)\nend function\n", default_rules())
    assert [(f.code, f.error_class) for f in findings] == [("SYN011", ErrorClass.NAMING)]
