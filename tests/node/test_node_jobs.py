"""A job on its way: asked, accepted, run beside the data, paid stage by stage, handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from valley import BILLS, HIGHEST, NORTH, SOUTH, Valley, program, valley, write_bills

from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.diagnostics import UsageError
from totemlang.engine.account import Account
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome
from totemlang.execution import run
from totemlang.ledger.canonical import canonical
from totemlang.ledger.chain import verify
from totemlang.ledger.client import AccessKeys
from totemlang.ledger.contract import Refusal
from totemlang.node import Consumer, Wanted, hold_to_job, verify_receipt
from totemlang.schema.metadata_json import metadata_to_json

FAILS = BILLS.replace("emit row.C_id, row.Bill", "emit 6 // (row.C_id - 2), row.Bill")
ROOTS = BILLS.replace(
    "    emit row",
    "    if row.Bill > 120 then\n        double x = sqrt(row.Bill)\n    end if\n    emit row",
)
NAMED = """dataset bills(int C_id, double Bill)
lookup names(int id, string name)

map by_name(bills row)
    emit default(names[row.C_id].name, "nobody"), row.Bill
end map

reduce total(string name, double[] values)
    emit name, sum(values)
end reduce
"""
NEEDED = 222  # of BILLS on NORTH: 198 of vector B, and a count of each of three customers


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Valley:
    return valley(tmp_path)


def whole(here: Valley) -> None:
    """The ledger holds, and all totem is there."""
    chain = here.five["carl"].chain
    assert verify(chain).finding is None
    accounts = [sum(here.amounts(name)) for name in ("ada", "bob", "nora", "sam")]
    assert sum(accounts) == here.five["carl"].account_supply().granted


def test_a_job_from_submission_to_settlement(here: Valley) -> None:
    job = here.submit(BILLS, 500)
    assert here.amounts() == (9_500, 500)
    assert not here.ada.is_released(job.job)
    followed = list(here.ada.follow(job.job))
    assert (followed[0].state, followed[-1].state) == ("submitted", "finished")
    assert followed[-1].parts[0].by_stage == (90, 132)
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


def test_an_operation_that_fails_ends_the_job_and_costs_its_stages(here: Valley) -> None:
    job = here.ended(here.submit(FAILS, 1_000))
    assert (job.state, job.parts[0].status) == ("failed", "failed")
    assert job.parts[0].charge == job.parts[0].by_stage[0] > 0
    assert job.parts[0].receipt is not None
    with pytest.raises(UsageError, match="there is no result"):
        here.ada.result(job.job)
    here.ada.settle(job.job)
    whole(here)


def test_out_of_totem_within_a_stage_takes_the_budget(here: Valley) -> None:
    judged = here.ada.judge(program(ROOTS), [Wanted({"bills": "north/bills"})]).parts[0].quote
    job = here.ended(here.submit(ROOTS, judged.lower))
    assert (job.state, job.parts[0].status) == ("out_of_totem", "out_of_totem")
    kept = here.nodes["nora"].keeping.kept(job.job, 0)
    assert kept is not None
    assert (kept.result, kept.receipt.hash) == (None, job.parts[0].receipt)
    signer = verify_receipt(kept.receipt, here.five["ada"].chain.trust())
    hold_to_job(kept.receipt, signer, job, 0, job.code)
    here.ada.settle(job.job)
    assert here.amounts("nora") == (judged.lower, 0)
    whole(here)


def test_data_that_breaks_its_metadata_costs_nothing(here: Valley, tmp_path: Path) -> None:
    job = here.submit()
    write_bills(tmp_path / "north" / "bills.csv", (*NORTH, (4, 1.0)))
    job = here.ended(job)
    assert (job.state, job.parts[0].status, job.parts[0].charge) == ("failed", "bad_data", 0)


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
    assert (job.state, job.parts[0].by_stage) == ("finished", (90, 132))
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


def test_lookups_travel_to_the_node_and_the_part_waits_for_them(
    here: Valley, tmp_path: Path
) -> None:
    names = tmp_path / "names.csv"
    names.write_text("id,name\n1,ann\n3,cid\n")
    job = here.submit(NAMED, None, lookups={"names": names})
    here.step()
    here.step()
    assert [deed.told for deed in here.deeds] == ["for the lookups that are sent along"]
    assert here.nodes["nora"].receive(names.read_bytes(), ".csv") == job.sent["names"]
    job = here.ended(job)
    outcome = here.ada.result(job.job)
    assert outcome.table is not None
    assert outcome.table.column("name").to_pylist() == ["ann", "cid", "nobody"]


def test_a_large_result_is_fetched_with_a_code_that_is_good_once(
    here: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.node.delivery.MAX_VALUE_BYTES", 2_000)
    job = here.ended(here.submit())
    assert here.ada.delivered(job.job, 0).result is None
    entry = here.ada.enter(job.job, 0)
    with pytest.raises(UsageError, match="not signed with its key"):
        here.nodes["nora"].let_in(evolve(entry, code="00" * 16))
    delivery = here.nodes["nora"].let_in(type(entry).from_json(entry.to_json()))
    outcome = here.ada.result(job.job, fetched={0: delivery})
    assert outcome.table is not None
    assert outcome.table.num_rows == 3
    with pytest.raises(Refusal, match="LDG171"):
        here.nodes["nora"].let_in(entry)


def test_a_code_is_good_for_fifteen_minutes_and_this_key_alone(here: Valley) -> None:
    job = here.ended(here.submit())
    entry = here.ada.enter(job.job, 0)
    here.five.wait(minutes=16)
    with pytest.raises(Refusal, match="LDG172"):
        here.nodes["nora"].let_in(entry)
    fresh = here.ada.enter(job.job, 0)
    bob = here.five["bob"].me
    stolen = evolve(
        fresh,
        key=bob.certificate.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        signature=bob.sign(
            canonical(["totem entry 1", fresh.ledger, fresh.job, fresh.part, fresh.code])
        ),
    )
    with pytest.raises(Refusal, match="LDG170"):
        here.nodes["nora"].let_in(stolen)
    assert here.nodes["nora"].let_in(fresh).result is not None


def test_an_end_that_the_ledger_does_not_take_is_the_providers_fault(here: Valley) -> None:
    def astray(*_: object, account: Account, **__: object) -> Outcome:
        account.reserve("job", NEEDED)
        return Outcome("out_of_totem", NEEDED)  # though the budget covers the bound

    here.node("nora", run=astray)
    job = here.ended(here.submit())
    assert (job.state, job.stopped_by, job.parts[0].charge) == ("stopped", "nora@north", 0)


def test_a_lookup_may_be_the_providers_own(here: Valley, tmp_path: Path) -> None:
    names = tmp_path / "north" / "names.csv"
    names.write_text("id,name\n1,ann\n3,cid\n")
    nora = here.five["nora"]
    described = metadata_to_json(describe(open_data(names), "names"))
    dataset = nora.dataset_publish("names", "names of customers", described).dataset
    asked = here.ada.request(dataset, "names for the bills")
    here.nodes["nora"].keys.grant(asked.request, here.five.clock() + timedelta(days=9))
    here.nodes["nora"].holdings = {"names": names, "bills": tmp_path / "north" / "bills.csv"}
    wanted = Wanted({"bills": "north/bills", "names": "north/names"})
    job = here.ended(here.ada.submit(program(NAMED), [wanted]))
    outcome = here.ada.result(job.job)
    assert outcome.table is not None
    assert outcome.table.column("name").to_pylist() == ["ann", "cid", "nobody"]


def test_two_nodes_of_one_folder_do_not_run_a_part_twice(here: Valley) -> None:
    job = here.submit()
    other = here.nodes["nora"]
    here.node("nora")
    here.nodes["second"] = other
    job = here.ended(job)
    assert job.state == "finished"
    assert [deed.what for deed in here.deeds] == ["accepted", "ran", "delivered"]


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
