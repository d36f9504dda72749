"""Handing a released result over, once the whole job has ended well."""

from __future__ import annotations

import hashlib

from totemlang.ledger.client import Job, Ledger
from totemlang.node.keeping import Keeping

ENDED = ("finished", "settled", "disputed")
"""States of a job in which results are handed over."""


def hand_over(ledger: Ledger, keeping: Keeping, job: Job, part: int) -> bool:
    """Deliver what a part came to, where that is due; whether it was done now."""
    if job.state not in ENDED or job.parts[part].status != "done":
        return False
    if keeping.is_delivered(job.job, part):
        return False
    kept = keeping.kept(job.job, part)
    if kept is None:  # another node of the organisation has it
        return False
    value = kept.private_value()
    ledger.result_deliver(job.job, part, hashlib.sha256(value).hexdigest(), value)
    keeping.note_delivered(job.job, part)
    return True
