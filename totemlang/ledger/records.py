"""A record of the ledger: one event, chained to the one before it by its hash.

The hash is SHA-256 over the canonical JSON (keys sorted, no spaces, UTF-8) of the record's fields
with the hash of the record before, so no earlier record can change without every later one.
"""

from __future__ import annotations

import hashlib
import json
from enum import Enum

from attrs import asdict, field, frozen

FIRST = "0" * 64
"""What stands for the hash before the first record."""

LARGEST = 2**63 - 1
"""The largest amount of totem: of a grant, of a budget, and ever granted to one account."""


class Event(Enum):
    """What can happen. `totem` of a record says how much of it, as noted here."""

    CREATE = "create"
    """An account begins; 0."""
    GRANT = "grant"
    """Totem is granted to the account."""
    RESERVE = "reserve"
    """A job sets its budget aside."""
    DEDUCT = "deduct"
    """A stage of a job is charged, out of the reserve."""
    SETTLE = "settle"
    """A job ends; what it was charged in all."""
    OUT_OF_TOTEM = "out_of_totem"
    """A job ends because its reserve is used up; the whole budget."""
    CANCEL = "cancel"
    """A job is called off: its charges, so many, go back to the reserve."""
    RECOVER = "recover"
    """A job whose process is gone is ended for it; what it was charged in all."""
    REFUND = "refund"
    """What is left of the reserve of an ended job goes back; always the next record."""


@frozen
class Record:
    """One event as written. `time` is UTC to the second; `job` and `stage` are empty where none."""

    number: int
    time: str
    event: str
    account: str
    job: str
    stage: str
    totem: int
    previous: str = field(repr=False)
    hash: str = field(default="", repr=False)

    def sealed(self) -> Record:
        """This record with the hash that belongs to it."""
        fields = {name: value for name, value in asdict(self).items() if name != "hash"}
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return Record(**fields, hash=digest)
