"""What nothing bounds is found without metadata; what follows from a premise is none of it."""

from __future__ import annotations

import pytest

from totemlang.cost.findings import bound_findings
from totemlang.program import Program
from totemlang.source import Source


def found(text: str) -> list[tuple[str, int]]:
    """Codes and lines."""
    findings = bound_findings(Program(Source(text, "case")).verified)
    return [(d.code, d.source.position(d.span.start).line) for d in findings]


def job(body: str, columns: str = "int n, long m, double x, string s, timestamp ts") -> str:
    return f"dataset d({columns})\nmap m1(d row)\n{body}    emit row.n\nend map\n"


@pytest.mark.parametrize(
    "bound",
    [
        "10",
        "row.n",
        "row.n * 2 + len(row.s)",
        "min(int(row.x), 100)",
        "len(row.s) / 2",
        "hour(row.ts)",
        "row.n // 3 % 5",
        "len(words(row.s))",
        "abs(row.n)",
    ],
)
def test_what_follows_from_a_premise_is_a_bound(bound: str) -> None:
    assert found(job(f"    for i = 0; i < {bound}; i++ do\n        int a = i\n    end for\n")) == []


@pytest.mark.parametrize("bound", ["int(row.x)", "long(row.x * 2)", "row.x", "floor(row.x / 3)"])
def test_a_range_that_is_not_of_whole_numbers_is_bounded_only_when_published(bound: str) -> None:
    """A column of floating point may hold an infinity; nothing follows from its type."""
    source = job(f"    for i = 0; i < {bound}; i++ do\n        int a = i\n    end for\n")
    assert found(source) == [("CTL201", 3)]


def test_a_loop_whose_bound_runs_away_is_found() -> None:
    source = "param int n\nint a = 1\nfor i = 0; i < n; i++ do\n    for j = 0; j < a; j++ do\n"
    source += "        a += 1\n    end for\nend for\n"
    assert [code for code, _ in found(source)] != []


def test_strings_that_double_are_found_where_they_are_touched() -> None:
    source = (
        'param int n\nstring s = "ab"\nfor i = 0; i < n; i++ do\n    s = concat(s, s)\nend for\n'
    )
    assert ("CST103", 4) in found(source)


def test_strings_that_grow_by_a_constant_are_bounded() -> None:
    source = (
        'param int n\nstring s = "ab"\nfor i = 0; i < n; i++ do\n    s = concat(s, "x")\nend for\n'
    )
    assert found(source) == []


def test_a_string_that_is_the_largest_of_many_is_bounded() -> None:
    source = (
        "dataset d(int k, string s)\nmap m(d row)\n    emit row.k, row.s\nend map\n"
        'reduce r(int k, string[] s)\n    string t = ""\n    for x in s do\n        t = max(t, x)\n'
        "    end for\n    emit k, t\nend reduce\n"
    )
    assert found(source) == []


def test_an_unbounded_loop_in_a_function_is_found_where_it_is() -> None:
    source = (
        "function int f(double x)\n    int s = 0\n    for i = 0; i < int(x); i++ do\n"
        "        s += 1\n    end for\n    return s\nend function\nint a = f(1.0)\n"
    )
    assert found(source) == [("CTL201", 3)]


def test_a_while_loop_is_bounded_by_its_limit() -> None:
    assert found("int a = 0\nwhile a < 10 limit 20 do\n    a += 1\nend while\n") == []
