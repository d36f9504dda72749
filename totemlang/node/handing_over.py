"""Handing over what a part came to: its receipt, and its result where the whole job is done.

A job that failed or ran out of totem releases no result, not even of the parts that were done.
"""

from __future__ import annotations

import hashlib

from attrs import evolve

from totemlang.ledger.client import Job, Ledger
from totemlang.node.delivery import Delivery
from totemlang.node.keeping import Keeping

ENDED = ("finished", "failed", "out_of_totem", "disputed", "settled")
"""States of a job in which it is handed over."""

EVIDENT = ("done", "failed", "out_of_totem")
"""Ends of a part of which there is a receipt."""


def released(keeping: Keeping, job: Job, part: int) -> Delivery | None:
    """What may be handed over of a part now; None where nothing may, or another node has it."""
    if job.state not in ENDED or job.parts[part].status not in EVIDENT:
        return None
    kept = keeping.kept(job.job, part)
    if kept is not None and job.parts[part].receipt not in (None, kept.receipt.hash):
        return None  # another node has run the part as well, and the ledger has its receipt
    if kept is None or all(each.status == "done" for each in job.parts):
        return kept
    return evolve(kept, result=None)


def hand_over(ledger: Ledger, keeping: Keeping, job: Job, part: int) -> bool:
    """Deliver what a part came to, where that is due; whether it was done now."""
    if keeping.is_delivered(job.job, part):
        return False
    found = released(keeping, job, part)
    if found is None:
        return False
    value = found.private_value()
    ledger.result_deliver(job.job, part, hashlib.sha256(value).hexdigest(), value)
    keeping.note_delivered(job.job, part)
    return True
