"""The quote, case by case: what follows from which premise, and nothing more."""

from __future__ import annotations

import pytest
from quote_bench import as_ceilings, assert_holds, describe_rows, run, without

from totemlang.cost.literals import string_size
from totemlang.cost.quote import LARGEST, Quote, quote
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import Refused
from totemlang.program import Program
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import DATE, DOUBLE, INT, LONG, STRING, TIMESTAMP
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule
from vectors import JOB, SCRIPT


def verified(text: str) -> VerifiedModule:
    program = Program(Source(text, "case"))
    assert not program.diagnostics, program.diagnostics
    return program.verified


def bills(distinct: int | None = 3, rows: int | None = 6, *, exact: bool = True) -> Metadata:
    columns = (
        ColumnMetadata("Date", DATE),
        ColumnMetadata("C_id", INT, distinct=distinct),
        ColumnMetadata("Bill", DOUBLE),
    )
    return Metadata("bills", rows, columns, exact)


def bounds(found: Quote) -> tuple[int, int, int | None]:
    return found.lower, found.expected, found.upper


def by_line(found: Quote) -> dict[int, str]:
    return {line.line: line.formula for line in found.by_line}


# --- the vectors of the thesis


def test_the_sample_script_costs_112() -> None:
    found = quote(verified(SCRIPT), {})
    assert bounds(found) == (112, 112, 112)
    assert found.formula == "112"
    assert {line.line: line.upper for line in found.by_line} == {
        1: 8,
        2: 8,
        3: 4,
        4: 44,
        5: 24,
        6: 24,
    }


def test_the_priced_example_costs_198_whatever_the_data() -> None:
    found = quote(verified(JOB), {"bills": bills()})
    assert bounds(found) == (198, 198, 198)
    assert found.formula == "15·rows + 4·keys + 8·rows + 16·(rows − keys)"
    assert by_line(found) == {3: "15·rows", 7: "4·keys + 8·rows", 8: "16·(rows − keys)"}
    assert [(s.name, s.upper) for s in found.by_stage] == [("by_customer", 90), ("total", 108)]
    assert (found.result_rows, found.result_bytes) == (3, 3 * 12)
    assert found.largest_group_bytes == 4 * 8


def test_without_distinct_the_interval_is_honest() -> None:
    """One key: 90 + 4 + 48 + 80; six keys: 90 + 24 + 48 + 0."""
    found = quote(verified(JOB), {"bills": bills(distinct=None)})
    assert (found.lower, found.upper) == (162, 222)
    assert "publish distinct of C_id" in found.hint


def test_ceilings_bound_from_above_alone() -> None:
    found = quote(verified(JOB), {"bills": bills(exact=False)})
    assert found.lower == 0
    assert found.upper == 24 * 6 + 15 * 6


def test_what_is_not_published_is_named() -> None:
    found = quote(verified(JOB), {"bills": bills(rows=None)})
    assert found.upper is None
    assert "rows" in found.open_symbols
    assert "publish the number of rows of bills" in found.hint


def test_no_rows_cost_nothing() -> None:
    assert bounds(quote(verified(JOB), {"bills": bills(distinct=0, rows=0)})) == (0, 0, 0)


# --- keys


def keyed(key: str, columns: str = "timestamp ts, int n, string name") -> str:
    return (
        f"dataset d({columns})\nmap m(d row)\n    emit {key} as key, 1 as one\nend map\n"
        "reduce r(KIND key, int[] one)\n    emit key, count(one) as n\nend reduce\n"
    )


FIRST, LAST = 1_546_300_800_000_000, 1_548_979_199_999_999
"""2019-01-01T00:00 and 2019-01-31T23:59:59.999999."""


@pytest.mark.parametrize(
    ("key", "kind", "most"),
    [
        ("hour(row.ts)", "int", 24),
        ("minute(row.ts)", "int", 60),
        ("weekday(row.ts)", "int", 7),
        ("month(row.ts)", "int", 1),
        ("year(row.ts)", "int", 1),
        ("date(row.ts)", "date", 31),
        ("floor(row.ts, hours(6))", "timestamp", 4 * 31),
        ("row.n % 10", "int", 10),
        ("row.n % 10 // 3", "int", 4),
        ("row.n > 3", "bool", 2),
        ("min(row.n, 5)", "int", 6),
        ("row.name", "string", 40),
        ("lower(row.name)", "string", 40),
        ("row.n * 2 + 1", "int", 500),
    ],
)
def test_a_key_has_no_more_values_than_what_it_hangs_on(key: str, kind: str, most: int) -> None:
    columns = (
        ColumnMetadata("ts", TIMESTAMP, lower=FIRST, upper=LAST),
        ColumnMetadata("n", INT, lower=0, upper=999, distinct=500),
        ColumnMetadata("name", STRING, distinct=40, max_bytes=8, total_bytes=50_000),
    )
    found = quote(verified(keyed(key).replace("KIND", kind)), {"d": Metadata("d", 9000, columns)})
    assert found.result_rows == most


def test_parts_of_one_time_are_no_more_than_its_days() -> None:
    source = (
        "dataset d(timestamp ts)\nmap m(d row)\n"
        "    emit (month(row.ts) as m, date(row.ts) as day), 1 as one\nend map\n"
        "reduce r((int m, date day), int[] one)\n    emit (m, day), count(one) as n\nend reduce\n"
    )
    column = ColumnMetadata("ts", TIMESTAMP, lower=0, upper=366 * 86_400_000_000 - 1)
    found = quote(verified(source), {"d": Metadata("d", 100_000, (column,))})
    assert found.result_rows == 366


def test_a_condition_takes_the_floor_from_the_keys() -> None:
    source = JOB.replace(
        "    emit row.C_id, row.Bill",
        "    if row.Bill > 0 then\n    emit row.C_id, row.Bill\nend if",
    )
    found = quote(verified(source), {"bills": bills()})
    assert found.symbols["keys"].lower == 0
    assert found.symbols["keys"].upper == 3


# --- strings, words, order


def test_words_are_bounded_by_the_bytes_of_the_column() -> None:
    source = (
        "dataset d(string text)\nmap m(d row)\n    for w in words(row.text) do\n"
        "        emit w, 1 as n\n    end for\nend map\n"
        "reduce r(string w, int[] n)\n    emit w, sum(n) as n\nend reduce\n"
    )
    column = ColumnMetadata("text", STRING, max_bytes=5775, total_bytes=6_819_899)
    found = quote(verified(source), {"d": Metadata("d", 70_494, (column,))})
    assert found.result_rows == (6_819_899 + 70_494) // 2


def test_words_of_some_length_are_fewer() -> None:
    source = (
        "dataset d(string text)\nmap m(d row)\n    for w in words(row.text) do\n"
        "        if len(w) > 4 then\n            emit w, 1 as n\n        end if\n"
        "    end for\nend map\n"
    )
    column = ColumnMetadata("text", STRING, max_bytes=1000, total_bytes=100_000)
    found = quote(verified(source), {"d": Metadata("d", 2_000, (column,))})
    assert found.result_rows == 100_000 // 5


def test_order_by_is_charged_by_the_stage() -> None:
    source = (
        "dataset d(int k, double x)\nmap m(d row)\n    emit row.k, row.x\nend map\n"
        "reduce r(int k, double[] x) order by x\n    emit k, x[0] as least\nend reduce\n"
    )
    columns = (ColumnMetadata("k", INT, distinct=1), ColumnMetadata("x", DOUBLE))
    found = quote(verified(source), {"d": Metadata("d", 1000, columns)})
    reading, ordering = 12 * 1000 + 4 + 8 * 1000, 8 * 1000 * 10
    assert found.upper == reading + ordering + 3 * 8
    assert found.lower == reading + ordering * 9 // 10 + 3 * 8


def test_sorting_groups_lies_between_even_and_one_large_group() -> None:
    source = (
        "dataset d(int k, double x)\nmap m(d row)\n    emit row.k, row.x\nend map\n"
        "reduce r(int k, double[] x)\n    emit k, sort(x)[0] as least\nend reduce\n"
    )
    columns = (ColumnMetadata("k", INT, distinct=8), ColumnMetadata("x", DOUBLE))
    found = quote(verified(source), {"d": Metadata("d", 1024, columns)})
    rest = 12 * 1024 + 8 * 1024 + 8 * (4 + 3 * 8)
    assert found.upper == rest + 8 * 1024 * 11
    assert found.lower == rest + 8 * 1024 * 7


# --- control


def cost_of(body: str, head: str = "") -> Quote:
    return quote(verified(f"{head}{body}"), {})


def test_branches_take_the_larger_side_up_and_the_smaller_down() -> None:
    source = "param int n\nint a = 1\nif n > 3 then\n    a = a * 2\nelse\n    a = a + 2\nend if\n"
    found = cost_of(source)
    assert (found.lower, found.upper) == (4 + 4 + 8, 4 + 4 + 12)


def test_a_parameter_that_is_sent_decides_branches_before_the_run() -> None:
    source = "param int n\nint a = 1\nif n > 3 then\n    a = a * 2\nelse\n    a = a + 2\nend if\n"
    assert bounds(quote(verified(source), {}, {"n": 9})) == (20, 20, 20)
    assert bounds(quote(verified(source), {}, {"n": 1})) == (16, 16, 16)


def test_a_loop_that_can_be_left_counts_down_to_its_cheapest_exit() -> None:
    source = (
        "int a = 0\nfor i = 0; i < 10; i++ do\n    if a > 5 then\n        break\n    end if\n"
        "    a += 1\nend for\n"
    )
    found = cost_of(source)
    per_round = 4 + 4 + 8 + 8
    assert found.upper == 4 + 4 + 10 * per_round + 4
    assert found.lower == 4 + 4 + 4 + 4


def test_a_while_loop_may_end_at_once_and_at_its_limit() -> None:
    source = "int a = 0\nwhile a < 9 limit 4 do\n    a += 3\nend while\n"
    found = cost_of(source)
    assert (found.lower, found.upper) == (4 + 8, 4 + 5 * (4 + 4) + 4 * 8)


def test_loops_within_loops_are_summed_exactly_where_they_can_be() -> None:
    """Σ i for i below 10 is 45 rounds of the inner loop."""
    source = (
        "int a = 0\nfor i = 0; i < 10; i++ do\n    for j = 0; j < i; j++ do\n        a += 1\n"
        "    end for\nend for\n"
    )
    inner = 45 * (4 + 8 + 8) + 10 * (4 + 4)
    assert bounds(cost_of(source)) == (8 + 10 * 12 + 4 + inner,) * 3


def test_a_parameter_that_was_not_sent_is_a_symbol() -> None:
    source = "param int n\nint a = 0\nfor i = 0; i < n; i++ do\n    a += 1\nend for\n"
    found = cost_of(source)
    assert found.upper is None
    assert found.open_symbols == ("n",)
    assert found.formula == "20·max(0, n) + 12"
    assert found.hint == "nothing bounds n: pass the parameter n"
    assert quote(verified(source), {}, {"n": 5}).upper == 112


def test_what_a_branch_assigns_bounds_a_later_loop() -> None:
    source = (
        "param int n\nint m = 7\nif n > 0 then\n    m = 3\nend if\n"
        "for i = 0; i < m; i++ do\n    n2 += 1\nend for\n"
    ).replace("int m = 7", "int m = 7\nint n2 = 0")
    found = quote(verified(source), {}, {"n": 1})
    assert found.lower == found.upper


def test_a_counter_is_bounded_by_the_rounds_that_count_it() -> None:
    source = (
        "param double[] xs\nint k = 0\nfor x in xs do\n    if x > 0 then\n        k += 1\n"
        "    end if\nend for\nint s = 0\nfor i = 0; i < k; i++ do\n    s += 1\nend for\n"
    )
    found = quote(verified(source), {}, {"xs": (1.0,) * 5})
    loop, counted = 5 * (3 * 8 + 8), 5 * 8
    assert found.upper == 4 + loop + counted + 4 + 4 + 4 + 5 * 20


# --- functions


def test_a_function_is_a_formula_of_its_arguments() -> None:
    source = (
        "function int work(int n)\n    int s = 0\n    for i = 0; i < n; i++ do\n        s += 1\n"
        "    end for\n    return s\nend function\nint a = work(3)\nint b = work(10)\n"
    )
    assert bounds(cost_of(source)) == (2 * 8 + 2 * 12 + 13 * 20,) * 3


def test_charges_of_the_library_are_known_by_the_line_that_calls() -> None:
    source = "param double[] xs\ndouble m = stats.mean(xs)\n"
    found = quote(verified(source), {}, {"xs": (1.0, 2.0)})
    lines = {line.line: line for line in found.by_line}
    assert lines[2].upper == 8
    assert lines[2].library == lines[0].upper
    assert found.upper == (lines[0].upper or 0) + 8


# --- lookups


def test_a_lookup_is_read_once_and_asked_each_time() -> None:
    source = (
        "dataset d(string k)\nlookup t(string k, double v)\nmap m(d row)\n"
        "    emit row.k, default(t[row.k].v, 0.0) as v\nend map\n"
    )
    module = verified(source)
    rows = [("a",), ("bb",), ("c",)]
    table = [("a", 1.0), ("bb", 2.0), ("ddd", 3.0), ("e", None)]
    data = describe_rows("d", module.module.dataset.columns, rows)
    lookup = module.module.lookups[0]
    published = describe_rows("t", (*lookup.keys, *lookup.columns), table)
    size = sum(string_size(k) + 8 for k, _ in table)
    held = LookupTable({k: i for i, (k, _) in enumerate(table)}, ([v for _, v in table],), size)
    found = run(module, rows, lookups=[held])
    for metadata in (published, as_ceilings(published), without(published, "max_bytes")):
        assert_holds(quote(module, {"d": data, "t": metadata}), found)
    exact = quote(module, {"d": data, "t": published})
    asked = sum(string_size(k) * 3 + 3 * 8 + 8 for (k,) in rows)
    assert exact.upper == size + sum(string_size(k) for (k,) in rows) + asked


# --- refusals


def test_a_bound_beyond_every_account_is_refused() -> None:
    source = "long a = 0\n" + "".join(
        f"for i{n} = 0; i{n} < 100_000; i{n}++ do\n" for n in range(4)
    )
    source += "    a += 1\n" + "end for\n" * 4
    program = Program(Source(source))
    with pytest.raises(Refused) as refused:
        quote(program.verified, {})
    assert [found.code for found in refused.value.diagnostics] == ["CST101"]


def test_what_an_account_can_just_hold_is_quoted() -> None:
    source = "long a = 0\nfor i = 0; i < 2_000_000_000; i++ do\n    a += 1\nend for\n"
    found = quote(verified(source), {})
    assert found.upper is not None
    assert found.upper <= LARGEST


def test_large_values_are_counted_to_the_unit() -> None:
    column = ColumnMetadata("n", LONG, lower=0, upper=10)
    source = "dataset d(long n)\nmap m(d row)\n    emit row.n\nend map\n"
    rows = 10**17
    assert quote(verified(source), {"d": Metadata("d", rows, (column,))}).upper == 8 * rows
