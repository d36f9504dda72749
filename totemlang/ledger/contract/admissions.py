"""Organisations after founding: proposed by one, admitted when another one's operator agrees.

An organisation that is admitted already may be given more roles in the same way, never fewer, so
nobody is shut out of what he has begun.
"""

from __future__ import annotations

from totemlang.ledger.canonical import parse_own
from totemlang.ledger.contract.arguments import Argument, Choice, Many, Name
from totemlang.ledger.contract.declare import ROLES, declared
from totemlang.ledger.contract.records import (
    CONSORTIUM,
    PAGE_AFTER,
    PAGE_COUNT,
    Record,
    approvals_needed,
    check_clock,
    check_organisation,
    load,
    need,
    now,
    page,
    save,
    tell,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.states import ADMISSION, EXPIRE
from totemlang.ledger.stub import Stub

MOST_ORGANISATIONS = 1_000
"""Organisations of a consortium."""

CHOSEN: dict[str, Argument] = {"roles": Many(Choice(ROLES), 4, least=1)}


@declared(CHOSEN, roles=("operator",), organisation=Name())
def organisation_propose(stub: Stub, organisation: str, roles: list[str]) -> Record:
    """Propose an organisation, or more roles for one; that is its proposer's approval too.

    `roles` are all the roles that its certificates may carry then.
    """
    moment, proposer = now(stub), stub.caller().organisation
    before = load(stub, _key(organisation))
    if before is not None:
        check_clock(before, moment)
        if before["state"] == "proposed":
            raise Refusal(Reason.EXISTS, f"{organisation} is proposed already")
    chosen = sorted(set(roles))
    held = need(stub, CONSORTIUM, "consortium")["organisations"].get(organisation, [])
    if not set(held) < set(chosen):
        raise Refusal(Reason.EXISTS, f"{organisation} keeps the roles that it has, and gets more")
    record: Record = {
        "organisation": organisation,
        "roles": chosen,
        "proposer": proposer,
        "approved_by": [proposer],
        **ADMISSION.begin(moment),
    }
    return _approved_enough(stub, record, "organisation_propose")


@declared(CHOSEN, roles=("operator",), organisation=Name())
def organisation_approve(stub: Stub, organisation: str, roles: list[str]) -> Record:
    """Approve a proposal for the caller's organisation, naming the roles that it is about."""
    record, own = _proposal(stub, organisation), stub.caller().organisation
    if own in record["approved_by"]:
        raise Refusal(Reason.APPROVED, f"{own} has approved it already")
    record = ADMISSION.advance(record, "approve", now(stub))
    if sorted(set(roles)) != record["roles"]:
        proposed = ", ".join(record["roles"])
        raise Refusal(Reason.ARGUMENT, f"roles: {organisation} is proposed as {proposed}")
    record["approved_by"] = [*record["approved_by"], own]
    return _approved_enough(stub, record, "organisation_approve")


@declared(roles=("operator",), organisation=Name())
def organisation_withdraw(stub: Stub, organisation: str) -> Record:
    """Take back what the caller's organisation has proposed."""
    record = _proposal(stub, organisation)
    check_organisation(stub.caller(), record["proposer"], "the proposal")
    return _write(stub, ADMISSION.advance(record, "withdraw", now(stub)), "organisation_withdraw")


@declared(organisation=Name())
def organisation_expire(stub: Stub, organisation: str) -> Record:
    """Note that nobody has approved a proposal in time; anybody may."""
    record = ADMISSION.advance(_proposal(stub, organisation), EXPIRE, now(stub))
    return _write(stub, record, "organisation_expire")


@declared(query=True, after=PAGE_AFTER, count=PAGE_COUNT)
def organisation_list(stub: Stub, after: str | None, count: int | None) -> Record:
    """Every proposal since founding and what came of it, by the page."""
    found = page(stub, "organisation", after, count)
    return {
        "organisations": [parse_own(value) for _, value in found],
        "next": found[-1][0] if found else None,
    }


def _approved_enough(stub: Stub, record: Record, event: str) -> Record:
    """Write a proposal; admitted once two organisations (or the only one) approve."""
    if len(record["approved_by"]) >= approvals_needed(stub):
        record = ADMISSION.advance(record, "admit", now(stub))
        consortium = need(stub, CONSORTIUM, "consortium")
        organisations = consortium["organisations"] | {record["organisation"]: record["roles"]}
        if len(organisations) > MOST_ORGANISATIONS:
            raise Refusal(Reason.LIMIT)
        save(stub, CONSORTIUM, consortium | {"organisations": organisations})
    return _write(stub, record, event)


def _proposal(stub: Stub, organisation: str) -> Record:
    return need(stub, _key(organisation), f"proposal of {organisation}")


def _write(stub: Stub, record: Record, event: str) -> Record:
    save(stub, _key(record["organisation"]), record)
    tell(stub, event, organisation=record["organisation"], state=record["state"])
    return record


def _key(organisation: str) -> str:
    return f"organisation/{organisation}"
