"""The account that a job is paid from, as the engine sees it; a ledger fulfils this protocol.

The order of calls for a job is `reserve`, then `deduct` once a stage, then exactly one of
`settle`, `exhaust` and `cancel`. At every moment granted = available + reserved + spent.
"""

from __future__ import annotations

from typing import Protocol

from attrs import define, field

from totemlang.diagnostics import Forbidden, OutOfTotem, UsageError


class Account(Protocol):
    """An account of totem. All amounts are whole numbers, 0 to 2^63 − 1.

    Each call takes effect as a whole or raises and changes nothing. `LedgerUnreachable` may be
    raised by any of them.
    """

    def reserve(self, job: str, budget: int) -> None:
        """Set `budget` aside for a job of a new name.

        Raises:
            Forbidden: where the account has less than that available.
        """

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a finished stage to the job's reserve; gives what is left of the reserve.

        Raises:
            OutOfTotem: where less than `totem` is left of it.
        """

    def settle(self, job: str, used: int) -> None:
        """End a job that was done or failed: `used`, deducted before, stays spent."""

    def exhaust(self, job: str, stage: str) -> None:
        """End a job that ran out of totem in `stage`: all that is left of its reserve is spent."""

    def cancel(self, job: str) -> None:
        """End a job that costs nothing: the whole reserve returns, what was deducted included."""


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
                raise Forbidden(f"the budget is {budget}, the account has {self.available}")
            self.available -= budget
        self._open[job] = (budget, 0)

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a stage; see `Account`."""
        budget, used = self._open[job]
        if totem > budget - used:
            raise OutOfTotem(stage, budget)
        self._open[job] = (budget, used + totem)
        return budget - used - totem

    def settle(self, job: str, used: int) -> None:
        """End a job that was done or failed; see `Account`."""
        budget, deducted = self._open[job]
        if used != deducted:
            raise UsageError(f"job {job} was charged {deducted} totem, not {used}")
        self._end(job, budget, used)

    def exhaust(self, job: str, stage: str) -> None:
        """End a job that ran out; see `Account`."""
        budget, _ = self._open[job]
        self._end(job, budget, budget)

    def cancel(self, job: str) -> None:
        """End a job that costs nothing; see `Account`."""
        budget, _ = self._open[job]
        self._end(job, budget, 0)

    def _end(self, job: str, budget: int, spent: int) -> None:
        del self._open[job]
        self.spent += spent
        if self.available is not None:
            self.available += budget - spent
