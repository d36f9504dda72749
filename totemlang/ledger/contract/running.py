"""A job between submission and its end: accepted by all, started, reported stage by stage, ended.

After every map or reduce function the provider reports (FACTS 5, steps 12.1 to 14), and the
contract checks the budget before the next may begin: the second check, S414 to S418.
"""

from __future__ import annotations

from datetime import timedelta

from totemlang.ledger.contract.arguments import DIGEST, IDENTIFIER, Choice, Optional, Whole
from totemlang.ledger.contract.consortium import has_role
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.jobs import (
    ACCEPTED,
    BAD_DATA,
    DONE,
    FAILED,
    MOST_STAGES,
    OUT_OF_TOTEM,
    PART,
    RUNNING,
    STOPPED,
    WAITING,
    end_parts,
    load_job,
    part_of,
    with_part,
    write_job,
)
from totemlang.ledger.contract.records import Record, later, now
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.settlement import settle
from totemlang.ledger.contract.states import JOB
from totemlang.ledger.stub import Stub

NOT_ACCEPTED = Choice(("policy", "capacity", "access_key", "other"))


@declared(roles=("provider",), job=IDENTIFIER, part=PART)
def job_accept(stub: Stub, job: str, part: int) -> Record:
    """Accept a part, having checked the proof of the access key. The job runs when all accept."""
    record = load_job(stub, job)
    _need_status(part_of(stub, record, part), WAITING)
    record = with_part(record, part, status=ACCEPTED)
    is_last = all(each["status"] == ACCEPTED for each in record["parts"])
    record = JOB.advance(record, "accept_last" if is_last else "accept", now(stub))
    return write_job(stub, record, "job_accept")


@declared(roles=("provider",), job=IDENTIFIER, part=PART, reason=NOT_ACCEPTED)
def job_refuse(stub: Stub, job: str, part: int, reason: str) -> Record:
    """Refuse a part, and with it the job: everything goes back to the consumer."""
    record = load_job(stub, job)
    part_of(stub, record, part)
    record = JOB.advance(record, "refuse", now(stub))
    record = with_part(record, part, reason=reason)
    return write_job(stub, settle(stub, end_parts(record, STOPPED)), "job_refuse")


@declared(roles=("provider",), job=IDENTIFIER, part=PART)
def job_start(stub: Stub, job: str, part: int) -> Record:
    """Start a part of a job that all have accepted."""
    record, moment = load_job(stub, job), now(stub)
    status = part_of(stub, record, part)["status"]
    until = later(moment, timedelta(hours=record["hours"]))
    record = JOB.advance(record, "start", moment, until)
    if status != ACCEPTED:
        raise Refusal(Reason.STATE, f"the part is {status}, not {ACCEPTED}")
    return write_job(stub, with_part(record, part, status=RUNNING), "job_start")


@declared(
    roles=("provider",),
    job=IDENTIFIER,
    part=PART,
    stage=Whole(0, MOST_STAGES - 1),
    totem=Whole(0),
)
def job_report(stub: Stub, job: str, part: int, stage: int, totem: int) -> Record:
    """Charge a finished stage (from 0, in order). The answer says what is left, and whether the
    next stage may begin; where the budget does not suffice the job is out of totem.
    """
    record = load_job(stub, job)
    known = part_of(stub, record, part)
    record = JOB.advance(record, "report", now(stub))
    _need_status(known, RUNNING)
    if stage != len(known["by_stage"]) or stage >= len(record["stages"]):
        message = f"stage {len(known['by_stage'])} of {len(record['stages'])} is next"
        raise Refusal(Reason.STAGE, message)
    _check_charge(known, stage, totem)
    used = known["used"] + totem
    if used > known["budget"]:
        record = _run_out(stub, load_job(stub, job), part)
        write_job(stub, record, "job_out_of_totem")
        return {"job": job, "state": record["state"], "remaining": 0, "go_on": False}
    record = with_part(record, part, used=used, by_stage=[*known["by_stage"], totem])
    write_job(stub, record, "job_report")
    remaining = known["budget"] - used
    return {"job": job, "state": record["state"], "remaining": remaining, "go_on": True}


@declared(
    roles=("provider",),
    job=IDENTIFIER,
    part=PART,
    result=Optional(DIGEST),
    receipt=Optional(DIGEST),
)
def job_finish(stub: Stub, job: str, part: int, result: str | None, receipt: str | None) -> Record:
    """End a part whose stages are all reported, committing to the hashes of result and receipt.

    With flat billing neither is given: what is written tells nothing of the data.
    """
    record = load_job(stub, job)
    known = part_of(stub, record, part)
    is_flat = known["billing"] == "flat"
    if is_flat != (result is None) or is_flat != (receipt is None):
        if is_flat:
            raise Refusal(Reason.FLAT_STATUS)
        raise Refusal(Reason.ARGUMENT, "job_finish: a metered part commits to result and receipt")
    ended = with_part(
        record, part, status=DONE, charge=known["used"], result=result, receipt=receipt
    )
    is_last = all(each["status"] == DONE for each in ended["parts"])
    ended = JOB.advance(ended, "finish_last" if is_last else "finish", now(stub))
    _need_status(known, RUNNING)
    if len(known["by_stage"]) < len(record["stages"]):
        raise Refusal(Reason.UNFINISHED)
    return write_job(stub, ended, "job_finish")


@declared(
    roles=("provider",),
    job=IDENTIFIER,
    part=PART,
    status=Choice((FAILED, BAD_DATA, OUT_OF_TOTEM)),
    receipt=Optional(DIGEST),
)
def job_fail(stub: Stub, job: str, part: int, status: str, receipt: str | None) -> Record:
    """End the job because a part failed, had bad data (which costs nothing), or ran out of totem
    within a stage (which takes the part's whole budget). Flat billing knows no such ends.
    """
    record = load_job(stub, job)
    known = part_of(stub, record, part)
    if known["billing"] == "flat":
        raise Refusal(Reason.FLAT_STATUS)
    if status == OUT_OF_TOTEM:
        _need_status(known, RUNNING)
        if _is_covered(known):
            raise Refusal(Reason.CHARGE, "the budget covers the quoted bound: it cannot run out")
        record = with_part(record, part, receipt=receipt)
        return write_job(stub, _run_out(stub, record, part), "job_out_of_totem")
    ended = JOB.advance(record, "fail", now(stub))
    _need_status(known, RUNNING)
    charge = 0 if status == BAD_DATA else known["used"]
    ended = with_part(ended, part, status=status, charge=charge, receipt=receipt)
    return write_job(stub, end_parts(ended, STOPPED), "job_fail")


@declared(job=IDENTIFIER)
def job_stop(stub: Stub, job: str) -> Record:
    """Stop a job at once, as its consumer, one of its providers, or an operator.

    Before it runs everything goes back. Afterwards the stages that were reported are charged,
    but nothing for the parts of a provider who stops it.
    """
    record, caller = load_job(stub, job), stub.caller()
    is_consumer = caller.member == record["consumer"]
    own = [
        number
        for number, part in enumerate(record["parts"])
        if part["organisation"] == caller.organisation and has_role(stub, "provider")
    ]
    if not (is_consumer or own or has_role(stub, "operator")):
        raise Refusal(Reason.NOT_YOURS)
    record = end_parts(JOB.advance(record, "stop", now(stub)), STOPPED)
    if not is_consumer:
        for number in own:
            record = with_part(record, number, status=STOPPED, charge=0)
    if JOB[record["state"]].is_final:
        record = settle(stub, record)
    return write_job(stub, record | {"stopped_by": caller.member}, "job_stop")


def _need_status(part: Record, status: str) -> None:
    if part["status"] != status:
        raise Refusal(Reason.STATE, f"the part is {part['status']}, not {status}")


def _check_charge(part: Record, stage: int, totem: int) -> None:
    """A flat charge is the bound itself, a metered one never above it."""
    bound, rest = part["bounds"][stage], part["budget"] - part["used"]
    if part["billing"] == "flat":
        is_last = stage == len(part["bounds"]) - 1
        wanted = rest if is_last else min(bound, rest)
        if totem != wanted:
            raise Refusal(Reason.FLAT_CHARGE, f"the charge of stage {stage} is {wanted:,}")
        return
    upper = part["quote"]["upper"]
    if (bound is not None and totem > bound) or (
        upper is not None and part["used"] + totem > upper
    ):
        raise Refusal(Reason.CHARGE, f"stage {stage} was quoted at most {bound}")


def _is_covered(part: Record) -> bool:
    upper = part["quote"]["upper"]
    return upper is not None and part["budget"] >= upper


def _run_out(stub: Stub, record: Record, part: int) -> Record:
    """Everything stops: the part takes its whole budget, the others what they reported."""
    budget = record["parts"][part]["budget"]
    record = JOB.advance(record, "run_out", now(stub))
    record = with_part(record, part, status=OUT_OF_TOTEM, used=budget, charge=budget)
    return end_parts(record, STOPPED)
