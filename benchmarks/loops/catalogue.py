"""The loops, for every machine, with the same operations in each round.

A loop is given by what a round counts as operations (those that anybody would have to do, not how
a machine cuts them up), TOTEM source, Starlark source, EVM code and the body of a WebAssembly loop
over `$i` and `$c`.
"""

from __future__ import annotations

from typing import NamedTuple


class Loop(NamedTuple):
    """A loop; `{n}` stands for the rounds (in EVM code as four bytes of hex)."""

    name: str
    title: str
    operations: int
    totem: str
    starlark: str
    evm: str
    wasm: str


ADD_UP = Loop(
    "add_up",
    "add up i: add, add, compare",
    3,
    "long c = 0\nfor i = 0; i < {n}; i++ do\n    c = c + i\nend for\n",
    "def run(n):\n    c = 0\n    for i in range(n):\n        c = c + i\n    return c\nrun({n})\n",
    "600060005b809101906001018063{n}1160045700",
    "(local.set $c (i64.add (local.get $c) (i64.extend_i32_s (local.get $i))))",
)

HASH = Loop(
    "hash",
    "c = (31 c + i) mod 65521: multiply, add, mod, add, compare",
    5,
    "long c = 0\nfor i = 0; i < {n}; i++ do\n    c = (c * 31 + i) % 65521\nend for\n",
    "def run(n):\n    c = 0\n    for i in range(n):\n        c = (c * 31 + i) % 65521\n"
    "    return c\nrun({n})\n",
    "600060005b8091601f020161fff19006906001018063{n}1160045700",
    "(local.set $c (i64.rem_s (i64.add (i64.mul (local.get $c) (i64.const 31))"
    " (i64.extend_i32_s (local.get $i))) (i64.const 65521)))",
)

LOOPS = {loop.name: loop for loop in (ADD_UP, HASH)}

TOTEM_LOOPS = {
    "int, overflow checked": "int c = 0\nfor i = 0; i < {n}; i++ do\n"
    "    c = (c + 3 * i) % 1000\nend for\n",
    "double": "double x = 0.5\nfor i = 0; i < {n}; i++ do\n    x = 3.9 * x * (1 - x)\nend for\n",
    "float, rounded": "float x = 0.5\nfor i = 0; i < {n}; i++ do\n"
    "    x = 3.9 * x * (1 - x)\nend for\n",
    "array elements": "double[] xs = [1.5, 2.5, 3.5, 4.5]\ndouble total = 0\n"
    "for i = 0; i < {n}; i++ do\n    total += xs[i % 4]\n    xs[i % 4] = total / 2\nend for\n",
    "branches": "int even = 0, odd = 0\nfor i = 0; i < {n}; i++ do\n"
    "    if i % 2 == 0 and i >= 0 then\n        even++\n    else\n        odd++\n    end if\n"
    "end for\n",
    "calls": "function double twice(double x)\n    return x + x\nend function\n"
    "double y = 0\nfor i = 0; i < {n}; i++ do\n    y = twice(0.5)\nend for\n",
}
"""Loops of TOTEM's two tiers alone."""
