"""Requests for access: a purpose, a provider's answer, an access key, an end.

The key itself travels as a private value of the consumer's organisation; the ledger has its hash.
With each job the consumer proves that he holds it, and the provider checks that before accepting.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from totemlang.ledger.canonical import canonical
from totemlang.ledger.contract.arguments import (
    DATASET,
    DIGEST,
    IDENTIFIER,
    Choice,
    Moment,
    Text,
)
from totemlang.ledger.contract.consortium import has_role
from totemlang.ledger.contract.datasets import open_dataset
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.records import (
    PAGE_AFTER,
    PAGE_COUNT,
    Record,
    check_organisation,
    index,
    need,
    new_identifier,
    now,
    page,
    save,
    tell,
    written,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.states import EXPIRE, REQUEST
from totemlang.ledger.stub import Stub


@declared(roles=("consumer",), dataset=DATASET, purpose=Text(500, least=3))
def request_open(stub: Stub, dataset: str, purpose: str) -> Record:
    """Ask for access to a data set, saying what for."""
    known, caller, moment = open_dataset(stub, dataset), stub.caller(), now(stub)
    request = new_identifier(stub)
    record: Record = {
        "request": request,
        "dataset": dataset,
        "provider": known["organisation"],
        "consumer": caller.member,
        "purpose": purpose,
        "asked": written(moment),
        "key_hash": None,
        **REQUEST.begin(moment),
    }
    save(stub, f"request/{request}", record)
    index(stub, f"requests-of/{caller.member}/{request}")
    index(stub, f"requests-to/{known['organisation']}/{request}")
    tell(stub, "request_open", request=request, dataset=dataset)
    return record


@declared(roles=("provider",), request=IDENTIFIER, key_hash=DIGEST, expires=Moment())
def request_grant(stub: Stub, request: str, key_hash: str, expires: datetime) -> Record:
    """Grant access until a day. `key_hash` is `access_key_hash` of the access key."""
    moment = now(stub)
    if expires <= moment:
        raise Refusal(Reason.CLOCK, "access expires later than now")
    record = _of_provider(stub, request)
    record = REQUEST.advance(record, "grant", moment, written(expires))
    record["key_hash"] = key_hash
    return _changed(stub, record, "request_grant")


@declared(
    roles=("provider",),
    request=IDENTIFIER,
    reason=Choice(("purpose", "consumer", "policy", "other")),
)
def request_refuse(stub: Stub, request: str, reason: str) -> Record:
    """Refuse access."""
    record = REQUEST.advance(_of_provider(stub, request), "refuse", now(stub))
    return _changed(stub, record | {"reason": reason}, "request_refuse")


@declared(roles=("consumer",), request=IDENTIFIER)
def request_withdraw(stub: Stub, request: str) -> Record:
    """Take a request back, or give up the access that it brought."""
    record = _load(stub, request)
    if record["consumer"] != stub.caller().member:
        raise Refusal(Reason.NOT_YOURS)
    return _changed(stub, REQUEST.advance(record, "withdraw", now(stub)), "request_withdraw")


@declared(roles=("provider", "operator"), request=IDENTIFIER)
def request_revoke(stub: Stub, request: str) -> Record:
    """End an access at once, as its provider or as an operator. Accepted jobs go on."""
    record = _load(stub, request)
    if not has_role(stub, "operator"):
        check_organisation(stub.caller(), record["provider"], "the data set")
    return _changed(stub, REQUEST.advance(record, "revoke", now(stub)), "request_revoke")


@declared(request=IDENTIFIER)
def request_expire(stub: Stub, request: str) -> Record:
    """Note that a request's deadline has passed; anybody may."""
    record = REQUEST.advance(_load(stub, request), EXPIRE, now(stub))
    return _changed(stub, record, "request_expire")


@declared(query=True, request=IDENTIFIER)
def request_show(stub: Stub, request: str) -> Record:
    """A request: to those it concerns, operators and auditors."""
    record = _load(stub, request)
    caller = stub.caller()
    concerned = caller.member == record["consumer"] or caller.organisation == record["provider"]
    if not concerned and not has_role(stub, "operator", "auditor"):
        raise Refusal(Reason.NOT_YOURS)
    return record


@declared(
    query=True,
    side=Choice(("consumer", "provider")),
    after=PAGE_AFTER,
    count=PAGE_COUNT,
)
def request_list(stub: Stub, side: str, after: str | None, count: int | None) -> Record:
    """The caller's requests, or those to his organisation, by the page."""
    caller = stub.caller()
    whose = f"of/{caller.member}" if side == "consumer" else f"to/{caller.organisation}"
    found = [name for name, _ in page(stub, f"requests-{whose}", after, count)]
    records = [_load(stub, name) for name in found]
    return {"requests": records, "next": found[-1] if found else None}


def check_access(stub: Stub, request: str, dataset: str) -> Record:
    """The request by which the caller may use a data set now.

    Raises:
        Refusal: it is another's, for another data set, not granted (LDG142), expired (LDG143).
    """
    record = _load(stub, request)
    if record["consumer"] != stub.caller().member or record["dataset"] != dataset:
        raise Refusal(Reason.ACCESS, f"request {request} is not the caller's for {dataset}")
    if record["state"] == "granted" and written(now(stub)) > record["deadline"]:
        raise Refusal(Reason.EXPIRED, f"the access to {dataset} was until {record['deadline']}")
    if record["state"] != "granted":
        raise Refusal(Reason.ACCESS, f"the request for {dataset} is {record['state']}")
    return record


def access_key_hash(request: str, key: bytes) -> str:
    """What the ledger has of an access key (16 bytes or more, random)."""
    return hashlib.sha256(canonical(["totem access key 1", request, key.hex()])).hexdigest()


def access_proof(key: bytes, request: str, submission: str) -> str:
    """Proof that whoever submits holds the access key, worth nothing for another submission.

    `submission` is the digest that `job_submit` states of what is submitted.
    """
    text = canonical(["totem access proof 1", request, submission])
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _load(stub: Stub, request: str) -> Record:
    return need(stub, f"request/{request}", f"request {request}")


def _of_provider(stub: Stub, request: str) -> Record:
    record = _load(stub, request)
    check_organisation(stub.caller(), record["provider"], "the data set")
    return record


def _changed(stub: Stub, record: Record, event: str) -> Record:
    save(stub, f"request/{record['request']}", record)
    tell(stub, event, request=record["request"], state=record["state"])
    return record
