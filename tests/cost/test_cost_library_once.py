"""What is kept of library functions between programs shows in no quote."""

from __future__ import annotations

import pytest

from totemlang.cost import function_cost
from totemlang.cost.quote import Quote, quote
from totemlang.program import Program
from totemlang.source import Source
from totemlang.verify import verifier

USES = {
    "stats": "double[] xs = [1.0, 2.0, 4.0]\ndouble m = stats.median(xs) + stats.mean(xs)\n",
    "behind a function": "function double twice(double[] v)\n    return 2 * stats.median(v)\n"
    "end function\ndouble y = twice(fill(9, 0.5))\n",
    "in a loop": "double s = 0.0\nfor i = 0; i < 4; i++ do\n"
    "    s += stats.mean(fill(i + 1, 1.5))\nend for\n",
}


def quoted(text: str) -> Quote:
    return quote(Program(Source(text)).accept(), {})


def forget() -> None:
    function_cost._library_summary.cache_clear()
    verifier.verified_library_function.cache_clear()


@pytest.mark.parametrize("name", USES)
def test_a_quote_is_the_same_whatever_was_quoted_before(name: str) -> None:
    forget()
    alone = quoted(USES[name])
    forget()
    for other in USES.values():
        quoted(other)
    assert function_cost._library_summary.cache_info().currsize
    assert quoted(USES[name]) == alone
