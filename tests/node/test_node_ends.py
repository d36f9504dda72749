"""However a job ends, failed, stopped, its node killed: it is told, and costs once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from valley import (
    BILLS,
    NEEDED,
    NORTH,
    ROOTS,
    Valley,
    program,
    valley,
    whole,
    write_bills,
)

from totemlang.diagnostics import UsageError
from totemlang.engine.account import Account
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome
from totemlang.node import Wanted, replay

FAILS = BILLS.replace("emit row.C_id, row.Bill", "emit 6 // (row.C_id - 2), row.Bill")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Valley:
    return valley(tmp_path)


@define
class Between:
    """An account with something that happens before and after each report."""

    account: Account
    before: Callable[[str], object] = str
    after: Callable[[str], object] = str
    reports: int = 0

    def reserve(self, job: str, budget: int) -> None:
        self.account.reserve(job, budget)

    def deduct(self, job: str, stage: str, totem: int) -> int:
        self.before(job)
        left = self.account.deduct(job, stage, totem)
        self.reports += 1
        self.after(job)
        return left

    def settle(self, job: str) -> int:
        return self.account.settle(job)

    def cancel(self, job: str) -> int:
        return self.account.cancel(job)


def test_a_stopped_job_charges_what_was_reported(here: Valley) -> None:
    def stop(job: str) -> None:
        here.five["ada"].job_stop(job)

    def stopped_meanwhile(*arguments: Any, account: Account, **options: Any) -> Outcome:
        return run_job(*arguments, account=Between(account, after=stop), **options)

    here.node("nora", run=stopped_meanwhile)
    job = here.ended(here.submit())
    assert (job.state, job.stopped_by) == ("stopped", "ada@lab")
    assert [part.charge for part in job.parts] == [90]


def test_a_job_that_is_stopped_within_a_stage_ends_soon(
    here: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.node.running.GLANCE", 0.0)

    def stopped_within(*_: object, account: Account, progress: Any, **__: object) -> Outcome:
        here.five["ada"].job_stop(job.job)
        progress(None)
        raise AssertionError("the stage went on")

    here.node("nora", run=stopped_within)
    job = here.submit()
    ended = here.ended(job)
    assert (ended.state, ended.stopped_by) == ("stopped", "ada@lab")
    assert [deed.told for deed in here.deeds if deed.what == "ran"] == ["the job is stopped"]


class Killed(BaseException):
    """What ends a process in the middle."""


def die(*_: object) -> Any:
    """What a killed process does."""
    raise Killed


def dying(reports: int) -> Callable[..., Outcome]:
    """The engine in a process that is killed when it would report once more."""

    def run_and_die(*arguments: Any, account: Account, **options: Any) -> Outcome:
        between = Between(account, before=lambda job: die() if between.reports == reports else None)
        return run_job(*arguments, account=between, **options)

    return run_and_die


@pytest.mark.parametrize("reports", [0, 1])
def test_a_node_that_was_killed_goes_on_where_the_ledger_stands(here: Valley, reports: int) -> None:
    job = here.submit()
    here.node("nora", run=dying(reports))
    with pytest.raises(Killed):
        here.ended(job)
    assert len(here.five["ada"].job_show(job.job).parts[0].by_stage) == reports
    here.node("nora")
    job = here.ended(job)
    assert (job.state, job.parts[0].by_stage) == ("finished", (90, 180))
    assert here.ada.result(job.job).is_done


def test_a_node_that_was_killed_before_its_last_word_does_not_run_again(
    here: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = here.submit()
    ledger = type(here.five["nora"])

    monkeypatch.setattr(ledger, "job_finish", die)
    with pytest.raises(Killed):
        here.ended(job)
    monkeypatch.undo()
    here.node("nora", run=dying(0))  # would die if it ran
    assert here.ended(job).state == "finished"
    assert here.ada.result(job.job).is_done


def test_other_data_after_a_crash_is_the_providers_fault(here: Valley, tmp_path: Path) -> None:
    job = here.submit(ROOTS)
    here.node("nora", run=dying(1))
    with pytest.raises(Killed):
        here.ended(job)
    write_bills(tmp_path / "north" / "bills.csv", [(c, 100.0) for c, _ in NORTH])
    here.node("nora")
    job = here.ended(job)
    assert (job.state, job.parts[0].status, job.parts[0].charge) == ("failed", "bad_data", 0)


def test_nothing_stays_locked_because_a_consumer_vanished(here: Valley) -> None:
    job = here.ended(here.submit())
    here.five.wait(days=1, minutes=1)
    here.step()
    job = here.five["nora"].job_show(job.job)
    assert (job.state, job.charge) == ("settled", NEEDED)
    assert here.amounts("nora") == (NEEDED, 0)


def test_an_end_that_the_ledger_does_not_take_is_the_providers_fault(here: Valley) -> None:
    def astray(*_: object, account: Account, **__: object) -> Outcome:
        return Outcome("out_of_totem", NEEDED)  # though the budget covers the bound

    here.node("nora", run=astray)
    job = here.ended(here.submit())
    assert (job.state, job.stopped_by, job.parts[0].charge) == ("stopped", "nora@north", 0)


def test_an_operation_that_fails_ends_the_job_and_costs_its_stages(here: Valley) -> None:
    job = here.ended(here.submit(FAILS, 1_000))
    assert (job.state, job.parts[0].status) == ("failed", "failed")
    assert job.parts[0].charge == job.parts[0].by_stage[0] > 0
    assert here.ada.receipt(job.job, 0).hash == job.parts[0].receipt
    with pytest.raises(UsageError, match="there is no result"):
        here.ada.result(job.job)
    here.ada.settle(job.job)
    whole(here)


def test_out_of_totem_within_a_stage_takes_the_budget(here: Valley) -> None:
    judged = here.ada.judge(program(ROOTS), [Wanted({"bills": "north/bills"})]).parts[0].quote
    job = here.ended(here.submit(ROOTS, judged.lower))
    assert (job.state, job.parts[0].status) == ("out_of_totem", "out_of_totem")
    assert here.ada.delivered(job.job, 0).result is None
    assert here.ada.receipt(job.job, 0).hash == job.parts[0].receipt
    here.ada.settle(job.job)
    assert here.amounts("nora") == (judged.lower, 0)
    whole(here)


def test_no_part_of_a_job_that_failed_releases_a_result(here: Valley) -> None:
    job = here.submit(FAILS.replace("- 2", "- 4"), None, None)  # fails in the south alone
    job = here.ended(job)
    assert [part.status for part in job.parts] == ["done", "failed"]
    here.ada.settle(job.job)
    here.step()
    assert [here.ada.delivered(job.job, number).result for number in (0, 1)] == [None, None]
    assert here.ada.receipt(job.job, 0).receipt["status"] == "done"
    whole(here)


def test_data_that_breaks_its_metadata_costs_nothing(here: Valley, tmp_path: Path) -> None:
    job = here.submit()
    write_bills(tmp_path / "north" / "bills.csv", (*NORTH, (4, 1.0)))
    job = here.ended(job)
    assert (job.state, job.parts[0].status, job.parts[0].charge) == ("failed", "bad_data", 0)


def test_a_part_stopped_before_it_would_run_out_is_judged_by_its_stages(
    here: Valley, tmp_path: Path
) -> None:
    text = BILLS.replace(
        "    emit C_id,",
        "    if count(values) > 1 then\n        double x = sqrt(values[0])\n    end if\n"
        "    emit C_id,",
    )

    def stop(job: str) -> None:
        here.five["ada"].job_stop(job)

    def stopped(*arguments: Any, account: Account, **options: Any) -> Outcome:
        return run_job(*arguments, account=Between(account, after=stop), **options)

    here.node("nora", run=stopped)
    quoted = here.ada.judge(program(text), [Wanted({"bills": "north/bills"})]).parts[0].quote
    job = here.ended(here.submit(text, quoted.lower))  # of which the second stage needs more
    assert (job.state, job.parts[0].charge, job.parts[0].by_stage) == ("stopped", 90, (90,))
    found = replay(here.five["carl"], job.job, 0, {"bills": tmp_path / "north" / "bills.csv"})
    assert (found.status, found.charge, found.differences) == ("out_of_totem", 90, ())
