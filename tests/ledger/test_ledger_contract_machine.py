"""The contract under anything that members may do, in any order, with the clock running.

Whatever happens: totem is conserved and no account is negative, nothing is settled twice, and
waiting alone ends every job and every request.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from datetime import timedelta
from functools import cache
from typing import Any

from consortium import (
    COURT,
    GRID,
    LAB,
    NORTH,
    OTHER,
    SOUTH,
    Consortium,
    metadata,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from totemlang.ledger.contract import Refusal
from totemlang.ledger.contract.codes import hash_of_code
from totemlang.ledger.contract.states import JOB, REQUEST

CONSUMERS = st.sampled_from([LAB, OTHER])
EVERYBODY = st.sampled_from([LAB, OTHER, NORTH, SOUTH, GRID, COURT])
PART = st.integers(0, 1)
GRANTED = 2_000


@cache
def founded() -> tuple[Consortium, dict[tuple[str, str], str]]:
    """A consortium whose two consumers have access to two data sets."""
    world = Consortium().found()
    for member in (LAB, OTHER):
        world.grant(GRANTED, member)
    for provider in (NORTH, SOUTH):
        world.publish(provider, metadata=metadata(distinct=None))
    requests = {
        (consumer.member, provider.organisation): world.access(provider, consumer)
        for consumer in (LAB, OTHER)
        for provider in (NORTH, SOUTH)
    }
    return world, requests


class Ledger(RuleBasedStateMachine):
    """Members at work."""

    jobs = Bundle("jobs")
    codes = Bundle("codes")

    def __init__(self) -> None:
        super().__init__()
        world, self.requests = founded()
        self.world = copy.deepcopy(world)
        self.spent_codes: set[str] = set()
        self.granted = 2 * GRANTED

    def attempt(self, caller: Any, function: str, **arguments: Any) -> dict[str, Any] | None:
        """A call that may be refused."""
        before = dict(self.world.world.state)
        try:
            return self.world.call(caller, function, **arguments)
        except Refusal:
            assert self.world.world.state == before
            return None

    @rule(
        target=jobs,
        consumer=CONSUMERS,
        budgets=st.lists(st.integers(100, 400), min_size=1, max_size=2),
    )
    def submit(self, consumer: Any, budgets: list[int]) -> Any:
        providers = (NORTH, SOUTH)[: len(budgets)]
        parts = [
            (
                f"{provider.organisation}/bills",
                self.requests[consumer.member, provider.organisation],
                budget,
            )
            for provider, budget in zip(providers, budgets, strict=True)
        ]
        arguments = self.world.submission(parts, hours=2)
        found = self.attempt(consumer, "job_submit", **arguments)
        return multiple() if found is None else found["job"]

    @rule(job=jobs, part=PART)
    def accept(self, job: str, part: int) -> None:
        self.attempt((NORTH, SOUTH)[part], "job_accept", job=job, part=part)

    @rule(job=jobs)
    def accept_and_start(self, job: str) -> None:
        for function in ("job_accept", "job_start"):
            for part, provider in enumerate((NORTH, SOUTH)):
                self.attempt(provider, function, job=job, part=part)

    @rule(job=jobs, part=PART)
    def refuse(self, job: str, part: int) -> None:
        provider = (NORTH, SOUTH)[part]
        self.attempt(provider, "job_refuse", job=job, part=part, reason="policy")

    @rule(job=jobs, part=PART, stage=st.integers(0, 2), totem=st.integers(0, 300))
    def report(self, job: str, part: int, stage: int, totem: int) -> None:
        provider = (NORTH, SOUTH)[part]
        arguments = {"job": job, "part": part, "stage": stage, "totem": totem}
        self.attempt(provider, "job_report", **arguments)

    @rule(job=jobs, part=PART)
    def finish(self, job: str, part: int) -> None:
        provider, digest = (NORTH, SOUTH)[part], "a" * 64
        for stage, totem in enumerate((90, 60)):
            arguments = {"job": job, "part": part, "stage": stage, "totem": totem}
            self.attempt(provider, "job_report", **arguments)
        arguments = {"job": job, "part": part, "result": digest, "receipt": digest}
        self.attempt(provider, "job_finish", **arguments)

    @rule(job=jobs, part=PART, status=st.sampled_from(["failed", "bad_data", "out_of_totem"]))
    def fail(self, job: str, part: int, status: str) -> None:
        self.attempt((NORTH, SOUTH)[part], "job_fail", job=job, part=part, status=status)

    @rule(
        job=jobs,
        caller=EVERYBODY,
        function=st.sampled_from(["job_stop", "job_settle", "job_expire", "job_start"]),
    )
    def call_it(self, job: str, caller: Any, function: str) -> None:
        arguments = {"part": 0} if function == "job_start" else {}
        self.attempt(caller, function, job=job, **arguments)

    @rule(job=jobs, caller=EVERYBODY)
    def dispute(self, job: str, caller: Any) -> None:
        self.attempt(caller, "job_dispute", job=job, reason="it is wrong")

    @rule(job=jobs, charges=st.lists(st.integers(0, 400), min_size=1, max_size=2))
    def judge(self, job: str, charges: list[int]) -> None:
        arguments = {"job": job, "charges": charges, "evidence": "b" * 64}
        self.attempt(COURT, "job_judgement", **arguments)

    @rule(target=codes, job=jobs, part=PART, code=st.binary(min_size=16, max_size=16))
    def issue(self, job: str, part: int, code: bytes) -> Any:
        consumer = self.world.job(job)["consumer"]
        caller = LAB if consumer == LAB.member else OTHER
        code_hash = hash_of_code(job, part, "c" * 64, code.hex())
        arguments = {"job": job, "part": part, "key": "c" * 64, "code_hash": code_hash}
        found = self.attempt(caller, "code_issue", **arguments)
        return multiple() if found is None else (job, part, code.hex())

    @rule(issued=codes)
    def spend(self, issued: tuple[str, int, str]) -> None:
        job, part, code = issued
        arguments = {"job": job, "part": part, "key": "c" * 64, "code": code}
        provider = (NORTH, SOUTH)[part]
        if self.attempt(provider, "code_spend", **arguments) is not None:
            name = f"{job}/{part}/{code}"
            assert name not in self.spent_codes
            self.spent_codes.add(name)

    @rule(source=EVERYBODY, receiver=CONSUMERS, totem=st.integers(1, 500))
    def transfer(self, source: Any, receiver: Any, totem: int) -> None:
        self.attempt(source, "account_transfer", member=receiver.member, totem=totem)

    @rule(totem=st.integers(1, 500), caller=EVERYBODY)
    def grant(self, totem: int, caller: Any) -> None:
        arguments = {"member": LAB.member, "totem": totem}
        if self.attempt(caller, "account_grant", **arguments) is not None:
            self.granted += totem

    @rule(seconds=st.sampled_from([1, 60, 900, 7_200, 86_400, 200_000]))
    def wait(self, seconds: int) -> None:
        self.world.wait(seconds=seconds)

    @rule(job=consumes(jobs))
    def forget(self, job: str) -> None:
        """Nobody does anything about this job any more."""

    @invariant()
    def totem_is_conserved(self) -> None:
        assert self.world.total() == self.granted
        assert self.records("supply")[0]["granted"] == self.granted

    @invariant()
    def charges_keep_to_budgets(self) -> None:
        for job in self.records("job/"):
            for part in job["parts"]:
                assert 0 <= part["charge"] <= part["budget"]
                assert part["used"] <= part["budget"]
            is_final = JOB[job["state"]].is_final
            assert is_final == ("charge" in job) == (job["deadline"] is None)
            if is_final:
                assert job["charge"] + job["returned"] == sum(p["budget"] for p in job["parts"])

    @invariant()
    def nothing_is_settled_twice(self) -> None:
        entries = self.records("entry/")
        settled = Counter(e["job"] for e in entries if e["event"] == "settle")
        final = {j["job"] for j in self.records("job/") if JOB[j["state"]].is_final}
        assert settled == dict.fromkeys(final, 1)
        earned = Counter[str]()
        for entry in entries:
            if entry["event"] == "earn":
                earned[entry["job"]] += entry["totem"]
        for job in self.records("job/"):
            assert earned[job["job"]] == job.get("charge", 0)

    def records(self, prefix: str) -> list[dict[str, Any]]:
        """Records of the raw state."""
        state = self.world.world.state
        return [json.loads(value) for key, value in state.items() if key.startswith(prefix)]

    def teardown(self) -> None:
        """Everybody vanishes; a passer-by lets all that is past its deadline expire."""
        for _ in range(len(JOB.states)):
            self.world.wait(days=400)
            for kind, life, function in (
                ("job", JOB, "job_expire"),
                ("request", REQUEST, "request_expire"),
            ):
                for record in self.records(f"{kind}/"):
                    if not life[record["state"]].is_final:
                        self.world.call(SOUTH, function, **{kind: record[kind]})
        assert all(JOB[job["state"]].is_final for job in self.records("job/"))
        assert all(account["reserved"] == 0 for account in self.records("account/"))
        self.totem_is_conserved()
        self.nothing_is_settled_twice()


Ledger.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestLedger = Ledger.TestCase


def test_the_machine_would_notice_totem_made_of_nothing() -> None:
    machine = Ledger()
    state = machine.world.world.state
    account = json.loads(state["account/lab/ada"])
    state["account/lab/ada"] = json.dumps(account | {"balance": GRANTED + 1}).encode()
    try:
        machine.totem_is_conserved()
    except AssertionError:
        return
    raise AssertionError("not noticed")


def test_waiting_is_all_that_ends_take() -> None:
    machine = Ledger()
    machine.submit(LAB, [200, 200])
    machine.wait(int(timedelta(days=1).total_seconds()))
    machine.teardown()
