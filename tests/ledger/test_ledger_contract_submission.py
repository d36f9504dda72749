"""What the contract judges before it reserves anything, and what it answers to hostile calls."""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from consortium import (
    BILLS,
    FLAT_METADATA,
    FLAT_POLICY,
    GRID,
    LAB,
    LAB_OPERATOR,
    NORTH,
    OTHER,
    PRICES,
    SOUTH,
    Consortium,
    bytecode,
    metadata,
    stamp,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.ledger.canonical import LARGEST
from totemlang.ledger.contract import CONTRACT, Reason, Refusal, execute
from totemlang.ledger.contract.declare import ReadOnly
from totemlang.ledger.contract.requests import access_key_hash, access_proof
from totemlang.ledger.contract.submission import submission_digest
from totemlang.ledger.stub import StubMisuse


@pytest.fixture(name="world")
def _world() -> Consortium:
    world = Consortium().found()
    world.grant(1_000)
    world.publish(NORTH)
    return world


def refused(why: Reason, call: Any, /, *arguments: Any, **named: Any) -> Refusal:
    """The refusal of a call."""
    with pytest.raises(Refusal) as caught:
        call(*arguments, **named)
    assert caught.value.reason is why, str(caught.value)
    return caught.value


def submission(world: Consortium, budget: int = 198, text: str = BILLS) -> dict[str, Any]:
    """A submission to the north."""
    return world.submission([("north/bills", world.access(NORTH), budget)], text)


def test_a_budget_is_compared_with_the_quote_and_the_balance(world: Consortium) -> None:
    refused(Reason.BUDGET, world.call, LAB, "job_submit", **submission(world, 197))
    too_much = refused(Reason.BALANCE, world.call, LAB, "job_submit", **submission(world, 1_001))
    assert "1,000" in too_much.message
    assert world.account()["reserved"] == 0
    sent = submission(world, LARGEST)
    sent["parts"] = sent["parts"] * 2
    refused(Reason.BUDGET, world.call, LAB, "job_submit", **sent)


def test_judging_says_what_submitting_would_and_reserves_nothing(world: Consortium) -> None:
    sent = submission(world)
    del sent["hours"]
    judged = world.call(OTHER, "job_judge", **sent)
    assert judged["parts"][0]["quote"]["upper"] == 198
    assert "job" not in judged


def test_access_is_needed_of_this_consumer_for_this_data_now(world: Consortium) -> None:
    sent = submission(world)
    refused(Reason.ACCESS, world.call, OTHER, "job_submit", **sent)
    world.publish(SOUTH)
    other = copy.deepcopy(sent)
    other["parts"][0]["data"]["bills"]["dataset"] = "south/bills"
    refused(Reason.ACCESS, world.call, LAB, "job_submit", **other)
    asked = world.call(LAB, "request_open", dataset="north/bills", purpose="a study")["request"]
    waiting = copy.deepcopy(sent)
    waiting["parts"][0]["data"]["bills"]["request"] = asked
    refused(Reason.ACCESS, world.call, LAB, "job_submit", **waiting)
    world.wait(days=301)
    refused(Reason.EXPIRED, world.call, LAB, "job_submit", **sent)


def test_a_proof_of_the_access_key_is_bound_to_its_submission() -> None:
    key, request = bytes(range(16)), "0" * 24
    one, other = (
        submission_digest(b"code", "a" * 64, None, None, [{"budget": budget, "data": {}}])
        for budget in (1, 2)
    )
    proofs = {
        access_proof(key, request, one),
        access_proof(key, request, other),
        access_proof(key, "1" * 24, one),
        access_proof(bytes(16), request, one),
    }
    assert len(proofs) == 4
    assert key.hex() not in access_key_hash(request, key)


def test_bytecode_under_other_prices_is_refused(world: Consortium) -> None:
    cheaper = PRICES.replace("weight,add,2", "weight,add,1")
    starts = stamp(world.clock)
    proposed = world.call(GRID, "table_propose", kind="prices", text=cheaper, starts=starts)
    world.call(LAB_OPERATOR, "table_approve", kind="prices", hash=proposed["hash"])
    found = refused(Reason.BYTECODE, world.call, LAB, "job_submit", **submission(world))
    assert "BYT102" in {finding["code"] for finding in found.findings}


def test_what_is_no_bytecode_is_refused_with_the_finding(world: Consortium) -> None:
    sent = submission(world)
    good = bytecode()
    for bad in (b"x", good[:-1], good + b"\0", good[:20] + b"\xff" + good[21:]):
        sent["bytecode"] = base64.b64encode(bad).decode()
        found = refused(Reason.BYTECODE, world.call, LAB, "job_submit", **sent)
        assert found.findings[0]["code"].startswith("BYT")
        json.dumps(found.to_json())


def test_the_source_is_the_one_that_the_bytecode_carries(world: Consortium) -> None:
    sent = submission(world) | {"source_hash": "a" * 64}
    refused(Reason.SOURCE, world.call, LAB, "job_submit", **sent)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("int a = 1\n", Reason.DATA),
        (BILLS.replace("Date, int", "Day, int").replace("row.Date", "row.Day"), Reason.DATA),
        (BILLS.replace("double Bill", "string Bill").split("reduce")[0], Reason.DATA),
        (
            "dataset bills(int C_id)\nlookup names(int C_id, string name)\n"
            'map m(bills row)\n    emit default(names[row.C_id].name, "")\nend map\n',
            Reason.DATA,
        ),
        (
            "dataset bills(int C_id)\nparam int n\n"
            "map m(bills row)\n    emit row.C_id + n\nend map\n",
            Reason.PARAMETERS,
        ),
    ],
    ids=["script", "column", "type", "lookup", "parameter"],
)
def test_a_program_that_does_not_fit_the_data_is_refused(
    world: Consortium, program: str, why: Reason
) -> None:
    refused(why, world.call, LAB, "job_submit", **submission(world, text=program))


def test_parameters_and_lookups_are_sent_along(world: Consortium) -> None:
    program = (
        "dataset bills(int C_id, double Bill)\nlookup names(int C_id, string name)\n"
        "param double rate\n"
        "map m(bills row)\n"
        '    emit default(names[row.C_id].name, "?"), row.Bill * rate as cost\nend map\n'
    )
    sent = submission(world, 1_000, text=program)
    columns = [{"name": "C_id", "type": "int"}, {"name": "name", "type": "string", "max_bytes": 9}]
    described = json.dumps({"totem_metadata": 1, "name": "names", "rows": 3, "columns": columns})
    sent["parameters"] = '{"rate": 1.5}'
    sent["sent"] = {"names": {"content": "c" * 64, "metadata": described}}
    job = world.call(LAB, "job_submit", **sent)
    assert job["sent"] == {"names": "c" * 64}
    code = world.call(LAB, "job_code", job=job["job"])
    assert json.loads(code["parameters"]) == {"rate": 1.5}
    for bad in ('{"rate": "x"}', '{"rat": 1}', "[]", "{", '{"rate": 1, "rate": 2}'):
        refused(Reason.PARAMETERS, world.call, LAB, "job_submit", **(sent | {"parameters": bad}))


@pytest.mark.parametrize(
    ("cap", "why"),
    [
        ("largest_result_rows", Reason.RESULT),
        ("largest_result_bytes", Reason.RESULT),
        ("largest_group_bytes", Reason.GROUP),
    ],
)
def test_what_the_policy_does_not_release_is_refused(
    world: Consortium, cap: str, why: Reason
) -> None:
    world.publish(NORTH, policy=json.dumps({"totem_policy": 1, cap: 2}))
    refused(why, world.call, LAB, "job_submit", **submission(world))
    world.publish(NORTH, policy=json.dumps({"totem_policy": 1, cap: 1_000}))
    world.call(LAB, "job_submit", **submission(world))


def test_a_flat_bill_is_the_bound_and_needs_one(world: Consortium) -> None:
    world.publish(NORTH, flat=True)
    job = world.call(LAB, "job_submit", **submission(world, 900))
    part = job["parts"][0]
    assert part["budget"] == part["quote"]["upper"] == sum(part["bounds"]) < 900
    assert world.account()["reserved"] == part["budget"]
    refused(Reason.BUDGET, world.call, LAB, "job_submit", **submission(world, part["budget"] - 1))
    open_rows = json.loads(FLAT_METADATA)
    policy = json.loads(FLAT_POLICY)
    del open_rows["rows"], open_rows["rows_exact"], policy["ceilings"]["rows"]
    world.publish(NORTH, flat=True, metadata=json.dumps(open_rows), policy=json.dumps(policy))
    refused(Reason.OPEN_BOUND, world.call, LAB, "job_submit", **submission(world, 900))


def flat_life(charges: list[int]) -> Consortium:
    """A flat job from submission to settlement, on data that used so much by stage inside."""
    world = Consortium().found()
    world.grant(1_000)
    job = world.submit(900, flat=True)
    world.run(job)
    bounds = world.job(job)["parts"][0]["bounds"]
    for stage, bound in enumerate(bounds):
        used = charges[stage]
        if used != bound:
            refused(Reason.FLAT_CHARGE, world.report, job, stage, used)
        world.report(job, stage, bound)
    refused(Reason.FLAT_STATUS, world.finish, job)
    for status in ("failed", "bad_data", "out_of_totem"):
        refused(Reason.FLAT_STATUS, world.call, NORTH, "job_fail", job=job, part=0, status=status)
    world.finish(job, flat=True)
    world.call(LAB, "job_settle", job=job)
    return world


def test_what_a_flat_job_writes_is_the_same_for_all_contents() -> None:
    one, other = flat_life([15, 0]), flat_life([149, 183])
    # A refused call takes a number and a second here; both lives have as many, so all must agree.
    assert one.world.state == other.world.state
    assert one.world.events == other.world.events


# --- hostile calls


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["a" * 64, "0" * 24, "ada@lab", "north/bills", stamp(datetime.now(UTC))]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
CALLERS = st.sampled_from([GRID, NORTH, LAB])


@cache
def founded() -> Consortium:
    """A consortium with one job, to be copied."""
    world = Consortium().found()
    world.grant(1_000)
    world.submit(198)
    return world


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_answered_or_refused(data: st.DataObject) -> None:
    world = copy.deepcopy(founded())
    name = data.draw(st.sampled_from(sorted(CONTRACT)))
    wanted = sorted(CONTRACT[name].arguments)
    keys = st.sampled_from([*wanted, "more"])
    arguments = data.draw(st.dictionaries(keys, VALUES, min_size=len(wanted) // 2))
    before = world.total()
    told = ""
    try:
        world.call(data.draw(CALLERS), name, **arguments)
    except Refusal as refusal:
        told = json.dumps(refusal.to_json())
    assert len(told) < 5_000
    if name != "account_grant":
        assert world.total() == before


def test_oversize_arguments_are_refused_by_their_bounds(world: Consortium) -> None:
    huge = "x" * 10_000_000
    for caller, function, arguments in (
        (NORTH, "dataset_publish", {"name": huge, "about": "a", "metadata": "{}"}),
        (NORTH, "dataset_publish", {"name": "a", "about": huge, "metadata": "{}"}),
        (NORTH, "dataset_publish", {"name": "a", "about": "a", "metadata": huge}),
        (LAB, "request_open", {"dataset": "a/" + huge, "purpose": "abc"}),
        (LAB, "job_submit", submission(world) | {"bytecode": huge}),
        (LAB, "job_submit", submission(world) | {"parameters": huge}),
        (LAB, "job_submit", submission(world) | {"parts": [{}] * 17}),
        (LAB, "job_submit", submission(world) | {"hours": 721}),
        (LAB, "account_show", {huge: 1}),
    ):
        found = refused(Reason.ARGUMENT, world.call, caller, function, **arguments)
        assert len(found.message) < 2_000


@pytest.mark.parametrize("sign", ["\n", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u2066"])
def test_a_line_has_no_sign_that_turns_what_is_shown(world: Consortium, sign: str) -> None:
    asked = {"dataset": "north/bills", "purpose": f"a study{sign}of bills"}
    refused(Reason.ARGUMENT, world.call, LAB, "request_open", **asked)
    about = {"name": "more", "about": f"bills\n{sign}", "metadata": metadata(), "policy": None}
    if sign in "\x1b\x7f\x9b":
        refused(Reason.ARGUMENT, world.call, NORTH, "dataset_publish", **about)


@pytest.mark.parametrize("moment", ["٢٠٢٧-01-01T00:00:00.000Z", "2027-02-30T00:00:00.000Z"])
def test_a_moment_has_one_spelling(world: Consortium, moment: str) -> None:
    asked = world.call(LAB, "request_open", dataset="north/bills", purpose="a study")
    answer = {"request": asked["request"], "key_hash": "a" * 64, "expires": moment}
    refused(Reason.ARGUMENT, world.call, NORTH, "request_grant", **answer)


def test_base64_has_one_spelling(world: Consortium) -> None:
    sent = submission(world)
    for spelled in (sent["bytecode"] + "\n", " " + sent["bytecode"], sent["bytecode"] + "===="):
        refused(Reason.ARGUMENT, world.call, LAB, "job_submit", **(sent | {"bytecode": spelled}))


def test_an_unknown_function_is_refused(world: Consortium) -> None:
    stub = world.world.begin(LAB, world.clock)
    for name in ("", "account_mint", "__class__", None, [], 1):
        refused(Reason.FUNCTION, execute, stub, name, {})
    refused(Reason.ARGUMENT, execute, stub, "account_open", [])


def test_a_query_cannot_write(world: Consortium) -> None:
    stub = ReadOnly(world.world.begin(LAB, world.clock))
    assert stub.get("nothing") is None
    for name in ("put", "delete", "private_put", "event"):
        with pytest.raises(StubMisuse):
            getattr(stub, name)


def test_time_that_goes_back_changes_nothing(world: Consortium) -> None:
    job = world.call(LAB, "job_submit", **submission(world))["job"]
    world.wait(hours=-1)
    refused(Reason.CLOCK, world.call, NORTH, "job_accept", job=job, part=0)
    refused(Reason.CLOCK, world.call, LAB, "job_stop", job=job)
    refused(Reason.CLOCK, world.publish, NORTH)
    world.clock -= timedelta(days=1)
    refused(Reason.CLOCK, world.call, LAB, "job_submit", **submission_from(world, job))


def submission_from(world: Consortium, job: str) -> dict[str, Any]:
    """A submission by the access of an earlier one."""
    request = world.job(job)["parts"][0]["data"]["bills"]["request"]
    return world.submission([("north/bills", request, 198)])


def test_metadata_of_a_later_version_is_quoted_anew(world: Consortium) -> None:
    world.publish(NORTH, metadata=metadata(12))
    refused(Reason.BUDGET, world.call, LAB, "job_submit", **submission(world, 198))


def test_the_largest_submission_is_refused_or_fits_the_ledger(world: Consortium) -> None:
    names = [f"L{number}" for number in range(20)]
    program = "dataset bills(int C_id)\n"
    program += "".join(f"lookup {name}(int C_id, string name)\n" for name in names)
    program += "param string p\nmap m(bills row)\n    emit row.C_id, p\nend map\n"
    columns = [{"name": "C_id", "type": "int"}, {"name": "name", "type": "string", "max_bytes": 9}]
    for number in range(400):
        columns.append({"name": f'"{number}', "type": "int"})
    described = json.dumps({"totem_metadata": 1, "name": "n", "rows": 3, "columns": columns})
    described += "\n" * (16 * 2**10 - len(described))
    sent = submission(world, 1_000, text=program)
    sent["sent"] = {name: {"content": "c" * 64, "metadata": described} for name in names}
    sent["parameters"] = json.dumps({"p": "x" * 60_000}) + "\n" * 190_000
    world.call(LAB, "job_submit", **sent)


def test_a_quote_beyond_what_a_number_holds_reserves_nothing(world: Consortium) -> None:
    rows = json.loads(metadata())
    rows["rows"] = LARGEST
    world.publish(NORTH, metadata=json.dumps(rows))
    sent = submission(world, 1_000)
    found = refused(Reason.BYTECODE, world.call, LAB, "job_submit", **sent)
    assert found.findings[0]["code"] == "CST101"
    del rows["rows"], rows["rows_exact"]
    world.publish(NORTH, metadata=json.dumps(rows))
    job = world.call(LAB, "job_submit", **submission(world, 1_000))
    assert job["parts"][0]["quote"]["upper"] is None


def test_the_strictest_policy_of_a_part_s_data_sets_holds(world: Consortium) -> None:
    program = (
        "dataset bills(int C_id)\nlookup names(int C_id, double Bill)\n"
        "map m(bills row)\n    emit default(names[row.C_id].Bill, 0.0)\nend map\n"
    )
    world.publish(NORTH, name="names", flat=True)
    asked = world.call(LAB, "request_open", dataset="north/names", purpose="a study")["request"]
    expires = stamp(world.clock + timedelta(days=9))
    grant = {"request": asked, "key_hash": "a" * 64, "expires": expires}
    world.call(NORTH, "request_grant", **grant)
    sent = submission(world, 1_000, text=program)
    access = {"dataset": "north/names", "request": asked, "proof": "b" * 64}
    sent["parts"][0]["data"]["names"] = access
    assert world.call(LAB, "job_submit", **sent)["parts"][0]["billing"] == "flat"
