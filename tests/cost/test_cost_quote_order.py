"""lower ≤ expected ≤ upper, also of programs that are sure to fail, and no part eats another's."""

from __future__ import annotations

import pytest

import totemlang
from totemlang.cost.quote import Quote
from totemlang.diagnostics import Refused
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


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("int n = 3\nint m = 3\nfor j = 0; j < 5000; j++ do\nfor i = 0; i < n; i++ do\nm++\n", 4),
        ('string s = "ab"\nfor j = 0; j < 5000; j++ do\nif j >= 0 then\ns = concat(s, s)\n', 4),
    ],
    ids=["rounds that make more rounds", "a string that doubles"],
)
def test_what_no_formula_bounds_is_refused_at_its_line(body: str, line: int) -> None:
    ends = "end for\nn = m\nend for\n" if "m++" in body else "end if\nend for\n"
    with pytest.raises(Refused) as caught:
        totemlang.compile(body + ends)
    assert all(found.code == "CST103" for found in caught.value.diagnostics)
    first = caught.value.diagnostics[0]
    assert first.source.position(first.span.start).line == line


def test_few_rounds_that_double_a_string_are_bounded_and_the_bound_holds() -> None:
    program = totemlang.compile(
        'string s = "ab"\nfor j = 0; j < 5; j++ do\ns = concat(s, s)\nend for\n'
    )
    outcome = totemlang.run(program)
    quote = program.estimate({})
    assert outcome.status == "done"
    assert quote.upper is not None
    assert quote.lower <= outcome.usage.used <= quote.upper


def test_no_rows_cost_nothing_although_no_largest_value_is_known() -> None:
    program = totemlang.compile(
        """
dataset r(int n)
map m(r row)
    int t = 0
    for i = 0; i < row.n; i++ do
        t += i
    end for
    emit t
end map
"""
    )
    quote = program.estimate({"r": Metadata("r", rows=0, columns=(ColumnMetadata("n", INT),))})
    assert (quote.lower, quote.upper) == (0, 0)
