"""The contract under anything that members may do, in any order, with the clock running.

Whatever happens: totem is conserved and no account is negative, nothing is settled twice, and
waiting alone ends every job and every request.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from datetime import datetime, timedelta
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
    invariant,
    multiple,
    rule,
)

from totemlang.ledger.contract import Refusal
from totemlang.ledger.contract.codes import hash_of_code
from totemlang.ledger.contract.states import EXPIRE, JOB, REQUEST

CONSUMERS = st.sampled_from([LAB, OTHER])
EVERYBODY = st.sampled_from([LAB, OTHER, NORTH, SOUTH, GRID, COURT])
PART = st.integers(0, 1)
STEP = st.tuples(PART, st.integers(0, 999), st.integers(0, 200))
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

    @rule(
        target=jobs,
        consumer=CONSUMERS,
        budgets=st.lists(st.integers(170, 300), min_size=1, max_size=2),
    )
    def submit_and_start(self, consumer: Any, budgets: list[int]) -> Any:
        job = self.submit(consumer, budgets)
        if isinstance(job, str):
            for function in ("job_accept", "job_start"):
                for part, provider in enumerate((NORTH, SOUTH)[: len(budgets)]):
                    self.world.call(provider, function, job=job, part=part)
        return job

    @rule(job=jobs, steps=st.lists(STEP, min_size=1, max_size=4))
    def proceed(self, job: str, steps: list[tuple[int, int, int]]) -> None:
        """What the job's states allow, step by step, by whom they allow it."""
        for part, choice, totem in steps:
            state = self.world.job(job)["state"]
            actions = [
                t.action for t in JOB.transitions if t.source == state and t.action != EXPIRE
            ]
            if actions:
                self.do(job, actions[choice % len(actions)], part, totem)

    @rule(
        job=jobs,
        action=st.sampled_from(sorted({t.action for t in JOB.transitions})),
        part=PART,
        totem=st.integers(0, 400),
    )
    def meddle(self, job: str, action: str, part: int, totem: int) -> None:
        """Something that the job's state may not allow."""
        self.do(job, action, part, totem)

    def do(self, job: str, action: str, part: int, totem: int) -> None:
        """What leads to a transition of that name, if anything does."""
        record = self.world.job(job)
        consumer = LAB if record["consumer"] == LAB.member else OTHER
        part %= len(record["parts"])
        provider, its = (NORTH, SOUTH)[part], {"job": job, "part": part}
        stage = len(record["parts"][part]["by_stage"])
        digest = "a" * 64
        if action in ("accept", "accept_last"):
            self.attempt(provider, "job_accept", **its)
        elif action == "refuse":
            self.attempt(provider, "job_refuse", **its, reason="policy")
        elif action == "start":
            self.attempt(provider, "job_start", **its)
        elif action == "report":
            self.attempt(provider, "job_report", **its, stage=stage, totem=totem % 91)
        elif action == "run_out":
            self.attempt(provider, "job_fail", **its, status="out_of_totem")
        elif action in ("finish", "finish_last"):
            for number in range(stage, 2):
                self.attempt(provider, "job_report", **its, stage=number, totem=(90, 60)[number])
            self.attempt(provider, "job_finish", **its, result=digest, receipt=digest)
        elif action == "fail":
            status = ("failed", "bad_data")[totem % 2]
            self.attempt(provider, "job_fail", **its, status=status)
        elif action == "stop":
            self.attempt((consumer, provider, GRID)[totem % 3], "job_stop", job=job)
        elif action == "settle":
            self.attempt(consumer, "job_settle", job=job)
        elif action == "dispute":
            caller = (consumer, provider)[totem % 2]
            self.attempt(caller, "job_dispute", job=job, reason="it is wrong")
        elif action == "judge":
            charges = [max(0, each["charge"] - totem) for each in record["parts"]]
            arguments = {"job": job, "charges": charges, "evidence": "b" * 64}
            self.attempt(COURT, "job_judgement", **arguments)
        else:
            self.attempt(SOUTH, "job_expire", job=job)

    @rule(
        job=jobs,
        caller=EVERYBODY,
        function=st.sampled_from(["job_stop", "job_settle", "job_start", "job_judgement"]),
    )
    def trespass(self, job: str, caller: Any, function: str) -> None:
        """A call by anybody at all."""
        more: dict[str, Any] = {
            "job_start": {"part": 0},
            "job_judgement": {"charges": [0], "evidence": "b" * 64},
        }
        self.attempt(caller, function, job=job, **more.get(function, {}))

    @rule(job=jobs, chance=st.integers(0, 5))
    def overstay(self, job: str, chance: int) -> None:
        """Wait, now and then, until the job's deadline has passed, and let it expire."""
        record = self.world.job(job)
        if record["deadline"] is not None and chance == 5:
            end = datetime.fromisoformat(record["deadline"])
            self.world.clock = max(self.world.clock, end + timedelta(seconds=1))
            self.world.call(OTHER, "job_expire", job=job)

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

    @rule(seconds=st.sampled_from([1, 60, 901, 3_000]))
    def wait(self, seconds: int) -> None:
        self.world.wait(seconds=seconds)

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
