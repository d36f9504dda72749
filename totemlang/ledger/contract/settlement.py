"""The end of a job: providers paid, the rest back, once and only once.

Whatever ends a job, its escrow leaves through `settle`, together with the transition to a final
state; a final state has no transition, so nothing is settled twice.
"""

from __future__ import annotations

from totemlang.ledger.contract.arguments import IDENTIFIER
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.jobs import EXPIRED, end_parts, load_job, write_job
from totemlang.ledger.contract.postings import Postings
from totemlang.ledger.contract.records import Record, now
from totemlang.ledger.contract.refusals import Reason, Refusal, hold
from totemlang.ledger.contract.states import EXPIRE, JOB
from totemlang.ledger.stub import Stub


@declared(roles=("consumer",), job=IDENTIFIER)
def job_settle(stub: Stub, job: str) -> Record:
    """Agree to what was reported: providers are paid and the rest comes back at once."""
    record = load_job(stub, job)
    if record["consumer"] != stub.caller().member:
        raise Refusal(Reason.NOT_YOURS)
    return write_job(stub, settle(stub, JOB.advance(record, "settle", now(stub))), "job_settle")


@declared(job=IDENTIFIER)
def job_expire(stub: Stub, job: str) -> Record:
    """Let a job go on whose state's deadline has passed; anybody may.

    One that nobody accepted or started is refunded; one that did not end has failed, and what
    had not ended costs nothing; one that has ended, or is disputed, is settled as reported.
    """
    before = load_job(stub, job)
    record = JOB.advance(before, EXPIRE, now(stub))
    record = end_parts(record, EXPIRED)
    if JOB[record["state"]].is_final:
        record = settle(stub, record)
    return write_job(stub, record, "job_expire")


def settle(stub: Stub, record: Record) -> Record:
    """Pay every part's charge from the escrow and give the rest back, as the job becomes final."""
    hold(JOB[record["state"]].is_final, "escrow leaves with the transition to a final state")
    paid: dict[str, int] = {}
    for part in record["parts"]:
        hold(0 <= part["charge"] <= part["budget"], "a charge is within its budget")
        paid[part["provider"]] = paid.get(part["provider"], 0) + part["charge"]
    reserved = sum(part["budget"] for part in record["parts"])
    postings = Postings(stub)
    postings.settle(record["consumer"], record["job"], reserved, paid)
    postings.write()
    charge = sum(paid.values())
    return record | {"charge": charge, "returned": reserved - charge}
