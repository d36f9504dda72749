"""What the chain refuses to take and what verification finds, each once: code, meaning, hint.

Codes are stable for ever; 20x are about a transaction that is sent, 22x about what is stored.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import frozen

from totemlang.diagnostics import TotemError


class Fault(Enum):
    """A fault: code, meaning, hint."""

    FORM = "LDG200", "the transaction is malformed", "send it as the client makes it"
    SIZE = "LDG201", "the transaction is too large", "send less at once"
    LEDGER = "LDG202", "the transaction is for another ledger", "sign it for this ledger"
    CERTIFICATE = "LDG203", "the certificate does not count", "see the message; renew or enrol"
    SIGNATURE = "LDG204", "the signature is not the member's", "sign it with the member's own key"
    REPLAYED = "LDG205", "the transaction is on the ledger already", "look it up by its id"
    STALE = "LDG206", "the transaction's time is far from now", "set the clock; sign it anew"
    CLOCK = "LDG207", "this machine's clock is behind the ledger", "set the clock right"
    FILE = "LDG220", "the file is damaged", "restore it from a copy or an export"
    GENESIS = "LDG221", "the genesis block is not this consortium's", "ask members for theirs"
    ORDER = "LDG222", "a block is missing or out of order", "restore it from a copy"
    LINK = "LDG223", "a block does not follow from the one before", "restore it from a copy"
    BLOCK = "LDG224", "a block is not what its hash says", "restore it from a copy"
    SEAL = "LDG225", "a block is not sealed by a member", "restore it from a copy"
    ROOT = "LDG226", "a block holds other transactions than its root says", "restore it from a copy"
    TIME = "LDG227", "a time goes back, or is far from its block's", "see who sealed the block"
    ENTRY = "LDG228", "a transaction is not what its member signed", "restore it from a copy"
    OUTCOME = "LDG229", "the contract gives another outcome than recorded", "see who sealed it"
    STATE = "LDG230", "the state is not what the blocks make", "rebuild it: totem ledger rebuild"
    PRIVATE = "LDG231", "a private value is not what its hash says", "ask its owner for it"
    HISTORY = "LDG232", "the history is not the one of the checkpoint", "compare with members"
    CHECKPOINT = "LDG233", "the checkpoint is not a member's", "ask him for it again"

    def __init__(self, code: str, meaning: str, hint: str) -> None:
        """Name the parts of the row."""
        self.code, self.meaning, self.hint = code, meaning, hint


class Rejected(TotemError):
    """A transaction that is not taken: nothing of it stands on the ledger."""

    status = "refused"
    exit_code = 1

    def __init__(self, fault: Fault, message: str = "") -> None:
        """`message` says what in particular; without one the fault's meaning does."""
        self.fault, self.message = fault, message or fault.meaning
        super().__init__(f"{fault.code}: {self.message}")

    @property
    def code(self) -> str:
        """The stable code."""
        return self.fault.code

    @property
    def hint(self) -> str:
        """What to do."""
        return self.fault.hint

    def to_json(self) -> dict[str, Any]:
        """Code, message, hint."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


@frozen
class Finding:
    """The first thing that is wrong: in a block, at a transaction of it (from 0), or neither."""

    fault: Fault
    message: str
    block: int | None = None
    position: int | None = None

    def __str__(self) -> str:
        """In a line."""
        at = "" if self.block is None else f" in block {self.block}"
        at += "" if self.position is None else f", transaction {self.position}"
        return f"{self.fault.code}{at}: {self.message}"

    def to_json(self) -> dict[str, Any]:
        """Code, message, hint and place."""
        return {
            "code": self.fault.code,
            "message": self.message,
            "hint": self.fault.hint,
            "block": self.block,
            "transaction": self.position,
        }


class BrokenLedger(TotemError):
    """The ledger's contents are not what they must be."""

    status = "ledger_broken"
    exit_code = 69

    def __init__(self, finding: Finding) -> None:
        """Keep the finding."""
        self.finding = finding
        super().__init__(str(finding))
