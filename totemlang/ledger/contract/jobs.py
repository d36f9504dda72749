"""Records of jobs: where they stand, what they hold, who has a part in them.

A job has a part for each provider: data sets, policy, quote, budget, and what was charged so far.
"""

from __future__ import annotations

from collections.abc import Iterator

from totemlang.ledger.contract.arguments import IDENTIFIER, Choice, Whole
from totemlang.ledger.contract.consortium import has_role
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.records import (
    PAGE_AFTER,
    PAGE_COUNT,
    Record,
    need,
    page,
    save,
    tell,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.states import JOB
from totemlang.ledger.stub import Stub

MOST_PARTS = 16
"""Providers of a job."""

MOST_STAGES = 100
"""Stages of a job on the ledger, which keeps a figure for each."""

PART = Whole(0, MOST_PARTS - 1)

WAITING, ACCEPTED, RUNNING, DONE = "waiting", "accepted", "running", "done"
FAILED, BAD_DATA, OUT_OF_TOTEM = "failed", "bad_data", "out_of_totem"
STOPPED, EXPIRED = "stopped", "expired"

UNENDED = (WAITING, ACCEPTED, RUNNING)
"""What a part is before it ends; what it is afterwards says how it ended."""

UNCHARGED = (BAD_DATA, EXPIRED)
"""Ends that are the provider's own doing: the part costs nothing."""


@declared(query=True, job=IDENTIFIER)
def job_show(stub: Stub, job: str) -> Record:
    """A job with its parts: to those who have a part in it, operators and auditors."""
    record = load_job(stub, job)
    if not _is_concerned(stub, record):
        raise Refusal(Reason.NOT_YOURS)
    return record


@declared(query=True, job=IDENTIFIER)
def job_code(stub: Stub, job: str) -> Record:
    """What was submitted: bytecode (base64), parameters, lookups sent along."""
    record = load_job(stub, job)
    if not _is_concerned(stub, record):
        raise Refusal(Reason.NOT_YOURS)
    program = need(stub, f"program/{record['program']}", f"program of {job}")
    return {"job": job} | program | need(stub, f"sent/{job}", f"submission of {job}")


@declared(
    query=True,
    side=Choice(("consumer", "provider")),
    after=PAGE_AFTER,
    count=PAGE_COUNT,
)
def job_list(stub: Stub, side: str, after: str | None, count: int | None) -> Record:
    """The caller's jobs, or those with a part of his organisation, by the page."""
    caller = stub.caller()
    whose = f"of/{caller.member}" if side == "consumer" else f"to/{caller.organisation}"
    found = [name for name, _ in page(stub, f"jobs-{whose}", after, count)]
    jobs = [load_job(stub, name) for name in found]
    return {"jobs": jobs, "next": found[-1] if found else None}


@declared(query=True)
def job_states(stub: Stub) -> Record:
    """The states of jobs and every transition between them."""
    return {
        "states": [{"name": state.name, "final": state.is_final} for state in JOB.states],
        "transitions": [
            {"from": t.source, "action": t.action, "to": t.target, "who": t.who}
            for t in JOB.transitions
        ],
    }


def load_job(stub: Stub, job: str) -> Record:
    """A job's record."""
    return need(stub, f"job/{job}", f"job {job}")


def part_of(stub: Stub, record: Record, number: int) -> Record:
    """A part that the caller's organisation provides."""
    if number >= len(record["parts"]):
        raise Refusal(Reason.UNKNOWN, f"the job has {len(record['parts'])} parts, from 0")
    part: Record = record["parts"][number]
    if part["organisation"] != stub.caller().organisation:
        raise Refusal(Reason.NOT_YOURS, f"the part belongs to {part['organisation']}")
    return part


def with_part(record: Record, number: int, **changes: object) -> Record:
    """The job with one part changed."""
    parts = list(record["parts"])
    parts[number] = parts[number] | changes
    return record | {"parts": parts}


def end_parts(record: Record, status: str) -> Record:
    """The job with every part ended that had not: charged for what was reported, or nothing."""
    parts = [
        part | {"status": status, "charge": 0 if status in UNCHARGED else part["used"]}
        if part["status"] in UNENDED
        else part
        for part in record["parts"]
    ]
    return record | {"parts": parts}


def organisations(record: Record) -> Iterator[str]:
    """The organisations that have a part in a job, its consumer's first."""
    yield record["consumer"].split("@")[1]
    for part in record["parts"]:
        yield part["organisation"]


def write_job(stub: Stub, record: Record, event: str) -> Record:
    """Write a job and tell of it; the event says its state and nothing of its parts."""
    save(stub, f"job/{record['job']}", record)
    tell(stub, event, job=record["job"], state=record["state"])
    return record


def _is_concerned(stub: Stub, record: Record) -> bool:
    caller = stub.caller()
    concerned = caller.member == record["consumer"] or any(
        part["organisation"] == caller.organisation for part in record["parts"]
    )
    return concerned or has_role(stub, "operator", "auditor")
