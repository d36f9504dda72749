"""Whole numbers by what is known of them: results, failures and totem as in the interpreter."""

from __future__ import annotations

import pytest

from native.native_pairs import Pair
from totemlang.native.translation.translator import translate_module
from vm.compiled import compiled

INT, LONG = 2**31, 2**63
DIVISORS = [1, -1, 2, -2, 3, -3, 7, 10, 16, -16, 641, 1000, 65521, 2**30, INT - 1, -INT]
WIDE = [*DIVISORS, INT, 2**32 + 1, 10**12, 2**62, LONG - 1, -(2**40)]
AROUND = [0, 1, 2, 3, 5, 9, 15, 16, 999, 1000, 1001, 65520, 65521, 131042, 2**30]


def _ends(size: int) -> list[int]:
    numbers = {each for n in AROUND for each in (n, -n)}
    numbers |= {each + by for each in (-size, size - 1, size // 2) for by in (-1, 0, 1)}
    numbers |= {n * k + by for n in (7, 641, 65521) for k in (-40503, 32769) for by in (-1, 0)}
    return sorted(n for n in numbers if -size <= n < size)


def _job(kind: str, expressions: list[str]) -> str:
    parts = ", ".join(f"{each} as c{n}" for n, each in enumerate(expressions))
    return (
        f"dataset rows({kind} a, {kind} b)\n\nmap m(rows row)\n    emit 1 as k, {parts}\nend map\n"
    )


def _literal(number: int) -> str:
    return f"({number})" if number < 0 else str(number)


def _same(text: str, records: list[list[int]]) -> None:
    """Each record in a batch of its own as well: the first failure hides no other."""
    pair = Pair(compiled(text))
    used = pair.check_stage(0, records)
    pair.check_stage(0, records, used - 1)
    for record in records[:: max(1, len(records) // 5)]:
        pair.check_stage(0, [record])
    assert pair.given_up == 0


@pytest.mark.parametrize("operator", ["%", "//"])
@pytest.mark.parametrize("divisor", DIVISORS)
def test_division_of_ints_by_a_constant(operator: str, divisor: int) -> None:
    by = _literal(divisor)
    text = _job("int", [f"row.a {operator} {by}"])
    _same(text, [[n, 0] for n in _ends(INT)])


@pytest.mark.parametrize("operator", ["%", "//"])
@pytest.mark.parametrize("divisor", WIDE)
def test_division_of_longs_by_a_constant(operator: str, divisor: int) -> None:
    _same(
        _job("long", [f"row.a {operator} {_literal(divisor)}"]),
        [[n, 0] for n in (*_ends(LONG), *_ends(INT))],
    )


@pytest.mark.parametrize("operator", ["%", "//"])
@pytest.mark.parametrize("divisor", [3, 7, 641, 65521, 2**30 + 1, INT - 1])
@pytest.mark.parametrize("kind", ["int", "long"])
def test_division_of_what_is_never_negative(operator: str, divisor: int, kind: str) -> None:
    """A number of 31 bits is divided by a product: exact up to its last multiple."""
    within = "bit_and(row.a, 2147483647)"
    numbers = {n * divisor + by for n in (0, 1, 2, INT // divisor) for by in (-1, 0, 1)}
    numbers |= {INT - 1, INT - 2, 12345}
    records = [[n, 0] for n in sorted(numbers) if 0 <= n < INT]
    _same(_job(kind, [f"{within} {operator} {divisor}"]), records)
    _same(_job("long", [f"bit_and(row.a, {LONG - 1}) {operator} {divisor}"]), [[LONG - 1, 0]])


def test_divisors_that_are_known_to_be_over_nothing() -> None:
    by = "(bit_and(row.b, 15) + 1)"
    text = _job("int", [f"bit_and(row.a, 65535) % {by}", f"bit_and(row.a, 65535) // {by}"])
    _same(text, [[a, b] for a in (0, 1, 65535, -1, 77) for b in (0, 3, 15, -1)])


def test_division_by_a_zero_that_is_known() -> None:
    _same(_job("long", ["row.a % (bit_and(row.b, 0))"]), [[5, 1]])


@pytest.mark.parametrize(("kind", "size"), [("int", INT), ("long", LONG)])
@pytest.mark.parametrize(
    "expression",
    [
        "row.a + bit_and(row.b, 255)",
        "bit_and(row.b, 255) + row.a",
        "row.a - bit_and(row.b, 255)",
        "row.a + (0 - bit_and(row.b, 255))",
        "row.a - (0 - bit_and(row.b, 255))",
        "row.a + row.b",
        "row.a - row.b",
        "row.a * 3",
        "row.a * (-3)",
        "31 * row.a",
        "row.a * (-1)",
        "row.a * row.b",
        "-bit_and(row.a, 65535)",
        "-row.a",
        "abs(row.a)",
    ],
)
def test_results_at_both_ends_of_the_range(kind: str, size: int, expression: str) -> None:
    third = size // 3
    numbers = [0, 1, -1, 255, -255, size - 1, size - 256, -size, 255 - size, 2 - size]
    numbers += [third - 1, third, third + 1, -third, -third - 1, -third + 1, (size - 1) // 31]
    _same(_job(kind, [expression]), [[a, b] for a in numbers for b in (0, 1, 255, -1, a)])


def test_a_hash_and_a_sum_need_no_call() -> None:
    text = """\
long c = 0
int d = 0
for i = 0; i < 1000; i++ do
    c = (c * 31 + i) % 65521
    d = (d + 3 * i) % 1000
end for
"""
    plan = translate_module(compiled(text))
    script = plan.text[plan.text.index('(export "script")') :]
    loop = script[script.index("loop $l") : script.index("br_if $b")]
    assert "call" not in loop
    assert "$why" not in loop
    Pair(compiled(text)).check_script()
