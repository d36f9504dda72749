"""lower ≤ expected ≤ upper, also of programs that are sure to fail, and no part eats another's."""

from __future__ import annotations

import totemlang
from totemlang.cost.quote import Quote
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import INT


def in_order(quote: Quote) -> bool:
    """Whether the bounds of the whole and of its parts are in order."""
    assert quote.upper is not None
    whole = quote.lower <= quote.expected <= quote.upper
    stages = all(stage.upper is None or stage.lower <= stage.upper for stage in quote.by_stage)
    return whole and stages and all(p.upper is None or p.lower <= p.upper for p in quote.by_line)


def test_a_program_that_is_sure_to_fail_has_bounds_in_order_and_runs_into_its_failure() -> None:
    program = totemlang.compile('string s = "abc"\nstring[2] t = s\n')
    assert in_order(program.estimate({}))
    outcome = totemlang.run(program)
    assert (outcome.status, outcome.totem) == ("failed", 3)


def test_what_is_surely_read_counts_whatever_the_loops_below_may_save() -> None:
    program = totemlang.compile(
        """
dataset r(int g, int n)
map m(r row)
    emit row.g, row.n
end map
reduce z(int g, int[] n)
    int t = 0
    for i = 0; i < len(n); i += 2 do
        for j = i; j < len(n); j++ do
            t += n[j]
        end for
    end for
    emit g, t
end reduce
"""
    )
    columns = (ColumnMetadata("g", INT, distinct=2), ColumnMetadata("n", INT))
    quote = program.estimate({"r": Metadata("r", rows=100, columns=columns)})
    assert in_order(quote)
    assert quote.lower >= 100 * 8 + 2 * 4 + 100 * 4
    assert quote.lower >= sum(stage.lower for stage in quote.by_stage)
