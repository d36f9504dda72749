"""Values known to be there: `value` is not tested where `missing` said so, and only there."""

from __future__ import annotations

import pytest

from native.native_pairs import Pair
from vm.compiled import compiled

HEAD = """dataset rows(int k, double? a, double? b)

map m(rows row)
"""
TAIL = """end map

reduce r(int k, double[] values)
    emit k, sum(values)
end reduce
"""
SURE = {
    "a branch": "if not missing(row.a) then\n emit row.k, value(row.a)\nend if",
    "the other branch": "if missing(row.a) then\n emit row.k, 0.0 as v\nelse\n"
    " emit row.k, value(row.a) as v\nend if",
    "both of two": "if not missing(row.a) and not missing(row.b) then\n"
    " emit row.k, value(row.a) + value(row.b) as v\nend if",
    "neither of two": "if missing(row.a) or missing(row.b) then\n emit row.k, 0.0 as v\nelse\n"
    " emit row.k, value(row.a) + value(row.b) as v\nend if",
    "not of either": "if not (missing(row.a) or missing(row.b)) then\n"
    " emit row.k, value(row.a) + value(row.b) as v\nend if",
    "the right side of and": "if not missing(row.a) and value(row.a) > 0.5 then\n"
    " emit row.k, value(row.a) as v\nend if",
    "the right side of or": "if missing(row.a) or value(row.a) > 0.5 then\n"
    " emit row.k, 1.0 as v\nend if",
    "a record left out": "for i = 0; i < 2; i++ do\n if missing(row.a) then\n  continue\n end if\n"
    " emit row.k, value(row.a) as v\nend for",
    "a variable": "double? x = row.a\nif not missing(x) then\n double? y = x\n"
    " emit row.k, value(y) as v\nend if",
    "a variable given a value": "double? x = row.a\nx = 1.0\nemit row.k, value(x) as v",
    "one that got a value if it was missing": "double? x = row.a\nif missing(x) then\n x = 1.0\n"
    "end if\nemit row.k, value(x) as v",
    "a loop that does not store it": "if not missing(row.a) then\n double sum = 0.0\n"
    " for i = 0; i < row.k; i++ do\n  sum = sum + value(row.a)\n end for\n"
    " emit row.k, sum as v\nend if",
    "the test of a loop": "int n = 0\nwhile not missing(row.a) and value(row.a) > n"
    " limit 5 do\n n = n + 1\nend while\nemit row.k, 1.0 * n as v",
}
UNSURE = {
    "nothing was asked": "emit row.k, value(row.a) as v",
    "the other was asked": "if not missing(row.a) then\n emit row.k, value(row.b) as v\nend if",
    "one of two may be": "if not missing(row.a) or not missing(row.b) then\n"
    " emit row.k, value(row.a) as v\nend if",
    "it is missing": "if missing(row.a) then\n emit row.k, value(row.a) as v\nend if",
    "not both": "if not (missing(row.a) and missing(row.b)) then\n"
    " emit row.k, value(row.a) as v\nend if",
    "behind the branch": "if not missing(row.a) then\n emit row.k, 1.0 as v\nend if\n"
    "double x = value(row.a)",
    "the right side of and may not be asked": "if row.k > 2 and not missing(row.a) then\n"
    " emit row.k, 1.0 as v\nelse\n emit row.k, value(row.a) as v\nend if",
    "given another since": "double? x = row.a\nif not missing(x) then\n x = row.b\n"
    " emit row.k, value(x) as v\nend if",
    "given another in a round before": "double? x = row.a\nif not missing(x) then\n"
    " for i = 0; i < 3; i++ do\n  emit row.k, value(x) as v\n  x = row.b\n end for\nend if",
    "given another in one branch": "double? x = row.a\nif not missing(x) then\n"
    " if row.k > 2 then\n  x = row.b\n end if\n emit row.k, value(x) as v\nend if",
    "given another before a round was left": "double? x = 1.0\nfor i = 0; i < 3; i++ do\n"
    " if i == 1 then\n  x = row.a\n  break\n end if\nend for\nemit row.k, value(x) as v",
    "stored in a round that goes on": "double? x = 1.0\nfor i = 0; i < 3; i++ do\n"
    " x = 1.0\n if i == 1 then\n  x = row.a\n  continue\n end if\nend for\n"
    "emit row.k, value(x) as v",
}
VALUES = [None, 0.25, None, 0.75, 3.0]
RECORDS = [[n % 5, VALUES[n % 5], VALUES[n // 5 % 5]] for n in range(25)]


def _pair(body: str) -> Pair:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return Pair(compiled(HEAD + lines + TAIL))


def _tests(pair: Pair) -> list[int]:
    """The `value`s of the map that may find nothing."""
    instructions = pair.verified.stages[0].code.instructions
    places = [place.instruction for place in pair.plan.places if place.body == 0]
    return [at for at in places if instructions[at].operation == "value"]


@pytest.mark.parametrize("body", SURE.values(), ids=SURE.keys())
def test_it_is_not_tested_again(body: str) -> None:
    pair = _pair(body)
    used = pair.check_stage(0, RECORDS)
    for budget in (0, used - 1, used // 2, used // 3):
        pair.check_stage(0, RECORDS, budget)
    assert not _tests(pair)


@pytest.mark.parametrize("body", UNSURE.values(), ids=UNSURE.keys())
def test_it_is_tested(body: str) -> None:
    pair = _pair(body)
    used = pair.check_stage(0, RECORDS)
    for budget in (0, used - 1, used // 2, used // 3):
        pair.check_stage(0, RECORDS, budget)
    assert _tests(pair)
