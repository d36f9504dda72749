"""A job from submission to settlement, and every way in which it can end."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from consortium import (
    COURT,
    GRID,
    LAB,
    NORTH,
    OTHER,
    SOUTH,
    Consortium,
    bytecode,
    metadata,
)

from totemlang.ledger.contract import Reason, Refusal
from totemlang.ledger.contract.codes import hash_of_code
from totemlang.ledger.contract.deliveries import salted

STAGES = (90, 108)
"""What the priced example comes to: 90 for the map, 108 for the reduce, 198 in all."""


@pytest.fixture(name="world")
def _world() -> Consortium:
    world = Consortium().found()
    world.grant(10_000)
    return world


def refused(why: Reason, call: Any, /, *arguments: Any, **named: Any) -> Refusal:
    """The refusal of a call."""
    with pytest.raises(Refusal) as caught:
        call(*arguments, **named)
    assert caught.value.reason is why, str(caught.value)
    assert caught.value.hint
    return caught.value


def test_the_priced_example_from_the_catalogue_to_the_settlement(world: Consortium) -> None:
    job = world.submit(250)
    record = world.job(job)
    assert record["state"] == "submitted"
    assert record["stages"] == ["by_customer", "total"]
    assert record["parts"][0]["quote"] == {"lower": 198, "expected": 198, "upper": 198}
    assert (world.account()["balance"], world.account()["reserved"]) == (9_750, 250)

    world.run(job)
    answer = world.report(job, 0, 90)
    assert answer == {"job": job, "state": "running", "remaining": 160, "go_on": True}
    assert world.report(job, 1, 108)["remaining"] == 52
    assert world.finish(job)["state"] == "finished"
    settled = world.call(LAB, "job_settle", job=job)

    assert (settled["state"], settled["charge"], settled["returned"]) == ("settled", 198, 52)
    assert (world.account()["balance"], world.account()["spent"]) == (9_802, 198)
    assert world.account(NORTH)["earned"] == world.account(NORTH)["balance"] == 198
    history = world.call(LAB, "account_history")["entries"]
    assert [(e["event"], e["totem"]) for e in history] == [
        ("grant", 10_000),
        ("reserve", 250),
        ("settle", 198),
    ]
    assert world.total() == 10_000


def test_nothing_is_settled_twice(world: Consortium) -> None:
    job = world.submit(198)
    world.run(job, STAGES)
    world.finish(job)
    world.call(LAB, "job_settle", job=job)
    for function in ("job_settle", "job_stop", "job_expire"):
        refused(Reason.STATE, world.call, LAB, function, job=job)
    refused(Reason.STATE, world.call, LAB, "job_dispute", job=job, reason="once more")
    assert world.account()["balance"] == 9_802


def test_all_providers_must_accept(world: Consortium) -> None:
    job = world.submit(200, 300)
    world.call(NORTH, "job_accept", job=job, part=0)
    assert world.job(job)["state"] == "submitted"
    refused(Reason.STATE, world.call, NORTH, "job_start", job=job, part=0)
    refused(Reason.STATE, world.call, NORTH, "job_accept", job=job, part=0)
    refused(Reason.NOT_YOURS, world.call, NORTH, "job_accept", job=job, part=1)
    assert world.call(SOUTH, "job_accept", job=job, part=1)["state"] == "accepted"


def test_one_refusal_refunds_all(world: Consortium) -> None:
    job = world.submit(200, 300)
    world.call(NORTH, "job_accept", job=job, part=0)
    answer = world.call(SOUTH, "job_refuse", job=job, part=1, reason="capacity")
    assert (answer["state"], answer["charge"], answer["returned"]) == ("refused", 0, 500)
    assert world.account()["balance"] == 10_000


def test_each_provider_has_its_own_part(world: Consortium) -> None:
    job = world.submit(198, 250)
    world.run(job, STAGES, STAGES)
    world.finish(job, 0)
    assert world.job(job)["state"] == "running"
    assert world.finish(job, 1)["state"] == "finished"
    assert world.call(LAB, "job_settle", job=job)["charge"] == 396
    assert world.account(NORTH)["earned"] == world.account(SOUTH)["earned"] == 198


def test_the_second_check_stops_a_job_whose_budget_is_used_up(world: Consortium) -> None:
    world.publish(NORTH, metadata=metadata(distinct=None))
    parts = [("north/bills", world.access(NORTH), 170)]
    job = world.call(LAB, "job_submit", **world.submission(parts))["job"]
    quote = world.job(job)["parts"][0]["quote"]
    assert quote["lower"] <= 170 < quote["upper"]
    world.run(job)
    assert world.report(job, 0, 90)["go_on"]
    answer = world.report(job, 1, 108)
    assert answer == {"job": job, "state": "out_of_totem", "remaining": 0, "go_on": False}
    refused(Reason.STATE, world.report, job, 1, 1)
    assert world.call(LAB, "job_settle", job=job)["charge"] == 170


@pytest.mark.parametrize(("last", "goes_on"), [(80, True), (81, False)])
def test_the_budget_is_exact_to_the_unit(world: Consortium, last: int, goes_on: bool) -> None:
    world.publish(NORTH, metadata=metadata(distinct=None))
    parts = [("north/bills", world.access(NORTH), 170)]
    job = world.call(LAB, "job_submit", **world.submission(parts))["job"]
    world.run(job, (90,))
    assert world.report(job, 1, last)["go_on"] == goes_on
    assert world.job(job)["parts"][0]["used"] == 170


def test_out_of_totem_within_a_stage_takes_the_part_s_budget_only(world: Consortium) -> None:
    for provider in (NORTH, SOUTH):
        world.publish(provider, metadata=metadata(distinct=None))
    parts = [(f"{p.organisation}/bills", world.access(p), 170) for p in (NORTH, SOUTH)]
    job = world.call(LAB, "job_submit", **world.submission(parts))["job"]
    world.run(job, (90,), (90,))
    world.call(NORTH, "job_fail", job=job, part=0, status="out_of_totem")
    statuses = [(p["status"], p["charge"]) for p in world.job(job)["parts"]]
    assert statuses == [("out_of_totem", 170), ("stopped", 90)]
    assert world.call(LAB, "job_settle", job=job)["returned"] == 80


def test_a_job_whose_bound_is_covered_cannot_run_out(world: Consortium) -> None:
    job = world.submit(198)
    world.run(job)
    refused(Reason.CHARGE, world.call, NORTH, "job_fail", job=job, part=0, status="out_of_totem")


def test_a_charge_never_exceeds_the_quote(world: Consortium) -> None:
    job = world.submit(5_000)
    world.run(job)
    refused(Reason.CHARGE, world.report, job, 0, 91)
    world.report(job, 0, 90)
    refused(Reason.CHARGE, world.report, job, 1, 109)


def test_stages_are_reported_in_order_and_once(world: Consortium) -> None:
    job = world.submit(198)
    world.run(job)
    refused(Reason.STAGE, world.report, job, 1, 5)
    world.report(job, 0, 90)
    refused(Reason.STAGE, world.report, job, 0, 90)
    refused(Reason.UNFINISHED, world.finish, job)
    world.report(job, 1, 108)
    refused(Reason.STAGE, world.report, job, 2, 0)
    refused(Reason.ARGUMENT, world.call, NORTH, "job_finish", job=job, part=0, result="a" * 64)


@pytest.mark.parametrize(("status", "charge"), [("failed", 90), ("bad_data", 0)])
def test_a_failure_costs_what_was_reported_and_bad_data_nothing(
    world: Consortium, status: str, charge: int
) -> None:
    job = world.submit(198)
    world.run(job, (90,))
    world.call(NORTH, "job_fail", job=job, part=0, status=status)
    assert world.job(job)["state"] == "failed"
    assert world.call(LAB, "job_settle", job=job)["charge"] == charge


@pytest.mark.parametrize(("caller", "charge"), [(LAB, 90), (GRID, 90), (NORTH, 0)])
def test_a_job_is_stopped_while_it_runs(world: Consortium, caller: Any, charge: int) -> None:
    job = world.submit(198)
    world.run(job, (90,))
    assert world.call(caller, "job_stop", job=job)["state"] == "stopped"
    refused(Reason.STATE, world.report, job, 1, 108)
    assert world.call(LAB, "job_settle", job=job)["charge"] == charge


@pytest.mark.parametrize("accepted", [False, True])
def test_a_job_stopped_before_it_runs_costs_nothing(world: Consortium, accepted: bool) -> None:
    job = world.submit(198)
    if accepted:
        world.run(job, start=False)
    refused(Reason.NOT_YOURS, world.call, OTHER, "job_stop", job=job)
    refused(Reason.NOT_YOURS, world.call, SOUTH, "job_stop", job=job)
    assert world.call(LAB, "job_stop", job=job)["state"] == "withdrawn"
    assert world.account()["balance"] == 10_000


def test_an_auditor_settles_a_dispute(world: Consortium) -> None:
    job = world.submit(198)
    world.run(job, STAGES)
    world.finish(job)
    world.call(LAB, "job_dispute", job=job, reason="the total of C_id 2 is wrong")
    refused(Reason.STATE, world.call, LAB, "job_settle", job=job)
    assert world.account()["reserved"] == 198
    judge = {"job": job, "evidence": "b" * 64}
    refused(Reason.VERDICT, world.call, COURT, "job_judgement", charges=[199], **judge)
    refused(Reason.VERDICT, world.call, COURT, "job_judgement", charges=[1, 1], **judge)
    refused(Reason.ROLE, world.call, LAB, "job_judgement", charges=[0], **judge)
    settled = world.call(COURT, "job_judgement", charges=[100], **judge)
    assert (settled["state"], settled["charge"]) == ("settled", 100)
    assert world.account()["balance"] == 9_900


def test_nothing_stays_locked_when_somebody_vanishes(world: Consortium) -> None:
    silent, idle, hanging, quiet, argued = (world.submit(198) for _ in range(5))
    world.run(idle, start=False)
    world.run(hanging, (90,))
    for job in (quiet, argued):
        world.run(job, STAGES)
        world.finish(job)
    world.call(LAB, "job_dispute", job=argued, reason="wrong")
    for job in (silent, idle, hanging, quiet, argued):
        refused(Reason.EARLY, world.call, SOUTH, "job_expire", job=job)
    world.wait(days=2)
    refused(Reason.DEADLINE, world.call, NORTH, "job_accept", job=silent, part=0)
    refused(Reason.DEADLINE, world.report, hanging, 1, 108)
    ends = {
        job: world.call(SOUTH, "job_expire", job=job)["state"]
        for job in (silent, idle, hanging, quiet)
    }
    assert list(ends.values()) == ["expired", "expired", "failed", "settled"]
    world.wait(days=13)
    assert world.call(SOUTH, "job_expire", job=hanging)["charge"] == 0
    assert world.call(SOUTH, "job_expire", job=argued)["charge"] == 198
    assert world.account()["reserved"] == 0
    assert world.total() == 10_000


def test_a_code_opens_once_within_its_time_for_its_key(world: Consortium) -> None:
    job = world.submit(198, 198)
    key, code = "c" * 64, "0f" * 16
    issue = {"job": job, "part": 0, "key": key, "code_hash": hash_of_code(job, 0, key, code)}
    spend = {"job": job, "part": 0, "key": key, "code": code}
    refused(Reason.STATE, world.call, LAB, "code_issue", **issue)
    world.run(job, start=False)
    refused(Reason.CODE, world.call, NORTH, "code_spend", **spend)
    refused(Reason.NOT_YOURS, world.call, OTHER, "code_issue", **issue)
    world.call(LAB, "code_issue", **issue)
    assert code not in str(world.world.state)
    refused(Reason.NOT_YOURS, world.call, SOUTH, "code_spend", **spend)
    for wrong in ({"key": "d" * 64}, {"code": "0e" * 16}):
        refused(Reason.CODE, world.call, NORTH, "code_spend", **(spend | wrong))
    refused(Reason.CODE, world.call, SOUTH, "code_spend", **(spend | {"part": 1}))
    refused(Reason.ARGUMENT, world.call, NORTH, "code_spend", **(spend | {"code": "0f" * 15}))
    world.call(NORTH, "code_spend", **spend)
    refused(Reason.CODE_SPENT, world.call, NORTH, "code_spend", **spend)
    refused(Reason.CODE_SPENT, world.call, LAB, "code_issue", **issue)
    late = "1e" * 16
    world.call(LAB, "code_issue", **(issue | {"code_hash": hash_of_code(job, 0, key, late)}))
    world.wait(minutes=15)
    refused(Reason.CODE_LATE, world.call, NORTH, "code_spend", **(spend | {"code": late}))


def test_a_code_is_never_good_again(world: Consortium) -> None:
    job = world.submit(198)
    world.run(job)
    shown, other, key = "1" * 32, "2" * 32, "c" * 64

    def issue(code: str) -> None:
        stated = hash_of_code(job, 0, key, code)
        world.call(LAB, "code_issue", job=job, part=0, key=key, code_hash=stated)

    issue(shown)
    world.call(NORTH, "code_spend", job=job, part=0, key=key, code=shown)  # for all to read now
    issue(other)
    refused(Reason.CODE_SPENT, issue, shown)
    world.call(NORTH, "code_spend", job=job, part=0, key=key, code=other)


def test_results_and_keys_are_private_to_the_consumer(world: Consortium) -> None:
    job = world.submit(198)
    request = world.job(job)["parts"][0]["data"]["bills"]["request"]
    value = salted([[1, "100"], [2, "400"], [3, "200"]], bytes(16))
    sent = {"hash": hashlib.sha256(value).hexdigest()}
    deliver = {"job": job, "part": 0, **sent}
    refused(Reason.STATE, world.call, NORTH, "result_deliver", {"value": value}, **deliver)
    world.run(job, STAGES)
    world.finish(job)
    refused(Reason.PRIVATE, world.call, NORTH, "result_deliver", {"value": b"x"}, **deliver)
    refused(Reason.PRIVATE, world.call, NORTH, "result_deliver", **deliver)
    for bare in (b'{"value":1}', b"[]", b'{"salt":"00","value":1}', b" 1"):
        stated = {"job": job, "part": 0, "hash": hashlib.sha256(bare).hexdigest()}
        refused(Reason.PRIVATE, world.call, NORTH, "result_deliver", {"value": bare}, **stated)
    refused(Reason.UNKNOWN, world.call, LAB, "result_read", job=job, part=0)
    world.call(NORTH, "result_deliver", {"value": value}, **deliver)
    read = world.call(LAB, "result_read", job=job, part=0)
    assert read == {"value": [[1, "100"], [2, "400"], [3, "200"]]}
    refused(Reason.NOT_YOURS, world.call, OTHER, "result_read", job=job, part=0)
    key = salted("00" * 16, bytes(range(16)))
    stated = {"request": request, "hash": hashlib.sha256(key).hexdigest()}
    refused(Reason.NOT_YOURS, world.call, SOUTH, "key_deliver", {"value": key}, **stated)
    world.call(NORTH, "key_deliver", {"value": key}, **stated)
    assert world.call(LAB, "key_read", request=request) == {"value": "00" * 16}


def test_a_job_is_seen_by_those_it_concerns(world: Consortium) -> None:
    job = world.submit(198)
    for caller in (LAB, NORTH, GRID, COURT):
        assert world.call(caller, "job_show", job=job)["job"] == job
        code = world.call(caller, "job_code", job=job)
        assert json.loads(code["parameters"]) == {}
        assert len(code["bytecode"]) >= len(bytecode())
    for caller in (OTHER, SOUTH):
        refused(Reason.NOT_YOURS, world.call, caller, "job_show", job=job)
        refused(Reason.NOT_YOURS, world.call, caller, "job_code", job=job)
    assert [j["job"] for j in world.call(LAB, "job_list", side="consumer")["jobs"]] == [job]
    assert [j["job"] for j in world.call(NORTH, "job_list", side="provider")["jobs"]] == [job]
    assert world.call(OTHER, "job_list", side="consumer")["jobs"] == []


def test_an_accepted_job_keeps_its_tables_and_data(world: Consortium) -> None:
    job = world.submit(198)
    world.publish(NORTH, metadata=metadata(9))
    world.call(NORTH, "dataset_withdraw", dataset="north/bills")
    part = world.job(job)["parts"][0]["data"]["bills"]
    shown = world.call(LAB, "dataset_show", dataset="north/bills", version=part["version"])
    assert json.loads(shown["metadata"])["rows"] == 6
    world.run(job, STAGES)
    assert world.finish(job)["state"] == "finished"
