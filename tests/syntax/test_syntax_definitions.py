"""Data sets, lookups, functions and stages: what is written and what stands in the tree."""

from __future__ import annotations

from typing import Any

import pytest
from syntax_outline import outline, parsed


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("dataset d", ["DatasetDefinition", "d", None]),
        (
            "dataset d(ts, kwh)",
            ["DatasetDefinition", "d", [["Parameter", None, "ts"], ["Parameter", None, "kwh"]]],
        ),
        (
            "dataset bills(date Date, int C_id, double? Bill)",
            [
                "DatasetDefinition",
                "bills",
                [
                    ["Parameter", "date", "Date"],
                    ["Parameter", "int", "C_id"],
                    ["Parameter", "double?", "Bill"],
                ],
            ],
        ),
        (
            'dataset d(date, timestamp date, "KWH/hh", double "kWh (net)", string[8] limit)',
            [
                "DatasetDefinition",
                "d",
                [
                    ["Parameter", None, "date"],
                    ["Parameter", "timestamp", "date"],
                    ["Parameter", None, "KWH/hh"],
                    ["Parameter", "double", "kWh (net)"],
                    ["Parameter", "string[8]", "limit"],
                ],
            ],
        ),
        (
            "lookup L(string k, double a)",
            [
                "LookupDefinition",
                "L",
                [["Parameter", "string", "k"]],
                [["Parameter", "double", "a"]],
            ],
        ),
        (
            "lookup L((string k, int j), double a, bool b)",
            [
                "LookupDefinition",
                "L",
                [["Parameter", "string", "k"], ["Parameter", "int", "j"]],
                [["Parameter", "double", "a"], ["Parameter", "bool", "b"]],
            ],
        ),
    ],
)
def test_tables(text: str, tree: Any) -> None:
    assert [outline(item) for item in parsed(text)] == [tree]


def test_functions() -> None:
    text = """\
function double[] f(double[4] xs, int n)
    return xs
end function
function int g()
end function
"""
    assert [outline(item) for item in parsed(text)] == [
        [
            "FunctionDefinition",
            "double[]",
            "f",
            [["Parameter", "double[4]", "xs"], ["Parameter", "int", "n"]],
            [["Return", "xs"]],
        ],
        ["FunctionDefinition", "int", "g", [], []],
    ]


def test_functions_of_the_library_have_dotted_names() -> None:
    text = "function double stats.mean(double[] xs)\nend function"
    (function,) = parsed(text, library=True)
    assert outline(function)[2] == "stats.mean"


@pytest.mark.parametrize(
    ("head", "tree"),
    [
        ("map f(readings row)", ["f", "readings", "row", []]),
        ("map f(int a)", ["f", None, None, [["Parameter", "int", "a"]]]),
        (
            "map f(int a, double b)",
            ["f", None, None, [["Parameter", "int", "a"], ["Parameter", "double", "b"]]],
        ),
    ],
)
def test_maps(head: str, tree: Any) -> None:
    (stage,) = parsed(f"{head}\n  emit a\nend map\n")
    assert outline(stage)[:-1] == ["MapDefinition", *tree]


@pytest.mark.parametrize(
    ("head", "key", "parameters", "order_by"),
    [
        ("(int k, double[] v)", [], ["int k", "double[] v"], None),
        ("(int k)", [], ["int k"], None),
        ("((int a, date b), double[] v)", ["int a", "date b"], ["double[] v"], None),
        ("((int a, date b))", ["int a", "date b"], [], None),
        ("(long[] a, double[] v) order by v", [], ["long[] a", "double[] v"], ("v", False)),
        ("(int k, double[] v) order by v desc", [], ["int k", "double[] v"], ("v", True)),
    ],
)
def test_reduces(
    head: str, key: list[str], parameters: list[str], order_by: tuple[str, bool] | None
) -> None:
    (stage,) = parsed(f"reduce f{head}\n  emit k\nend reduce\n")
    _, name, found_key, found_parameters, found_order, body = outline(stage)
    assert name == "f"
    assert [f"{kind} {name}" for _, kind, name in found_key] == key
    assert [f"{kind} {name}" for _, kind, name in found_parameters] == parameters
    assert found_order == (["OrderByClause", *order_by] if order_by else None)
    assert len(body) == 1


def test_a_job_keeps_its_order() -> None:
    text = """\
dataset d(int a)
merge
param int p
int c = 3
map f(d row)
end map
"""
    assert [outline(item)[0] for item in parsed(text)] == [
        "DatasetDefinition",
        "MergeLine",
        "ParamDefinition",
        "Declaration",
        "MapDefinition",
    ]
