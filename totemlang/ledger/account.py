"""What an engine reports to: one account of the embedded ledger, job by job.

A job reserves its budget, is charged after each stage, and ends once: settled (what is left comes
back), out of totem (nothing is left) or cancelled (all of it comes back, as if it had not run).
Each call is one transaction: it has happened wholly when it returns, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from attrs import frozen

from totemlang.diagnostics import (
    Diagnostic,
    ErrorClass,
    OutOfTotem,
    Refused,
    TotemError,
    UsageError,
)
from totemlang.ledger.books import Balance, BrokenRule, Job
from totemlang.ledger.journal import Journal
from totemlang.ledger.owner import this_process
from totemlang.ledger.records import Event
from totemlang.ledger.store import writing

_LONGEST_NAME = 200


@frozen
class EmbeddedAccount:
    """The engine's `Account`, in the ledger at `path`. Any thread and process may use it.

    Beside what the protocol says, every call raises `UsageError` for a job that the account does
    not know, `Refused` (LDG002) for one that has ended, and `LedgerUnreachable`.
    """

    path: Path
    name: str
    clock: Callable[[], datetime]

    def reserve(self, job: str, budget: int) -> None:
        """Set the budget of a job aside.

        Raises:
            Refused: where less than that is available (LDG001).
            UsageError: where the job has a reserve already, or the account does not exist.
        """
        if not 0 < len(job) <= _LONGEST_NAME or not job.isprintable():
            raise UsageError(f"the name of a job has 1 to {_LONGEST_NAME} printable characters")
        done = False
        try:
            with self._journal() as journal:
                balance = journal.balance(self.name)
                if balance is not None and balance.available < budget:
                    raise _too_little(balance, budget)
                journal.write(Event.RESERVE, self.name, job, budget)
                journal.own(job, this_process())
                done = True
        except KeyboardInterrupt:
            # It may have come after the commit: whoever asked does not learn that he has a reserve.
            if done:
                with suppress(TotemError):
                    self.cancel(job)
            raise

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a finished stage; gives what is left of the reserve.

        Raises:
            OutOfTotem: where less than `totem` was left: the whole reserve is spent and the job
                has ended.
        """
        with self._journal() as journal:
            known = self._open_job(journal, job)
            charge = min(totem, known.rest)
            _, charged = journal.write(Event.DEDUCT, self.name, job, charge, stage[:_LONGEST_NAME])
            charged = charged or known
            if totem > known.rest:
                journal.end(Event.OUT_OF_TOTEM, charged)
        if totem > known.rest:
            raise OutOfTotem(stage, known.budget)
        return charged.rest

    def settle(self, job: str) -> int:
        """End a job: what it was charged stays spent, the rest comes back. Gives what came back."""
        return self._end(Event.SETTLE, job)

    def cancel(self, job: str) -> int:
        """End a job that costs nothing: its whole reserve comes back. Gives what came back."""
        return self._end(Event.CANCEL, job)

    def _end(self, event: Event, job: str) -> int:
        with self._journal() as journal:
            return journal.end(event, self._open_job(journal, job)).returned

    def _open_job(self, journal: Journal, job: str) -> Job:
        known = journal.job(job)
        if known is None or known.account != self.name:
            raise UsageError(f"account {self.name} has no job {job}")
        if not known.is_open:
            raise _refused(
                "LDG002", f"the ledger has ended job {job} already ({known.status})", hint=""
            )
        return known

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        with speaking_of_rules(), writing(self.path) as connection:
            yield Journal(connection, self.clock)


@contextmanager
def speaking_of_rules() -> Iterator[None]:
    """Tell the caller of a rule of the books that he asked to break."""
    try:
        yield
    except BrokenRule as broken:
        raise UsageError(str(broken)) from None


def _too_little(balance: Balance, budget: int) -> Refused:
    message = (
        f"the budget is {budget:,}, account {balance.account} has {balance.available:,} available"
    )
    hint = "give a smaller budget, or have totem granted to the account"
    if balance.reserved:
        message += f" ({balance.reserved:,} are reserved by other jobs)"
        hint += "; `totemc account recover` returns the reserves of runs that were killed"
    return _refused("LDG001", message, hint)


def _refused(code: str, message: str, hint: str) -> Refused:
    return Refused((Diagnostic(code, ErrorClass.COST, message, hint=hint),))
