"""Filters without a branch: rows, totem and the end of totem are those of the branch."""

from __future__ import annotations

import math

import pytest

from native.native_pairs import Pair
from totemlang.native.translation.translator import translate_module
from vm.compiled import compiled

HEAD = "dataset rows(int k, double v, double? o, double? p, string s)\n\nmap m(rows row)\n"
TAIL = "end map\n\nreduce r(int k, double[] values)\n    emit k, sum(values)\nend reduce\n"
FREE = {
    "a filter": "    if row.v > 0.5 then\n        emit row.k, row.v\n    end if\n",
    "computed columns": "    if row.v > 0.5 and row.k != 3 then\n"
    "        emit row.k, row.v * 2.0 - 1.0 as v\n    end if\n",
    "statements around it": "    double v = row.v * 2.0\n    if v > 0.5 then\n"
    "        emit row.k, v\n    end if\n    double w = sqrt(v)\n",
    "in a loop": "    for i = 0; i < 3; i++ do\n        if row.v > i * 0.3 then\n"
    "            emit row.k, row.v\n        end if\n    end for\n",
    "a part that may fail": "    if row.v > 0.5 then\n        emit row.k * 700000000 as k, row.v\n"
    "    end if\n",
    "a missing value that fails": "    if row.v > 0.5 then\n"
    "        emit row.k, value(row.o) as v\n    end if\n",
    "floors that may fail": "    if row.v > 0.5 or row.k == 4 then\n"
    "        emit row.k, floor(row.v) + ceil(row.v) + round(row.v) * 1.0 as v\n    end if\n",
    "declarations": "    if row.v > 0.5 then\n        double a = row.v * 2.0\n"
    "        double b = a - row.v\n        a = a + b\n        emit row.k, a * b as v\n    end if\n",
    "conditions within each other": "    if row.v > 0.5 and (row.k == 1 or row.v > 0.7 and"
    " not (row.k == 2 or row.k == 3)) then\n        emit row.k, row.v\n    end if\n",
    "a condition that is emitted": "    if row.v > 0.5 or row.v < 0.0 then\n"
    "        bool both = row.k > 1 and row.v > 0.8 or row.k == 0\n"
    "        emit int(both) as k, row.v\n    end if\n",
    "values that are there": "    if not missing(row.o) and not missing(row.p) and row.k > 0 then\n"
    "        double x = value(row.o)\n        emit row.k, x * value(row.p) as v\n    end if\n",
    "two of them": "    if row.v > 0.5 then\n        emit row.k, row.v\n    end if\n"
    "    if row.v < 0.7 then\n        emit row.k, row.v\n    end if\n",
    "beside what fails": "    int x = 10 // row.k\n    if row.v > 0.5 then\n"
    "        emit row.k, row.v\n    end if\n    int y = 10 // (row.k - 2)\n",
}
BRANCHES = {
    "a part that fails in a function": "    if row.v > 0.5 then\n"
    "        emit 10 // row.k as k, row.v\n    end if\n",
    "a declaration that is seen elsewhere": "    double a = 1.0\n    if row.v > 0.5 then\n"
    "        a = row.v\n        emit row.k, row.v\n    end if\n    if a > 0.7 then\n"
    "        emit row.k, a as v\n    end if\n",
    "a side that may fail": "    if row.k > 1 and row.k * 700000000 > 5 then\n"
    "        emit row.k, row.v\n    end if\n",
    "a side that fails in a function": "    if row.k != 0 and 10 // row.k > 3 then\n"
    "        emit row.k, row.v\n    end if\n",
    "a price by size": "    if row.v > 0.5 then\n        emit row.k, default(row.o, 0.0) as v\n"
    '    end if\n    if row.s == "b" then\n        emit len(row.s) as k, row.v\n    end if\n',
    "another branch": "    if row.v > 0.5 then\n        emit row.k, row.v\n    else\n"
    "        emit row.k, row.v\n    end if\n",
}
NUMBERS = [0.1, 0.5, 0.6, 0.9, -1.0, math.nan, math.inf]
SOMETIMES = [0.25, None, None, 3.0, 0.5]
RECORDS = [
    [n % 5, NUMBERS[n % 7], [None, 0.5][n % 2], SOMETIMES[n % 5], "abc"[n % 3]] for n in range(40)
]


@pytest.mark.parametrize("body", [*FREE.values(), *BRANCHES.values()], ids=[*FREE, *BRANCHES])
def test_it_is_as_in_the_interpreter_at_any_budget(body: str) -> None:
    pair = Pair(compiled(HEAD + body + TAIL))
    used = pair.check_stage(0, RECORDS)
    for budget in {0, used - 1, used, *range(0, used, used // 7)}:
        pair.check_stage(0, RECORDS, budget)


@pytest.mark.parametrize("body", FREE.values(), ids=FREE.keys())
def test_there_is_no_branch(body: str) -> None:
    text = translate_module(compiled(HEAD + body + TAIL)).text
    stage = text[text.index("(func $m0") : text.index("(func $m1")]
    assert not any(line.endswith(" if") for line in stage.splitlines())


TEXTS = {
    "of the batch, and constants": (
        '    if row.v > 0.5 then\n        emit row.k, row.s, "a constant" as c\n    end if\n',
        True,
    ),
    "made": (
        '    if row.v > 0.5 then\n        emit row.k, concat(row.s, "b") as s\n    end if\n',
        False,
    ),
    "of a variable": (
        "    string s = lower(row.s)\n    if row.v > 0.5 then\n        emit row.k, s\n    end if\n",
        False,
    ),
}


@pytest.mark.parametrize(("body", "is_filter"), TEXTS.values(), ids=TEXTS.keys())
def test_texts_are_emitted_without_a_branch_where_they_stay(body: str, is_filter: bool) -> None:
    pair = Pair(compiled(HEAD + body + "end map\n"))
    used = pair.check_stage(0, RECORDS)
    for budget in (used - 1, used // 2):
        pair.check_stage(0, RECORDS, budget)
    stage = pair.plan.text[pair.plan.text.index("(func $m0") :].split("\n(func", 1)[0]
    assert is_filter is not any(line.endswith(" if") for line in stage.splitlines())
