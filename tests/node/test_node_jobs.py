"""A job on its way: asked, accepted, run beside the data, paid stage by stage, handed over."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from valley import (
    BILLS,
    HIGHEST,
    NEEDED,
    NORTH,
    SOUTH,
    Valley,
    program,
    valley,
    whole,
    write_bills,
)

from totemlang.diagnostics import LedgerUnreachable, UsageError
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome
from totemlang.execution import run
from totemlang.ledger.client import AccessKeys
from totemlang.node import Consumer, Deed, Keeping, ProviderNode, Wanted


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Valley:
    return valley(tmp_path)


def test_a_job_from_submission_to_settlement(here: Valley) -> None:
    job = here.submit(BILLS, 500)
    assert here.amounts() == (9_500, 500)
    assert not here.ada.is_released(job.job)
    followed = list(here.ada.follow(job.job))
    assert (followed[0].state, followed[-1].state) == ("submitted", "finished")
    assert followed[-1].parts[0].by_stage == (90, 180)
    here.step()
    assert here.ada.is_released(job.job)
    outcome = here.ada.result(job.job)
    assert outcome.table is not None
    assert outcome.table.to_pylist()[1] == {"C_id": 2, "value": 400.0, "value2": 3}
    assert outcome.usage.used == 0  # one provider: nothing is merged
    settled = here.ada.settle(job.job)
    assert (settled.charge, settled.returned) == (NEEDED, 500 - NEEDED)
    assert here.amounts() == (10_000 - NEEDED, 0)
    assert here.amounts("nora") == (NEEDED, 0)
    assert [deed.what for deed in here.deeds] == ["accepted", "ran", "delivered"]
    whole(here)


def test_results_of_two_providers_merge(here: Valley, tmp_path: Path) -> None:
    job = here.submit(BILLS + HIGHEST, None, None)
    assert job.stages == ("by_customer", "total")  # what stands below runs once, at the consumer's
    job = here.ended(job)
    outcome = here.ada.result(job.job)
    both = write_bills(tmp_path / "both.csv", NORTH + SOUTH)
    alone = run(program(BILLS + HIGHEST), {"bills": both})
    assert outcome.table is not None
    assert outcome.table.equals(alone.table)
    assert outcome.table.to_pylist() == [{"C_id": 2, "most": 400.0, "customers": 4}]
    # five rows of 4 + 8 + 8 bytes are read, one joins another with two additions of 8 bytes;
    # below, the four merged rows are read as any
    below = alone.usage.by_stage[-1]
    assert [(stage.name, stage.totem) for stage in outcome.usage.by_stage] == [
        ("merge", 5 * 20 + 2 * 8 * 2),
        ("highest", below.totem),
    ]
    here.ada.settle(job.job)
    whole(here)


def test_merging_keeps_to_its_budget(here: Valley) -> None:
    job = here.ended(here.submit(BILLS + HIGHEST, None, None))
    used = here.ada.result(job.job).usage.used
    assert here.ada.result(job.job, budget=used).is_done
    for less in (used - 1, 131):
        short = here.ada.result(job.job, budget=less)
        assert (short.status, short.usage.used, short.table) == ("out_of_totem", less, None)


def test_results_that_do_not_merge_are_stacked(here: Valley) -> None:
    text = BILLS.replace("array.sum(values), count(values)", "values[0] as first")
    job = here.ended(here.submit(text, None, None))
    outcome = here.ada.result(job.job)
    assert outcome.table is not None
    assert outcome.table.column_names == ["provider", "C_id", "first"]
    assert outcome.table.column("provider").to_pylist() == ["north"] * 3 + ["south"] * 2


def test_who_does_not_hold_the_access_key_is_refused(here: Valley, tmp_path: Path) -> None:
    node = here.nodes["nora"]
    (tmp_path / "other").mkdir()
    node.keys = AccessKeys.kept(here.five["nora"], tmp_path / "other")
    job = here.ended(here.submit())
    assert (job.state, job.parts[0].reason) == ("refused", "access_key")
    assert here.amounts() == (10_000, 0)


def test_access_that_ended_before_the_answer_is_refused(here: Valley) -> None:
    job = here.submit()
    (request,) = {used.request for used in job.parts[0].data.values()}
    here.five["nora"].request_revoke(request)
    job = here.ended(job)
    assert (job.state, job.parts[0].reason) == ("refused", "access_key")
    assert "the access to north/bills is revoked" in here.deeds[0].told


def test_data_that_the_node_does_not_hold_is_refused(here: Valley) -> None:
    here.nodes["nora"].holdings = {}
    job = here.ended(here.submit())
    assert (job.state, job.parts[0].reason) == ("refused", "other")
    assert "does not hold north/bills" in here.deeds[0].told


def test_a_node_serves_until_it_is_told_to_stop(here: Valley) -> None:
    stop, deeds = threading.Event(), list[str]()

    def tell(deed: Deed) -> None:
        deeds.append(deed.what)
        if deed.what == "delivered":
            stop.set()

    job = here.submit()
    here.nodes["nora"].serve(stop, tell)
    assert deeds == ["accepted", "ran", "delivered"]
    assert here.five["ada"].job_show(job.job).state == "finished"


def test_a_ledger_that_does_not_answer_is_asked_again(
    here: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.node.provider.PAUSE", 0.0)
    asked = []

    def silent(*_: object) -> Any:
        asked.append(1)
        raise LedgerUnreachable("silence")

    monkeypatch.setattr("totemlang.node.following.Following.open_jobs", silent)
    with pytest.raises(LedgerUnreachable, match="silence"):
        here.nodes["nora"].serve(threading.Event(), str)
    assert len(asked) == 20


def test_two_nodes_of_one_folder_do_not_run_a_part_twice(here: Valley) -> None:
    job = here.submit()
    other = here.nodes["nora"]
    here.node("nora")
    here.nodes["second"] = other
    job = here.ended(job)
    assert job.state == "finished"
    assert [deed.what for deed in here.deeds] == ["accepted", "ran", "delivered"]


def test_a_part_that_another_node_has_begun_is_left_to_it(here: Valley, tmp_path: Path) -> None:
    mine, at_work = here.nodes["nora"], []
    other = evolve(mine, keeping=Keeping.at(tmp_path / "elsewhere"))

    def meanwhile(*arguments: Any, **options: Any) -> Outcome:
        at_work.append([str(deed) for deed in other.step()])
        return run_job(*arguments, **options)

    mine.run = meanwhile
    job = here.ended(here.submit())
    assert (job.state, at_work) == ("finished", [[]])
    assert list(other.step()) == []


def test_of_two_nodes_that_begin_a_part_the_slower_leaves_it(here: Valley, tmp_path: Path) -> None:
    mine = here.nodes["nora"]
    other = evolve(mine, keeping=Keeping.at(tmp_path / "elsewhere"))
    job = here.submit()
    assert [deed.what for deed in mine.step()] == ["accepted"]
    keep = mine.keeping

    class Slower(Keeping):
        def note_started(self, job: str, part: int) -> None:
            keep.note_started(job, part)
            at_once.extend(deed.what for deed in other.step())

    at_once: list[str] = []
    mine.keeping = Slower(keep.folder)
    assert ["LDG110" in deed.told for deed in mine.step()] == [True]
    assert at_once == ["ran", "delivered"]
    assert here.five["ada"].job_show(job.job).state == "finished"


def test_who_was_slower_to_begin_a_part_does_not_go_on_with_it(
    here: Valley, tmp_path: Path
) -> None:
    mine, job = here.nodes["nora"], here.submit()
    assert [deed.what for deed in mine.step()] == ["accepted"]
    keep = mine.keeping

    class Slower(Keeping):
        def note_started(self, job: str, part: int) -> None:
            keep.note_started(job, part)
            here.five["nora"].job_start(job, part)  # another node's

    mine.keeping = Slower(keep.folder)
    assert [deed.what for deed in mine.step()] == ["waits"]
    assert list(mine.step()) == []
    assert here.five["ada"].job_show(job.job).parts[0].by_stage == ()


def test_only_the_receipt_that_the_ledger_has_is_handed_over(here: Valley, tmp_path: Path) -> None:
    mine = here.nodes["nora"]
    other = evolve(mine, keeping=Keeping.at(tmp_path / "elsewhere"))

    def meanwhile(*arguments: Any, **options: Any) -> Outcome:
        outcome = run_job(*arguments, **options)
        other.keeping.note_started(job.job, 0)  # killed before it heard that it was the slower
        here.five.wait(seconds=5)
        list(other.step())
        return outcome

    mine.run = meanwhile
    job = here.submit()
    here.ended(job)
    here.step()
    known = here.five["ada"].job_show(job.job)
    assert known.parts[0].receipt == here.ada.delivered(job.job, 0).receipt.hash
    assert here.ada.result(job.job).is_done


def test_a_node_of_an_operator_lets_jobs_of_others_go_on(here: Valley, tmp_path: Path) -> None:
    gro = here.five["gro"]
    keys = AccessKeys.kept(gro, tmp_path)
    node = ProviderNode(gro, Keeping.at(tmp_path / "grid"), {}, keys)
    assert list(node.step()) == []
    job = here.submit()
    assert list(node.step()) == []
    here.five.wait(days=2)
    assert list(node.step()) == []
    assert here.five["ada"].job_show(job.job).state == "submitted"  # it is none of its business


def test_an_access_that_has_ended_meanwhile_is_not_accepted(here: Valley) -> None:
    here.five.wait(days=300, hours=-1)
    job = here.submit()
    here.five.wait(hours=2)
    here.step()
    ended = here.five["ada"].job_show(job.job)
    assert (ended.state, ended.parts[0].reason) == ("refused", "access_key")
    assert here.amounts() == (10_000, 0)


def test_access_is_needed_and_the_hint_says_so(here: Valley) -> None:
    bob = Consumer(here.five["bob"])
    wanted = [Wanted({"bills": "north/bills"})]
    assert bob.judge(program(), wanted).parts[0].quote.upper == NEEDED
    with pytest.raises(UsageError, match="no access to north/bills: request it"):
        bob.submit(program(), wanted)
    bob.request("north/bills", "curiosity")
    with pytest.raises(UsageError, match="it is asked"):
        bob.submit(program(), wanted)
    here.five.wait(days=301)
    with pytest.raises(UsageError, match="it is granted"):
        here.submit()
