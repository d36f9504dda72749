"""Versions of rules and prices: proposed, approved by two organisations, in force from a date.

What is in force at a time never changes afterwards: a version approved after its date is in force
from its approval. An accepted job keeps the tables it was judged by.
"""

from __future__ import annotations

from datetime import datetime

from totemlang.ledger.contract.arguments import DIGEST, Choice, Moment, Optional
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.records import (
    Record,
    approvals_needed,
    check_clock,
    check_organisation,
    load,
    need,
    now,
    save,
    tell,
    written,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.table_texts import KINDS, TABLE_TEXT, hash_of_table, table_key
from totemlang.ledger.stub import Stub

KIND = Choice(KINDS)
MOST_VERSIONS = 1_000
"""Versions of a kind that may come into force."""


@declared(roles=("operator",), kind=KIND, text=TABLE_TEXT, starts=Moment())
def table_propose(stub: Stub, kind: str, text: str, starts: datetime) -> Record:
    """Propose a version; that is its organisation's approval too."""
    moment = now(stub)
    if starts < moment:
        raise Refusal(Reason.CLOCK, "a version starts now or later")
    digest = hash_of_table(kind, text)
    known = load(stub, table_key(kind, digest))
    if known is not None and known["state"] == "proposed":
        raise Refusal(Reason.EXISTS, f"these {kind} are proposed already")
    if known is not None and known["state"] == "approved" and known["from"] > written(moment):
        raise Refusal(Reason.EXISTS, f"these {kind} come into force at {known['from']} already")
    if digest == hash_in_force(stub, kind):
        raise Refusal(Reason.EXISTS, f"these {kind} are in force already")
    organisation = stub.caller().organisation
    record: Record = {
        "kind": kind,
        "hash": digest,
        "text": text,
        "state": "proposed",
        "changed": written(moment),
        "proposer": organisation,
        "approved_by": [organisation],
        "starts": written(starts),
        "from": None,
    }
    return _approved_enough(stub, record, "table_propose")


@declared(roles=("operator",), kind=KIND, hash=DIGEST)
def table_approve(stub: Stub, kind: str, hash: str) -> Record:
    """Approve a proposed version for the caller's organisation."""
    record = _proposed(stub, kind, hash)
    organisation = stub.caller().organisation
    if organisation in record["approved_by"]:
        raise Refusal(Reason.APPROVED, f"{organisation} has approved it already")
    record["approved_by"] = [*record["approved_by"], organisation]
    record["changed"] = written(now(stub))
    return _approved_enough(stub, record, "table_approve")


@declared(roles=("operator",), kind=KIND, hash=DIGEST)
def table_withdraw(stub: Stub, kind: str, hash: str) -> Record:
    """Take back what the caller's organisation has proposed and nobody else has approved."""
    record = _proposed(stub, kind, hash)
    check_organisation(stub.caller(), record["proposer"], "the proposal")
    record |= {"state": "withdrawn", "changed": written(now(stub))}
    save(stub, table_key(kind, hash), record)
    tell(stub, "table_withdraw", kind=kind, hash=hash)
    return _told(record)


@declared(query=True, kind=KIND, hash=Optional(DIGEST))
def table_show(stub: Stub, kind: str, hash: str | None) -> Record:
    """A version with its text; without a hash the one in force."""
    return need(stub, table_key(kind, hash or hash_in_force(stub, kind)), f"such {kind}")


@declared(query=True, kind=KIND)
def table_versions(stub: Stub, kind: str) -> Record:
    """Every version that is or comes into force, with the time from which."""
    versions = need(stub, f"force/{kind}", kind)["versions"]
    return {"kind": kind, "versions": versions, "in_force": hash_in_force(stub, kind)}


def hash_in_force(stub: Stub, kind: str) -> str:
    """The version in force at the call's time: of those whose time has come, the latest."""
    versions: list[Record] = need(stub, f"force/{kind}", kind)["versions"]
    moment = written(now(stub))
    begun = [version for version in versions if version["from"] <= moment]
    if not begun:
        raise Refusal(Reason.CLOCK)
    # Of versions from the same time the one approved last is in force: `versions` is in order.
    found: str = max(enumerate(begun), key=lambda each: (each[1]["from"], each[0]))[1]["hash"]
    return found


def _proposed(stub: Stub, kind: str, digest: str) -> Record:
    record = need(stub, table_key(kind, digest), f"such {kind}")
    if record["state"] != "proposed":
        raise Refusal(Reason.STATE, f"the {kind} are {record['state']} already")
    check_clock(record, now(stub))
    return record


def _approved_enough(stub: Stub, record: Record, event: str) -> Record:
    """Write a version; in force from its date once two organisations (or the only one) approve."""
    kind, moment = record["kind"], written(now(stub))
    if len(record["approved_by"]) >= approvals_needed(stub):
        record |= {"state": "approved", "from": max(record["starts"], moment)}
        force = need(stub, f"force/{kind}", kind)
        if len(force["versions"]) >= MOST_VERSIONS:
            raise Refusal(Reason.LIMIT)
        version = {"from": record["from"], "hash": record["hash"]}
        save(stub, f"force/{kind}", {"versions": [*force["versions"], version]})
    save(stub, table_key(kind, record["hash"]), record)
    tell(stub, event, kind=kind, hash=record["hash"], state=record["state"])
    return _told(record)


def _told(record: Record) -> Record:
    return {key: value for key, value in record.items() if key != "text"}
