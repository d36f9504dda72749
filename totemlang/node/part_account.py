"""A part of a job as the engine pays it: every stage that is finished is reported to the ledger,
which says whether the next may begin (the second check).
"""

from __future__ import annotations

from attrs import define, field

from totemlang.diagnostics import OutOfTotem, TotemError
from totemlang.ledger.client import Job, Ledger


class AnotherCharge(TotemError):
    """A part that runs once more after a crash comes to another charge than it had reported."""

    status = "bad_data"
    exit_code = 5


@define
class PartAccount:
    """The engine's `Account` over one part. How the part ends is reported by whoever runs it.

    A part that was begun before, and reported stages then, is charged from where it stopped.
    """

    ledger: Ledger
    job: Job
    part: int
    is_ended: bool = field(default=False, init=False)
    """Whether the ledger has ended the job: it is out of totem."""
    _stage: int = field(default=0, init=False)
    _remaining: int = field(default=0, init=False)

    def reserve(self, job: str, budget: int) -> None:
        """Nothing: the budget stands in escrow since the submission."""
        self._remaining = self.job.parts[self.part].budget

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Report a stage.

        Raises:
            OutOfTotem: where the budget does not suffice.
            AnotherCharge: where an earlier run of the part has reported something else.
            Refusal: where the job was stopped, or its time is over.
        """
        part = self.job.parts[self.part]
        if totem > self._remaining:  # used up within the stage: the runner reports that
            raise OutOfTotem(stage, part.budget)
        if self._stage < len(part.by_stage):
            if part.by_stage[self._stage] != totem:
                raise AnotherCharge("the part was begun on other data than it finds now")
            self._remaining -= totem
        else:
            found = self.ledger.job_report(self.job.job, self.part, self._stage, totem)
            if not found.go_on:
                self.is_ended = True
                raise OutOfTotem(stage, part.budget)
            self._remaining = found.remaining
        self._stage += 1
        return self._remaining

    def settle(self, job: str) -> int:
        """Nothing: the part ends with the hashes of result and receipt."""
        return self._remaining

    def cancel(self, job: str) -> int:
        """Nothing: the part ends with its status."""
        return self._remaining
