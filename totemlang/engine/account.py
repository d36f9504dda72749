"""The account that a job is paid from, as the engine sees it; a ledger fulfils this protocol.

The order of calls for a job is `reserve`, then `deduct` once a stage, then `settle` or `cancel`.
A deduction beyond the reserve ends the job by itself.
"""

from __future__ import annotations

from typing import Protocol

from attrs import define, field

from totemlang.diagnostics import OutOfTotem, UsageError


class Account(Protocol):
    """An account of totem. All amounts are whole numbers, 0 to 2^63 − 1.

    Each call takes effect as a whole, or raises and changes nothing. Any of them may raise
    `LedgerUnreachable`.
    """

    def reserve(self, job: str, budget: int) -> None:
        """Set `budget` aside for a job of a new name.

        Raises:
            Refused: where the account has less than that available.
        """

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a finished stage to the job's reserve; gives what is left of the reserve.

        Raises:
            OutOfTotem: where less than `totem` was left: the whole reserve is spent, the job
                has ended and needs no other call.
        """

    def settle(self, job: str) -> int:
        """End a job that was done or failed: what was deducted stays spent. Gives the rest back."""

    def cancel(self, job: str) -> int:
        """End a job that costs nothing. Gives back the whole reserve, deductions included."""


@define
class NullAccount:
    """An account in memory, for runs without a ledger; `available` None: without bound."""

    available: int | None = None
    spent: int = 0
    _open: dict[str, tuple[int, int]] = field(factory=dict, init=False)

    def reserve(self, job: str, budget: int) -> None:
        """Set `budget` aside; see `Account`."""
        if job in self._open:
            raise UsageError(f"job {job} has a reserve already")
        if self.available is not None:
            if budget > self.available:
                raise UsageError(f"the budget is {budget}, the account has {self.available}")
            self.available -= budget
        self._open[job] = (budget, 0)

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a stage; see `Account`."""
        budget, used = self._open[job]
        if totem > budget - used:
            self._end(job, budget)
            raise OutOfTotem(stage, budget)
        self._open[job] = (budget, used + totem)
        return budget - used - totem

    def settle(self, job: str) -> int:
        """End a job that was done or failed; see `Account`."""
        return self._end(job, self._open[job][1])

    def cancel(self, job: str) -> int:
        """End a job that costs nothing; see `Account`."""
        return self._end(job, 0)

    def _end(self, job: str, spent: int) -> int:
        budget, _ = self._open.pop(job)
        self.spent += spent
        if self.available is not None:
            self.available += budget - spent
        return budget - spent
