"""What is known of numbers before a run holds in it: what may fail fails, as in the interpreter."""

from __future__ import annotations

import pytest

from native.native_pairs import Pair
from totemlang.native.translation.items import Item
from totemlang.native.translation.ranges import INT, Range, operand_ranges
from totemlang.vm.shape import shape_of
from vm.compiled import compiled

SCRIPTS = {
    "grows in a while": "int a = 1\nwhile a < 1000000 limit 100 do\n    a = a * 2 + 1\nend while\n"
    "int b = a * 3000\n",
    "grows with a counter": "int a = 0\nfor i = 0; i < 100; i++ do\n    a = a + i * i * 10000\n"
    "end for\n",
    "two that lead each other": "int a = 1\nint b = 1\nfor i = 0; i < 60; i++ do\n    int c = a\n"
    "    a = b\n    b = c + b\nend for\n",
    "down to the least": "int a = 0\nfor i = 0; i < 40; i++ do\n    a = a * 2 - 1\nend for\n",
    "a counter after its loop": "int a = 0\nfor i = 2147483600; i < 2147483647; i++ do\n"
    "    a = a + 1\nend for\nint b = a * 50000000\n",
    "a counter that is used again": "int a = 0\nfor i = 0; i < 3; i++ do\n    a = a + i\n"
    "end for\nfor i = 70000; i > -70000; i -= 70000 do\n    a = i * i\nend for\n",
    "a bound that moves": "int n = 3\nint a = 0\nfor i = 0; i < n; i++ do\n"
    "    if n < 40 then\n        n = n + 3\n    end if\n    a = i * 60000000\nend for\n",
    "within another": "long a = 0\nfor i = 1; i < 2000; i++ do\n    for j = i; j < i + 3; j++ do\n"
    "        a = a + long(i) * j * 4611686018427387\n    end for\nend for\n",
    "chosen by a branch": "int a = 0\nfor i = 0; i < 10; i++ do\n    if i % 3 == 0 then\n"
    "        a = -i\n    else\n        a = 2147483647 - i\n    end if\nend for\nint b = a + 8\n",
    "only ever set in a branch": "int b = 7\nfor i = 0; i < 3; i++ do\n    if i == 1 then\n"
    "        b = 2147483647\n    end if\n    int c = b % 1000 + 1\nend for\nint d = b + 1\n",
    "parts of results": "int a = 100 - abs(-7) * 3\nint b = min(a, 5) - max(a, 2147483000)\n"
    "long c = shift_right(long(a) * 1000000, 3)\nlong d = -c // 7 % 5 + bit_and(c, 255)\n"
    "int e = int(d) * int(true) * 30000000\n",
    "elements": "int[] xs = [2147483647, -2147483647, 3]\nint a = 0\nfor x in xs do\n"
    "    a = x % 10 + a\nend for\nfor x in xs do\n    a = x + a\nend for\n",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_what_may_fail_fails(text: str) -> None:
    pair = Pair(compiled(text))
    used = pair.check_script()
    pair.check_script(used - 1)
    assert pair.given_up == 0


def _taken(text: str, operation: str) -> list[tuple[Range | None, ...]]:
    """The ranges of what the instructions of an operation take."""
    verified = compiled(text)
    code = verified.script
    assert code is not None
    pool = tuple(
        Item(at, "", number=value if isinstance(value, int | float) else None)
        for at, value in verified.module.constants
    )
    slots = tuple(slot for _, slot in verified.module.variables)
    found = operand_ranges(code, shape_of(code.code, 0, slots), pool, 0)
    return [
        ranges
        for ranges, each in zip(found, code.code.instructions, strict=True)
        if each.operation == operation
    ]


def test_a_counter_lies_between_its_first_value_and_its_bound() -> None:
    text = "int a = 0\nfor i = 3; i < 50; i += 2 do\n    a = i * 7\nend for\n"
    assert _taken(text, "mul") == [(Range(3, 49), Range(7, 7))]


def test_what_is_kept_small_stays_small() -> None:
    text = "int c = 0\nfor i = 0; i < 9; i++ do\n    c = (c * 31 + 5) % 1000\nend for\n"
    assert _taken(text, "mul") == [(Range(0, 999), Range(31, 31))]


def test_what_grows_may_be_anything() -> None:
    text = "int c = 0\nfor i = 0; i < 9; i++ do\n    c = c - 1\nend for\n"
    assert _taken(text, "sub")[0] == (Range(INT.low, 0), Range(1, 1))
