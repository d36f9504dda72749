"""The embedded ledger: an append-only chain of sealed blocks in one SQLite file."""

from totemlang.ledger.chain.checkpoint import Checkpoint, read_checkpoint
from totemlang.ledger.chain.execution import Contract
from totemlang.ledger.chain.export import export, restore
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding, Rejected
from totemlang.ledger.chain.genesis import Genesis
from totemlang.ledger.chain.ledger import Chain, Receipt
from totemlang.ledger.chain.reading import Block, Entry, block, entries, history, transaction
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.verification import Verification, check, checkpoint, rebuild, verify

__all__ = [
    "Block",
    "BrokenLedger",
    "Chain",
    "Checkpoint",
    "Contract",
    "Entry",
    "Fault",
    "Finding",
    "Genesis",
    "Receipt",
    "Rejected",
    "Transaction",
    "Verification",
    "block",
    "check",
    "checkpoint",
    "entries",
    "export",
    "history",
    "read_checkpoint",
    "rebuild",
    "restore",
    "transaction",
    "verify",
]
