"""Jobs from text to outcome: what is charged, in which order a job ends, and what ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totemlang.bytecode.module import Code
from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.diagnostics import BadData, Forbidden, OperationFailed, OutOfTotem, Refused
from totemlang.engine.account import NullAccount
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome, StageUsage
from totemlang.engine.progress import Progress
from totemlang.engine.result_json import json_rows
from totemlang.program import Program
from totemlang.schema.policy import Billing, Policy
from totemlang.source import Source
from totemlang.vm.shape import emits_repeatedly

BILLS = """dataset bills(date Date, int C_id, double Bill)

map by_customer(bills row)
    emit row.C_id, row.Bill
end map

reduce total(int C_id, double[] values)
    emit C_id, array.sum(values)
end reduce
"""

BILL_ROWS = {
    "Date": [date(2019, 2, d) for d in (25, 25, 25, 26, 26, 27)],
    "C_id": pa.array([1, 2, 3, 2, 3, 2], pa.int32()),
    "Bill": [100.0, 200.0, 150.0, 100.0, 50.0, 100.0],
}

SHARES = """dataset d(int n)

map share(d row)
    emit row.n, 100 // row.n
end map

reduce all(int[] n, int[] share)
    emit sum(n), sum(share)
end reduce
"""

Run = Callable[..., Outcome]


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> Run:
    def run(
        text: str, budget: int = 10**9, tables: dict[str, Any] | None = None, **how: Any
    ) -> Outcome:
        data = {}
        for name, columns in (tables or {}).items():
            path = tmp_path / f"{name}.parquet"
            pq.write_table(pa.table(columns), path)
            data[name] = open_data(path)
        return run_job(Program(Source(text)).verified, data, budget, **how)

    return run


def test_the_priced_example_costs_198(run: Run) -> None:
    outcome = run(BILLS, tables={"bills": BILL_ROWS})
    assert outcome.status == "done"
    assert json_rows(outcome.table, outcome.columns) == [[1, 100.0], [2, 400.0], [3, 200.0]]
    assert outcome.table.schema.names == ["C_id", "value"]
    assert outcome.usage.used == outcome.totem == 198
    assert outcome.usage.by_stage == (StageUsage("by_customer", 90), StageUsage("total", 108))
    assert sum(outcome.usage.by_group.values()) == sum(outcome.usage.by_line.values()) == 198
    assert outcome.usage.by_group == {"Read": 150, "MathOperation": 48}
    assert outcome.remaining == 10**9 - 198


@pytest.mark.parametrize(
    ("budget", "status", "stage"),
    [
        (0, "out_of_totem", "by_customer"),
        (90, "out_of_totem", "total"),
        (197, "out_of_totem", "total"),
        (198, "done", ""),
    ],
)
def test_the_budget_is_exact(run: Run, budget: int, status: str, stage: str) -> None:
    account = NullAccount(500)
    outcome = run(BILLS, budget, {"bills": BILL_ROWS}, account=account)
    assert outcome.status == status
    assert (account.available, account.spent) == (500 - budget, budget)
    if status == "done":
        return
    assert outcome.table is None
    assert outcome.usage.used == budget
    assert outcome.usage.by_stage == ()
    assert isinstance(outcome.error, OutOfTotem)
    assert outcome.error.stage == stage
    with pytest.raises(OutOfTotem):
        outcome.checked()


class Watched(NullAccount):
    """An account that keeps a list of its calls."""

    def __init__(self, available: int) -> None:
        super().__init__(available)
        self.calls: list[tuple[Any, ...]] = []

    def reserve(self, job: str, budget: int) -> None:
        self.calls.append(("reserve", budget))
        super().reserve(job, budget)

    def deduct(self, job: str, stage: str, totem: int) -> int:
        self.calls.append(("deduct", stage, totem))
        return super().deduct(job, stage, totem)

    def settle(self, job: str) -> int:
        self.calls.append(("settle",))
        return super().settle(job)

    def cancel(self, job: str) -> int:
        self.calls.append(("cancel",))
        return super().cancel(job)


def test_every_function_is_deducted_before_the_next_begins(run: Run) -> None:
    account = Watched(1000)
    seen: list[tuple[str, int, int]] = []

    def listen(moment: Progress) -> None:
        seen.append((moment.stage, moment.rows, len(account.calls)))

    run(BILLS, 300, {"bills": BILL_ROWS}, account=account, job="j", progress=listen)
    assert account.calls == [
        ("reserve", 300),
        ("deduct", "by_customer", 90),
        ("deduct", "total", 108),
        ("settle",),
    ]
    assert seen[0] == ("by_customer", 0, 1)
    assert [calls for stage, rows, calls in seen if (stage, rows) == ("total", 0)] == [2]
    assert seen[-1] == ("total", 6, 3)


def test_a_failure_is_told_at_the_end_of_its_stage(run: Run) -> None:
    account = Watched(1000)
    rows = {"d": {"n": pa.array([1, 0, 2, 0], pa.int32())}}
    outcome = run(SHARES, 300, rows, account=account)
    assert outcome.status == "failed"
    error = outcome.error
    assert isinstance(error, OperationFailed)
    assert (error.line, error.stage, error.reason) == (4, "share", "division by zero")
    assert outcome.table is None
    assert outcome.usage.used == 4 * (4 + 4 * 4)
    assert account.calls[1:] == [("deduct", "share", 80), ("settle",)]
    assert outcome.receipt is not None
    assert outcome.receipt.status == "failed"


def test_out_of_totem_comes_before_failed_in_a_stage_and_after_it_between_stages(run: Run) -> None:
    rows = {"d": {"n": pa.array([0, 1, 2, 3], pa.int32())}}
    assert run(SHARES, 79, rows).status == "out_of_totem"
    assert run(SHARES, 80, rows).status == "failed"


def test_the_first_failing_record_counts_not_the_first_batch_or_line(run: Run) -> None:
    text = """dataset d(int n, int m)

map share(d row)
    if row.n > 0 then
        emit 1 // row.m
    else
        emit 2 // row.m
    end if
end map
"""
    rows = {"d": {"n": pa.array([1, 1, 0, 1], pa.int32()), "m": pa.array([1, 1, 0, 0], pa.int32())}}
    for batch_rows in (1, 2, 100):
        error = run(text, tables=rows, batch_rows=batch_rows).error
        assert isinstance(error, OperationFailed)
        assert error.line == 7


def test_flat_billing_charges_the_bound_and_goes_on_without_failed_records(run: Run) -> None:
    quote = SimpleNamespace(
        lower=0,
        expected=90,
        upper=200,
        by_stage=(SimpleNamespace(upper=120), SimpleNamespace(upper=80)),
    )
    policy = Policy(Billing.FLAT)
    for values in ([1, 0, 2], [1, 4, 2]):
        account = Watched(1000)
        rows = {"d": {"n": pa.array(values, pa.int32())}}
        outcome = run(SHARES, 300, rows, account=account, quote=quote, policy=policy)
        assert outcome.status == "done"
        assert account.calls == [
            ("reserve", 200),
            ("deduct", "share", 120),
            ("deduct", "all", 80),
            ("settle",),
        ]
        assert outcome.usage.used == 200
        assert outcome.usage.by_line == {}
        assert outcome.receipt is not None
        assert outcome.receipt.billing == "flat"
        expected = [[3, 150]] if 0 in values else [[7, 175]]
        assert json_rows(outcome.table, outcome.columns) == expected


def test_flat_data_beyond_its_ceilings_costs_nothing(run: Run) -> None:
    quote = SimpleNamespace(lower=0, expected=9, upper=9, by_stage=(SimpleNamespace(upper=9),))
    account = Watched(1000)
    rows = {"d": {"n": pa.array([1, 2], pa.int32())}}
    outcome = run(SHARES, 300, rows, account=account, quote=quote, policy=Policy(Billing.FLAT))
    assert outcome.status == "bad_data"
    assert account.calls == [("reserve", 9), ("cancel",)]


def test_bad_data_is_found_before_anything_is_charged(run: Run) -> None:
    account = Watched(1000)
    rows = {"d": {"n": pa.array([1] * 50_000 + [None], pa.int32())}}
    outcome = run(SHARES, 1, rows, account=account)
    assert outcome.status == "bad_data"
    assert isinstance(outcome.error, BadData)
    assert outcome.usage.used == 0
    assert account.calls == [("reserve", 1), ("cancel",)]
    assert account.spent == 0


def test_data_that_breaks_its_published_metadata_is_bad_data(run: Run, tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([1, 2, 3], pa.int32())}), tmp_path / "old.parquet")
    metadata = {"d": describe(open_data(tmp_path / "old.parquet"), "d")}
    rows = {"d": {"n": pa.array([1, 2, 3, 4], pa.int32())}}
    outcome = run(SHARES, tables=rows, metadata=metadata)
    assert outcome.status == "bad_data"
    assert str(outcome.error) == "d: the number of rows is not the published one"


def test_a_budget_that_cannot_suffice_is_refused(run: Run) -> None:
    account = Watched(1000)
    quote = SimpleNamespace(lower=198, expected=198, upper=198, by_stage=())
    with pytest.raises(Refused, match="CST050"):
        run(BILLS, 197, {"bills": BILL_ROWS}, account=account, quote=quote)
    assert account.calls == []


def test_an_account_that_has_too_little_refuses_before_data_is_read(run: Run) -> None:
    with pytest.raises(Exception, match="the account has 100"):
        run(BILLS, 200, {"bills": {"x": [1]}}, account=NullAccount(100))


def test_a_result_larger_than_the_policy_allows_is_not_released(run: Run) -> None:
    policy = Policy(largest_result_rows=2)
    outcome = run(BILLS, tables={"bills": BILL_ROWS}, policy=policy)
    assert outcome.status == "forbidden"
    assert isinstance(outcome.error, Forbidden)
    assert outcome.table is None
    assert run(BILLS, tables={"bills": BILL_ROWS}, policy=Policy(largest_result_rows=3)).is_done


def test_an_interrupted_run_leaves_no_open_reserve(run: Run) -> None:
    def stop(error: type[BaseException]) -> Callable[[Progress], None]:
        def listen(moment: Progress) -> None:
            if moment.stage == "total":
                raise error

        return listen

    for error, spent in ((KeyboardInterrupt, 90), (RuntimeError, 0)):
        account = NullAccount(1000)
        with pytest.raises(error):
            run(BILLS, 500, {"bills": BILL_ROWS}, account=account, progress=stop(error))
        assert (account.available, account.spent) == (1000 - spent, spent)


def test_a_receipt_pins_what_went_in_and_came_out(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.engine.work.LEAST_HELD", 1)
    first = run(BILLS, tables={"bills": BILL_ROWS}).receipt
    again = run(BILLS, tables={"bills": BILL_ROWS}, batch_rows=1, memory_limit=4).receipt
    assert first is not None
    assert first == again
    other = run(BILLS, tables={"bills": BILL_ROWS | {"Bill": [100.0] * 6}}).receipt
    assert other is not None
    assert (first.bytecode, first.totem) == (other.bytecode, other.totem)
    assert first.result != other.result


LOOKUP = """dataset d(string k, int n)
lookup names((string k, int n), string name, double weight)
param double scale = 2.0

map find(d row)
    emit default(names[(row.k, row.n)].name, "none"),
        scale * default(names[(row.k, row.n)].weight, 0.0) as w
end map
"""


def test_lookups_and_parameters(run: Run) -> None:
    tables = {
        "d": {"k": ["a", "b", ""], "n": pa.array([1, 1, 2], pa.int32())},
        "names": {
            "k": ["a", "b", ""],
            "n": pa.array([1, 2, 2], pa.int32()),
            "name": ["first", "second", "third"],
            "weight": [0.5, 1.5, 2.5],
        },
    }
    outcome = run(LOOKUP, tables=tables)
    assert json_rows(outcome.table, outcome.columns) == [
        ["first", 1.0],
        ["none", 0.0],
        ["third", 5.0],
    ]
    outcome_3 = run(LOOKUP, tables=tables, parameters={"scale": 3.0})
    assert json_rows(outcome_3.table, outcome_3.columns)[2] == ["third", 7.5]
    table_bytes = (1 + 1 + 1) + 3 * 4 + (5 + 6 + 5) + 3 * 8
    rows = 3 * (1 + 4)
    asked = 3 * 2 * (1 + 4) * 2  # key bytes by the two digits of 3 rows, twice a row
    cells = 3 * ((5 + 1 + 5) + 3 * 8)  # index by what was found; a missing text counts 1
    defaults = (5 + 4 + 5) + 3 * 8
    assert outcome.totem == table_bytes + rows + asked + cells + defaults + 3 * 3 * 8


def test_a_script_has_variables(run: Run) -> None:
    text = "int a = 1\ndouble[] xs = [0.5, 1.5]\nparam int n = 3\nint b = n * 2\n"
    account = NullAccount(100)
    outcome = run(text, 60, account=account)
    assert outcome.status == "done"
    assert {name: value for name, (_, value) in outcome.variables.items()} == {
        "a": 1,
        "xs": [0.5, 1.5],
        "b": 6,
    }
    assert [str(kind) for kind, _ in outcome.variables.values()] == ["int", "double[]", "int"]
    assert outcome.usage.by_stage == (StageUsage("script", outcome.totem),)
    assert account.spent == outcome.totem
    assert outcome.receipt is not None
    assert outcome.receipt.result


def test_a_script_that_fails_pays_what_it_used(run: Run) -> None:
    account = NullAccount(100)
    outcome = run("int a = 1\nint b = a // (a - 1)\n", 60, account=account)
    assert outcome.status == "failed"
    assert isinstance(outcome.error, OperationFailed)
    assert outcome.error.line == 2
    assert account.spent == outcome.usage.used > 0
    assert run("int a = 1\n", 3).status == "out_of_totem"


def test_no_rows_at_all(run: Run) -> None:
    outcome = run(SHARES, tables={"d": {"n": pa.array([], pa.int32())}})
    assert json_rows(outcome.table, outcome.columns) == [[0, 0]]
    bills = {"bills": {name: pa.array(v).slice(0, 0) for name, v in BILL_ROWS.items()}}
    outcome = run(BILLS, tables=bills)
    assert (outcome.status, outcome.table.num_rows, outcome.totem) == ("done", 0, 0)
    assert outcome.table.schema.names == ["C_id", "value"]


def test_records_that_emit_several_rows_are_taken_a_few_at_a_time() -> None:
    def code_of(body: str) -> Code:
        text = f"dataset d(int n)\n\nmap m(d row)\n{body}\nend map\n"
        return Program(Source(text)).module.stages[0].code

    branches = "    if row.n > 0 then\n        emit 1 as x\n    end if"
    loop = "    for i = 0; i < 3; i++ do\n        emit i as x\n    end for"
    after = "    for i = 0; i < 3; i++ do\n        int j = i\n    end for\n    emit 1 as x"
    several = [
        emits_repeatedly(code_of(body))
        for body in (branches, loop, after, "    emit 1 as x\n    emit 2 as x")
    ]
    assert several == [False, True, False, True]
