"""Runs on one's own machine and data, paid from an account: no provider, no quote, no dispute.

Whoever runs a program himself reports for himself, so all that a run can cost him is his own
totem; it goes to the member whom he names, for instance the operator of his machine.
"""

from __future__ import annotations

from totemlang.ledger.canonical import digest, parse_own
from totemlang.ledger.contract.arguments import MEMBER, Text, Whole
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.postings import Postings
from totemlang.ledger.contract.records import (
    PAGE_AFTER,
    PAGE_COUNT,
    Record,
    load,
    need,
    now,
    page,
    save,
    tell,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.states import EXPIRE, RUN
from totemlang.ledger.stub import Stub

NAME = Text(200)


@declared(run=NAME, budget=Whole(0), payee=MEMBER)
def run_reserve(stub: Stub, run: str, budget: int, payee: str) -> Record:
    """Set a budget aside for a run of a new name. The payee has an account and is another."""
    member = stub.caller().member
    key = _key(member, run)
    if load(stub, key) is not None:
        raise Refusal(Reason.EXISTS, "there is a run of this name already")
    if payee == member:
        raise Refusal(Reason.ARGUMENT, "payee: another member than the caller")
    postings = Postings(stub)
    postings.account(payee)
    postings.reserve(member, budget, run)
    postings.write()
    record = {
        "run": run,
        "member": member,
        "payee": payee,
        "budget": budget,
        "used": 0,
        "stages": 0,
        **RUN.begin(now(stub)),
    }
    return _write(stub, record, "run_reserve")


@declared(run=NAME, stage=Text(200), totem=Whole(0))
def run_deduct(stub: Stub, run: str, stage: str, totem: int) -> Record:
    """Charge a finished stage. Beyond the budget the run has ended, and the whole budget is spent;
    the answer says whether it may go on.
    """
    record = _own(stub, run)
    changed = RUN.advance(record, "deduct", now(stub))
    if totem > record["budget"] - record["used"]:
        changed = RUN.advance(record, "run_out", now(stub)) | {"used": record["budget"]}
        changed = _settle(stub, changed, record["budget"])
    else:
        changed |= {"used": record["used"] + totem, "stages": record["stages"] + 1}
    _write(stub, changed | {"last": stage}, "run_deduct")
    remaining = changed["budget"] - changed["used"]
    is_running = changed["state"] == "running"
    return {"run": run, "state": changed["state"], "remaining": remaining, "go_on": is_running}


@declared(run=NAME)
def run_settle(stub: Stub, run: str) -> Record:
    """End a run: what was deducted is paid, the rest comes back."""
    record = RUN.advance(_own(stub, run), "settle", now(stub))
    return _write(stub, _settle(stub, record, record["used"]), "run_settle")


@declared(run=NAME)
def run_cancel(stub: Stub, run: str) -> Record:
    """End a run that costs nothing: everything comes back."""
    record = RUN.advance(_own(stub, run), "cancel", now(stub))
    return _write(stub, _settle(stub, record, 0), "run_cancel")


@declared(member=MEMBER, run=NAME)
def run_expire(stub: Stub, member: str, run: str) -> Record:
    """Settle a run whose time has passed; anybody may."""
    record = RUN.advance(_load(stub, member, run), EXPIRE, now(stub))
    return _write(stub, _settle(stub, record, record["used"]), "run_expire")


@declared(query=True, run=NAME)
def run_show(stub: Stub, run: str) -> Record:
    """A run of the caller's."""
    return _own(stub, run)


@declared(query=True, after=PAGE_AFTER, count=PAGE_COUNT)
def run_list(stub: Stub, after: str | None, count: int | None) -> Record:
    """The caller's runs, by the page."""
    found = page(stub, f"run/{stub.caller().member}", after, count)
    return {
        "runs": [parse_own(value) for _, value in found],
        "next": found[-1][0] if found else None,
    }


def _settle(stub: Stub, record: Record, charge: int) -> Record:
    postings = Postings(stub)
    payees = {record["payee"]: charge}
    postings.settle(record["member"], record["run"], record["budget"], payees)
    postings.write()
    return record | {"charge": charge, "returned": record["budget"] - charge}


def _key(member: str, run: str) -> str:
    # Names of runs are free texts, so that a caller can use his own; a digest keeps keys short.
    return f"run/{member}/{digest(run)[:40]}"


def _load(stub: Stub, member: str, run: str) -> Record:
    return need(stub, _key(member, run), "run of this name")


def _own(stub: Stub, run: str) -> Record:
    return _load(stub, stub.caller().member, run)


def _write(stub: Stub, record: Record, event: str) -> Record:
    save(stub, _key(record["member"], record["run"]), record)
    tell(stub, event, run=record["run"], state=record["state"])
    return record
