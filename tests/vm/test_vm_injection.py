"""Nothing that a module says becomes code: text stays in pools, names never leave the module."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

import pytest
from compiled import compiled
from random_modules import RandomModule

from totemlang.vm.loading import NAMESPACE, Till, load
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import Prepared, prepare
from totemlang.vm.python_text import literal

NUMBERED = re.compile(
    r"(?:[sktqwfigmlrenzcpxdv]|failed)\d+(?:x\d+|c\d+|b\d+|groups|read|ordered)?"
    r"|[akqstuvwxy](?:\d+)?(?:b\d+)?"
)
FIXED = {"left", "more", "refill", "rest", "counted", "amount", "script", "groups", "rows"}
FIXED |= {"error", "build", "entrances", "binary32", "empty", "trace", "_"}


def names_in(prepared: Prepared) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(prepared.source)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.arg):
            found.add(node.name if isinstance(node, ast.FunctionDef) else node.arg)
        elif isinstance(node, ast.Attribute):
            assert node.attr in ("bit_length", "startswith")
    return found


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("job", [False, True])
def test_generated_code_holds_numbers_and_known_names_alone(seed: int, job: bool) -> None:
    prepared = prepare(RandomModule(seed, job=job).verified())
    for name in names_in(prepared):
        assert name in FIXED or name in NAMESPACE or NUMBERED.fullmatch(name), name
    for node in ast.walk(ast.parse(prepared.source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            entrance = re.fullmatch(r"[im]\d+|script", node.value)
            assert node.value == "" or entrance, "a string that is no zero and no entrance"


HOSTILE = [
    '"); import os; os.system("true',
    "\\\\\"'\\n'''\\u{2028}",
    "{0}{1}{*}%s",
    "__import__",
]


def test_strings_and_names_of_a_program_are_not_in_the_code() -> None:
    for text in HOSTILE:
        quoted = text.replace('"', '\\"')
        verified = compiled(
            f'string secretname = "{quoted}x"\nbool b = secretname == "{quoted}x"\n'
        )
        prepared = prepare(verified)
        assert "secretname" not in prepared.source
        assert "import" not in prepared.source
        assert "__" not in prepared.source


def test_generated_code_has_no_builtins() -> None:
    prepared = prepare(compiled("int a = 1\n"))
    loaded = load(prepared, {}, Till(Meter(10)))
    assert loaded.names["__builtins__"] == {}
    assert not {"eval", "exec", "open", "getattr", "__import__"} & set(loaded.names)


class Disguised(int):
    def __repr__(self) -> str:
        return "__import__('os')"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "5"),
        (-5, "(-5)"),
        (True, "True"),
        (None, "None"),
        (0.1, "0.1"),
        (-0.0, "(-0.0)"),
        (1e300, "1e+300"),
        (math.inf, None),
        (math.nan, None),
        ("1", None),
        ((1,), None),
        (Disguised(1), None),
    ],
)
def test_only_numbers_of_exact_type_are_written(value: Any, expected: str | None) -> None:
    assert literal(value) == expected
