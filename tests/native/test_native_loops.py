"""Loops without what they need not do: the same as in the interpreter, at any budget."""

from __future__ import annotations

import math

import pytest

from native.native_pairs import Pair
from totemlang.native.translation.translator import translate_module
from vm.compiled import compiled

HEAD = """\
param double[] xs = [3.0, 4.5, 5.5, 6.5, 7.5]
param double[] ys = [0.0, 0.8, 2.0, 3.5]
param int[] ks = [2, 0, 3, 1]

dataset rows(int n, double v)

map m(rows row)
"""
BODIES = {
    "nearest": """\
    int nearest = 0
    double least = 1e300
    for i = 0; i < len(xs); i++ do
        double d = (row.v - xs[i]) * (row.v - xs[i])
        if d < least then
            least = d
            nearest = i
        end if
    end for
    emit nearest as k, least
""",
    "furthest, the other way round": """\
    double most = -1.0
    for i = len(xs) - 1; i >= 0; i-- do
        if most < xs[i] * row.v then
            most = xs[i] * row.v
        end if
        if row.v > most then
            most = row.v
        end if
    end for
    emit row.n as k, most
""",
    "another array, shorter": """\
    double d = 0
    for i = 0; i < len(xs) - row.n; i++ do
        d = d + xs[i] * ys[i]
    end for
    emit row.n as k, d
""",
    "begins outside": """\
    double d = 0
    for i = row.n - 1; i < len(xs); i++ do
        d = d + xs[i]
    end for
    emit row.n as k, d
""",
    "up to and with the length": """\
    double d = 0
    for i = row.n; i <= len(xs) - 1 + row.n // 3; i++ do
        d = d + xs[i]
    end for
    emit row.n as k, d
""",
    "within each other": """\
    double d = 0
    for i = 0; i < len(ks); i++ do
        for j = 0; j < len(ks); j++ do
            d = d + ys[ks[j]] * row.v + ks[i] * j
        end for
        if i == row.n then
            d = d * 2.0
        end if
    end for
    emit row.n as k, d
""",
    "an array stored in the loop": """\
    double[] a = [1.0, 2.0, 3.0]
    double d = 0
    for i = 0; i < len(a); i++ do
        d = d + a[i]
        if i == row.n then
            a = [7.0, 8.0, 9.0]
        end if
        a[i] = d
    end for
    emit row.n as k, d + a[2] as d
""",
    "an array stored in the outer loop": """\
    double[] a = fill(4, row.v)
    double d = 0
    for i = 0; i < 3; i++ do
        for j = 0; j < len(a); j++ do
            a[j] += i * 1.5
            d = d + a[j] + ys[j]
        end for
        a = fill(4, d)
    end for
    emit row.n as k, d
""",
    "strings": """\
    string[] a = ["a", "bc", ""]
    string s = ""
    for i = 0; i < len(a); i++ do
        s = concat(s, a[i])
        a[(i + 1) % 3] = s
    end for
    emit row.n as k, concat(s, a[0]) as s
""",
    "left early": """\
    int c = 0
    for i = 0; i < len(xs); i++ do
        if xs[i] > row.v then
            break
        end if
        c = c + i
    end for
    while c < 20 limit 30 do
        c = c + ks[c % 4] + 1
    end while
    for x in ks do
        c = c + ks[x]
    end for
    emit c as k, row.v
""",
    "over elements": """\
    double d = 0
    int c = 2147483640
    for x in xs do
        for k in ks do
            if k == row.n then
                continue
            end if
            d = d + x * k
            if d > row.v * 40.0 then
                break
            end if
            c = c + k // (row.n + 1)
        end for
    end for
    bool[] bs = [true, false, row.v > 1.0]
    long[] ls = [5000000000, -7]
    for b in bs do
        for l in ls do
            if b then
                d = d + l
            end if
        end for
    end for
    emit c as k, d
""",
    "strings made while running over numbers": """\
    string s = ""
    for k in ks do
        s = concat(s, substr("abcdef", k, 2))
        string[] parts = [s, "x"]
        for part in parts do
            s = concat(s, part)
        end for
        if len(s) > 40 * row.n then
            break
        end if
    end for
    emit row.n as k, s
""",
    "positions of 64 bits": """\
    long at = row.n * 1000000000000
    double d = 0
    for i = 0; i < 2; i++ do
        d = d + xs[i + at // 1000000000000]
        at = at * 1000
    end for
    emit row.n as k, d + xs[at % 5] as d
""",
    "ways of both branches": """\
    int even = 0
    int odd = 0
    long l = 5
    float f = 0.5
    bool b = false
    for i = 0; i < 7; i++ do
        if (i + row.n) % 2 == 0 then
            even = even + 1
            l = even
            b = i > 3
        else
            odd = odd + 1
            f = 0.25
            l = l + odd
        end if
    end for
    emit even * 100 + odd + int(b) as k, l * f as d
""",
    "fails in a branch": """\
    int c = 2147483640
    for i = 0; i < 5; i++ do
        if i < row.n + 1 then
            c = c + 3
        end if
    end for
    emit c as k, row.v
""",
    "steps of three": """\
    int c = 0
    for i = 1; i < 18 - row.n; i += 3 do
        c = c + i
    end for
    for i = row.n + 18; i > row.n; i -= 4 do
        c = c + i % 5
    end for
    for i = 2147483640; i < 2147483600 + 50 * row.n; i += 5 do
        c = c + 1
    end for
    emit c as k, row.v
""",
}
NUMBERS = [0.1, 4.6, 100.0, -3.0, math.nan, math.inf, -math.inf, -0.0, 5.5]
RECORDS = [[n % 5 - 1, NUMBERS[n % 9]] for n in range(45)]
XS, YS, KS = [3.0, 4.5, 5.5, 6.5, 7.5], [0.0, 0.8, 2.0, 3.5], [2, 0, 3, 1]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize(
    "values",
    [(XS, YS, KS), ([], [], []), ([0.0, -0.0, math.nan], [1.0], [0, 0])],
    ids=["plain", "empty", "short"],
)
def test_a_loop_is_as_in_the_interpreter_at_any_budget(
    body: str, values: tuple[list[float], list[float], list[int]]
) -> None:
    pair = Pair(compiled(HEAD + body + "end map\n"), values)
    used = pair.check_stage(0, RECORDS)
    for budget in {0, used - 1, used, used // 3, used // 2}:
        pair.check_stage(0, RECORDS, budget)
    for record in RECORDS[:10]:
        pair.check_stage(0, [record])
    assert pair.given_up == 0


def _inner(text: str) -> str:
    """The rounds of the last counted loop of a module."""
    rounds = text[text.rindex("loop $l") :]
    return rounds[: rounds.index("(br_if $b")]


def test_the_nearest_of_some_is_found_without_a_call_a_branch_or_a_look_at_the_array() -> None:
    rounds = _inner(translate_module(compiled(HEAD + BODIES["nearest"] + "end map\n")).text)
    assert " if\n" not in rounds
    assert "call" not in rounds
    assert "$why" not in rounds
    assert rounds.count(".load") == rounds.count("f64.load")


def test_a_counter_of_another_array_is_looked_at() -> None:
    text = HEAD + BODIES["another array, shorter"] + "end map\n"
    assert _inner(translate_module(compiled(text)).text).count("$why") >= 2


SCRIPTS = {
    "settles in between": "int c = 0\nint d = 7\nfor i = 0; i < 100000; i++ do\n"
    "    if i % 3 == 1 then\n        d = i\n    end if\n    c = (c + d) % 1000\nend for\n",
    "settles within, fails at last": "int[] a = fill(1, 49999)\nint c = 0\n"
    "for i = 0; i < 50000; i++ do\n    c = c + a[i]\nend for\n",
    "many times a few": "int[] a = [1, 2, 3]\nlong c = 0\nfor i = 0; i < 20000; i++ do\n"
    "    for j = 0; j < len(a); j++ do\n        c = c + a[j] * i\n    end for\nend for\n",
    "left in the midst of a round": "int c = 0\nfor k = 0; k < 5; k++ do\n"
    "    for i = 90000; i > 7 * k; i -= 3 do\n        c = (c + i) % 1000\n"
    "        if i % 11 == 3 then\n            continue\n        end if\n"
    "        if i < 10000 * k then\n            break\n        end if\n        c = c + 1\n"
    "    end for\nend for\nfor i = 0; i < 9; i++ do\n    break\nend for\n",
    "a function is left from a loop": "function int first(int[] xs, int x)\n"
    "    for i = 0; i < len(xs); i++ do\n        if xs[i] == x then\n            return i\n"
    "        end if\n    end for\n    return -1\nend function\n"
    "int[] xs = fill(40000, 3)\nxs[39990] = 5\nxs[2] = 4\nint c = 0\n"
    "for k = 2; k < 7; k++ do\n    c = c + first(xs, k)\nend for\n",
    "fails after others left": "int c = 0\nfor k = 0; k < 5; k++ do\n"
    "    for i = 0; i < 5; i++ do\n        c = c + 10 // (6 - k - i)\n"
    "        if i > 1 then\n            break\n        end if\n    end for\nend for\n",
    "over many elements": "int[] xs = fill(100000, 3)\nlong c = 0\nfor x in xs do\n"
    "    c = c * 3 % 1000 + x\nend for\nfor x in xs do\n    c = c + x\n"
    "    if c > 70000 then\n        break\n    end if\nend for\n",
    "over elements until one fails": "int[] xs = fill(40000, 3)\nxs[39000] = 0\nint c = 0\n"
    "for x in xs do\n    c = c + 9 // x\nend for\n",
    "no round at all": "int c = 0\nfor i = 5; i < c; i++ do\n    c = c + 1\nend for\n"
    "for i = -5; i > c; i-- do\n    c = c + 1\nend for\n",
    "to the last int": "int c = 0\nfor i = 2147483600; i <= 2147483646; i++ do\n"
    "    c = c + i % 2\nend for\n",
    "beyond the last int": "int c = 0\nint n = 2147483647\nfor i = 2147483600; i <= n; i++ do\n"
    "    c = c + i % 2\nend for\n",
    "bounds of 64 bits": "int c = 0\nlong n = 40000\nfor i = 0; i < n; i++ do\n"
    "    c = c + 1\nend for\nfor i = 0; i > -n; i-- do\n    c = c - 1\nend for\n",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_is_as_in_the_interpreter_at_any_budget(text: str) -> None:
    pair = Pair(compiled(text))
    used = pair.check_script()
    for budget in {0, used - 1, used, used // 2, used // 3}:
        pair.check_script(budget)
    assert pair.given_up == 0
