"""One-time codes: with one, and a public key, a consumer enters a provider's resources once.

The consumer draws a code of 128 bits or more and puts its hash on the ledger, bound to job, part
and key; the provider who is shown code and key spends it there. Seen on the ledger a code is
worth nothing: it is spent, and it was good for this provider and this key alone.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from totemlang.ledger.canonical import digest
from totemlang.ledger.contract.arguments import DIGEST, IDENTIFIER, Hex
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.jobs import PART, load_job, part_of
from totemlang.ledger.contract.records import (
    Record,
    check_clock,
    index,
    later,
    load,
    now,
    save,
    tell,
    written,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.stub import Stub

LIFETIME = timedelta(minutes=15)
_OPEN = ("accepted", "running", "finished", "disputed")
"""States in which a consumer may enter: from acceptance until the job is settled."""


@declared(roles=("consumer",), job=IDENTIFIER, part=PART, key=DIGEST, code_hash=DIGEST)
def code_issue(stub: Stub, job: str, part: int, key: str, code_hash: str) -> Record:
    """Issue a code for a part of a job that all have accepted; an earlier one is void then.

    `key` is SHA-256 of the public key in DER, `code_hash` what `hash_of_code` gives.
    """
    record, moment = load_job(stub, job), now(stub)
    if record["consumer"] != stub.caller().member:
        raise Refusal(Reason.NOT_YOURS)
    if part >= len(record["parts"]):
        raise Refusal(Reason.UNKNOWN, f"the job has {len(record['parts'])} parts, from 0")
    _need_open(record, moment_written := written(moment))
    before = load(stub, f"onetime/{job}/{part}")
    if before is not None:
        check_clock(before, moment)
    issued = f"issued/{job}/{part}/{code_hash}"
    if stub.get(issued) is not None:  # once it was shown on the ledger all can read it
        raise Refusal(Reason.CODE_SPENT, "this code was issued already")
    code: Record = {
        "job": job,
        "part": part,
        "key": key,
        "code_hash": code_hash,
        "changed": moment_written,
        "expires": later(moment, LIFETIME),
        "spent": None,
    }
    save(stub, f"onetime/{job}/{part}", code)
    index(stub, issued)
    tell(stub, "code_issue", job=job, part=part)
    return code


@declared(roles=("provider",), job=IDENTIFIER, part=PART, key=DIGEST, code=Hex(32, 128))
def code_spend(stub: Stub, job: str, part: int, key: str, code: str) -> Record:
    """Spend the code that a consumer has shown with his key; only then is he let in."""
    record, moment = load_job(stub, job), written(now(stub))
    part_of(stub, record, part)
    _need_open(record, moment)
    known = load(stub, f"onetime/{job}/{part}")
    shown = hash_of_code(job, part, key, code)
    if known is None or not hmac.compare_digest(known["code_hash"], shown):
        raise Refusal(Reason.CODE)
    if known["spent"] is not None:
        raise Refusal(Reason.CODE_SPENT)
    check_clock(known, now(stub))
    if moment > known["expires"]:
        raise Refusal(Reason.CODE_LATE)
    known |= {"spent": moment, "changed": moment}
    save(stub, f"onetime/{job}/{part}", known)
    tell(stub, "code_spend", job=job, part=part)
    return known


def hash_of_code(job: str, part: int, key: str, code: str) -> str:
    """What the ledger has of a code: its hash with all that it is bound to."""
    return digest(["totem one-time code 1", job, part, key, code])


def _need_open(record: Record, moment: str) -> None:
    if record["state"] not in _OPEN:
        raise Refusal(
            Reason.STATE, f"the job is {record['state']}: codes are for one that all have accepted"
        )
    if moment > record["deadline"]:
        raise Refusal(Reason.DEADLINE)
