"""Who may call what: the consortium, its members, accounts, tables, data sets and requests."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from consortium import (
    BEGIN,
    COURT,
    FLAT_METADATA,
    GRID,
    LAB,
    LAB_OPERATOR,
    NORTH,
    ORGANISATIONS,
    OTHER,
    PRICES,
    RULES,
    SOUTH,
    Consortium,
    metadata,
    stamp,
    who,
)

from totemlang.ledger.canonical import LARGEST
from totemlang.ledger.contract import Reason, Refusal

CHEAPER = PRICES.replace("weight,add,2", "weight,add,1")


@pytest.fixture(name="world")
def _world() -> Consortium:
    return Consortium().found()


def refused(why: Reason, call: Any, /, *arguments: Any, **named: Any) -> None:
    """The call is refused for that reason."""
    with pytest.raises(Refusal) as caught:
        call(*arguments, **named)
    assert caught.value.reason is why, str(caught.value)


# --- the consortium


def test_a_consortium_is_founded_once_by_an_operator() -> None:
    world = Consortium()
    founding = {
        "name": "valley",
        "organisations": ORGANISATIONS,
        "rules": RULES,
        "prices": PRICES,
    }
    refused(Reason.UNFOUNDED, world.call, GRID, "account_open")
    for caller in (NORTH, who("eve", "evil", "operator"), who("lea", "lab", "consumer")):
        refused(Reason.ROLE, world.call, caller, "consortium_found", **founding)
    refused(Reason.TABLE, world.call, GRID, "consortium_found", **(founding | {"rules": "x"}))
    world.call(GRID, "consortium_found", **founding)
    refused(Reason.FOUNDED, world.call, GRID, "consortium_found", **founding)
    shown = world.call(NORTH, "consortium_show")
    assert shown["organisations"] == ORGANISATIONS


def test_a_certificate_has_the_roles_of_its_organisation_only(world: Consortium) -> None:
    greedy = who("nora", "north", "provider", "operator")
    refused(Reason.ROLE, world.call, greedy, "account_grant", member=NORTH.member, totem=5)
    stranger = who("eve", "evil", "operator")
    refused(Reason.ORGANISATION, world.call, stranger, "account_supply")
    for name, organisation in (("a/b", "lab"), ("", "lab"), ("a", "l@b"), ("a\0", "lab")):
        refused(Reason.CALLER, world.call, who(name, organisation), "account_open")


def test_a_member_keeps_what_is_his_when_he_renews_his_certificate(world: Consortium) -> None:
    renewed = evolve(OTHER, fingerprint="e" * 64)
    assert world.call(renewed, "account_show")["member"] == OTHER.member


# --- accounts


def test_totem_is_granted_moved_and_conserved(world: Consortium) -> None:
    world.grant(100)
    refused(Reason.BALANCE, world.call, LAB, "account_transfer", member=OTHER.member, totem=101)
    world.call(LAB, "account_transfer", member=OTHER.member, totem=40, note="for bob")
    assert world.account(LAB)["balance"] == 60
    assert world.account(OTHER)["balance"] == 40
    assert world.total() == world.call(LAB, "account_supply")["granted"] == 100
    received = world.call(OTHER, "account_history")["entries"][-1]
    assert (received["event"], received["note"]) == ("received", "for bob")
    assert received["who"] == LAB.member


@pytest.mark.parametrize("totem", [0, -1, 2**63, 1.0, True, "1", None])
def test_an_amount_is_a_whole_number(world: Consortium, totem: object) -> None:
    world.grant(10)
    call = {"member": OTHER.member, "totem": totem}
    refused(Reason.ARGUMENT, world.call, LAB, "account_transfer", **call)
    refused(Reason.ARGUMENT, world.call, GRID, "account_grant", **call)


def test_no_more_totem_exists_than_a_number_holds(world: Consortium) -> None:
    world.grant(LARGEST)
    refused(Reason.SUPPLY, world.grant, 1, OTHER)
    world.call(LAB, "account_transfer", member=OTHER.member, totem=LARGEST)
    assert world.account(OTHER)["balance"] == LARGEST


def test_totem_that_goes_round_never_locks_a_run(world: Consortium) -> None:
    world.grant(LARGEST)
    for number in range(3):
        run = str(number)
        world.call(LAB, "run_reserve", run=run, budget=LARGEST, payee=NORTH.member)
        world.call(LAB, "run_deduct", run=run, stage="map", totem=LARGEST)
        assert world.call(LAB, "run_settle", run=run)["charge"] == LARGEST
        world.call(NORTH, "account_transfer", member=LAB.member, totem=LARGEST)
    assert world.account()["balance"] == LARGEST == world.account()["spent"]
    assert world.account(NORTH)["earned"] == LARGEST


def test_an_account_is_opened_once_by_its_member(world: Consortium) -> None:
    refused(Reason.EXISTS, world.call, LAB, "account_open")
    refused(Reason.NO_ACCOUNT, world.grant, 5, COURT)
    world.grant(5)
    call = {"member": LAB.member, "totem": 1}
    refused(Reason.ARGUMENT, world.call, LAB, "account_transfer", **call)
    refused(Reason.NO_ACCOUNT, world.call, COURT, "account_transfer", **call)


def test_an_account_is_its_member_s_and_the_auditor_s_to_read(world: Consortium) -> None:
    world.grant(5)
    for caller in (GRID, COURT):
        assert world.call(caller, "account_show", member=LAB.member)["balance"] == 5
    for function in ("account_show", "account_history"):
        refused(Reason.NOT_YOURS, world.call, OTHER, function, member=LAB.member)


def test_history_is_read_by_the_page(world: Consortium) -> None:
    for totem in range(1, 8):
        world.grant(totem)
    found, after = [], None
    while True:
        page = world.call(LAB, "account_history", after=after, count=3)
        if page["next"] is None:
            break
        found += [entry["totem"] for entry in page["entries"]]
        after = page["next"]
    assert found == list(range(1, 8))
    refused(Reason.ARGUMENT, world.call, LAB, "account_history", count=101)
    assert world.call(LAB, "account_history", after="~")["entries"] == []


def test_a_member_of_a_similar_name_is_another(world: Consortium) -> None:
    for name in ("ada0", "ad", "ada.", "ada-x"):
        other = who(name, "lab", "consumer")
        world.call(other, "account_open")
        world.grant(3, other)
    assert world.call(LAB, "account_history")["entries"] == []


# --- rules and prices


def propose(world: Consortium, caller: Any, starts: Any, text: str = CHEAPER) -> dict[str, Any]:
    """Propose prices."""
    return world.call(caller, "table_propose", kind="prices", text=text, starts=stamp(starts))


def test_prices_are_in_force_when_two_organisations_approve_and_their_day_comes(
    world: Consortium,
) -> None:
    assert CHEAPER != PRICES
    before = world.call(LAB, "table_versions", kind="prices")["in_force"]
    digest = propose(world, GRID, BEGIN + timedelta(days=7))["hash"]
    refused(Reason.EXISTS, propose, world, LAB_OPERATOR, BEGIN + timedelta(days=8))
    call = {"kind": "prices", "hash": digest}
    refused(Reason.APPROVED, world.call, GRID, "table_approve", **call)
    second = who("greta", "grid", "operator")
    refused(Reason.APPROVED, world.call, second, "table_approve", **call)
    refused(Reason.ROLE, world.call, NORTH, "table_approve", **call)
    world.wait(days=8)
    assert world.call(LAB, "table_versions", kind="prices")["in_force"] == before
    approved = world.call(LAB_OPERATOR, "table_approve", **call)
    assert approved["state"] == "approved"
    assert approved["from"] > approved["starts"], "never in force before it was approved"
    assert world.call(LAB, "table_versions", kind="prices")["in_force"] == digest
    assert world.call(LAB, "table_show", kind="prices")["text"] == CHEAPER
    refused(Reason.STATE, world.call, LAB_OPERATOR, "table_approve", **call)
    refused(Reason.STATE, world.call, GRID, "table_withdraw", **call)


def test_what_waits_for_its_day_is_not_proposed_again(world: Consortium) -> None:
    day = world.clock + timedelta(days=3)
    proposed = propose(world, GRID, day)
    world.call(LAB_OPERATOR, "table_approve", kind="prices", hash=proposed["hash"])
    refused(Reason.EXISTS, propose, world, GRID, day)
    world.wait(days=4)
    refused(Reason.EXISTS, propose, world, GRID, world.clock)  # in force now
    assert world.call(LAB, "table_versions", kind="prices")["in_force"] == proposed["hash"]


def test_an_approved_table_waits_for_its_day(world: Consortium) -> None:
    digest = propose(world, GRID, BEGIN + timedelta(days=7))["hash"]
    world.call(LAB_OPERATOR, "table_approve", kind="prices", hash=digest)
    assert world.call(LAB, "table_versions", kind="prices")["in_force"] != digest
    world.wait(days=7)
    assert world.call(LAB, "table_versions", kind="prices")["in_force"] == digest
    again = propose(world, GRID, world.clock, text=PRICES)["hash"]
    world.call(LAB_OPERATOR, "table_approve", kind="prices", hash=again)
    assert world.call(LAB, "table_versions", kind="prices")["in_force"] == again


def test_a_proposal_is_valid_new_and_not_of_the_past(world: Consortium) -> None:
    refused(Reason.CLOCK, propose, world, GRID, BEGIN)
    later = BEGIN + timedelta(days=1)
    refused(Reason.EXISTS, propose, world, GRID, later, PRICES)
    for text in ("Table,Name,Totem\n", PRICES.replace("weight,add,2", "weight,add,-2")):
        refused(Reason.TABLE, propose, world, GRID, later, text)
    refused(Reason.ARGUMENT, propose, world, GRID, later, PRICES + " " * 70_000)


def test_a_proposal_is_withdrawn_by_its_organisation(world: Consortium) -> None:
    digest = propose(world, GRID, BEGIN + timedelta(days=7))["hash"]
    call = {"kind": "prices", "hash": digest}
    refused(Reason.NOT_YOURS, world.call, LAB_OPERATOR, "table_withdraw", **call)
    world.call(GRID, "table_withdraw", **call)
    refused(Reason.STATE, world.call, LAB_OPERATOR, "table_approve", **call)
    propose(world, LAB_OPERATOR, BEGIN + timedelta(days=7))


# --- data sets


def test_a_data_set_is_published_seen_and_withdrawn(world: Consortium) -> None:
    dataset = world.publish(NORTH)
    world.publish(SOUTH, flat=True)
    listed = world.call(LAB, "catalogue")["datasets"]
    assert [(d["dataset"], d["billing"]) for d in listed] == [
        ("north/bills", "metered"),
        ("south/bills", "flat"),
    ]
    shown = world.call(LAB, "dataset_show", dataset=dataset)
    assert json.loads(shown["metadata"])["rows"] == 6
    refused(Reason.ROLE, world.publish, LAB)
    refused(Reason.NOT_YOURS, world.call, SOUTH, "dataset_withdraw", dataset=dataset)
    world.call(NORTH, "dataset_withdraw", dataset=dataset)
    assert len(world.call(LAB, "catalogue")["datasets"]) == 1
    refused(Reason.STATE, world.access, NORTH)
    assert world.publish(NORTH) == dataset
    assert world.call(LAB, "dataset_show", dataset=dataset)["versions"] == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": "{}"},
        {"metadata": '{"totem_metadata":1,"name":"b","rows":-1,"columns":[]}'},
        {"metadata": metadata().replace('"rows": 6', '"rows": 6, "rows": 7')},
        {"policy": '{"totem_policy": 2}'},
        {"policy": '{"totem_policy": 1, "billing": "free"}'},
    ],
)
def test_what_is_no_metadata_or_policy_is_not_published(
    world: Consortium, changes: dict[str, str]
) -> None:
    refused(Reason.METADATA, world.publish, NORTH, **changes)


@pytest.mark.parametrize(
    "measured",
    [
        metadata(10, exact=True, distinct=5),
        metadata(9, exact=False, distinct=5),
        metadata(10, exact=False, distinct=4),
        FLAT_METADATA.replace('"type": "double"', '"type": "double", "upper": 400.0'),
    ],
)
def test_data_billed_flat_publishes_declared_ceilings_only(
    world: Consortium, measured: str
) -> None:
    refused(Reason.FLAT_FIGURES, world.publish, NORTH, flat=True, metadata=measured)


# --- requests


def test_a_request_names_a_purpose_and_is_answered(world: Consortium) -> None:
    dataset = world.publish(NORTH)
    refused(Reason.ARGUMENT, world.call, LAB, "request_open", dataset=dataset, purpose="")
    refused(Reason.UNKNOWN, world.call, LAB, "request_open", dataset="x/y", purpose="why not")
    asked = world.call(LAB, "request_open", dataset=dataset, purpose="peak demand")["request"]
    grant = {"request": asked, "key_hash": "a" * 64, "expires": stamp(BEGIN)}
    refused(Reason.CLOCK, world.call, NORTH, "request_grant", **grant)
    grant["expires"] = stamp(BEGIN + timedelta(days=30))
    refused(Reason.NOT_YOURS, world.call, SOUTH, "request_grant", **grant)
    assert [
        each["purpose"] for each in world.call(NORTH, "request_list", side="provider")["requests"]
    ] == ["peak demand"]
    assert world.call(NORTH, "request_grant", **grant)["state"] == "granted"
    refused(Reason.STATE, world.call, NORTH, "request_refuse", request=asked, reason="other")
    refused(Reason.NOT_YOURS, world.call, OTHER, "request_withdraw", request=asked)
    refused(Reason.NOT_YOURS, world.call, OTHER, "request_show", request=asked)
    refused(Reason.NOT_YOURS, world.call, SOUTH, "request_revoke", request=asked)
    assert world.call(GRID, "request_revoke", request=asked)["state"] == "revoked"
    mine = world.call(LAB, "request_list", side="consumer")["requests"]
    assert [each["state"] for each in mine] == ["revoked"]


def test_a_request_ends_by_waiting(world: Consortium) -> None:
    dataset = world.publish(NORTH)
    asked = world.call(LAB, "request_open", dataset=dataset, purpose="peak demand")["request"]
    granted = world.access(NORTH, days=60)
    refused(Reason.EARLY, world.call, OTHER, "request_expire", request=asked)
    world.wait(days=31)
    assert world.call(OTHER, "request_expire", request=asked)["state"] == "expired"
    refused(Reason.EARLY, world.call, OTHER, "request_expire", request=granted)
    world.wait(days=30)
    assert world.call(OTHER, "request_expire", request=granted)["state"] == "expired"


# --- runs on one's own data


def test_a_run_of_one_s_own_is_paid_from_the_account(world: Consortium) -> None:
    world.grant(100)
    reserve = {"run": "a run", "budget": 60, "payee": NORTH.member}
    world.call(LAB, "run_reserve", **reserve)
    refused(Reason.EXISTS, world.call, LAB, "run_reserve", **reserve)
    refused(Reason.BALANCE, world.call, LAB, "run_reserve", **(reserve | {"run": "b"}))
    refused(Reason.ARGUMENT, world.call, LAB, "run_reserve", run="c", budget=1, payee=LAB.member)
    first = world.call(LAB, "run_deduct", run="a run", stage="map", totem=20)
    assert (first["remaining"], first["go_on"]) == (40, True)
    refused(Reason.UNKNOWN, world.call, OTHER, "run_settle", run="a run")
    assert world.call(LAB, "run_settle", run="a run")["returned"] == 40
    refused(Reason.STATE, world.call, LAB, "run_cancel", run="a run")
    assert world.account(LAB)["balance"] == 80
    assert world.account(NORTH)["earned"] == 20


def test_a_data_set_published_anew_earns_for_who_publishes_it(world: Consortium) -> None:
    name = world.publish(NORTH)
    heir = who("nils", "north", "provider")
    world.publish(heir)
    assert world.call(LAB, "dataset_show", dataset=name)["provider"] == NORTH.member
    world.call(heir, "dataset_withdraw", dataset=name)
    world.publish(heir)
    assert world.call(LAB, "dataset_show", dataset=name)["provider"] == heir.member


@pytest.mark.parametrize(
    ("end", "balance"), [("run_cancel", 100), ("run_expire", 70), ("run_deduct", 40)]
)
def test_a_run_ends_in_each_way_once(world: Consortium, end: str, balance: int) -> None:
    world.grant(100)
    world.call(LAB, "run_reserve", run="r", budget=60, payee=NORTH.member)
    world.call(LAB, "run_deduct", run="r", stage="map", totem=30)
    if end == "run_deduct":
        answer = world.call(LAB, end, run="r", stage="reduce", totem=31)
        assert (answer["go_on"], answer["state"]) == (False, "out_of_totem")
    elif end == "run_expire":
        refused(Reason.EARLY, world.call, OTHER, end, run="r", member=LAB.member)
        world.wait(days=31)
        world.call(OTHER, end, run="r", member=LAB.member)
    else:
        world.call(LAB, end, run="r")
    assert world.account(LAB)["balance"] == balance
    assert world.account(LAB)["reserved"] == 0
    refused(Reason.STATE, world.call, LAB, "run_settle", run="r")
    assert [run["run"] for run in world.call(LAB, "run_list")["runs"]] == ["r"]
