"""The client's calls about runs on one's own machine, which an account pays for."""

from __future__ import annotations

from totemlang.ledger.client.calls import Calls
from totemlang.ledger.client.job_answers import Run, RunReport, Runs


class RunCalls(Calls):
    """One method a function of the contract, under its name and with its arguments."""

    def run_reserve(self, run: str, budget: int, payee: str) -> Run:
        """Set a budget aside for a run of a new name; `payee` is another member."""
        return self._call(Run, "run_reserve", run=run, budget=budget, payee=payee)

    def run_deduct(self, run: str, stage: str, totem: int) -> RunReport:
        """Charge a finished stage; beyond the budget the run has ended."""
        return self._call(RunReport, "run_deduct", run=run, stage=stage, totem=totem)

    def run_settle(self, run: str) -> Run:
        """End a run: what was deducted is paid, the rest comes back."""
        return self._call(Run, "run_settle", run=run)

    def run_cancel(self, run: str) -> Run:
        """End a run that costs nothing."""
        return self._call(Run, "run_cancel", run=run)

    def run_expire(self, member: str, run: str) -> Run:
        """Settle a run, anybody's, whose time has passed."""
        return self._call(Run, "run_expire", member=member, run=run)

    def run_show(self, run: str) -> Run:
        """A run of one's own."""
        return self._ask(Run, "run_show", run=run)

    def run_list(self, after: str | None = None, count: int | None = None) -> Runs:
        """One's own runs, by the page."""
        return self._ask(Runs, "run_list", after=after, count=count)
