"""Why the contract refuses, each reason once: a stable code, what it means, what to do about it.

A refused call has no effect. Messages name members, data sets and jobs, never a value of the data.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from totemlang.diagnostics import TotemError
from totemlang.ledger.stub import StubMisuse


class Reason(Enum):
    """A reason: code, meaning, hint. Codes are stable for ever; 1xx are about the call itself."""

    FUNCTION = "LDG100", "the contract has no such function", "see `totem ledger functions`"
    ARGUMENT = "LDG101", "an argument is missing, not known, or out of its bounds", "correct it"
    CALLER = "LDG102", "the caller's certificate names no member", "enrol again with plain names"
    ORGANISATION = "LDG103", "the organisation is none of the consortium", "ask an operator"
    ROLE = "LDG104", "the caller's role does not allow it", "call with a certificate that has it"
    NOT_YOURS = "LDG106", "it belongs to somebody else", "call as its owner"
    CLOCK = "LDG107", "the time is before what has happened already", "set the clock right"
    FOUNDED = "LDG108", "the consortium is founded already", "a ledger has one consortium"
    UNFOUNDED = "LDG109", "the consortium is not founded", "found it first"
    STATE = "LDG110", "its state does not allow it", "see the drawing in docs/ledger-states.md"
    DEADLINE = "LDG111", "its deadline has passed", "what is past its deadline can only be expired"
    EARLY = "LDG112", "its deadline has not passed", "wait for the deadline"
    EXISTS = "LDG113", "there is one of this name already", "take another name"
    UNKNOWN = "LDG114", "there is no such thing on the ledger", "check the name"
    LIMIT = "LDG115", "the ledger holds no more of these", "use what there is"
    NO_ACCOUNT = "LDG120", "the member has no account", "the member opens it with account_open"
    BALANCE = "LDG121", "the balance is too small", "ask an operator for a grant, or ask for less"
    SUPPLY = "LDG122", "there would be more totem than a number holds", "grant less"
    TABLE = "LDG130", "the table is not valid", "see the findings"
    APPROVED = "LDG131", "the organisation has approved it already", "another one must approve it"
    METADATA = "LDG140", "the metadata or the policy cannot be published", "see the message"
    FLAT_FIGURES = (
        "LDG141",
        "data billed flat publishes declared ceilings only",
        "describe it again under its policy",
    )
    ACCESS = "LDG142", "no access to the data set has been granted", "request it with a purpose"
    EXPIRED = "LDG143", "the access has expired", "request it anew"
    BYTECODE = "LDG150", "the program is refused", "see the findings"
    SOURCE = "LDG151", "the source is not the one that the bytecode carries", "compile it again"
    DATA = "LDG152", "the program and the published data do not fit", "see the message"
    PARAMETERS = "LDG153", "the parameters do not fit the program", "see the message"
    BUDGET = "LDG154", "the budget is under what the job needs", "see the quote for what it needs"
    OPEN_BOUND = "LDG155", "a flat bill needs a bound", "ask the provider for the missing ceilings"
    RESULT = "LDG156", "the result may be larger than the policy releases", "emit fewer rows"
    GROUP = "LDG157", "a group may be larger than the policy allows", "use finer keys"
    STAGE = "LDG160", "another stage is next", "report the stages in their order, each once"
    CHARGE = "LDG161", "the charge is above the quote", "a charge never exceeds its quoted bound"
    FLAT_CHARGE = (
        "LDG162",
        "a flat bill is the quoted bound, stage by stage, whatever was used",
        "report the bound",
    )
    FLAT_STATUS = (
        "LDG163",
        "a flat job tells nothing of its data: it is done, or its provider stops it",
        "report it done without hashes, or stop it",
    )
    UNFINISHED = "LDG164", "stages are not reported yet", "report every stage first"
    CODE = "LDG170", "the code is not valid for this job, provider and key", "issue a new one"
    CODE_SPENT = "LDG171", "the code was used already", "issue a new one"
    CODE_LATE = "LDG172", "the code is older than its fifteen minutes", "issue a new one"
    PARTIAL = "LDG180", "the auditor's organisation has a part in the job", "ask another auditor"
    VERDICT = "LDG181", "the verdict does not fit what was charged", "see the message"
    PRIVATE = "LDG190", "the private value is not what the call states", "send it with its salt"

    def __init__(self, code: str, meaning: str, hint: str) -> None:
        """Name the parts of the row."""
        self.code, self.meaning, self.hint = code, meaning, hint


class Unsound(StubMisuse):
    """A rule that the contract gives itself does not hold: nothing of the call takes effect.

    No caller can bring this about; it says that the contract, or the state beneath it, is wrong.
    """


def hold(truth: bool, rule: str) -> None:
    """Hold a rule of the contract itself, however Python is run. Raises Unsound."""
    if not truth:
        raise Unsound(rule)


class Refusal(TotemError):
    """The contract refuses a call, which has no effect.

    `findings` are those of the compiler's rooms where a program or table is refused, as JSON.
    """

    status = "refused"
    exit_code = 1

    def __init__(
        self, reason: Reason, message: str = "", findings: tuple[dict[str, Any], ...] = ()
    ) -> None:
        """`message` says what in particular; without one the reason's meaning does."""
        self.reason, self.findings = reason, findings
        self.message = message or reason.meaning
        super().__init__(f"{reason.code}: {self.message}")

    @property
    def code(self) -> str:
        """The stable code."""
        return self.reason.code

    @property
    def hint(self) -> str:
        """What to do."""
        return self.reason.hint

    def to_json(self) -> dict[str, Any]:
        """Code, message, hint, and findings where there are any."""
        found: dict[str, Any] = {"code": self.code, "message": self.message, "hint": self.hint}
        if self.findings:
            found["findings"] = list(self.findings)
        return found
