"""Disputes: the escrow is held until an auditor has replayed the receipt.

The auditor's verdict is a charge for every part, never above what the provider reported. Where no
auditor answers the job is settled as reported: who disputes bears the burden of proof.
"""

from __future__ import annotations

from totemlang.ledger.contract.arguments import DIGEST, IDENTIFIER, Many, Text, Whole
from totemlang.ledger.contract.consortium import has_role
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.jobs import MOST_PARTS, load_job, organisations, write_job
from totemlang.ledger.contract.records import Record, now
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.settlement import settle
from totemlang.ledger.contract.states import JOB
from totemlang.ledger.stub import Stub


@declared(roles=("consumer", "provider"), job=IDENTIFIER, reason=Text(500, least=3))
def job_dispute(stub: Stub, job: str, reason: str) -> Record:
    """Dispute what was reported of a job, as its consumer or one of its providers."""
    record, caller = load_job(stub, job), stub.caller()
    provides = has_role(stub, "provider") and any(
        part["organisation"] == caller.organisation for part in record["parts"]
    )
    if caller.member != record["consumer"] and not provides:
        raise Refusal(Reason.NOT_YOURS)
    record = JOB.advance(record, "dispute", now(stub))
    dispute = {"by": caller.member, "reason": reason}
    return write_job(stub, record | {"dispute": dispute}, "job_dispute")


@declared(
    roles=("auditor",),
    job=IDENTIFIER,
    charges=Many(Whole(0), MOST_PARTS, least=1),
    evidence=DIGEST,
)
def job_judgement(stub: Stub, job: str, charges: list[int], evidence: str) -> Record:
    """Settle a dispute by the charge that the replay of each part's receipt comes to.

    `evidence` is the hash of the receipts replayed. A flat part is charged its bill or nothing.
    """
    record, caller = load_job(stub, job), stub.caller()
    if caller.organisation in organisations(record):
        raise Refusal(Reason.PARTIAL)
    record = JOB.advance(record, "judge", now(stub))
    if len(charges) != len(record["parts"]):
        raise Refusal(Reason.VERDICT, f"the job has {len(record['parts'])} parts")
    for part, charge in zip(record["parts"], charges, strict=True):
        if charge > part["charge"]:
            raise Refusal(Reason.VERDICT, f"a part was charged {part['charge']:,}, not more")
        if part["billing"] == "flat" and charge not in (0, part["charge"]):
            raise Refusal(Reason.VERDICT, "a flat part is charged its bill or nothing")
    parts = [
        part | {"charge": charge} for part, charge in zip(record["parts"], charges, strict=True)
    ]
    verdict = {"by": caller.member, "evidence": evidence}
    record = settle(stub, record | {"parts": parts, "verdict": verdict})
    return write_job(stub, record, "job_judgement")
