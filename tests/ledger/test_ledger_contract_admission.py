"""Organisations that come after founding: two organisations say yes, and nobody loses a role."""

from __future__ import annotations

from typing import Any

import pytest
from consortium import GRID, LAB, LAB_OPERATOR, NORTH, PRICES, RULES, Consortium, who

from totemlang.ledger.contract import Reason, Refusal

EAST = who("emil", "east", "provider", "consumer")
WANTED = {"organisation": "east", "roles": ["provider"]}


@pytest.fixture(name="world")
def _world() -> Consortium:
    return Consortium().found()


def refused(why: Reason, call: Any, /, *arguments: Any, **named: Any) -> None:
    """The call is refused for that reason."""
    with pytest.raises(Refusal) as caught:
        call(*arguments, **named)
    assert caught.value.reason is why, str(caught.value)


def test_an_organisation_is_admitted_by_two(world: Consortium) -> None:
    refused(Reason.ORGANISATION, world.call, EAST, "account_open")
    assert world.call(GRID, "organisation_propose", **WANTED)["state"] == "proposed"
    refused(Reason.ORGANISATION, world.call, EAST, "account_open")
    refused(Reason.APPROVED, world.call, GRID, "organisation_approve", **WANTED)
    refused(Reason.ROLE, world.call, NORTH, "organisation_approve", **WANTED)
    assert world.call(LAB_OPERATOR, "organisation_approve", **WANTED)["state"] == "admitted"
    world.call(EAST, "account_open")
    assert world.publish(EAST) == "east/bills"
    asked = {"dataset": "east/bills", "purpose": "a study"}
    refused(Reason.ROLE, world.call, EAST, "request_open", **asked)  # no consumer yet
    refused(Reason.STATE, world.call, GRID, "organisation_withdraw", organisation="east")


def test_roles_are_added_and_never_taken(world: Consortium) -> None:
    for roles in (["provider"], ["consumer"], ["consumer", "operator"]):
        wanted = {"organisation": "north", "roles": roles}
        refused(Reason.EXISTS, world.call, GRID, "organisation_propose", **wanted)
    more = {"organisation": "north", "roles": ["provider", "operator"]}
    world.call(GRID, "organisation_propose", **more)
    world.call(LAB_OPERATOR, "organisation_approve", **more)
    shown = world.call(LAB, "consortium_show")["organisations"]
    assert shown["north"] == ["operator", "provider"]
    assert shown["south"] == ["provider"]
    # The new operator's word counts from then on.
    north = who("nils", "north", "operator")
    world.call(north, "organisation_propose", **WANTED)
    world.call(GRID, "organisation_approve", **WANTED)


def test_who_approves_says_what(world: Consortium) -> None:
    world.call(GRID, "organisation_propose", **WANTED)
    refused(Reason.EXISTS, world.call, LAB_OPERATOR, "organisation_propose", **WANTED)
    wider = WANTED | {"roles": ["provider", "operator"]}
    refused(Reason.ARGUMENT, world.call, LAB_OPERATOR, "organisation_approve", **wider)
    refused(
        Reason.NOT_YOURS, world.call, LAB_OPERATOR, "organisation_withdraw", organisation="east"
    )
    world.call(GRID, "organisation_withdraw", organisation="east")
    refused(Reason.STATE, world.call, LAB_OPERATOR, "organisation_approve", **WANTED)
    world.call(LAB_OPERATOR, "organisation_propose", **wider)
    assert world.call(GRID, "organisation_approve", **wider)["state"] == "admitted"


def test_a_proposal_ends_by_waiting(world: Consortium) -> None:
    world.call(GRID, "organisation_propose", **WANTED)
    refused(Reason.EARLY, world.call, NORTH, "organisation_expire", organisation="east")
    world.wait(days=31)
    refused(Reason.DEADLINE, world.call, LAB_OPERATOR, "organisation_approve", **WANTED)
    assert world.call(NORTH, "organisation_expire", organisation="east")["state"] == "expired"
    world.call(GRID, "organisation_propose", **WANTED)
    listed = world.call(NORTH, "organisation_list")["organisations"]
    assert [(each["organisation"], each["state"]) for each in listed] == [("east", "proposed")]


def test_the_only_operator_admits_alone() -> None:
    world = Consortium()
    alone = {"grid": ["operator"], "lab": ["consumer"]}
    founding = {"name": "one", "organisations": alone, "rules": RULES, "prices": PRICES}
    world.call(GRID, "consortium_found", **founding)
    assert world.call(GRID, "organisation_propose", **WANTED)["state"] == "admitted"
    world.call(EAST, "account_open")
