"""Any sequence of calls, allowed or not, keeps the totem: a model beside the ledger."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from totemlang.diagnostics import OutOfTotem, Refused, UsageError
from totemlang.ledger import LARGEST, EmbeddedLedger

AMOUNTS = st.one_of(st.integers(0, 50), st.integers(0, LARGEST), st.sampled_from([LARGEST]))
ACCOUNTS = st.sampled_from(["alice", "bob"])


class LedgerMachine(RuleBasedStateMachine):
    """The ledger beside plain dictionaries."""

    open_jobs = Bundle("open_jobs")
    ended_jobs = Bundle("ended_jobs")

    def __init__(self) -> None:
        """Begin with two empty accounts."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = EmbeddedLedger.create(Path(self.folder.name) / "ledger.db")
        self.granted = {"alice": 0, "bob": 0}
        self.spent = {"alice": 0, "bob": 0}
        self.jobs: dict[tuple[str, str], list[int]] = {}
        self.numbers = itertools.count()
        for name in self.granted:
            self.ledger.create_account(name)

    def teardown(self) -> None:
        """Remove the file."""
        self.folder.cleanup()

    def _available(self, name: str) -> int:
        reserved = sum(rest for (owner, _), (rest, _) in self.jobs.items() if owner == name)
        return self.granted[name] - self.spent[name] - reserved

    @rule(name=ACCOUNTS, totem=AMOUNTS)
    def grant(self, name: str, totem: int) -> None:
        try:
            self.ledger.grant(name, totem)
        except UsageError:
            assert self.granted[name] + totem > LARGEST
        else:
            self.granted[name] += totem

    @rule(target=open_jobs, name=ACCOUNTS, budget=AMOUNTS)
    def reserve(self, name: str, budget: int) -> tuple[str, str]:
        job = (name, f"job{next(self.numbers)}")
        try:
            self.ledger.account(name).reserve(job[1], budget)
        except Refused:
            assert budget > self._available(name)
            self.ledger.account(name).reserve(job[1], 0)
            budget = 0
        self.jobs[job] = [budget, 0]
        return job

    @rule(job=open_jobs, totem=AMOUNTS, stage=st.sampled_from(["map f", "reduce g"]))
    def deduct(self, job: tuple[str, str], totem: int, stage: str) -> None:
        rest, used = self.jobs[job]
        totem = min(totem, rest)
        assert self.ledger.account(job[0]).deduct(job[1], stage, totem) == rest - totem
        self.jobs[job] = [rest - totem, used + totem]
        self.spent[job[0]] += totem

    @rule(target=ended_jobs, job=consumes(open_jobs))
    def settle(self, job: tuple[str, str]) -> tuple[str, str]:
        self.ledger.account(job[0]).settle(job[1])
        del self.jobs[job]
        return job

    @rule(target=ended_jobs, job=consumes(open_jobs))
    def exhaust(self, job: tuple[str, str]) -> tuple[str, str]:
        rest = self.jobs.pop(job)[0]
        with pytest.raises(OutOfTotem):
            self.ledger.account(job[0]).deduct(job[1], "reduce g", rest + 1)
        self.spent[job[0]] += rest
        return job

    @rule(target=ended_jobs, job=consumes(open_jobs))
    def cancel(self, job: tuple[str, str]) -> tuple[str, str]:
        self.ledger.account(job[0]).cancel(job[1])
        self.spent[job[0]] -= self.jobs.pop(job)[1]
        return job

    @rule(job=ended_jobs, how=st.sampled_from(["deduct", "settle", "cancel", "reserve"]))
    def again(self, job: tuple[str, str], how: str) -> None:
        arguments = {"deduct": ("f", 0), "reserve": (0,)}
        try:
            getattr(self.ledger.account(job[0]), how)(job[1], *arguments.get(how, ()))
        except (Refused, UsageError):
            return
        raise AssertionError("a job that had ended was moved once more")

    @rule(name=ACCOUNTS)
    def recover(self, name: str) -> None:
        assert self.ledger.recover(name) == ()  # this process lives

    @invariant()
    def totem_is_conserved(self) -> None:
        for balance in self.ledger.verify().balances:
            name = balance.account
            assert balance.granted == self.granted[name]
            assert balance.spent == self.spent[name]
            assert balance.available == self._available(name)
            assert min(balance.available, balance.reserved, balance.spent) >= 0


def test_any_sequence_of_calls_conserves_totem() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
