"""The contract under anything that members may do, in any order, with the clock running.

Metered and flat jobs of one to three parts, codes, disputes, runs on one's own data, accesses that
come and go, organisations that are admitted. Whatever happens: totem is conserved and no account
is negative, nothing is settled twice, a flat part tells nothing, and waiting alone ends it all.
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
    KEY,
    LAB,
    LAB_OPERATOR,
    NORTH,
    OTHER,
    SOUTH,
    Consortium,
    metadata,
    stamp,
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
from totemlang.ledger.contract.requests import access_key_hash
from totemlang.ledger.contract.states import ADMISSION, EXPIRE, JOB, REQUEST, RUN

CONSUMERS = st.sampled_from([LAB, OTHER])
EVERYBODY = st.sampled_from([LAB, OTHER, NORTH, SOUTH, GRID, COURT])
PART = st.integers(0, 2)
DATASETS = st.sampled_from(["north/bills", "south/bills", "north/flat", "south/flat"])
SOURCE = st.tuples(DATASETS, st.just(400) | st.integers(150, 400))
LIVES = {"job": JOB, "request": REQUEST, "run": RUN, "organisation": ADMISSION}
STEP = st.tuples(PART, st.integers(0, 999), st.integers(0, 200))
GRANTED = 9_000


@cache
def founded() -> tuple[Consortium, dict[tuple[str, str], str]]:
    """A consortium whose two consumers have access to two metered and two flat data sets."""
    world = Consortium().found()
    for member in (LAB, OTHER):
        world.grant(GRANTED, member)
    requests = {}
    for provider in (NORTH, SOUTH):
        for dataset in (
            world.publish(provider, metadata=metadata(distinct=None)),
            world.publish(provider, flat=True, name="flat"),
        ):
            for consumer in (LAB, OTHER):
                requests[consumer.member, dataset] = access(world, consumer, provider, dataset)
    return world, requests


def access(world: Consortium, consumer: Any, provider: Any, dataset: str) -> str:
    """Access to a data set: the request's name."""
    asked = world.call(consumer, "request_open", dataset=dataset, purpose="a study")["request"]
    grant(world, provider, asked)
    return str(asked)


def grant(world: Consortium, provider: Any, request: str) -> None:
    """A provider's yes, for a year."""
    expires, key_hash = stamp(world.clock + timedelta(days=300)), access_key_hash(request, KEY)
    world.call(provider, "request_grant", request=request, key_hash=key_hash, expires=expires)


def bills(part: dict[str, Any]) -> list[int]:
    """What a flat part is charged, stage by stage."""
    first = min(part["bounds"][0], part["budget"])
    return [first, part["budget"] - first]


def providers_of(job: dict[str, Any]) -> list[Any]:
    """Who provides each part."""
    return [NORTH if part["organisation"] == "north" else SOUTH for part in job["parts"]]


class Ledger(RuleBasedStateMachine):
    """Members at work."""

    jobs = Bundle("jobs")
    codes = Bundle("codes")
    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        world, requests = founded()
        self.world, self.requests = copy.deepcopy(world), dict(requests)
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

    @rule(target=jobs, consumer=CONSUMERS, parts=st.lists(SOURCE, min_size=1, max_size=3))
    def submit(self, consumer: Any, parts: list[tuple[str, int]]) -> Any:
        sources = [
            (dataset, self.requests[consumer.member, dataset], budget) for dataset, budget in parts
        ]
        arguments = self.world.submission(sources, hours=2)
        found = self.attempt(consumer, "job_submit", **arguments)
        return multiple() if found is None else found["job"]

    @rule(target=jobs, consumer=CONSUMERS, parts=st.lists(SOURCE, min_size=1, max_size=3))
    def submit_and_start(self, consumer: Any, parts: list[tuple[str, int]]) -> Any:
        job = self.submit(consumer, parts)
        if isinstance(job, str):
            providers = providers_of(self.world.job(job))
            for function in ("job_accept", "job_start"):
                for part, provider in enumerate(providers):
                    self.world.call(provider, function, job=job, part=part)
        return job

    @rule(job=jobs, steps=st.lists(STEP, min_size=1, max_size=8))
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
        provider, its = providers_of(record)[part], {"job": job, "part": part}
        known = record["parts"][part]
        stage, is_flat = len(known["by_stage"]), known["billing"] == "flat"
        digest = None if is_flat and totem % 7 else "a" * 64
        if action in ("accept", "accept_last"):
            self.attempt(provider, "job_accept", **its)
        elif action == "refuse":
            self.attempt(provider, "job_refuse", **its, reason="policy")
        elif action == "start":
            self.attempt(provider, "job_start", **its)
        elif action == "report":
            bill = totem % 91 if stage > 1 or not is_flat or totem % 7 == 0 else bills(known)[stage]
            self.attempt(provider, "job_report", **its, stage=stage, totem=bill)
        elif action == "run_out":
            self.attempt(provider, "job_fail", **its, status="out_of_totem")
        elif action in ("finish", "finish_last"):
            charges = bills(known) if is_flat else (90, 60)
            for number in range(stage, 2):
                self.attempt(provider, "job_report", **its, stage=number, totem=charges[number])
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
            least = [max(0, each["charge"] - totem) for each in record["parts"]]
            arguments = {"job": job, "charges": least, "evidence": "b" * 64}
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
        providers = providers_of(self.world.job(job))
        provider = providers[part % len(providers)]
        if self.attempt(provider, "code_spend", **arguments) is not None:
            name = f"{job}/{part}/{code}"
            assert name not in self.spent_codes
            self.spent_codes.add(name)

    @rule(
        target=runs,
        member=CONSUMERS,
        payee=st.sampled_from([NORTH, LAB]),
        budget=st.integers(0, 300),
        name=st.integers(0, 9),
    )
    def reserve(self, member: Any, payee: Any, budget: int, name: int) -> Any:
        run = f"run {name} of {member.member}"
        arguments = {"run": run, "budget": budget, "payee": payee.member}
        found = self.attempt(member, "run_reserve", **arguments)
        return multiple() if found is None else (member, run)

    @rule(run=runs, do=st.integers(0, 7), totem=st.integers(0, 200))
    def go_on(self, run: tuple[Any, str], do: int, totem: int) -> None:
        """Something about a run: mostly a deduction."""
        member, name = run
        if do < 4:
            self.attempt(member, "run_deduct", run=name, stage="map", totem=totem)
        elif do < 7:
            self.attempt(member, ("run_settle", "run_cancel", "run_settle")[do - 4], run=name)
        else:
            self.attempt(SOUTH, "run_expire", member=member.member, run=name)

    @rule(
        consumer=CONSUMERS,
        dataset=DATASETS,
        function=st.sampled_from(["request_revoke", "request_withdraw", "request_expire"]),
        caller=EVERYBODY,
    )
    def lose(self, consumer: Any, dataset: str, function: str, caller: Any) -> None:
        """An access ends, and the consumer asks anew; jobs that were accepted go on."""
        request = self.requests[consumer.member, dataset]
        if self.attempt(caller, function, request=request) is not None:
            provider = NORTH if dataset.startswith("north") else SOUTH
            self.requests[consumer.member, dataset] = access(
                self.world, consumer, provider, dataset
            )

    @rule(
        caller=st.sampled_from([GRID, LAB_OPERATOR]),
        action=st.sampled_from(["propose", "approve", "propose", "approve", "withdraw", "expire"]),
        roles=st.just(["provider"]) | st.sampled_from([["provider", "consumer"], ["auditor"]]),
    )
    def admit(self, caller: Any, action: str, roles: list[str]) -> None:
        """Whether the organisation east comes in."""
        arguments: dict[str, Any] = {"organisation": "east"}
        if action in ("propose", "approve"):
            arguments["roles"] = roles
        self.attempt(caller, f"organisation_{action}", **arguments)

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
        entries, jobs, runs = (self.records(f"{kind}/") for kind in ("entry", "job", "run"))
        settled = Counter(e["job"] for e in entries if e["event"] == "settle")
        final = {j["job"] for j in jobs if JOB[j["state"]].is_final}
        final |= {r["run"] for r in runs if RUN[r["state"]].is_final}
        assert settled == dict.fromkeys(final, 1)
        earned = Counter[str]()
        for entry in entries:
            if entry["event"] == "earn":
                earned[entry["job"]] += entry["totem"]
        for name, record in [(j["job"], j) for j in jobs] + [(r["run"], r) for r in runs]:
            assert earned[name] == record.get("charge", 0)

    @invariant()
    def a_flat_part_tells_nothing(self) -> None:
        for job in self.records("job/"):
            for part in job["parts"]:
                if part["billing"] == "flat":
                    assert part["result"] is None is part["receipt"]
                    assert part["by_stage"] == bills(part)[: len(part["by_stage"])]
                    assert part["status"] not in ("failed", "bad_data", "out_of_totem")
                    assert part["charge"] in (0, part["used"])
                    assert part["budget"] == part["quote"]["upper"]

    @invariant()
    def who_is_admitted_was_approved_by_two(self) -> None:
        [consortium] = self.records("consortium")
        east = consortium["organisations"].get("east", [])
        known = self.records("organisation/")
        if east:
            assert known[0]["state"] != "admitted" or known[0]["roles"] == east
        assert all(len(p["approved_by"]) == 2 for p in known if p["state"] == "admitted")

    def records(self, prefix: str) -> list[dict[str, Any]]:
        """Records of the raw state."""
        state = self.world.world.state
        return [json.loads(value) for key, value in state.items() if key.startswith(prefix)]

    def teardown(self) -> None:
        """Everybody vanishes; a passer-by lets all that is past its deadline expire."""
        for _ in range(len(JOB.states)):
            self.world.wait(days=400)
            for kind, life in LIVES.items():
                for record in self.records(f"{kind}/"):
                    if not life[record["state"]].is_final:
                        names = {kind: record[kind]}
                        names |= {"member": record["member"]} if kind == "run" else {}
                        self.world.call(SOUTH, f"{kind}_expire", **names)
        for kind, life in LIVES.items():
            assert all(life[record["state"]].is_final for record in self.records(f"{kind}/"))
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
    machine.submit(LAB, [("north/bills", 200), ("south/flat", 900), ("north/bills", 200)])
    machine.reserve(LAB, NORTH, 50, 1)
    machine.admit(GRID, "propose", ["provider"])
    machine.wait(int(timedelta(days=1).total_seconds()))
    machine.teardown()
