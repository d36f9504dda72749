"""Values of slots in loops that give memory back: nothing changes under another's hands."""

from __future__ import annotations

import pytest

from native.native_pairs import Pair
from vm.compiled import compiled

CASES = {
    "a copy is taken before its origin changes": """\
string acc = "a"
string out = ""
for i = 0; i < 9; i++ do
    string k = acc
    acc = concat(upper(acc), "x")
    out = concat(out, k, "|", substr(acc, 1, 3))
end for
""",
    "a part of a variable outlives its change": """\
string acc = "abcdefgh"
string part = ""
for i = 0; i < 9; i++ do
    part = substr(acc, 2, 3)
    acc = concat("zz", part, acc)
end for
""",
    "pieces of a variable that is stored meanwhile": """\
string text = "one two three"
string last = ""
for i = 0; i < 5; i++ do
    for w in words(text) do
        text = concat(upper(w), " ", last, " x", text)
        last = w
        text = substr(text, 0, 20)
    end for
end for
""",
    "arrays of strings": """\
string[] a = ["x", "yy", "zzz"]
string[] b = a
string s = ""
for i = 0; i < 7; i++ do
    string[] c = b
    b[i % 3] = concat(c[0], a[1])
    a[(i + 1) % 3] = substr(b[i % 3], 0, 4)
    s = concat(s, c[2], b[0])
    c[0] = s
    a = c
end for
""",
    "arrays of numbers": """\
int[] a = [3, 1, 2]
int[] b = fill(3, 0)
long n = 0
for i = 0; i < 7; i++ do
    int[] c = sort(a)
    c[0] = c[0] + i
    b = c
    a[i % 3] = b[2] - i
    int[] d = b
    d[1] = 9
    n += sum(b) + sum(d) + sum(c)
end for
""",
    "loops within loops": """\
string out = ""
for i = 0; i < 4; i++ do
    string row = concat("r", substr("abcdef", i, 1))
    for j = 0; j < 3; j++ do
        string cell = concat(row, substr("xyz", j, 1))
        if j == 1 then
            row = upper(row)
            continue
        end if
        out = concat(out, cell, ",")
    end for
    out = concat(out, row, ";")
end for
""",
    "what a function gives back": """\
function string joined(string[] parts, string between)
    string r = ""
    for p in parts do
        if len(r) > 12 then
            return r
        end if
        r = concat(r, p, between)
    end for
    return r
end function

function string[] doubled(string[] parts)
    string[] r = parts
    for i = 0; i < 2; i++ do
        r[i] = concat(parts[i], parts[i])
    end for
    return r
end function

string a = joined(["p", "q"], "-")
string b = joined(["r", "s"], a)
string[] d = doubled(["u", "v"])
for i = 0; i < 3; i++ do
    string[] e = doubled(d)
    d = doubled(doubled(["w", substr(e[0], 0, 2)]))
    b = joined(d, joined(e, a))
end for
""",
    "a variable of a loop that is read after it": """\
string found = ""
string text = "ab cd ef"
for i = 0; i < 3; i++ do
    for w in words(text) do
        found = concat(found, w)
    end for
    text = concat(text, " ", found)
    found = substr(found, 0, 2)
end for
""",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_it_is_as_in_the_interpreter(text: str) -> None:
    pair = Pair(compiled(text))
    pair.check_script()
    assert pair.given_up == 0
