"""What an engine reports to: one account of the embedded ledger, job by job.

A job reserves its budget, is charged after each stage, and ends once: settled (what is left comes
back), out of totem (nothing is left) or cancelled (all of it comes back, as if it had not run).
Each call is one transaction: it has happened wholly when it returns, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from attrs import frozen

from totemlang.diagnostics import Forbidden, OutOfTotem, UsageError
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
    not know, `Forbidden` for one that has ended, and `LedgerUnreachable`.
    """

    path: Path
    name: str
    clock: Callable[[], datetime]

    def reserve(self, job: str, budget: int) -> None:
        """Set the budget of a job aside.

        Raises:
            Forbidden: where less than that is available.
            UsageError: where the job has a reserve already, or the account does not exist.
        """
        if not 0 < len(job) <= _LONGEST_NAME or not job.isprintable():
            raise UsageError(f"the name of a job has 1 to {_LONGEST_NAME} printable characters")
        with self._journal() as journal:
            balance = journal.balance(self.name)
            if balance is not None and balance.available < budget:
                raise Forbidden(_too_little(balance, budget))
            journal.write(Event.RESERVE, self.name, job, budget)
            journal.own(job, this_process())

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a finished stage; gives what is left of the reserve.

        Raises:
            OutOfTotem: where less than `totem` is left; nothing has changed.
        """
        with self._journal() as journal:
            known = self._open_job(journal, job)
            if totem > known.rest:
                raise OutOfTotem(stage, known.budget)
            _, charged = journal.write(Event.DEDUCT, self.name, job, totem, stage[:_LONGEST_NAME])
        return charged.rest if charged else 0

    def settle(self, job: str, used: int) -> None:
        """End a job that was done or failed: what it was charged stays, the rest comes back.

        Raises:
            UsageError: where `used` is not what was deducted.
        """
        with self._journal() as journal:
            known = self._open_job(journal, job)
            if used != known.used:
                raise UsageError(f"job {job} was charged {known.used} totem, not {used}")
            journal.end(Event.SETTLE, known)

    def exhaust(self, job: str, stage: str) -> None:
        """End a job that ran out of totem in `stage`: all that is left of its reserve is spent."""
        with self._journal() as journal:
            known = self._open_job(journal, job)
            if known.rest:
                _, emptied = journal.write(
                    Event.DEDUCT, self.name, job, known.rest, stage[:_LONGEST_NAME]
                )
                known = emptied or known
            journal.end(Event.OUT_OF_TOTEM, known)

    def cancel(self, job: str) -> None:
        """End a job that costs nothing: its whole reserve comes back, charges included."""
        with self._journal() as journal:
            journal.end(Event.CANCEL, self._open_job(journal, job))

    def _open_job(self, journal: Journal, job: str) -> Job:
        known = journal.job(job)
        if known is None or known.account != self.name:
            raise UsageError(f"account {self.name} has no job {job}")
        if not known.is_open:
            raise Forbidden(f"the ledger has ended job {job} already ({known.status})")
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


def _too_little(balance: Balance, budget: int) -> str:
    text = f"the budget is {budget}, account {balance.account} has {balance.available} available"
    if balance.reserved:
        text += f" ({balance.reserved} reserved by other jobs; `recover` returns dead reserves)"
    return text
