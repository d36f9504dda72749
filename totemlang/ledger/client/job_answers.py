"""What the contract answers about jobs, their parts and codes, and about runs of one's own.

Amounts are totem, whole numbers below 2^63; times are aware, in UTC; hashes are SHA-256 in hex.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from totemlang.ledger.client.reading import Answer, optional, renamed

UNPROVEN = "0" * 64
"""The proof of who has not made one yet; `job_judge` asks for none."""


@frozen
class Access(Answer):
    """By what right a data set is used: the request that was granted and proof of its key."""

    dataset: str
    request: str
    proof: str = UNPROVEN


@frozen
class Offer(Answer):
    """What is offered to one provider: a budget, and a data set for each name in the program."""

    budget: int
    data: Mapping[str, Access]


@frozen
class Sent(Answer):
    """A lookup that the consumer sends along: SHA-256 of its content, its metadata as JSON."""

    content: str
    metadata: str


@frozen
class QuotedTotem(Answer):
    """A part's quote; `upper` None where the metadata leaves it open."""

    lower: int
    expected: int
    upper: int | None


@frozen
class PartData(Answer):
    """A data set of a part, in the version that it was judged by."""

    dataset: str
    version: str
    metadata_hash: str
    request: str
    proof: str


@frozen
class Part(Answer):
    """One provider's part of a job; `bounds` are the quoted bounds of the stages in order.

    `result` and `receipt` are the hashes that the provider has committed to.
    """

    organisation: str
    provider: str
    data: Mapping[str, PartData]
    billing: str
    quote: QuotedTotem
    bounds: tuple[int | None, ...]
    result_rows: int | None
    result_bytes: int | None
    budget: int
    status: str
    used: int
    charge: int
    by_stage: tuple[int, ...]
    result: str | None
    receipt: str | None
    reason: str | None = optional()

    @property
    def is_flat(self) -> bool:
        """Whether its bill was known before it ran."""
        return self.billing == "flat"

    @property
    def remaining(self) -> int:
        """What is left of its budget."""
        return self.budget - self.used


@frozen
class Judgement(Answer):
    """What the contract says of a submission; `code` is the program's hash without its spans."""

    program: str
    code: str
    source: str
    parameters: str
    sent: Mapping[str, str]
    rules: str
    prices: str
    stages: tuple[str, ...]
    parts: tuple[Part, ...]


@frozen
class Dispute(Answer):
    """Who disputes a job, and why."""

    by: str
    reason: str


@frozen
class Verdict(Answer):
    """The auditor who has settled a dispute, and the hash of the receipts replayed."""

    by: str
    evidence: str


@frozen
class Job(Answer):
    """A job; `charge` and `returned` once it is settled."""

    job: str
    consumer: str
    submitted: datetime
    hours: int
    submission: str
    program: str
    code: str
    source: str
    parameters: str
    sent: Mapping[str, str]
    rules: str
    prices: str
    stages: tuple[str, ...]
    parts: tuple[Part, ...]
    state: str
    changed: datetime
    deadline: datetime | None
    charge: int | None = optional()
    returned: int | None = optional()
    stopped_by: str | None = optional()
    dispute: Dispute | None = optional()
    verdict: Verdict | None = optional()

    @property
    def is_final(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.deadline is None

    @property
    def used(self) -> int:
        """What was charged so far."""
        return sum(part.used for part in self.parts)

    @property
    def remaining(self) -> int:
        """What is left of the budgets."""
        return sum(part.remaining for part in self.parts)


@frozen
class Jobs(Answer):
    """A page of jobs."""

    jobs: tuple[Job, ...]
    next: str | None

    @property
    def items(self) -> tuple[Job, ...]:
        """What is on the page."""
        return self.jobs


@frozen
class JobCode(Answer):
    """What was submitted: bytecode, parameters as a JSON text, lookups sent along."""

    job: str
    bytecode: bytes = field(repr=False)
    parameters: str
    sent: Mapping[str, Sent]


@frozen
class JobState(Answer):
    """A state of jobs."""

    name: str
    final: bool


@frozen
class JobTransition(Answer):
    """A transition between states of jobs."""

    action: str
    to: str
    who: str
    source: str = renamed("from")


@frozen
class JobStates(Answer):
    """The states of jobs and every transition."""

    states: tuple[JobState, ...]
    transitions: tuple[JobTransition, ...]


@frozen
class JobReport(Answer):
    """What the second check says: what is left of the part's budget, and whether to go on."""

    job: str
    state: str
    remaining: int
    go_on: bool


@frozen
class OneTimeCode(Answer):
    """A one-time code, of which the ledger has the hash; `spent` is when it was used."""

    job: str
    part: int
    key: str
    code_hash: str
    changed: datetime
    expires: datetime
    spent: datetime | None


@frozen
class Run(Answer):
    """A run on one's own machine; `charge` and `returned` once it has ended."""

    run: str
    member: str
    payee: str
    budget: int
    used: int
    stages: int
    state: str
    changed: datetime
    deadline: datetime | None
    last: str | None = optional()
    charge: int | None = optional()
    returned: int | None = optional()


@frozen
class Runs(Answer):
    """A page of runs."""

    runs: tuple[Run, ...]
    next: str | None

    @property
    def items(self) -> tuple[Run, ...]:
        """What is on the page."""
        return self.runs


@frozen
class RunReport(Answer):
    """What is left of a run's budget, and whether it may go on."""

    run: str
    state: str
    remaining: int
    go_on: bool
