"""The embedded ledger: an append-only chain of sealed blocks in one SQLite file."""

from totemlang.ledger.chain.checkpoint import Checkpoint, read_checkpoint
from totemlang.ledger.chain.execution import Contract
from totemlang.ledger.chain.export import export_lines, restore
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding, Rejected
from totemlang.ledger.chain.genesis import Genesis
from totemlang.ledger.chain.ledger import Chain
from totemlang.ledger.chain.reading import (
    Block,
    Entry,
    block_at,
    entries,
    find_transaction,
    history,
)
from totemlang.ledger.chain.sealing import Receipt
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.chain.verification import (
    Verification,
    check,
    rebuild,
    take_checkpoint,
    verify,
)

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
    "block_at",
    "check",
    "entries",
    "export_lines",
    "find_transaction",
    "history",
    "read_checkpoint",
    "rebuild",
    "restore",
    "take_checkpoint",
    "verify",
]
