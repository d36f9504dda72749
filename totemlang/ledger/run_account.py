"""What an engine pays runs from: a member's account on the ledger, run by run.

A run reserves its budget, is charged after each stage, and ends once: settled (what is left comes
back), out of totem (nothing is left) or cancelled (all of it comes back, as if it had not run).
Each call is one transaction: it has happened wholly when it returns, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from attrs import define, field, frozen

from totemlang.diagnostics import OutOfTotem, TotemError, UsageError
from totemlang.ledger.chain import Rejected
from totemlang.ledger.client import Ledger, Run, as_refused, every
from totemlang.ledger.contract import Reason, Refusal
from totemlang.ledger.process import Owner, this_process

MACHINE = "machine"
"""The member of his organisation to whom a member's runs are paid, where he names no other."""

SILENCE = timedelta(days=1)
"""After so long a run of another machine, or of an earlier boot, is given up."""

LONGEST_NAME = 120
"""Bytes of a run's name in UTF-8, to which the mark of its process is added."""

_SIGN = " by "
_LONGEST_STAGE = 200


@frozen
class Recovered:
    """A run that was ended for a process that is gone: what it cost and what came back."""

    run: str
    budget: int
    charge: int
    returned: int


@define
class RunAccount:
    """The engine's `Account`, of the ledger's member; see there. Any thread may use it.

    Beside what the protocol says, every call may raise `Refused` with the contract's reason, and
    `UsageError` for a run that this object has not reserved.
    """

    ledger: Ledger
    payee: str
    _open: dict[str, Run] = field(factory=dict, init=False, repr=False)

    def reserve(self, job: str, budget: int) -> None:
        """Set the budget of a run aside; where it is missing, runs of dead processes are ended.

        Raises:
            Refused: where the account has less than that (LDG121), or no account is open.
            UsageError: for a name that none may have.
        """
        if not 0 < len(job.encode("utf-8", "replace")) <= LONGEST_NAME or not job.isprintable():
            raise UsageError(f"the name of a run has 1 to {LONGEST_NAME} printable characters")
        if job in self._open:
            raise UsageError(f"run {job} has a reserve already")
        name = f"{job}{_SIGN}{this_process().mark}"
        try:
            with _speaking():
                self._open[job] = self._reserve(name, budget)
        except KeyboardInterrupt:
            # It may have come after the commit: whoever asked does not learn that he has a reserve.
            with suppress(TotemError):
                self.ledger.run_cancel(name)
            self._open.pop(job, None)
            raise

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a finished stage; gives what is left of the reserve.

        Raises:
            OutOfTotem: where less than `totem` was left: the whole reserve is spent and the run
                has ended.
        """
        known = self._known(job)
        with _speaking():
            found = self.ledger.run_deduct(known.run, _line(stage), totem)
        if not found.go_on:
            self._open.pop(job, None)
            raise OutOfTotem(stage, known.budget)
        return found.remaining

    def settle(self, job: str) -> int:
        """End a run: what it was charged stays spent. Gives what came back."""
        with _speaking():
            return self._ended(job, self.ledger.run_settle(self._known(job).run))

    def cancel(self, job: str) -> int:
        """End a run that costs nothing: its whole reserve comes back. Gives what came back."""
        with _speaking():
            return self._ended(job, self.ledger.run_cancel(self._known(job).run))

    def _reserve(self, name: str, budget: int) -> Run:
        try:
            return self.ledger.run_reserve(name, budget, self.payee)
        except Refusal as refusal:
            if refusal.reason is Reason.NO_ACCOUNT and refusal.message.startswith(self.payee):
                message = f"{self.payee}, to whom the run would be paid, has no account"
                raise Refusal(Reason.NO_ACCOUNT, f"{message}: name another payee") from None
            if refusal.reason is not Reason.BALANCE or not recover(self.ledger):
                raise
        return self.ledger.run_reserve(name, budget, self.payee)

    def _known(self, job: str) -> Run:
        if job not in self._open:
            raise UsageError(f"{self.ledger.member} has no open run {job}")
        return self._open[job]

    def _ended(self, job: str, run: Run) -> int:
        self._open.pop(job, None)
        return run.returned or 0


def account_for_runs(ledger: Ledger, payee: str | None = None) -> RunAccount:
    """The account of the ledger's member, as an engine sees it.

    `payee` is the member to whom runs are paid (None: the `machine` of his organisation).

    Raises:
        UsageError: where the ledger was opened to be read.
    """
    member = ledger.member
    return RunAccount(ledger, payee or f"{MACHINE}@{member.partition('@')[2]}")


def recover(ledger: Ledger) -> tuple[Recovered, ...]:
    """End the member's runs that nobody will end any more: what they were charged stays.

    A run is left alone while its process lives. Of one on another machine that is not known: it
    is given up when it was silent for a day.
    """
    if not ledger.account_show().reserved:
        return ()
    found = []
    for run in every(lambda after: ledger.run_list(after)):
        if run.state == "running" and _is_stale(ledger, run):
            with suppress(Refusal):  # another process was faster, or the run has ended by itself
                ended = ledger.run_settle(run.run)
                name = run.run.rpartition(_SIGN)[0] or run.run
                back = ended.returned or 0
                found.append(Recovered(name, ended.budget, ended.charge or 0, back))
    return tuple(found)


def _is_stale(ledger: Ledger, run: Run) -> bool:
    owner = Owner.of(run.run.rpartition(_SIGN)[2])
    if owner is not None and owner.is_here():
        return owner.is_gone()
    return ledger.chain.clock() - run.changed > SILENCE


def _line(stage: str) -> str:
    """A stage's name as the contract takes it: one line of so many bytes."""
    plain = "".join(c if c.isprintable() else " " for c in stage)
    return plain.encode("utf-8", "replace")[:_LONGEST_STAGE].decode("utf-8", "ignore") or "stage"


@contextmanager
def _speaking() -> Iterator[None]:
    """Tell what contract and ledger refuse as the engine expects it."""
    try:
        yield
    except (Refusal, Rejected) as refusal:
        raise as_refused(refusal) from None
