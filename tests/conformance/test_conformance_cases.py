"""Every conformance case, at every budget that decides something; and a wrong price is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conformance_cases import Case, all_cases, findings

from totemlang.tables.prices import load_prices
from totemlang.tables.resources import resource_text
from totemlang.vm.meter import Meter
from totemlang.vm.trace import trace_script

CASES = list(all_cases())
REFUSED = [case for case in CASES if "diagnostics" in case["expect"]]
RUN = [case for case in CASES if "diagnostics" not in case["expect"]]
DONE = [case for case in RUN if case["expect"]["status"] == "done"]


def named(case: Mapping[str, Any]) -> str:
    """The case's name, for pytest."""
    return str(case["name"])


@pytest.mark.parametrize("given", REFUSED, ids=named)
def test_the_checker_refuses_it_for_these_reasons(given: Mapping[str, Any]) -> None:
    case = Case(given)
    assert findings(case) == case.expected["diagnostics"]


@pytest.mark.parametrize("given", RUN, ids=named)
def test_it_ends_as_expected_and_costs_what_is_expected(
    given: Mapping[str, Any], tmp_path: Path
) -> None:
    case = Case(given, tmp_path)
    outcome = case.run()
    assert outcome.status == case.expected["status"], outcome.error
    if "line" in case.expected:
        assert getattr(outcome.error, "line", None) == case.expected["line"]
    if "totem" in case.expected:
        assert outcome.totem == case.expected["totem"], dict(outcome.usage.by_line)
    for line, totem in case.expected.get("by_line", {}).items():
        assert outcome.usage.by_line.get(int(line), 0) == totem, f"line {line}"
    if outcome.is_done:
        wanted = {
            k: case.expected[k] for k in ("variables", "columns", "rows") if k in case.expected
        }
        assert json.dumps(case.result(outcome)) == json.dumps(wanted)


TRACED = [case for case in DONE if "mapped_executions" in case["expect"]]


@pytest.mark.parametrize("given", TRACED, ids=named)
def test_a_script_does_these_operations_in_this_order(given: Mapping[str, Any]) -> None:
    case = Case(given)
    trace = trace_script(case.program.verified, [], Meter(case.expected["totem"]))
    assert list(trace.operators) == case.expected["TOTEM_operators"]
    assert list(trace.executions) == case.expected["mapped_executions"]


@pytest.mark.parametrize("given", DONE, ids=named)
def test_the_quote_holds(given: Mapping[str, Any], tmp_path: Path) -> None:
    case = Case(given, tmp_path)
    quote = case.program.estimate(case.metadata, case.given.get("parameters"))
    used = case.run().totem
    assert quote.upper is not None
    assert 0 <= quote.lower <= used <= quote.upper
    assert quote.lower <= quote.expected <= quote.upper
    for key, wanted in case.expected.get("quote", {}).items():
        assert getattr(quote, key) == wanted, key
    bounds = {line.line: line.upper for line in quote.by_line}
    for line, totem in case.run().usage.by_line.items():
        assert totem <= bounds.get(line, 0), f"line {line}"


@pytest.mark.parametrize("given", DONE, ids=named)
def test_a_budget_decides_nothing_but_whether_it_suffices(
    given: Mapping[str, Any], tmp_path: Path
) -> None:
    case = Case(given, tmp_path)
    quote = case.program.estimate(case.metadata, case.given.get("parameters"))
    whole = case.run()
    assert quote.upper is not None
    for budget in {0, whole.totem - 1, whole.totem, quote.upper}:
        outcome = case.run(budget)
        if budget >= whole.totem:
            assert outcome.is_done
            assert outcome.totem == whole.totem
            assert case.result(outcome) == case.result(whole)
        elif budget < quote.lower or (case.policy is not None and case.policy.is_flat):
            assert (outcome.status, outcome.totem) == ("refused", 0)
        else:
            assert (outcome.status, outcome.totem) == ("out_of_totem", budget)
            assert outcome.table is None
            assert not outcome.variables


def prices_with_one_wrong() -> Iterator[tuple[str, str]]:
    """The price table with one figure raised by 1, for each of its figures."""
    lines = resource_text("rules", "prices.csv").splitlines()
    for at, line in enumerate(lines[1:], 1):
        table, name, figure = line.split(",")
        if figure.isdigit():
            wrong = [*lines[:at], f"{table},{name},{int(figure) + 1}", *lines[at + 1 :]]
            yield f"{table} of {name}", "\n".join(wrong) + "\n"


@pytest.mark.parametrize(
    "text",
    [text for _, text in prices_with_one_wrong()],
    ids=[n for n, _ in prices_with_one_wrong()],
)
def test_a_wrong_price_is_caught(text: str, tmp_path: Path) -> None:
    prices = load_prices(text, "prices.csv")
    for at, given in enumerate(DONE):
        if "totem" in given["expect"]:
            folder = tmp_path / str(at)
            folder.mkdir()
            case = Case(given, folder, prices)
            if case.run().totem != case.expected["totem"]:
                return
    pytest.fail("no case noticed")
