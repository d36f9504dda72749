"""Whatever is sent, a quote is made or refused in bounded time."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from totemlang.bytecode.module import Value
from totemlang.cost.findings import bound_findings
from totemlang.cost.quote import Quote, quote
from totemlang.diagnostics import Refused
from totemlang.program import Program
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule

SECONDS = 3.0
"""Of one core, for one quote: three times what the worst of these takes on a quiet machine."""


def nest(depth: int, bound: str, inner: str = "x += 1\n", head: str = "") -> str:
    """Loops within loops; `{}` in the bound is the number of the loop, `{0}` that before."""
    lines = [head, "long x = 0\n"]
    lines += [
        f"for i{n} = 0; i{n} < {bound.format(n - 1) if n else 'n'}; i{n}++ do\n"
        for n in range(depth)
    ]
    return "".join([*lines, inner, "end for\n" * depth])


def chain(count: int, step: str, result: str = "long", argument: str = "int n") -> str:
    """Functions each of which uses the one before: `{0}` in the step is its number."""
    name = argument.split()[1]
    source = f"function {result} f0({argument})\n    return {name}\nend function\n"
    return source + "".join(
        f"function {result} f{n}({argument})\n{step.format(n - 1)}end function\n"
        for n in range(1, count)
    )


PARAMETER = "param int n\n"

CASES = {
    "loops of a literal": nest(49, "10", head="int n = 10\n"),
    "loops of a parameter": nest(49, "n", head=PARAMETER),
    "loops of what is around them": nest(49, "i{0} + 1", head=PARAMETER),
    "loops of many parameters": nest(
        49, "p{0}", head=PARAMETER + "".join(f"param int p{n}\n" for n in range(49))
    ),
    "many lines in many loops": nest(49, "n", "x += 1\n" * 3000, PARAMETER),
    "functions that call twice": chain(100, "    return f{0}(n) // 2 + f{0}(n) // 2\n")
    + "long y = f99(1)\n",
    "functions that loop over functions": chain(
        60,
        "    long s = 0\n    for j = 0; j < n; j++ do\n        s += f{0}(j)\n"
        "    end for\n    return s\n",
    )
    + "long y = f59(3)\n",
    "strings that double": chain(100, "    return concat(f{0}(s), f{0}(s))\n", "string", "string s")
    + 'string y = f99("a")\n',
    "branches within calls": chain(
        60,
        "    if n > 3 then\n        return f{0}(n * 2)\n    end if\n    return f{0}(n - 1)\n",
        "int",
    )
    + "param int p\nlong y = 0\nfor i = 0; i < f59(p); i++ do\n    y += 1\nend for\n",
    "a long chain of variables": PARAMETER
    + "int v0 = n\n"
    + "".join(f"int v{n} = max(v{n - 1}, {n}) // 2 + v{n - 1}\n" for n in range(1, 1200)),
    "many branches": PARAMETER
    + "int x = n\n"
    + "if x > 3 then\n    x = x * 2\nelse\n    x = x + 7\nend if\n" * 600,
    "counters that feed each other": PARAMETER
    + "".join(f"int v{n} = {n}\n" for n in range(400))
    + "for i = 0; i < n; i++ do\n"
    + "".join(f"    v{n} += v{(n + 1) % 400}\n" for n in range(400))
    + "end for\n",
    "arrays of the square of arrays": PARAMETER
    + "int[] a0 = fill(n, 0)\n"
    + "".join(f"int[] a{n} = fill(len(a{n - 1}) * len(a{n - 1}), 0)\n" for n in range(1, 60)),
}


def quoted(
    verified: VerifiedModule, parameters: Mapping[str, Value]
) -> tuple[set[str], Quote | None]:
    """The quote, or the codes it is refused with."""
    try:
        return set(), quote(verified, {}, parameters)
    except Refused as refused:
        return {d.code for d in refused.diagnostics}, None


@pytest.mark.parametrize("case", CASES)
def test_it_ends_soon_and_never_in_a_traceback(case: str) -> None:
    verified = Program(Source(CASES[case], "case")).verified
    for parameters in ({}, {"n": 7}):
        start = time.process_time()
        codes, found = quoted(verified, parameters)
        assert time.process_time() - start < SECONDS
        assert codes <= {"CST101", "CST102", "CST103", "CTL201"}
        if found is not None:
            assert found.upper is None or found.lower <= found.upper
            assert all(len(line.formula) < 10_000 for line in found.by_line)
    start = time.process_time()
    bound_findings(verified)
    assert time.process_time() - start < SECONDS
