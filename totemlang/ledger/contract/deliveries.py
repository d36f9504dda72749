"""Private values between provider and consumer: access keys and results.

The value stands in the collection of the consumer's organisation; the ledger has its hash alone.
The value holds a salt of at least 128 bits, so the hash tells nothing to who does not have it.
The call states the hash, so a replay without the value leads to the same state.
"""

from __future__ import annotations

import hashlib

from totemlang.ledger.canonical import NotCanonical, canonical, parse_canonical
from totemlang.ledger.contract.arguments import DIGEST, IDENTIFIER
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.jobs import (
    DONE,
    FAILED,
    OUT_OF_TOTEM,
    PART,
    load_job,
    part_of,
)
from totemlang.ledger.contract.records import Record, check_organisation, need
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.stub import MAX_VALUE_BYTES, Stub

VALUE = "value"
"""The name of a private value in the transient map of a call."""

SALT_DIGITS = 32
_ENDED = ("finished", "failed", "out_of_totem", "disputed", "settled")
_EVIDENT = (DONE, FAILED, OUT_OF_TOTEM)
"""Ends of a part of which there is a receipt; with the first there is a result."""


@declared(roles=("provider",), transient=(VALUE,), request=IDENTIFIER, hash=DIGEST)
def key_deliver(stub: Stub, request: str, hash: str) -> Record:
    """Hand the access key of a granted request to the consumer's organisation.

    The transient `value` is what `salted` makes; `hash` is SHA-256 of it.
    """
    record = need(stub, f"request/{request}", f"request {request}")
    check_organisation(stub.caller(), record["provider"], "the data set")
    if record["state"] != "granted":
        raise Refusal(Reason.STATE, f"the request is {record['state']}")
    return _deliver(stub, record["consumer"], f"key/{request}", hash)


@declared(query=True, request=IDENTIFIER)
def key_read(stub: Stub, request: str) -> Record:
    """The access key of the caller's own request."""
    record = need(stub, f"request/{request}", f"request {request}")
    return _read(stub, record["consumer"], f"key/{request}")


@declared(roles=("provider",), transient=(VALUE,), job=IDENTIFIER, part=PART, hash=DIGEST)
def result_deliver(stub: Stub, job: str, part: int, hash: str) -> Record:
    """Hand a part's receipt, and its result where the job is done, to the consumer's organisation
    once the job has ended.
    """
    record = load_job(stub, job)
    part_of(stub, record, part)
    if record["state"] not in _ENDED or record["parts"][part]["status"] not in _EVIDENT:
        raise Refusal(Reason.STATE, f"the job is {record['state']}")
    return _deliver(stub, record["consumer"], f"result/{job}/{part}", hash)


@declared(query=True, job=IDENTIFIER, part=PART)
def result_read(stub: Stub, job: str, part: int) -> Record:
    """The result of a part of the caller's own job."""
    record = load_job(stub, job)
    return _read(stub, record["consumer"], f"result/{job}/{part}")


def salted(value: object, salt: bytes) -> bytes:
    """A private value as it is delivered: JSON with a salt of 16 random bytes or more."""
    return canonical({"salt": salt.hex(), "value": value})


def _deliver(stub: Stub, consumer: str, key: str, stated: str) -> Record:
    value = stub.transient().get(VALUE)
    if value is None or len(value) > MAX_VALUE_BYTES:
        raise Refusal(Reason.PRIVATE, f"the transient {VALUE!r} is missing or too large")
    if hashlib.sha256(value).hexdigest() != stated:
        raise Refusal(Reason.PRIVATE, "the value has another hash")
    try:
        found = parse_canonical(value)
    except NotCanonical:
        raise Refusal(Reason.PRIVATE, "the value is no canonical JSON") from None
    salt = found.get("salt") if isinstance(found, dict) else None
    if not isinstance(salt, str) or len(salt) < SALT_DIGITS or set(found) != {"salt", "value"}:
        raise Refusal(Reason.PRIVATE, "the value has no salt of 128 bits")
    collection = consumer.split("@")[1]
    stub.private_put(collection, key, value)
    return {"collection": collection, "key": key, "hash": stated}


def _read(stub: Stub, consumer: str, key: str) -> Record:
    if stub.caller().member != consumer:
        raise Refusal(Reason.NOT_YOURS)
    collection = consumer.split("@")[1]
    value = stub.private_get(collection, key)
    if value is None:
        raise Refusal(Reason.UNKNOWN, "nothing has been delivered")
    found: Record = parse_canonical(value)
    return {"value": found["value"]}
