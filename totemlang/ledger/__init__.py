"""Accounts of totem and the record of every deduction."""

from totemlang.ledger.account import EmbeddedAccount
from totemlang.ledger.audit import Audit
from totemlang.ledger.books import Balance, Job
from totemlang.ledger.embedded import EmbeddedLedger
from totemlang.ledger.records import LARGEST, Event, Record

__all__ = [
    "LARGEST",
    "Audit",
    "Balance",
    "EmbeddedAccount",
    "EmbeddedLedger",
    "Event",
    "Job",
    "Record",
]
