"""The estimator table: the figures of the thesis and of metering, believed only within bounds."""

from __future__ import annotations

import contextlib
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.diagnostics import ErrorClass, Refused
from totemlang.schema.types import Kind
from totemlang.tables.operations import OPERATIONS
from totemlang.tables.prices import NEVER_FREE, default_prices, load_prices
from totemlang.tables.resources import resource_text

SHIPPED = resource_text("rules", "prices.csv")


def changed(row: str, figure: str) -> str:
    lines = SHIPPED.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"{row},"))
    lines[at] = f"{row},{figure}"
    return "\n".join(lines)


def codes(text: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        load_prices(text, "mine.csv")
    assert all(found.error_class is ErrorClass.COST for found in refused.value.diagnostics)
    return [found.code for found in refused.value.diagnostics]


def test_the_figures_of_the_thesis() -> None:
    prices = default_prices()
    assert [prices.weight(name) for name in ("add", "assign", "relational", "read")] == [2, 1, 1, 1]
    assert [prices.bytes(kind) for kind in (Kind.INT, Kind.DOUBLE, Kind.DATE)] == [4, 8, 3]


def test_the_figures_of_the_others() -> None:
    prices = default_prices()
    figures = {
        "subtract": 2,
        "multiply": 3,
        "divide": 4,
        "power": 6,
        "square_root": 6,
        "logic": 4,
        "bits": 1,
        "convert": 5,
        "index": 3,
        "call": 8,
        "emit": 0,
    }
    assert {name: prices.weight(name) for name in figures} == figures
    sizes = {Kind.BOOL: 1, Kind.LONG: 8, Kind.FLOAT: 4, Kind.TIMESTAMP: 8, Kind.DURATION: 8}
    assert {kind: prices.bytes(kind) for kind in sizes} == sizes
    assert prices.bytes(Kind.STRING) is None


def test_every_weight_of_the_operation_table_is_priced() -> None:
    for row in OPERATIONS.values():
        for name, _ in row.price:
            assert default_prices().weight(name) >= 0
    with pytest.raises(KeyError):
        default_prices().weight("think")


@pytest.mark.parametrize("name", sorted(NEVER_FREE))
def test_what_a_round_or_a_call_costs_is_never_free(name: str) -> None:
    assert codes(changed(f"weight,{name}", "0")) == ["CST012"]


@pytest.mark.parametrize(
    ("row", "figure", "code"),
    [
        ("weight,add", "-1", "CST012"),
        ("weight,add", "1.5", "CST012"),
        ("weight,add", "1000001", "CST012"),
        ("weight,add", "", "CST012"),
        ("weight,add", "٣", "CST012"),
        ("bytes,int", "0", "CST012"),
        ("bytes,int", "own", "CST012"),
        ("bytes,string", "4", "CST012"),
    ],
)
def test_a_figure_out_of_bounds_is_refused(row: str, figure: str, code: str) -> None:
    assert codes(changed(row, figure)) == [code]


def test_free_weights_and_large_ones_are_allowed() -> None:
    assert load_prices(changed("weight,add", "0"), "mine.csv").weight("add") == 0
    assert load_prices(changed("weight,add", "1000000"), "mine.csv").weight("add") == 1_000_000


def test_rows_that_are_missing_unknown_or_twice_are_named() -> None:
    without = "\n".join(line for line in SHIPPED.splitlines() if "divide" not in line)
    assert codes(without) == ["CST013"]
    assert codes(SHIPPED + "weight,think,1\n") == ["CST011"]
    assert codes(SHIPPED + "bytes,complex,16\n") == ["CST011"]
    assert codes(SHIPPED + "time,add,1\n") == ["CST011"]
    assert codes(SHIPPED + "weight,add,2\n") == ["CST011"]
    assert codes("a,b,c\n")[0] == "CST010"


def test_the_hash_says_what_the_table_says() -> None:
    header, *rows = SHIPPED.splitlines()
    assert load_prices("\n".join([header, *reversed(rows)]), "x").hash == default_prices().hash
    assert load_prices(changed("weight,add", "3"), "x").hash != default_prices().hash


def test_prices_travel_between_processes() -> None:
    copied = pickle.loads(pickle.dumps(default_prices()))
    assert copied == default_prices()
    assert copied.weights == default_prices().weights


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_loads_or_is_refused(rows: str) -> None:
    with contextlib.suppress(Refused):
        load_prices(SHIPPED + rows, "any.csv")
